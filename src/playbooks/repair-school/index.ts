import type { Effect, Insert, Plan, Update } from '../../contract/plan.ts'
import { definePlaybook } from '../../contract/playbook.ts'
import type { Json } from '../../entities/json.ts'
import { DEFAULT_POLL_DURATION } from '../../register/poll-durations.ts'
import { changesBetween } from '../../register/saving.ts'
import { askForSchool, askForUpdate } from './cards.ts'
import { checks } from './checks.ts'
import { type Diagnosis, diagnose, repairedRow, valuesOf } from './diagnosis.ts'
import { aboutDttp, lookInDttp } from './dttp.ts'
import { fieldOf, form, together } from './form.ts'
import { type Freed, sortWaiting } from './freed.ts'
import { needsUpdateInDttp } from './list-checks.ts'
import { type Seen, schoolsLookedAt } from './looked-at.ts'
import { RESULT_WITHIN_MS, schoolIsFound, verifyResult } from './result.ts'
import { readRows, type SchoolRows } from './rows.ts'

/** Has Register find a school in DTTP again, and retries what failed for want of it. */
export const repairSchool = definePlaybook({
  name: 'repair-school',
  version: 1,
  title: 'Repair a school',
  summary: 'Make a school active or add it where jobs fail with “Unable to find DTTP school with URN”, and retry them.',
  args: ['urn'],
  fieldOf,
  source: 'support-playbook.md#unable-to-find-dttp-school-with-urn',
  form,
  together,
  trainee: ({ trainee }) => trainee && { id: trainee.id, slug: trainee.slug },
  rows: readRows,
  upstream: { about: aboutDttp, ask: (about, { dttp }) => lookInDttp(about, dttp) },
  checks,
  plan(seen) {
    const plans = schoolsLookedAt(seen).map((school) => planFor(school, diagnose(school, seen), seen))
    const { freed } = sortWaiting(seen)
    return {
      updates: plans.flatMap(({ updates }) => updates),
      inserts: plans.flatMap(({ inserts }) => inserts),
      effects: [...freed.map(goOn), ...freed.flatMap(pollFor), ...plans.flatMap(({ effects }) => effects)],
    }
  },
  waits(seen) {
    const [school] = schoolsLookedAt(seen).filter((one) => diagnose(one, seen).kind === 'wait')
    return school ? askForSchool(school) : null
  },
  verifyRows: schoolIsFound,
  verifyAfter: verifyResult,
  settlesWithin: RESULT_WITHIN_MS,
  advice: () => null,
})

function planFor(school: SchoolRows, diagnosis: Diagnosis, seen: Seen): Plan {
  const effects: Effect[] = []
  if (diagnosis.kind === 'sync') {
    effects.push({ kind: 'enqueue', job: 'sync-schools', args: { urn: school.urn } })
  }
  if (diagnosis.kind === 'activate' && needsUpdateInDttp(diagnosis.account)) {
    effects.push(askForUpdate(school, diagnosis, seen.rows.addsTrelloCards))
  }
  return { updates: updatesFor(school, diagnosis), inserts: insertsFor(school, diagnosis), effects }
}

/** Saved as Register’s own models do: `updated_at` moves. There are no audits of a DTTP school. */
function updatesFor(school: SchoolRows, diagnosis: Diagnosis): Update[] {
  if (diagnosis.kind !== 'activate' && diagnosis.kind !== 'adopt') return []
  const row = diagnosis.row as unknown as Record<string, Json>
  const after = repairedRow(school, diagnosis) as unknown as Record<string, Json>
  const changes = changesBetween(row, after)
  return [{ table: 'dttp_schools', id: diagnosis.row.id, changes, save: 'audited' }]
}

function insertsFor(school: SchoolRows, diagnosis: Diagnosis): Insert[] {
  if (diagnosis.kind !== 'insert') return []
  const { account } = diagnosis
  return [{ table: 'dttp_schools', values: { dttp_id: account.id, ...valuesOf(school, account) } }]
}

/** The failed job runs again; a new one where none is on record. */
function goOn({ trainee: { id: trainee }, kind, job, submittedBy }: Freed): Effect {
  if (job) return { kind: 'retry', job: kind, jobId: job.id, fingerprint: String(job.run), trainee }
  if (kind === 'update-trainee') return { kind: 'enqueue', job: kind, args: { trainee } }
  return { kind: 'enqueue', job: kind, args: { trainee, submitted_by: submittedBy } }
}

/** As after a submission: with Register's default delay and duration. */
function pollFor({ trainee: { id: trainee }, needsPoll }: Freed): Effect[] {
  if (!needsPoll) return []
  const args = { trainee, poll_for: DEFAULT_POLL_DURATION }
  return [{ kind: 'enqueue', job: 'retrieve-trn', args, delaySeconds: 3600 }]
}
