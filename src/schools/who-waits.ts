import { type EntityManager, In, IsNull } from 'typeorm'
import * as z from 'zod'
import type { RegistrationRows } from '../dttp/payloads/rows.ts'
import { findRegistrationRowsOfAll } from '../dttp/registration-rows.ts'
import { isLive } from '../entities/chatops/live-jobs.ts'
import { RegistrationAttempt } from '../entities/chatops/registration-attempt.ts'
import { SeenJob } from '../entities/chatops/seen-job.ts'
import { findPolls } from '../entities/chatops/seen-polls.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import { findSubmissions } from '../register/trainees/submissions.ts'

/** A trainee who may be waiting for a school, and what is on record of it. */
export type WaitingRows = {
  registration: RegistrationRows
  /** The last job of the kind that the trainee needs: a registration, or an update of their DTTP record. */
  job: SeenJob | null
  /** A registration that was sent, or may have been: the one that nobody has settled, if there is one. */
  attempt: RegistrationAttempt | null
  /** The DTTP id of who submitted the trainee. */
  submittedBy: string | null
  /** Whether DTTP is asked for their TRN. */
  isPolled: boolean
  /** Another request that is open for the trainee, such as CR-12. */
  openRequest: string | null
}

/** How many trainees are looked at for one request. */
export const MOST_LOOKED_AT = 100

export type WaitingJob = 'register-for-trn' | 'update-trainee'

/** What a trainee's failed job was to do: register them, or send them again once DTTP has them. */
export function kindFor({ dttp_id }: Pick<Trainee, 'dttp_id'>): WaitingJob {
  return dttp_id === null ? 'register-for-trn' : 'update-trainee'
}

/**
 * Trainees who may wait for one of these URNs, at most one more than are looked at: those whose last job failed and names it,
 * those with such a school who are to be registered, and `named`, who comes first.
 */
export async function findWaitingIds(
  sql: EntityManager,
  urns: readonly string[],
  named: string | null,
): Promise<string[]> {
  const rows = await sql.query<{ id: string }[]>(WAITING, [urns, named, MOST_LOOKED_AT + 1])
  return rows.map(({ id }) => id)
}

const WAITING = `
  WITH wanted AS (SELECT id FROM public.schools WHERE urn = ANY($1)),
  failed AS (
    SELECT trainee_id, name FROM chatops.seen_jobs job
    WHERE status = 'failed' AND name IN ('register-for-trn', 'update-trainee') AND jsonb_exists_any(failure -> 'urns', $1)
      AND NOT EXISTS (
        SELECT FROM chatops.seen_jobs later WHERE later.trainee_id = job.trainee_id AND later.name = job.name
          AND (later.created_at, later.id) > (job.created_at, job.id)))
  SELECT id FROM public.trainees trainee
  WHERE id = $2
    OR EXISTS (
      SELECT FROM failed WHERE failed.trainee_id = trainee.id
        AND failed.name = CASE WHEN dttp_id IS NULL THEN 'register-for-trn' ELSE 'update-trainee' END)
    OR (state = 1 AND dttp_id IS NULL AND trn IS NULL
        AND (lead_school_id IN (SELECT id FROM wanted) OR employing_school_id IN (SELECT id FROM wanted)))
  ORDER BY id IS NOT DISTINCT FROM $2 DESC, id LIMIT $3`

/**
 * What is on record of each, in this order. A trainee who is gone is left out.
 * @param self the request that this is read for, if there is one by now
 */
export async function readWaiting(
  sql: EntityManager,
  ids: readonly string[],
  self: string | null,
): Promise<WaitingRows[]> {
  const registrations = await findRegistrationRowsOfAll(sql, ids)
  const jobs = await findLastJobs(sql, ids)
  const lastJobOf = (trainee: Trainee) =>
    jobs.find((job) => job.traineeId === trainee.id && job.name === kindFor(trainee)) ?? null
  const attempts = await findAttempts(sql, ids)
  const unrecorded = registrations.filter(({ trainee }) => lastJobOf(trainee) === null)
  const submissions = await findSubmissions(
    sql,
    unrecorded.map(({ trainee }) => trainee.id),
  )
  const polled = await findPolled(sql, ids)
  const open = await findOpenRequests(sql, ids, self)
  return registrations.map((registration): WaitingRows => {
    const { trainee } = registration
    const job = lastJobOf(trainee)
    const submitter = submissions.get(trainee.id)?.user?.dttp_id ?? null
    return {
      registration,
      job,
      attempt: standingAttempt(attempts, trainee.id, job),
      submittedBy: job ? args.parse(job.args).submitted_by : submitter,
      isPolled: polled.has(trainee.id),
      openRequest: open.get(trainee.id) ?? null,
    }
  })
}

const args = z.object({ submitted_by: z.string().nullable().catch(null) })

/** Of each trainee the last registration and the last update. */
function findLastJobs(sql: EntityManager, traineeIds: readonly string[]): Promise<SeenJob[]> {
  return sql
    .createQueryBuilder(SeenJob, 'job')
    .distinctOn(['job.traineeId', 'job.name'])
    .where({ traineeId: In([...traineeIds]), name: In(['register-for-trn', 'update-trainee'] satisfies WaitingJob[]) })
    .orderBy({ 'job.traineeId': 'ASC', 'job.name': 'ASC', 'job.createdAt': 'DESC', 'job.id': 'DESC' })
    .getMany()
}

/** Every registration that worked, or whose outcome nobody knows. */
function findAttempts(sql: EntityManager, traineeIds: readonly string[]): Promise<RegistrationAttempt[]> {
  const traineeId = In([...traineeIds])
  return sql.find(RegistrationAttempt, {
    where: [
      { traineeId, outcome: IsNull() },
      { traineeId, outcome: In(['unknown', 'registered']) },
    ],
    order: { sentAt: 'ASC', jobId: 'ASC' },
  })
}

/**
 * A registration that had ended well before the job was added does not count: the trainee was taken out of DTTP since.
 */
function standingAttempt(
  attempts: readonly RegistrationAttempt[],
  traineeId: string,
  job: SeenJob | null,
): RegistrationAttempt | null {
  const own = attempts.filter((attempt) => attempt.traineeId === traineeId)
  const unsettled = own.find(({ outcome }) => outcome !== 'registered')
  if (unsettled || !job) return unsettled ?? null
  const stands = ({ jobId, settledAt }: RegistrationAttempt) =>
    jobId === job.id || (settledAt !== null && settledAt > job.createdAt)
  return own.find(stands) ?? null
}

/** Other requests that are open for a trainee, such as CR-12, by trainee. */
async function findOpenRequests(
  sql: EntityManager,
  traineeIds: readonly string[],
  self: string | null,
): Promise<Map<string, string>> {
  const open = await sql.query<{ trainee: string; id: string }[]>(
    `SELECT split_part(subject, ':', 2) AS trainee, change_request_id AS id FROM chatops.open_subjects
     WHERE subject = ANY($1) AND change_request_id IS DISTINCT FROM $2`,
    [traineeIds.map((id) => `trainees:${id}`), self],
  )
  return new Map(open.map(({ trainee, id }) => [trainee, `CR-${id}`]))
}

/** The trainees whom DTTP is asked for a TRN of. */
async function findPolled(sql: EntityManager, traineeIds: readonly string[]): Promise<Set<string>> {
  const polls = await findPolls(sql, traineeIds)
  return new Set([...polls].filter(([, poll]) => isLive(poll)).map(([trainee]) => trainee))
}
