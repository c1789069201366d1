import type { EntityManager } from 'typeorm'
import { NO_TRAINEE_ID } from '../dttp/payloads/contact.ts'
import { GIVEN_UP_SQL } from '../entities/chatops/given-up-jobs.ts'

// A registration that Register's Sidekiq has sent, or may have sent, and that nobody knows the outcome of stands on
// record like one of ours: whoever would register the trainee again finds it, and two people must settle it first.

/**
 * Puts on record what the mirror knows of them, and notes which have turned out to have worked. Returns how many are
 * new or decided.
 */
export async function noteUnknown(sql: EntityManager, now: Date): Promise<number> {
  const added = await sql.query<unknown[]>(NOTE, [now, NO_TRAINEE_ID])
  const [, decided] = (await sql.query(WORKED, [now])) as [unknown, number]
  return added.length + decided
}

// One that fails so once more after it was settled must be settled again. Where Register names a record by now, it has
// worked.
const NOTE = `
  INSERT INTO chatops.registration_attempts (job_id, trainee_id, sent_at, last_sent_at, sent_as, outcome, settled_at)
  SELECT DISTINCT ON (job.trainee_id) job.id, job.trainee_id, job.created_at, (job.failure ->> 'at')::timestamptz,
    CASE WHEN trainee.dttp_id IS NULL AND provider.dttp_id IS NOT NULL THEN
      jsonb_build_object('traineeId', coalesce(trainee.trainee_id, $2::text), 'provider', provider.dttp_id) END,
    CASE WHEN trainee.dttp_id IS NULL THEN 'unknown' ELSE 'registered' END, $1
  FROM chatops.mirrored_jobs job
    JOIN public.trainees trainee ON trainee.id = job.trainee_id
    JOIN public.providers provider ON provider.id = trainee.provider_id
  WHERE job.name = 'register-for-trn' AND job.failure ->> 'code' = 'outcome-unknown' AND ${GIVEN_UP_SQL}
    AND NOT EXISTS (
      SELECT FROM chatops.registration_attempts known WHERE known.job_id = job.id
        AND (known.settled_at IS NULL OR known.settled_at >= (job.failure ->> 'at')::timestamptz))
    AND NOT EXISTS (
      SELECT FROM chatops.registration_attempts other WHERE other.trainee_id = job.trainee_id
        AND (other.outcome IS NULL OR other.outcome = 'unknown'))
  ORDER BY job.trainee_id, job.created_at, job.id
  ON CONFLICT (job_id) DO UPDATE SET outcome = excluded.outcome, settled_at = excluded.settled_at,
    sent_as = excluded.sent_as, last_sent_at = excluded.last_sent_at
  RETURNING 1`

const WORKED = `
  UPDATE chatops.registration_attempts attempt SET outcome = 'registered', settled_at = $1, sent_as = NULL
  FROM chatops.mirrored_jobs job JOIN public.trainees trainee ON trainee.id = job.trainee_id
  WHERE attempt.outcome = 'unknown' AND job.id = attempt.job_id AND trainee.dttp_id IS NOT NULL`
