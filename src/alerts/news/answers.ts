import { retryConflicts } from '../../entities/transient.ts'
import type { World } from '../../world.ts'
import { joinAlert } from '../live/entries.ts'
import { postedFrom } from '../live/hours.ts'

// What DTTP answered to a registration, and nobody expected. The worker that got the answer may have lost its job by then,
// so it only keeps it; here it is found.

type Unexpected = { code: 'own-ids-not-kept' | 'late-answer'; job: string; trainee: string; contact: string }

/** Reports such answers, each once. Returns how many are new. */
export async function reportAnswers(world: World): Promise<number> {
  const found = await world.database.query<Unexpected[]>(UNEXPECTED)
  const at = world.now().toISOString()
  for (const { code, job, trainee, contact } of found) {
    const cause = code === 'late-answer' ? `late-answer:${trainee}` : 'dttp:own-ids'
    const failure = { code, words: WORDS[code](contact), at }
    // An entry of its own: that the trainee is registered by another record does not settle it.
    const entry = { subject: `register-for-trn:${trainee}:${code}`, trainee, job, failure }
    await retryConflicts(() =>
      world.database.transaction((sql) =>
        joinAlert(sql, { cause, channel: world.alertChannel, at, from: postedFrom(world, code) }, [entry]),
      ),
    )
  }
  return found.length
}

const WORDS = {
  'late-answer': (contact: string) =>
    `DTTP has answered a registration that had been given up: it created record ${contact}, which Register does not name.`,
  'own-ids-not-kept': (contact: string) =>
    `We chose the id of the record, and DTTP answered with ${contact}, or took the same id twice.`,
} as const

/**
 * A late answer is none where another registration under the same ids will find the record, or has saved it: that
 * Register names another one by now is then no news.
 */
const UNEXPECTED = `
  WITH unexpected AS (
    SELECT 'own-ids-not-kept' AS code, a.job_id, a.trainee_id, a.ids FROM chatops.registration_attempts a
    WHERE a.doubt IS NOT NULL
    UNION ALL
    SELECT 'late-answer', a.job_id, a.trainee_id, a.ids
    FROM chatops.registration_attempts a LEFT JOIN public.trainees t ON t.id = a.trainee_id
    WHERE a.outcome IN ('not-sent', 'taken-over') AND a.ids IS NOT NULL AND t.dttp_id::text IS DISTINCT FROM a.ids ->> 'contact'
      AND NOT EXISTS (
        SELECT FROM chatops.registration_attempts later
        WHERE later.trainee_id = a.trainee_id
          AND (later.outcome IS NULL OR later.outcome IN ('unknown', 'registered'))
          AND later.own_ids ->> 'contact' = a.ids ->> 'contact'))
  SELECT u.code, u.job_id AS job, u.trainee_id AS trainee, u.ids ->> 'contact' AS contact FROM unexpected u
  WHERE NOT EXISTS (
    SELECT FROM chatops.alert_entries e
    WHERE e.job_id = u.job_id AND e.subject = 'register-for-trn:' || u.trainee_id || ':' || u.code)
  ORDER BY u.job_id LIMIT 100`
