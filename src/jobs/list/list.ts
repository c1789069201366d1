import { GIVEN_UP_SQL } from '../../entities/chatops/given-up-jobs.ts'
import { jobFailure } from '../../entities/chatops/job-failure.ts'
import { MOST_COUNTED } from '../../pages.ts'
import type { World } from '../../world.ts'
import { JOB_KINDS, type JobCounts, type JobFilter, type JobKind, type ListedJob } from './listed-job.ts'

// Jobs that are not over, and those that were given up in the last 30 days, as people want to see them.

/** How many jobs a page shows. */
const JOBS_PER_PAGE = 10

/** A page of the list, counted from 1; `pages` is at least 1. Of each kind at most one more than `MOST_COUNTED` is counted. */
export type JobPage = { jobs: ListedJob[]; counts: JobCounts; page: number; pages: number }

/** Reads a page; the last one if there are not so many. */
export async function listJobs(world: World, filter: JobFilter, wanted = 1): Promise<JobPage> {
  const values = [world.now(), filter.name, filter.trainee]
  const counted = await world.database.query<{ kind: string; count: number }[]>(
    `${listed({ isOrdered: false })} SELECT kind, count(*)::int AS count FROM listed GROUP BY kind`,
    values,
  )
  const countOf = (kind: string) => counted.find((row) => row.kind === kind)?.count ?? 0
  const counts = Object.fromEntries(JOB_KINDS.map((kind) => [kind, countOf(kind)])) as JobCounts
  const total = counted.reduce((sum, { count }) => sum + count, 0)
  const pages = Math.max(1, Math.ceil(total / JOBS_PER_PAGE))
  const page = Math.min(Math.max(wanted, 1), pages)
  const { kinds, offset } = kindsOf(counts, (page - 1) * JOBS_PER_PAGE)
  const placed = [...values, JOB_KINDS, JOBS_PER_PAGE, offset]
  const jobs = await world.database.query<ReadJob[]>(listed({ kinds }) + PAGE + JOBS, placed)
  return { jobs: jobs.map(asListed), counts, page, pages }
}

/** The kinds of which any is on the page that begins at `start`, and where it begins in these. */
function kindsOf(counts: JobCounts, start: number): { kinds: JobKind[]; offset: number } {
  let [before, offset] = [0, start]
  const kinds = JOB_KINDS.filter((kind) => {
    const [from, to] = [before, before + counts[kind]]
    before = to
    if (to <= start) offset -= counts[kind]
    return to > start && from < start + JOBS_PER_PAGE
  })
  return { kinds: kinds.length > 0 ? kinds : [...JOB_KINDS], offset }
}

/** A job as it is listed now; null if it is not. */
export async function findListedJob(world: World, id: string): Promise<ListedJob | null> {
  const values = [world.now(), null, null, id]
  const [job] = await world.database.query<ReadJob[]>(listed({ which: 'job.id = $4' }) + ONE + JOBS, values)
  return job ? asListed(job) : null
}

type ReadJob = Omit<ListedJob, 'failure'> & { failure: unknown }

function asListed({ failure, ...job }: ReadJob): ListedJob {
  return { ...job, failure: jobFailure.nullable().parse(failure) }
}

// When a job is due is compared with the bot's clock, and leases, which the database's clock gives, with that.
const OVERDUE = `job.due_at < $1::timestamptz - interval '5 minutes'`
const IN_QUEUE = `job.place IS NOT DISTINCT FROM 'queue'`
const TURN = `NOT ${OVERDUE} AND NOT ${IN_QUEUE}`

/** Which jobs are of a kind, each by an index. What waits in a queue of Sidekiq's waits for its turn, however long. */
const KINDS: Readonly<Record<JobKind, readonly string[]>> = {
  stuck: [
    `job.status = 'running' AND job.lease_until < now()`,
    `job.status = 'waiting' AND ${OVERDUE} AND NOT ${IN_QUEUE}`,
  ],
  failed: [`${GIVEN_UP_SQL} AND job.finished_at > $1::timestamptz - interval '30 days'`],
  retrying: [`job.status = 'waiting' AND job.attempts > 0 AND ${TURN}`],
  running: [`job.status = 'running' AND (job.lease_until >= now()) IS NOT FALSE`],
  delayed: [`job.status = 'waiting' AND job.attempts = 0 AND ${TURN}`, `job.status = 'waiting' AND ${IN_QUEUE}`],
}

/** Tens of thousands may wait for their time: of a kind, no more are looked at than one beyond what people can turn to. */
const MOST = MOST_COUNTED + 1

function select(kind: JobKind, { which, isOrdered }: { which: string; isOrdered: boolean }): string {
  const order = `${isOrdered ? `ORDER BY ${kind === 'failed' ? 'finished_at DESC' : 'due_at'}, id` : ''} LIMIT ${MOST}`
  const parts = KINDS[kind].map(
    (where) => `
      (SELECT job.id, job.due_at, job.finished_at, job.name, job.class_name, job.failure ->> 'code' AS code
       FROM chatops.seen_jobs job
       WHERE ${where} AND ($2::text IS NULL OR job.name = $2) AND ($3::bigint IS NULL OR job.trainee_id = $3) AND ${which}
       ${order})`,
  )
  return `(SELECT *, '${kind}' AS kind FROM (${parts.join(' UNION ALL ')}) ofkind ${order})`
}

/** Jobs of these kinds, as SQL. The first of each are found only if they are ordered. */
function listed({ kinds = JOB_KINDS, which = 'true', isOrdered = true }: Listing): string {
  return `WITH listed AS (${kinds.map((kind) => select(kind, { which, isOrdered })).join(' UNION ALL ')})`
}

type Listing = { kinds?: readonly JobKind[]; which?: string; isOrdered?: boolean }

// Jobs that failed for one reason stand together, and of these groups the one with the newest failure comes first.
const GROUPED = `, placed AS (
    SELECT id, kind, name, class_name, CASE WHEN kind IN ('failed', 'retrying') THEN code END AS cause,
      CASE WHEN kind = 'failed' THEN -extract(epoch FROM finished_at) ELSE extract(epoch FROM due_at) END AS rank
    FROM listed
  ), grouped AS (
    SELECT *, (count(*) OVER one)::int AS in_group, min(rank) OVER one AS first
    FROM placed WINDOW one AS (PARTITION BY kind, name, class_name, cause)
  )`

// The particulars are read of one page only.
const PAGE = `${GROUPED}, page AS (
    SELECT id, kind, cause, in_group, row_number() OVER (
      ORDER BY array_position($4::text[], kind), first, name, class_name, cause, rank, id) AS place
    FROM grouped ORDER BY place LIMIT $5 OFFSET $6
  )`

const ONE = ', page AS (SELECT id, kind, NULL AS cause, 1 AS in_group, 1 AS place FROM listed WHERE id = $4)'

// If several alerts are about a job, one in which it is still open is preferred.
const JOBS = `
  SELECT j.id, page.kind, j.name, j.trainee_id AS "traineeId", t.slug, j.status, j.due_at AS "dueAt",
    j.lease_until AS "leaseUntil", j.finished_at AS "finishedAt", j.created_at AS "createdAt", j.attempts, j.run,
    j.failure, j.progress, j.change_request_id AS "changeRequestId", j.runner, j.place, j.class_name AS "className", post.found,
    page.cause, page.in_group AS "inGroup", post.settled_at IS NOT NULL AS "isCauseGone"
  FROM page
    CROSS JOIN LATERAL (SELECT * FROM chatops.seen_jobs WHERE id = page.id OFFSET 0) j -- by the index, row by row
    LEFT JOIN public.trainees t ON t.id = j.trainee_id
    LEFT JOIN LATERAL (
      SELECT a.found, e.settled_at FROM chatops.alert_entries e JOIN chatops.alerts a ON a.id = e.alert_id
      WHERE e.job_id = j.id AND j.failure IS NOT NULL
      ORDER BY e.settled_at DESC NULLS FIRST, a.id DESC LIMIT 1) post ON true
  ORDER BY page.place`
