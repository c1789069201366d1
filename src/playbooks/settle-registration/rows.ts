import { type EntityManager, EntityNotFoundError } from 'typeorm'
import * as z from 'zod'
import type { Around } from '../../contract/playbook.ts'
import { NO_TRAINEE_ID, traineeIdInDttp } from '../../dttp/payloads/contact.ts'
import type { RegistrationRows } from '../../dttp/payloads/rows.ts'
import { findRegistrationRows } from '../../dttp/registration-rows.ts'
import { live } from '../../entities/chatops/live-jobs.ts'
import { RegistrationAttempt, unsettledOf } from '../../entities/chatops/registration-attempt.ts'
import { SeenJob } from '../../entities/chatops/seen-job.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { findMirror, type MirrorAge } from '../../jobs/mirror/age.ts'
import { findNamesakes } from '../../registration/namesakes.ts'
import { createdSince } from '../../registration/traces.ts'

export type Rows = {
  trainee: Trainee
  registration: RegistrationRows
  /** The registration that was sent and has no outcome. */
  attempt: RegistrationAttempt | null
  /** Whether its job may still end by itself. */
  isUnderWay: boolean
  /** Whether DTTP may still be working on it. */
  isFresh: boolean
  /** On whose behalf it was sent: a user's DTTP id. */
  submittedBy: string | null
  /** Other trainees whom DTTP's records with the trainee's id may belong to. */
  namesakes: string[]
  /** DTTP records of other trainees that leave the same traces, or may. */
  taken: string[]
  /** How well Register's Sidekiq is known, where that runs its jobs. */
  mirror: MirrorAge | null
}

/** The longest wait before a batch is sent (40 s), its time-out (20 s), DTTP's own work on it (two minutes), and some more. */
const LONGEST_SENDING_MS = 255_000

/** For so long after a registration was put on record, it may still be sent or worked on; without ids of ours. */
function surelyOverAfter({ jobLeaseMs }: Pick<Around, 'jobLeaseMs'>): number {
  return jobLeaseMs + LONGEST_SENDING_MS
}

const args = z.object({ submitted_by: z.string().nullable().catch(null) })

/** Everything settle-registration decides by. Throws EntityNotFoundError if the trainee is gone. */
export async function read(
  sql: EntityManager,
  slug: string,
  around: Pick<Around, 'now' | 'jobLeaseMs' | 'isMirrored'>,
): Promise<Rows> {
  const trainee = await sql.findOneByOrFail(Trainee, { slug })
  const registration = await findRegistrationRows(sql, trainee.id)
  if (!registration) throw new EntityNotFoundError(Trainee, { id: trainee.id })
  const attempt = await sql.findOne(RegistrationAttempt, {
    where: unsettledOf(trainee.id),
  })
  const job = attempt && (await sql.findOneBy(SeenJob, { id: attempt.jobId }))
  return {
    trainee,
    registration,
    attempt,
    isUnderWay: await sql.existsBy(SeenJob, { traineeId: trainee.id, name: 'register-for-trn', ...live() }),
    isFresh:
      attempt !== null &&
      around.now.getTime() < (attempt.lastSentAt ?? attempt.sentAt).getTime() + surelyOverAfter(around),
    submittedBy: job ? args.parse(job.args).submitted_by : null,
    namesakes: await findNamesakes(sql, trainee),
    taken: attempt ? await findTaken(sql, trainee, attempt) : [],
    mirror: await findMirror(sql, around),
  }
}

/**
 * DTTP records of other trainees that may have the same traces. They belong to trainees of whom DTTP was sent the same,
 * or who were saved after the registration: until then, something else may have been sent of them. Saving a DTTP id
 * moves `updated_at`, so whoever was given a record since is among these. The provider is the one that was sent to
 * DTTP, since the trainee may have another one by now.
 */
async function findTaken(sql: EntityManager, trainee: Trainee, attempt: RegistrationAttempt): Promise<string[]> {
  const rows = await sql.query<{ dttp_id: string }[]>(TAKEN, [
    trainee.id,
    attempt.sentAs?.provider ?? null,
    trainee.provider_id,
    createdSince(attempt),
    attempt.sentAs?.traineeId ?? traineeIdInDttp(trainee),
  ])
  return rows.map(({ dttp_id }) => dttp_id)
}

const TAKEN = `
  SELECT dttp_id FROM public.trainees other
  WHERE id <> $1 AND dttp_id IS NOT NULL
    AND (coalesce(trainee_id, '${NO_TRAINEE_ID}') = $5 OR updated_at >= $4::timestamptz AT TIME ZONE 'UTC')
    AND provider_id IN (SELECT id FROM public.providers WHERE id = $3 OR dttp_id::text = lower($2))
  ORDER BY dttp_id`
