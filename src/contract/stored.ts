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
  if (request.plan === null) return NOTHING
  const read = plan.safeParse(request.plan)
  if (!read.success) throw new Unreadable('plan')
  return read.data
}

/** The verdicts kept with a request; none once it is purged. Throws Unreadable. */
export function checksOf(request: Pick<Kept, 'checks'>): readonly CheckResult[] {
  const read = z.array(checkResult).safeParse(request.checks ?? [])
  if (!read.success) throw new Unreadable('checks')
  return read.data
}

/** Whether this version of the bot can read what was kept. */
export function isReadable(request: Kept): boolean {
  return readPlan(request) !== null
}

/** The plan kept with a request; null if this version of the bot cannot read all that was kept. */
export function readPlan(request: Kept): Plan | null {
  const read = plan.nullable().safeParse(request.plan)
  const isRead = read.success && z.array(checkResult).nullable().safeParse(request.checks).success
  return isRead ? (read.data ?? NOTHING) : null
}

/** A form that was kept, or filled in for somebody: older versions named what it is about by its kind. */
export function formOf(form: Form): Form {
  if (form['subject'] !== undefined) return form
  const { trainee, urn, job, request, ...others } = form
  const named = [trainee, urn && `URN ${urn}`, job, request && `CR-${request.replace(/^CR-/, '')}`]
  return { subject: named.find(Boolean) ?? '', ...others }
}
