import { type EntityManager, In, IsNull, MoreThan, Raw } from 'typeorm'
import { JOB_NAMES, OTHER_JOB_NAMES } from '../../entities/chatops/job.ts'
import { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import type { World } from '../../world.ts'
import { NOT_GIVEN_SQL } from './asked.ts'
import { findProven } from './proofs.ts'
import { type Judgement, verdictOn } from './verdict.ts'

// What becomes of jobs that a whole sweep did not find. Between the queue and the next heartbeat of the process that
// took it, a job is nowhere: it counts as vanished only when a second sweep, a minute later, has not found it either.
// Then there must be proof that it ran. Absence alone is never success.

const SECOND_LOOK_MS = 60_000
/** For this long proof that comes later still counts. */
const STILL_PROVEN_MS = 7 * 24 * 3_600_000
/** Jobs that are judged in one sweep; the next one judges the others. */
const MOST = 2_000

/**
 * Notes what a whole sweep did not find. Returns how many rows change.
 * @param found the ids of every job that it found
 * @param startedAt when it began
 */
export async function noteMissing(
  world: World,
  sql: EntityManager,
  found: Iterable<string>,
  startedAt: Date,
): Promise<number> {
  const readAt = world.now()
  const [, lost] = (await sql.query(MISSING, [[...found], readAt])) as [unknown, number]
  const [, sent] = (await sql.query(SENT, [startedAt, readAt])) as [unknown, number]
  return lost + sent
}

/** Judges what has been missing for long enough. Returns how many rows change. */
export async function judgeMissing(world: World, sql: EntityManager, now: Date): Promise<number> {
  return (await judge(world, sql, now)) + (await proveLate(world, sql, now))
}

// `from` keeps where it was last. Of a dead registration it stays known why it died, and whether people have heard.
const MISSING = `
  UPDATE chatops.mirrored_jobs SET place = 'missing', missing_since = $2, finished_at = NULL,
    failure = CASE WHEN name = 'register-for-trn' AND place = 'dead' THEN failure END,
    args = (args - 'lost') || jsonb_build_object('from', place), told = told OR NOT (name = 'register-for-trn' AND place = 'dead')
  WHERE place IN ('queue', 'schedule', 'retry', 'dead', 'running')
    AND NOT EXISTS (SELECT FROM unnest($1::uuid[]) AS seen WHERE seen = mirrored_jobs.id)`

// What was pushed and was not found may have run at once. What could not be pushed, or was left to an operator, is wherever
// it was before.
const SENT = `
  UPDATE chatops.mirrored_jobs job SET place = 'missing', missing_since = $2, args = args || '{"from": "unsent"}'
  FROM chatops.outbox sent
  WHERE job.place = 'unsent' AND sent.id = job.outbox_id
    AND (sent.status IN ('failed', 'waiting') OR (sent.status = 'sent' AND sent.sent_at < $1))`

async function judge(world: World, sql: EntityManager, now: Date): Promise<number> {
  const due = await sql.query<{ id: string }[]>(DUE, [new Date(now.getTime() - SECOND_LOOK_MS), MOST, NAMES])
  const jobs = await sql.find(MirroredJob, { where: { id: In(due.map(({ id }) => id)) }, order: { id: 'ASC' } })
  const proven = await findProven(world, sql, jobs, now)
  const posted = await findPosted(sql, jobs)
  const notGiven = await findNotGiven(sql, jobs)
  const verdicts = jobs.map((job) => {
    const { id } = job
    const known = { isProven: proven.has(id), isNotGiven: notGiven.has(id), isPosted: posted.has(id) }
    return { id, ...verdictOn(job, known, now) }
  })
  const judged = verdicts.filter(({ words }) => words !== undefined)
  for (const ending of distinct(judged)) {
    const { code, words, quietly } = ending
    const ids = judged
      .filter((one) => one.code === code && one.words === words && one.quietly === quietly)
      .map(({ id }) => id)
    if (code === 'as-it-died') {
      await finish(sql, ids, { finishedAt: now, curedAt: null })
      continue
    }
    const failure = code === null ? null : { code, words: words ?? '', at: now.toISOString(), by: 'register' as const }
    await finish(sql, ids, { finishedAt: now, failure, curedAt: quietly ? now : null })
  }
  return judged.length
}

// However many of one kind are missing, since somebody has cleared a queue, all other kinds have their turn, and
// registrations before them: of some it is known only after half an hour that nothing can be known. Of each kind no more are
// read than can have a turn.
const DUE = `
  SELECT id FROM unnest($3::text[]) AS kind (name) CROSS JOIN LATERAL (
    SELECT id, row_number() OVER (ORDER BY missing_since, id) AS turn FROM (
      SELECT id, missing_since FROM chatops.mirrored_jobs job
      WHERE place = 'missing' AND job.name = kind.name AND missing_since <= $1
      ORDER BY missing_since, id LIMIT $2) first) missing
  ORDER BY name <> 'register-for-trn', turn, name LIMIT $2`

const NAMES = [...JOB_NAMES, ...OTHER_JOB_NAMES]

/** Those whose failure an open post is about. */
async function findPosted(sql: EntityManager, jobs: readonly MirroredJob[]): Promise<Set<string>> {
  const posted = await sql.query<{ job: string }[]>(POSTED, [jobs.map(({ id }) => id)])
  return new Set(posted.map(({ job }) => job))
}

const POSTED = `
  SELECT entry.job_id AS job FROM chatops.alert_entries entry JOIN chatops.alerts alert ON alert.id = entry.alert_id
  WHERE entry.job_id = ANY($1) AND entry.settled_at IS NULL AND alert.status = 'open'`

/** Those that were to be pushed, and of which no attempt can have reached Redis. */
async function findNotGiven(sql: EntityManager, jobs: readonly MirroredJob[]): Promise<Set<string>> {
  const rows = await sql.query<{ id: string }[]>(NOT_GIVEN, [jobs.map(({ id }) => id)])
  return new Set(rows.map(({ id }) => id))
}

const NOT_GIVEN = `
  SELECT id FROM chatops.mirrored_jobs job WHERE id = ANY($1) AND ${NOT_GIVEN_SQL}`

function distinct(verdicts: readonly Judgement[]): Judgement[] {
  return [...new Map(verdicts.map((one) => [`${one.code} ${one.words} ${one.quietly}`, one])).values()]
}

type Ending = Pick<MirroredJob, 'finishedAt' | 'curedAt'> & { failure?: MirroredJob['failure'] }

async function finish(sql: EntityManager, ids: readonly string[], ending: Ending): Promise<void> {
  const over = { place: 'gone', missingSince: null, told: false } as const
  await sql.update(MirroredJob, { id: In([...ids]), place: 'missing' }, { ...over, ...ending })
}

/** Jobs that were taken for lost, and have done their work all the same. */
async function proveLate(world: World, sql: EntityManager, now: Date): Promise<number> {
  const lost = await sql.find(MirroredJob, {
    where: {
      place: 'gone',
      curedAt: IsNull(),
      finishedAt: MoreThan(new Date(now.getTime() - STILL_PROVEN_MS)),
      failure: Raw((failure) => `${failure} IS NOT NULL AND status = 'failed'`), // by the index of what is given up
    },
    order: { finishedAt: 'DESC', id: 'ASC' },
    take: MOST,
  })
  const proven = [...(await findProven(world, sql, lost, now))]
  if (proven.length > 0)
    await sql.update(MirroredJob, { id: In(proven), place: 'gone' }, { failure: null, told: false })
  return proven.length
}
