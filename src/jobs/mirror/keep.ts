import type { EntityManager } from 'typeorm'
import type { JobPage } from '../../sidekiq/index.ts'
import type { World } from '../../world.ts'
import { SHA_SQL } from './baseline.ts'
import { unlessMoved } from './moved-tables.ts'
import { keepPolls, type MirrorRow, rankOf, rowOf, rowOfStrange } from './rows.ts'

// Writes what a sweep finds into the mirror, and only what is no longer as it was. A job may be found in several places:
// it moves while they are read one after the other, or it is there twice. The same one of them counts in each sweep.

/** A sweep under way. */
export type Sweep = {
  number: string
  startedAt: Date
  /** When the last whole one began; null for the first. */
  lastAt: Date | null
  /** By the id of each job that was found: which of its members counts so far. */
  found: Map<string, string>
  /** Rows that are to be written, unless the job is found elsewhere as well. */
  moved: Map<string, MirrorRow>
  /** Members that are no jobs that could be read. */
  strange: number
  changed: number
  /** Jobs found for the first time that had been dead for long. */
  old: number
}

export function newSweep(number: string, startedAt: Date, lastAt: Date | null): Sweep {
  return { number, startedAt, lastAt, found: new Map(), moved: new Map(), strange: 0, changed: 0, old: 0 }
}

/** Inserts the page's new jobs, and remembers those that have moved. */
export async function keepPage(world: World, sweep: Sweep, { jobs, strange }: JobPage): Promise<void> {
  const now = sweep.startedAt
  const sql = world.database.manager
  sweep.strange += strange.length
  const read = [...jobs.map((job) => rowOf(job, now)), ...strange.map((member) => rowOfStrange(member, now))]
  const rows = await keepPolls(sql, read)
  const known = await findKnown(sql, rows)
  const added = new Map<string, MirrorRow>()
  for (const row of rows) {
    const best = sweep.found.get(row.id)
    const counts = best === undefined || order(row) > best
    if (counts) sweep.found.set(row.id, order(row))
    const member = known.get(row.id)
    if (member === undefined && best === undefined) added.set(row.id, row)
    else if (counts) sweep.moved.set(row.id, row)
  }
  await write(world, sweep, [...added.values()])
  await keepSubmitters(sql, rows)
  for (const [id, row] of sweep.moved) if (known.get(id) === memberOf(row)) sweep.moved.delete(id)
}

/** An earlier version could not read all ids of those who had submitted a trainee, and kept none. */
async function keepSubmitters(sql: EntityManager, rows: readonly MirrorRow[]): Promise<void> {
  const read = rows.filter(({ args }) => args['submitted_by'])
  if (read.length > 0) await sql.query(SUBMITTERS, [JSON.stringify(read.map(({ id, args }) => ({ id, ...args })))])
}

const SUBMITTERS = `
  UPDATE chatops.mirrored_jobs known SET args = known.args || jsonb_build_object('submitted_by', found.submitted_by)
  FROM jsonb_to_recordset($1) AS found (id uuid, submitted_by text)
  WHERE known.id = found.id AND NOT jsonb_exists(known.args, 'submitted_by')`

/** Writes what has moved, once everything was read. */
export async function keepMoved(world: World, sweep: Sweep, keepLock: () => Promise<unknown>): Promise<void> {
  const moved = [...sweep.moved.values()]
  for (let start = 0; start < moved.length; start += AT_ONCE) {
    await keepLock()
    await write(world, sweep, moved.slice(start, start + AT_ONCE))
  }
}

const AT_ONCE = 500

function order(row: MirrorRow): string {
  return `${rankOf(row)} ${row.score ?? ''} ${row.sha1}`
}

function memberOf({ place, score, sha1 }: Pick<MirrorRow, 'place' | 'score' | 'sha1'>): string {
  return `${place} ${score} ${sha1}`
}

async function findKnown(sql: EntityManager, rows: readonly MirrorRow[]): Promise<Map<string, string>> {
  const known = await sql.query<Pick<MirrorRow, 'id' | 'place' | 'score' | 'sha1'>[]>(
    'SELECT id, place, score, sha1 FROM chatops.mirrored_jobs WHERE id = ANY($1)',
    [rows.map(({ id }) => id)],
  )
  return new Map(known.map((row) => [row.id, memberOf(row)]))
}

async function write(world: World, sweep: Sweep, rows: readonly MirrorRow[]): Promise<void> {
  if (rows.length === 0) return
  const sql = world.database.manager
  const values = [JSON.stringify(rows), sweep.startedAt, sweep.number, sweep.lastAt]
  const keep = (sha: string) => sql.query<{ old: boolean }[]>(KEEP(sha), values)
  const changed = (await unlessMoved(world, null, () => keep(SHA_SQL))) ?? (await keep(`'{}'`))
  sweep.changed += changed.length
  sweep.old += changed.filter(({ old }) => old).length
}

// A job that has been dead since before the last reading, and is new to us, means that another Redis was read then. It is not
// posted. Nor is a job that was gone and is there again, unless it was posted before.
// A row that a request has just asked to be moved stays "unsent" as long as its member is where it was. With each failure
// the proof of a next run begins anew (baseline.ts). A poll that found no TRN puts the next one in its place, which `again` names:
// we keep when we first found that one, since the one before it has worked. An earlier version kept "yes" as `again`, which
// names none.
const KEEP = (sha: string) => `
  INSERT INTO chatops.mirrored_jobs AS known (id, name, class_name, trainee_id, args, timeout_at, place, queue, score, sha1,
    jid, attempts, error_class, failure, due_at, created_at, finished_at, first_seen_at, last_seen_at, sweep, told)
  SELECT id, name, class_name, trainee_id, args || ${sha}, timeout_at, place, queue, score, sha1, jid, attempts, error_class, failure,
    due_at, created_at, finished_at, $2, $2, $3,
    place = 'dead' AND coalesce(finished_at < $4::timestamptz - interval '10 minutes', false)
  FROM jsonb_to_recordset($1) AS found (id uuid, name text, class_name text, trainee_id bigint, args jsonb,
    timeout_at timestamp(6), place text, queue text, score text, sha1 text, jid text, attempts integer, error_class text,
    failure jsonb, due_at timestamptz, created_at timestamptz, finished_at timestamptz)
  ON CONFLICT (id) DO UPDATE SET
    place = excluded.place, queue = excluded.queue, score = excluded.score, sha1 = excluded.sha1, jid = excluded.jid,
    args = known.args - '{replaced,removed}'::text[] || CASE WHEN excluded.failure IS NULL THEN excluded.args - 'sha' ELSE excluded.args END
      || CASE WHEN excluded.failure IS NULL AND excluded.args ->> 'again' <> coalesce(known.args ->> 'again', '')
          AND known.args ->> 'again' IS DISTINCT FROM 'yes'
        THEN jsonb_build_object('polled', $2::timestamptz) ELSE '{}' END,
    class_name = excluded.class_name, attempts = excluded.attempts, error_class = excluded.error_class,
    failure = excluded.failure, due_at = excluded.due_at, finished_at = excluded.finished_at, cured_at = NULL,
    missing_since = NULL, last_seen_at = $2, sweep = $3,
    told = known.told AND known.sha1 IS NOT DISTINCT FROM excluded.sha1 AND (known.place IN (excluded.place, 'missing')
      OR known.place = 'gone' AND NOT EXISTS (SELECT FROM chatops.alert_entries WHERE job_id = known.id))
  WHERE (known.place, known.sha1, known.score) IS DISTINCT FROM (excluded.place, excluded.sha1, excluded.score)
    AND NOT (known.place = 'unsent' AND known.sha1 IS NOT DISTINCT FROM excluded.sha1)
  RETURNING told AND first_seen_at = $2 AND sweep = $3 AS old`
