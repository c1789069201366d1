import { type EntityManager, In, IsNull, MoreThan } from 'typeorm'
import * as z from 'zod'
import type { RegistrationRows } from '../../dttp/payloads/rows.ts'
import { findRegistrationRows } from '../../dttp/registration-rows.ts'
import { Job } from '../../entities/chatops/job.ts'
import { Poll } from '../../entities/chatops/poll.ts'
import { RegistrationAttempt } from '../../entities/chatops/registration-attempt.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { findSubmission } from '../../register/submissions.ts'

/** A trainee who may be waiting for a school, and what is on record of it. */
export type WaitingRows = {
  registration: RegistrationRows
  /** The last job of the kind that the trainee needs: a registration, or an update of their DTTP record. */
  job: Job | null
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

export type JobKind = 'register-for-trn' | 'update-trainee'

/** What a trainee's failed job was to do: register them, or send them again once DTTP has them. */
export function kindFor({ dttp_id }: Pick<Trainee, 'dttp_id'>): JobKind {
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
    SELECT trainee_id, name FROM chatops.jobs job
    WHERE status = 'failed' AND name IN ('register-for-trn', 'update-trainee') AND jsonb_exists_any(failure -> 'urns', $1)
      AND NOT EXISTS (
        SELECT FROM chatops.jobs later WHERE later.trainee_id = job.trainee_id AND later.name = job.name
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
 * What is on record of each, in this order; who is gone is left out.
 * @param self the request that this is read for, if there is one by now
 */
export async function readWaiting(
  sql: EntityManager,
  ids: readonly string[],
  self: string | null,
): Promise<WaitingRows[]> {
  const waiting: WaitingRows[] = []
  for (const id of ids) {
    const registration = await findRegistrationRows(sql, id)
    if (registration) waiting.push(await readOne(sql, registration, self))
  }
  return waiting
}

async function readOne(sql: EntityManager, registration: RegistrationRows, self: string | null): Promise<WaitingRows> {
  const { trainee } = registration
  const job = await sql.findOne(Job, {
    where: { traineeId: trainee.id, name: kindFor(trainee) },
    order: { createdAt: 'DESC', id: 'DESC' },
  })
  return {
    registration,
    job,
    attempt: await findAttempt(sql, trainee.id, job),
    submittedBy: job ? args.parse(job.args).submitted_by : await findSubmitter(sql, trainee.id),
    isPolled: await isPolled(sql, trainee.id),
    openRequest: await findOpenRequest(sql, trainee.id, self),
  }
}

const args = z.object({ submitted_by: z.string().nullable().catch(null) })

/** One that ended well before the job was added is over: the trainee has been taken out of DTTP since. */
async function findAttempt(
  sql: EntityManager,
  traineeId: string,
  job: Job | null,
): Promise<RegistrationAttempt | null> {
  const unsettled = await sql.findOneBy(RegistrationAttempt, [
    { traineeId, outcome: IsNull() },
    { traineeId, outcome: 'unknown' },
  ])
  if (unsettled || !job) return unsettled
  return sql.findOneBy(RegistrationAttempt, [
    { traineeId, outcome: 'registered', jobId: job.id },
    { traineeId, outcome: 'registered', settledAt: MoreThan(job.createdAt) },
  ])
}

async function findOpenRequest(sql: EntityManager, traineeId: string, self: string | null): Promise<string | null> {
  const [open] = await sql.query<{ id: string }[]>(
    `SELECT change_request_id AS id FROM chatops.open_subjects
     WHERE subject = $1 AND change_request_id IS DISTINCT FROM $2`,
    [`trainees:${traineeId}`, self],
  )
  return open ? `CR-${open.id}` : null
}

async function findSubmitter(sql: EntityManager, traineeId: string): Promise<string | null> {
  return (await findSubmission(sql, traineeId))?.user?.dttp_id ?? null
}

async function isPolled(sql: EntityManager, traineeId: string): Promise<boolean> {
  const poll = await sql.findOneBy(Poll, { traineeId })
  return poll !== null && (await sql.existsBy(Job, { id: poll.jobId, status: In(['waiting', 'running']) }))
}
