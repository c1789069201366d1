import type { EntityManager } from 'typeorm'
import type { EntryFailure } from '../../entities/chatops/alert.ts'
import { jobOf } from '../../failures/causes.ts'
import { isStartedNightly } from '../../register/jobs/nightly.ts'

// What a dismissal keeps quiet about: the same job, and the same failure of a nightly one for as long as it goes on night
// after night. No success has to be seen for that to end: most nightly jobs are over between two sweeps of Sidekiq.

/** The next night's failure comes sooner after the last one than this. */
const NEXT_NIGHT_MS = 36 * 60 * 60_000

type Entry = { subject: string; job: string | null; failure: EntryFailure }

type Dismissed = { alert: string; subject: string; job: string | null; words: string | null; at: string | null }

/** The entries of a cause without those that are dismissed. Whoever calls holds the cause. */
export async function withoutDismissed<One extends Entry>(
  sql: EntityManager,
  cause: string,
  entries: readonly One[],
): Promise<One[]> {
  const dismissed = await sql.query<Dismissed[]>(HOLD_DISMISSED, [cause, entries.map(({ subject }) => subject)])
  const goOn: (Entry & { alert: string })[] = []
  const left = entries.filter((entry) => {
    const own = dismissed.filter(({ subject }) => subject === entry.subject)
    if (own.some(({ job }) => job === entry.job)) return false
    const before = own.find((one) => goesOn(one, entry))
    if (before) goOn.push({ ...entry, alert: before.alert })
    return before === undefined
  })
  if (goOn.length > 0) await sql.query(GO_ON, [JSON.stringify(goOn)])
  return left
}

/** Whether a nightly job has failed as in the night before, in which somebody dismissed it. */
function goesOn({ words, at }: Dismissed, { subject, failure }: Entry): boolean {
  if (failure.by !== 'register' || !isStartedNightly(jobOf({ subject })) || words !== failure.words) return false
  return Date.parse(failure.at) - Date.parse(at ?? '') < NEXT_NIGHT_MS
}

const HOLD_DISMISSED = `
  SELECT alert.id AS alert, entry.subject, entry.job_id AS job, entry.failure ->> 'words' AS words, entry.failure ->> 'at' AS at
  FROM chatops.alert_entries entry JOIN chatops.alerts alert ON alert.id = entry.alert_id
  WHERE entry.subject = ANY($2) AND entry.settled_at IS NULL AND alert.cause = $1 AND alert.status = 'dismissed'
  ORDER BY alert.id DESC FOR NO KEY UPDATE OF alert`

const GO_ON = `
  UPDATE chatops.alert_entries entry SET job_id = night.job, failure = night.failure
  FROM jsonb_to_recordset($1) AS night (alert bigint, subject text, job uuid, failure jsonb)
  WHERE entry.alert_id = night.alert AND entry.subject = night.subject`
