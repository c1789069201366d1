import type { Effect } from '../../contract/effect.ts'
import { optionalDttpId, optionalNumber, optionalSelect, reason, ticket } from '../../contract/fields.ts'
import type { Insert, Update } from '../../contract/plan.ts'
import { definePlaybook, type Outcome } from '../../contract/playbook.ts'
import { school } from '../../contract/subject.ts'
import { DEFAULT_POLL_DURATION } from '../../register/jobs/poll-durations.ts'
import { changesBetween } from '../../register/saves/rules.ts'
import { areFoundOnce } from '../../schools/in-list.ts'
import { findNamedWith } from '../../schools/named.ts'
import { addSchool, makeActive } from '../../schools/support-cards.ts'
import type { Freed } from '../../schools/who-goes-on.ts'
import { checks } from './checks.ts'
import type { School } from './repair.ts'
import { lookAtResult, RESULT_WITHIN_MS } from './result.ts'
import { lookInDttp, read, recordsToLookFor } from './rows.ts'
import { says } from './says.ts'
import { needsUpdateInDttp } from './school-checks.ts'
import { repairedUrns, type Situation, situationOf } from './situation.ts'

/** What can be done about a school that is not in the list of DTTP schools. */
const MISSING = [
  { value: 'insert', label: 'Insert it with its DTTP id' },
  { value: 'sync', label: 'Run the school sync now' },
  { value: 'wait', label: 'Ask support to add it to DTTP, and wait' },
]

/** Has Register find a school in DTTP again, and retries what failed for want of it. */
export const repairSchool = definePlaybook({
  name: 'repair-school',
  version: 3,
  title: 'Repair a school',
  summary: 'Make a school active or add it where jobs fail with “Unable to find DTTP school with URN”, and retry them.',
  says,
  inSteps: true,
  form: {
    subject: school(findNamedWith),
    row: optionalNumber('Row of the school', 'The number of the row that should be used.'),
    missing: optionalSelect('If DTTP’s list lacks the school', 'What should be done about it.', MISSING),
    dttp_id: optionalDttpId('The school’s DTTP id', 'Only to insert the school: the id that support has given you.'),
    reason: reason(),
    ticket: ticket(),
  },
  read,
  ask: { about: recordsToLookFor, ask: (about, { dttp }) => lookInDttp(about, dttp) },
  situation: situationOf,
  checks,
  outcome: outcomeOf,
  holds: async (situation, sql) => areFoundOnce(sql, repairedUrns(situation)),
  settles: { within: RESULT_WITHIN_MS, look: lookAtResult },
})

/** Where somebody chose to wait for a school, that; or else each school put right, and who waits for it set going. */
function outcomeOf({ schools, waiting: { freed }, addsTrelloCards }: Situation): Outcome {
  const awaited = schools.find(({ repair }) => repair.kind === 'wait')
  if (awaited) return { wait: addSchool(awaited) }
  const plan = {
    updates: schools.flatMap(updatesFor),
    inserts: schools.flatMap(insertsFor),
    effects: [
      ...freed.map(goOn),
      ...freed.flatMap(pollFor),
      ...schools.flatMap((school) => [...syncFor(school), ...askForUpdate(school, addsTrelloCards)]),
    ],
  }
  return { plan, advice: null }
}

/** Saved as Register’s own models do: `updated_at` moves. There are no audits of a DTTP school. */
function updatesFor({ repair }: School): Update[] {
  if (repair.kind !== 'activate' && repair.kind !== 'adopt') return []
  const changes = changesBetween(repair.row, repair.after)
  return [{ table: 'dttp_schools', id: repair.row.id, changes, save: 'audited' }]
}

function insertsFor({ repair }: School): Insert[] {
  if (repair.kind !== 'insert') return []
  const { dttp_id, name, urn, status_code } = repair.after
  return [{ table: 'dttp_schools', values: { dttp_id, name, urn, status_code } }]
}

function syncFor({ urn, repair }: School): Effect[] {
  return repair.kind === 'sync' ? [{ kind: 'enqueue', job: 'sync-schools', args: { urn } }] : []
}

/** The failed job runs again; a new one where none is on record. */
function goOn({ trainee: { id: trainee }, kind, job, submittedBy }: Freed): Effect {
  if (job?.fingerprint) return { kind: 'retry', job: kind, jobId: job.id, fingerprint: job.fingerprint, trainee }
  if (kind === 'update-trainee') return { kind: 'enqueue', job: kind, args: { trainee } }
  return { kind: 'enqueue', job: kind, args: { trainee, submitted_by: submittedBy } }
}

/** As after a submission: with Register's default delay and duration. */
function pollFor({ trainee: { id: trainee }, needsPoll }: Freed): Effect[] {
  if (!needsPoll) return []
  const args = { trainee, poll_for: DEFAULT_POLL_DURATION } as const
  return [{ kind: 'enqueue', job: 'retrieve-trn', args, delaySeconds: 3600 }]
}

/** What DTTP says of a row that becomes active must follow, or the next sync sets it back. */
function askForUpdate({ urn, school: inRegister, repair }: School, addsTrelloCards: boolean): Effect[] {
  if (repair.kind !== 'activate' || !needsUpdateInDttp(repair.account)) return []
  const { row, account } = repair
  const asked = makeActive({ urn, name: inRegister?.name ?? row.name, account })
  return [{ kind: addsTrelloCards ? 'trello-card' : 'manual-step', ...asked }]
}
