import { GIVEN_UP_SQL } from '../entities/chatops/given-up-jobs.ts'
import { LIVE_SQL } from '../entities/chatops/live-jobs.ts'
import { retryConflicts } from '../entities/transient.ts'
import { NOT_POLLED } from '../failures/causes.ts'
import { findMirrorAge } from '../jobs/mirror/age.ts'
import type { World } from '../world.ts'
import { announceAlerts, joinAlert } from './live/entries.ts'
import { postedFrom } from './live/hours.ts'
import { look } from './look/look.ts'

// Keeps alerts up to date without anyone clicking. Any number of workers may sweep at once.

/** An open alert is looked at again after this long. */
const LOOK_AGAIN_MINUTES = 5
/** Alerts looked at in one sweep. */
const LOOK_BATCH = 4
/** Trainees found in one sweep; the next one finds the others. */
const UNPOLLED_BATCH = 1_000
/** A trainee counts as not polled only this long after the submission: by then the registration has started a poll. */
const SUBMITTED_BEFORE_MS = 60 * 60_000

/**
 * Looks at open alerts that nobody has looked at for a while, and has posts drawn again that fell behind. Returns how
 * many posts are to be drawn.
 */
export async function lookAtAlerts(world: World): Promise<number> {
  const [leased] = (await world.database.query(LEASE, [LOOK_AGAIN_MINUTES, LOOK_BATCH])) as [{ id: string }[], number]
  const looked = await Promise.all(leased.map(({ id }) => alone(world, id)))
  return looked.filter(Boolean).length + (await announceForgotten(world))
}

/** A sweep looks at so many parts of Register's trainees one after the other, so that none of its looks is a long one. */
export const UNPOLLED_PARTS = 20

/**
 * Returns a function each call of which looks at the next part, so that that many calls look at all trainees. The newest come
 * first: most of those who wait for a TRN are among them, and a worker may be started anew before it has come to the others.
 * A part counts as looked at only once it was.
 */
export function createUnpolledSweep(world: World): () => Promise<number> {
  let looked: string | null = null
  return async () => {
    const [part] = await world.database.query<[Part]>(NEXT_PART, [looked, UNPOLLED_PARTS])
    const found = await lookAtPart(world, part)
    if (found !== null) looked = part.after
    return found ?? 0
  }
}

/** Trainees whose numbers come after one and go up to another. */
type Part = { after: string; upTo: string }

const EVERYBODY: Part = { after: '0', upTo: '9223372036854775807' }

/** Opens an alert for trainees in "Pending TRN" for whose TRN nobody asks, as far as is known. Returns how many are new. */
export async function findUnpolled(world: World): Promise<number> {
  return (await lookAtPart(world, EVERYBODY)) ?? 0
}

/** Null while what is known of Register's Sidekiq is too old to look. */
async function lookAtPart(world: World, { after, upTo }: Part): Promise<number | null> {
  const now = world.now()
  const isMirrored = world.upstreams.sidekiq !== undefined
  if (isMirrored && (await findMirrorAge(world.database.manager, now)).isTooOld) return null
  const before = new Date(now.getTime() - SUBMITTED_BEFORE_MS).toISOString().replace('Z', '')
  const unpolled = await world.database.query<{ id: string }[]>(UNPOLLED, [
    before,
    UNPOLLED_BATCH,
    NOT_POLLED,
    isMirrored,
    after,
    upTo,
  ])
  if (unpolled.length === 0) return 0
  const at = now.toISOString()
  const failure = { code: 'not-polled' as const, words: 'Nothing asks DTTP for this trainee’s TRN.', at }
  const entries = unpolled.map(({ id }) => ({ subject: `retrieve-trn:${id}`, trainee: id, job: null, failure }))
  return retryConflicts(() =>
    world.database.transaction((sql) =>
      joinAlert(
        sql,
        { cause: NOT_POLLED, channel: world.alertChannel, at, from: postedFrom(world, 'not-polled') },
        entries,
      ),
    ),
  )
}

/** Looks at one alert. An error is logged, so that the other alerts still have their turn. */
async function alone(world: World, id: string): Promise<boolean> {
  try {
    return await look(world, id)
  } catch (error) {
    world.log.error({ alert: id, error: error instanceof Error ? error.name : 'unknown' }, 'an alert was not looked at')
    return false
  }
}

/**
 * Queues a message for alerts whose post is behind and that have none: they changed while the post was being drawn, or
 * their message was given up.
 */
async function announceForgotten(world: World): Promise<number> {
  const forgotten = await world.database.query<{ id: string }[]>(FORGOTTEN)
  if (forgotten.length > 0) await announceAlerts(world.database.manager, ...forgotten.map(({ id }) => id))
  return forgotten.length
}

const LEASE = `
  WITH due AS MATERIALIZED (
    SELECT id FROM chatops.alerts
    WHERE status = 'open' AND (looked_at IS NULL OR looked_at < now() - make_interval(mins => $1))
    ORDER BY looked_at NULLS FIRST, id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
  UPDATE chatops.alerts SET looked_at = now() WHERE id IN (SELECT id FROM due) RETURNING id`

// The parts go from the highest number down. Whoever is added meanwhile is in the next round.
const NEXT_PART = `
  WITH known AS (SELECT coalesce(min(id), 1) AS first, coalesce(max(id), 1) AS last FROM public.trainees),
    next AS (SELECT CASE WHEN $1::bigint >= first THEN least($1, last) ELSE last END AS up_to, first, last FROM known)
  SELECT up_to AS "upTo", up_to - 1 - (last - first) / $2 AS after FROM next`

/**
 * The trainees in "Pending TRN" are read once, and their polls by an index. Few are left then, and only of these jobs are
 * looked for, one trainee after another (OFFSET 0 keeps Postgres from reading all jobs instead). Of a poll that is given up
 * people have heard, or are about to; not of one that was dead before the bot first looked, and what they have heard says
 * nothing of a poll that was begun later. Our workers' poll says by itself how it ends; beside a Sidekiq it may have ended
 * long ago, before that one went on with another.
 */
const UNPOLLED = `
  WITH pending AS MATERIALIZED (
    SELECT id FROM public.trainees
    WHERE state = 1 AND trn IS NULL AND dttp_id IS NOT NULL AND submitted_for_trn_at < $1::timestamp
      AND id > $5 AND id <= $6
  ), suspect AS MATERIALIZED (
    SELECT id FROM pending WHERE NOT EXISTS (
      SELECT FROM chatops.polls poll WHERE poll.trainee_id = pending.id AND (
        NOT $4::boolean OR EXISTS (SELECT FROM chatops.jobs job WHERE job.id = poll.job_id AND job.${LIVE_SQL})))
  ), untold AS MATERIALIZED (
    SELECT id FROM suspect WHERE NOT EXISTS (
      SELECT FROM chatops.alert_entries entry JOIN chatops.alerts alert ON alert.id = entry.alert_id
      WHERE entry.subject = 'retrieve-trn:' || suspect.id AND entry.settled_at IS NULL AND alert.cause = $3)
  )
  SELECT id FROM untold WHERE NOT EXISTS (
    SELECT FROM chatops.seen_jobs job WHERE job.trainee_id = untold.id
      AND (job.name IN ('retrieve-trn', 'register-for-trn') AND job.${LIVE_SQL}
        OR job.name = 'retrieve-trn' AND ${GIVEN_UP_SQL} AND (
          job.change_request_id IS NOT NULL
          OR EXISTS (SELECT FROM chatops.polls poll WHERE poll.job_id = job.id)
          OR EXISTS (SELECT FROM chatops.alert_entries entry WHERE entry.job_id = job.id)
          OR EXISTS (SELECT FROM chatops.mirrored_jobs failed WHERE failed.id = job.id AND NOT failed.told))
        AND NOT EXISTS (
          SELECT FROM chatops.seen_jobs later
          WHERE later.trainee_id = untold.id AND later.name = 'retrieve-trn' AND later.created_at > job.finished_at))
    OFFSET 0)
  ORDER BY id LIMIT $2`

// A message that was given up is tried again after ten minutes: what stood in its way may have been put right.
const FORGOTTEN = `
  SELECT alert.id FROM chatops.alerts alert
  WHERE alert.rendered_version < alert.card_version AND NOT EXISTS (
    SELECT FROM chatops.outbox message
    WHERE message.stream = 'alert:' || alert.id AND message.status IN ('queued', 'sending'))
  AND NOT EXISTS (
    SELECT FROM chatops.outbox message
    WHERE message.stream = 'alert:' || alert.id AND message.created_at > now() - make_interval(
      secs => CASE message.status WHEN 'failed' THEN 600 ELSE 10 END))`
