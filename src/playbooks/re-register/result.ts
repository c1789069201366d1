import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import type { DttpClient } from '../../dttp/client/index.ts'
import { findCode } from '../../dttp/code-sets.ts'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import type { Job } from '../../entities/chatops/job.ts'
import { canonical, type Json } from '../../entities/json.ts'
import type { Audit } from '../../entities/register/audit.ts'
import { Degree } from '../../entities/register/degree.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { findState } from '../../register/states.ts'
import { formatDateTime } from '../../register/times.ts'
import type { Plan } from '../plan.ts'
import type { Executed } from '../playbook.ts'
import { findJob, pollScheduled, registered, statusesChanged } from '../registration-result.ts'
import { type Rows, readHistory } from './rows.ts'

// What must be so before the commit, and what support would ask the next day.

/** Nothing but the emptied ids has moved: not the state, not the exact time of submission, not `updated_at`, no audit. */
export async function onlyIdsChanged(sql: EntityManager, plan: Plan, before: Rows): Promise<Postcondition> {
  const now = await sql.findOneByOrFail(Trainee, { id: before.trainee.id })
  const planned = plan.updates.flatMap(({ changes }) => Object.keys(changes))
  const [was, is] = [before.trainee, now].map((row) => new Map(Object.entries(row)))
  const moved = [...(was ?? [])].filter(
    ([column, value]) => is?.get(column) !== value && canonical(is?.get(column)) !== canonical(value),
  )
  const others = moved.map(([column]) => column).filter((column) => !planned.includes(column))
  const { lastAudit } = await readHistory(sql, now)
  return {
    sentence: 'Only the ids of the missing records are emptied, and no audit is written',
    holds: others.length === 0 && lastAudit === before.history.lastAudit,
    found:
      others.length === 0
        ? 'The state, the time of submission and the history are as they were.'
        : `Also changed: ${others.join(', ')}.`,
  }
}

const named = z.object({ contact: z.string(), placementAssignment: z.string() }).nullable()
const answer = z.object({
  contact: z.boolean(),
  placementAssignment: z.boolean(),
  degrees: z.number(),
  statuses: z.boolean(),
})

/** The new records, once Register names them. */
export async function nameRecords(
  sql: EntityManager,
  _plan: Plan,
  executed: Executed,
): Promise<z.output<typeof named>> {
  const trainee = await getTrainee(sql, executed)
  const { dttp_id: contact, placement_assignment_dttp_id: placementAssignment } = trainee
  const job = await findJob(sql, executed, 'register-for-trn')
  return job?.status === 'done' && contact && placementAssignment ? { contact, placementAssignment } : null
}

/** What DTTP has of them. Throws DttpError. */
export async function askAfterwards(about: Json, dttp: DttpClient): Promise<Json> {
  const records = named.parse(about)
  if (!records) return null
  const [contact, assignment, degrees] = await Promise.all([
    dttp.findContact(records.contact),
    dttp.findPlacementAssignment(records.placementAssignment),
    dttp.findDegreeQualificationsOf(records.contact),
  ])
  const wanted = findCode('statuses', 'Prospective trainee - TREFNO requested')
  return {
    contact: contact !== null,
    placementAssignment: assignment !== null,
    degrees: degrees.length,
    statuses: contact?.statusId === wanted && assignment?.statusId === wanted,
  }
}

/** Each line of the card, in the order in which it comes true. */
export async function verifyResult(sql: EntityManager, _plan: Plan, executed: Executed): Promise<Postcondition[]> {
  const trainee = await getTrainee(sql, executed)
  const job = await findJob(sql, executed, 'register-for-trn')
  return [
    await submissionStands(sql, trainee, executed),
    await historyStands(sql, trainee, executed),
    registered(trainee, job),
    await heldByDttp(sql, trainee, job, executed),
    await statusesChanged(sql, job, executed, answer.nullable().parse(executed.answered)?.statuses ?? null),
    await pollScheduled(sql, executed),
  ]
}

async function submissionStands(sql: EntityManager, trainee: Trainee, executed: Executed): Promise<Postcondition> {
  const { at } = z.object({ at: z.string() }).parse(executed.evidence['submitted'])
  const poll = await findJob(sql, executed, 'retrieve-trn')
  const state = findState(trainee.state)
  const expected = state === 'submitted_for_trn' || (state === 'trn_received' && poll?.status === 'done')
  return {
    sentence: 'The state and the exact time of submission are as they were',
    holds: trainee.submitted_for_trn_at === at && expected,
    found:
      trainee.submitted_for_trn_at === at
        ? `Submitted on ${formatDateTime(at)}.`
        : 'The time of submission has changed.',
  }
}

/** The jobs' own audits show in no timeline; what other people did since is theirs, and left out of the comparison. */
async function historyStands(sql: EntityManager, trainee: Trainee, executed: Executed): Promise<Postcondition> {
  const seen = z.object({ lastAudit: z.string().nullable(), timeline: z.string(), events: z.number() })
  const before = seen.parse(executed.evidence['history'])
  const isOld = ({ id }: Audit) => BigInt(id) <= BigInt(before.lastAudit ?? 0)
  const isOurs = ({ comment }: Audit) =>
    comment === `trainee-chatops job register-for-trn, CR-${executed.changeRequest}`
  const all = await readHistory(sql, trainee)
  const ours = await readHistory(sql, trainee, (audit) => isOld(audit) || isOurs(audit))
  const old = await readHistory(sql, trainee, isOld)
  const same = ours.timeline === before.timeline
  const [registration, others] = [ours.audits - old.audits, all.audits - ours.audits]
  return {
    sentence: 'The registration adds its own audits only, and the timeline shows the same events',
    holds: same,
    found: [
      registration === 0 ? 'No audit is new.' : `${registration} new audits of the registration’s ids.`,
      ...(others > 0 ? [`${others} by other people or jobs since.`] : []),
      same ? `The ${before.events} events are as they were.` : 'The events are no longer as they were.',
    ].join(' '),
  }
}

async function heldByDttp(
  sql: EntityManager,
  trainee: Trainee,
  job: Job | null,
  executed: Executed,
): Promise<Postcondition> {
  const sentence = 'DTTP has the trainee, the training record and every degree'
  const found = answer.nullable().parse(executed.answered)
  if (job?.status === 'failed') return { sentence, holds: false, found: 'They were not registered.' }
  if (!found) return { sentence, holds: false, waiting: true, found: 'Not looked at yet.' }
  const degrees = await sql.countBy(Degree, { trainee_id: trainee.id })
  const holds = found.contact && found.placementAssignment && found.degrees >= degrees
  const words = [
    found.contact ? 'The trainee is there.' : 'The trainee is missing.',
    found.placementAssignment ? 'The training record is there.' : 'The training record is missing.',
    `${found.degrees} of ${degrees} degrees are there.`,
  ]
  return { sentence, holds, found: words.join(' ') }
}

async function getTrainee(sql: EntityManager, { evidence }: Executed): Promise<Trainee> {
  const { id } = z.object({ id: z.string() }).parse(evidence['trainee'])
  return sql.findOneByOrFail(Trainee, { id })
}
