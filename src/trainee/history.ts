import { MOST_COUNTED, type Page, placeOf } from '../pages.ts'
import { URNS_OF_TRAINEE } from '../register/schools/trainee-schools.ts'
import type { World } from '../world.ts'

/**
 * Something that the bot did or saw of a trainee. `what` is an event of the ledger for a request, or one of the others
 * below; `words` are the bot's own.
 */
export type HistoryEvent = {
  at: Date
  kind: 'request' | 'job' | 'alert' | 'registration' | 'wait'
  what: string
  /** The request's number, the job's name, or the URN. */
  which: string
  who: string | null
  words: string | null
}

const PER_PAGE = 12

/**
 * What the bot did or saw of a trainee, newest first, a page at a time. Of a request that was never sent there is nothing,
 * but for its requester.
 */
export async function readHistory(
  { database }: Pick<World, 'database'>,
  trainee: { id: string; slug: string | null },
  viewer: string,
  wanted: number,
): Promise<Page<HistoryEvent>> {
  const values = [trainee.id, viewer, trainee.slug]
  const [counted] = await database.query<{ all: number }[]>(
    `SELECT count(*)::int AS all FROM (${EVENTS} LIMIT ${MOST_COUNTED + 1}) found`,
    values,
  )
  const { start, ...place } = placeOf(counted?.all ?? 0, { page: wanted, perPage: PER_PAGE })
  const items = await database.query<HistoryEvent[]>(`${EVENTS} ORDER BY at DESC, which, what LIMIT $4 OFFSET $5`, [
    ...values,
    PER_PAGE,
    start,
  ])
  return { items, ...place }
}

/**
 * The number of a trainee who is no longer in Register, by the link that was typed when somebody asked for a change; null
 * where that is not known.
 */
export async function findGone({ database }: Pick<World, 'database'>, slug: string): Promise<string | null> {
  const [request] = await database.query<{ id: string }[]>(
    `SELECT trainee_id AS id FROM chatops.change_requests
     WHERE form ->> 'subject' = $1 AND trainee_slug = $1 AND trainee_id IS NOT NULL LIMIT 1`,
    [slug],
  )
  return request?.id ?? null
}

// The ledger says what happened to requests. A job is shown as it stands now: a poll runs every hour for days.
const EVENTS = `
  SELECT * FROM (
    SELECT entry.at, 'request' AS kind, entry.event AS what, request.id::text AS which, entry.actor AS who,
      request.playbook AS words
    FROM chatops.change_requests request JOIN chatops.ledger entry ON entry.change_request_id = request.id
    WHERE (request.trainee_id = $1 OR request.subjects @> ARRAY['trainees:' || $1::bigint]) AND (request.sent_at IS NOT NULL OR request.requester = $2)
      AND entry.event NOT IN ('purged', 'verified')
    UNION ALL
    SELECT coalesce(finished_at, created_at), 'job', status, name, NULL, failure ->> 'words'
    FROM chatops.seen_jobs WHERE trainee_id = $1
    UNION ALL
    SELECT step.at, 'alert', step.what, entry.subject, step.who, entry.failure ->> 'words'
    FROM chatops.alert_entries entry JOIN chatops.alerts alert ON alert.id = entry.alert_id,
      LATERAL (VALUES
        (entry.added_at, 'opened', NULL),
        (CASE WHEN alert.status = 'dismissed' THEN alert.closed_at END, 'dismissed', alert.dismissed_by),
        (entry.settled_at, 'settled', NULL)) AS step (at, what, who)
    WHERE entry.trainee_id = $1 AND step.at IS NOT NULL
    UNION ALL
    SELECT sent_at, 'registration', coalesce(outcome, 'sent'), trainee_id::text, NULL, NULL
    FROM chatops.registration_attempts WHERE trainee_id = $1
    UNION ALL
    SELECT asked_at, 'wait', status, urn, requester, NULL
    FROM chatops.school_waits WHERE (form ->> 'subject' = $3::text OR urn IN (${URNS_OF_TRAINEE})) AND asked_at IS NOT NULL
  ) events`
