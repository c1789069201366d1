import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { startsAfterRemoval } from '../contract/plan.ts'
import type { Executed } from '../contract/playbook.ts'
import type { DttpClient } from '../dttp/client/index.ts'
import { findCode } from '../dttp/code-sets.ts'
import { becameWords } from '../dttp/standing.ts'
import { STATUS_AFTER_REGISTRATION } from '../dttp/statuses.ts'
import type { JobName } from '../entities/chatops/job.ts'
import { RegistrationAttempt, type RegistrationIds } from '../entities/chatops/registration-attempt.ts'
import { SeenJob } from '../entities/chatops/seen-job.ts'
import { findRemovals } from '../entities/chatops/unseen-jobs.ts'
import { Provider } from '../entities/register/provider.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { aboutSecondRecord, findSecondRecords, type SecondRecord } from './second-record.ts'
import { candidateWords, findCandidates, type Traces, tracesOf } from './traces.ts'

// What became of a registration: in our rows, and in DTTP.

/** The registration that a request started, as it stands. */
export type SentRegistration = {
  trainee: Trainee | null
  job: SeenJob | null
  /** Whether it is started only once a failed one is taken out of Register's Sidekiq, or that was not possible. */
  startsLater: boolean | 'never'
  attempt: RegistrationAttempt | null
  /** The ids that DTTP answered with, once the job that saves them in Register is done. */
  ids: RegistrationIds | null
  /** Whether something was sent whose outcome nobody knows, and which no job of ours will find out. */
  isUnknown: boolean
  /** What DTTP has of these ids; null where it was not asked, or was silent. */
  records: RecordsById | null
  /** What DTTP has that a registration without an answer may have created, in words; null as above. */
  candidates: string[] | null
}

/** @param answers what DTTP said to what recordsToAskFor asks */
export async function readRegistration(
  sql: EntityManager,
  executed: Executed,
  answers: RecordsInDttp | null = null,
): Promise<SentRegistration> {
  const { id } = z.object({ id: z.string() }).parse(executed.evidence['trainee'])
  const job = await findJob(sql, executed, 'register-for-trn')
  const removal = (await findRemovals(sql, executed.changeRequest)).get(id)
  const attempt = job && (await sql.findOneBy(RegistrationAttempt, { jobId: job.id }))
  return {
    trainee: await sql.findOneBy(Trainee, { id }),
    job,
    startsLater: startsAfterRemoval(executed.plan, id) && (removal === 'refused' ? 'never' : true),
    attempt,
    ids: job?.status === 'done' ? (attempt?.ids ?? null) : null,
    isUnknown: job?.status === 'failed' && attempt !== null && isUnsettled(attempt),
    records: answers && 'contact' in answers ? answers : null,
    candidates: answers && 'candidates' in answers ? answers.candidates : null,
  }
}

function isUnsettled({ outcome }: Pick<RegistrationAttempt, 'outcome'>): boolean {
  return outcome === null || outcome === 'unknown'
}

/**
 * Whether people must settle a registration of unknown outcome. Where DTTP can be asked by ids of ours they need not,
 * unless own ids were off by the time that it had nothing under them.
 */
export function isLeftToPeople(job: SeenJob | null, attempt: RegistrationAttempt | null): boolean {
  return !attempt?.ownIds || attempt.ids !== null || job?.failure?.code === 'outcome-unknown'
}

/** The last job of this kind that the request started. */
export async function findJob(sql: EntityManager, { changeRequest }: Executed, name: JobName): Promise<SeenJob | null> {
  return sql.findOne(SeenJob, {
    where: { changeRequestId: changeRequest, name },
    order: { createdAt: 'DESC', id: 'ASC' },
  })
}

/** What DTTP is asked: for the new records, or for what is left of a registration without an answer. */
export type AskedForRecords = (RegistrationIds & { second?: SecondRecord | null }) | { traces: Traces } | null

/** What it has of them. */
export type RecordsInDttp = RecordsById | { candidates: string[] }

type RecordsById = {
  contact: boolean
  /** What somebody there has done with it: merged or deactivated; null for one in use. */
  became: string | null
  placementAssignment: boolean
  /** Those that DTTP has. */
  degrees: string[]
  /** Whether both records have the status that a registration ends with. */
  statuses: boolean
  /** Other records of the trainee; null where that was not asked. */
  others: string[] | null
}

/** What DTTP is asked about: the new records, or the traces that a registration without an answer would have left. */
export async function recordsToAskFor(
  sql: EntityManager,
  { trainee, job, attempt, ids, isUnknown }: SentRegistration,
): Promise<AskedForRecords> {
  if (ids) return { ...ids, second: await aboutSecondRecord(sql, { trainee, attempt, ids }) }
  if (!trainee || !isUnknown || !isLeftToPeople(job, attempt)) return null
  const provider = await sql.findOneByOrFail(Provider, { id: trainee.provider_id })
  return { traces: tracesOf(attempt, trainee, provider) }
}

/** Throws DttpError. */
export async function askForRecords(ids: AskedForRecords, dttp: DttpClient): Promise<RecordsInDttp | null> {
  if (!ids) return null
  if ('traces' in ids) return { candidates: await describeTraces(ids.traces, dttp) }
  const [contact, assignment, degrees, others] = await Promise.all([
    dttp.findContact(ids.contact),
    dttp.findPlacementAssignment(ids.placementAssignment),
    dttp.findDegreeQualificationsOf(ids.contact),
    findSecondRecords(ids.second ?? null, dttp),
  ])
  const wanted = findCode('statuses', STATUS_AFTER_REGISTRATION)
  return {
    contact: contact !== null,
    became: becameWords(contact),
    placementAssignment: assignment !== null,
    degrees: degrees.map(({ id }) => id),
    statuses: contact?.statusId === wanted && assignment?.statusId === wanted,
    others,
  }
}

const MOST_SHOWN = 5

async function describeTraces(traces: Traces, dttp: DttpClient): Promise<string[]> {
  const { records, isMore } = await findCandidates(traces, dttp, MOST_SHOWN)
  return [...records.map(candidateWords), ...(isMore ? ['more than we can look at'] : [])]
}
