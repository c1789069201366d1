import { LIVE_SQL } from '../entities/chatops/live-jobs.ts'
import type { World } from '../world.ts'
import { JOB_KINDS, type JobCounts, type JobFilter, type ListedJob } from './listed-job.ts'

// Jobs that are not over, and those that failed, as people want to see them.

/** How many jobs a page shows. */
const JOBS_PER_PAGE = 8

/** A page of the list, counted from 1; `pages` is at least 1, and `counts` is of all of them. */
export type JobPage = { jobs: ListedJob[]; counts: JobCounts; page: number; pages: number }

/** Reads a page; the last one if there are not so many. */
export async function listJobs(world: World, filter: JobFilter, wanted = 1): Promise<JobPage> {
  const values = [world.now(), filter.name, filter.trainee]
  const counted = await world.database.query<{ kind: string; count: number }[]>(
    `${LISTED} SELECT kind, count(*)::int AS count FROM listed GROUP BY kind`,
    values,
  )
  const countOf = (kind: string) => counted.find((row) => row.kind === kind)?.count ?? 0
  const counts = Object.fromEntries(JOB_KINDS.map((kind) => [kind, countOf(kind)])) as JobCounts
  const total = counted.reduce((sum, { count }) => sum + count, 0)
  const pages = Math.max(1, Math.ceil(total / JOBS_PER_PAGE))
  const page = Math.min(Math.max(wanted, 1), pages)
  const jobs = await world.database.query<ListedJob[]>(`${LISTED} ${JOBS} ${IN_ORDER}`, [
    ...values,
    JOB_KINDS,
    JOBS_PER_PAGE,
    (page - 1) * JOBS_PER_PAGE,
  ])
  return { jobs, counts, page, pages }
}

/** A job as it is listed now; null if it is not. */
export async function findListedJob(world: World, id: string): Promise<ListedJob | null> {
  const values = [world.now(), null, null, id]
  const [job] = await world.database.query<ListedJob[]>(`${LISTED} ${JOBS} WHERE j.id = $4`, values)
  return job ?? null
}

// Whether a later job `d` has done what job `j` failed to do: same name and trainee, and for a status change the same
// one of the trainee's two records.
const MADE_UP_FOR = `
  d.status = 'done' AND d.name = j.name AND d.finished_at > j.finished_at
  AND (d.trainee_id = j.trainee_id OR (d.trainee_id IS NULL AND j.trainee_id IS NULL))
  AND d.args ->> 'entity' IS NOT DISTINCT FROM j.args ->> 'entity'`

// Leases are given by the database's clock, and compared with it. When a job is due is compared with the bot's clock.
const LISTED = `
  WITH listed AS (
    SELECT j.*, CASE
      WHEN j.status = 'failed' THEN 'failed'
      WHEN j.status = 'running' AND j.lease_until < now() THEN 'stuck'
      WHEN j.status = 'running' THEN 'running'
      WHEN j.due_at < $1::timestamptz - interval '5 minutes' THEN 'stuck'
      WHEN j.attempts > 0 THEN 'retrying'
      ELSE 'delayed'
    END AS kind
    FROM chatops.jobs j
    WHERE ($2::text IS NULL OR j.name = $2) AND ($3::bigint IS NULL OR j.trainee_id = $3)
      AND (j.${LIVE_SQL}
        OR (j.status = 'failed' AND j.finished_at > $1::timestamptz - interval '30 days'
          AND NOT EXISTS (SELECT FROM chatops.jobs d WHERE ${MADE_UP_FOR})
          AND NOT EXISTS (
            SELECT FROM chatops.registration_attempts a WHERE a.job_id = j.id AND a.outcome = 'registered')))
  )`

// If several alerts are about a job, one in which it is still open is preferred.
const JOBS = `
  SELECT j.id, j.kind, j.name, j.trainee_id AS "traineeId", t.slug, j.status, j.due_at AS "dueAt",
    j.lease_until AS "leaseUntil", j.finished_at AS "finishedAt", j.created_at AS "createdAt", j.attempts, j.run,
    j.failure, j.progress, j.change_request_id AS "changeRequestId", post.found,
    post.settled_at IS NOT NULL AS "isCured"
  FROM listed j
    LEFT JOIN public.trainees t ON t.id = j.trainee_id
    LEFT JOIN LATERAL (
      SELECT a.found, e.settled_at FROM chatops.alert_entries e JOIN chatops.alerts a ON a.id = e.alert_id
      WHERE e.job_id = j.id AND j.failure IS NOT NULL
      ORDER BY e.settled_at DESC NULLS FIRST, a.id DESC LIMIT 1) post ON true`

const IN_ORDER = `
  ORDER BY array_position($4::text[], j.kind),
    CASE WHEN j.kind = 'failed' THEN -extract(epoch FROM j.finished_at) ELSE extract(epoch FROM j.due_at) END, j.id
  LIMIT $5 OFFSET $6`
