import * as z from 'zod'
import { type CheckResult, checkResult } from './check.ts'
import type { Form } from './fields.ts'
import { NOTHING, type Plan, plan } from './plan.ts'

// What a request keeps, as it comes back from the database; another version of the bot may have written it.

type Kept = { plan: object | null; checks: object | null }

/** What was kept cannot be read: another version of the bot wrote it, or somebody altered it. */
class Unreadable extends Error {}

/** The plan kept with a request; empty once the request is purged. Throws Unreadable. */
export function planOf(request: Pick<Kept, 'plan'>): Plan {
  const read = readPlanAlone(request.plan)
  if (!read) throw new Unreadable('plan')
  return read
}

/** The verdicts kept with a request; none once it is purged. Throws Unreadable. */
export function checksOf(request: Pick<Kept, 'checks'>): readonly CheckResult[] {
  const read = readChecks(request.checks)
  if (!read) throw new Unreadable('checks')
  return read
}

/** Whether this version of the bot can read what was kept. */
export function isReadable(request: Kept): boolean {
  return readPlan(request) !== null
}

/** The plan kept with a request; null if this version of the bot cannot read all that was kept. */
export function readPlan(request: Kept): Plan | null {
  const read = readPlanAlone(request.plan)
  return read && readChecks(request.checks) ? read : null
}

const readPlanAlone = readOnce(plan, NOTHING)
const readChecks = readOnce(z.array(checkResult), [])

/**
 * Reads by a schema, null where it cannot be read; a request that was read from the database is asked many times for the same.
 * @param purged what nothing reads as
 */
function readOnce<T>(schema: z.ZodType<T>, purged: T): (kept: object | null) => T | null {
  const known = new WeakMap<object, T | null>()
  return (kept) => {
    if (kept === null) return purged
    const before = known.get(kept)
    if (before !== undefined) return before
    const { data = null } = schema.safeParse(kept)
    if (typeof kept === 'object') known.set(kept, data) // somebody may have altered the row
    return data
  }
}

/** A form that was kept, or filled in for somebody: older versions named what it is about by its kind. */
export function formOf(form: Form): Form {
  if (form['subject'] !== undefined) return form
  const { trainee, urn, job, request, ...others } = form
  const named = [trainee, urn && `URN ${urn}`, job, request && `CR-${request.replace(/^CR-/, '')}`]
  return { subject: named.find(Boolean) ?? '', ...others }
}
