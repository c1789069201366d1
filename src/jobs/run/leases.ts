import type { EntityManager } from 'typeorm'
import { LOOK_AGAIN_MS } from '../../brake/brake.ts'
import { JOB_NAMES, Job } from '../../entities/chatops/job.ts'
import { isLive } from '../../entities/chatops/live-jobs.ts'
import { retryConflicts } from '../../entities/transient.ts'
import { JobFailed } from '../../failures/job-failed.ts'
import type { AsOwner } from '../../registration/answers.ts'
import type { World } from '../../world.ts'

// Which worker may work on a job: the one that claimed it last, as long as it renews its lease. No other writes for the
// job.

/** How often a lease is renewed before it would run out. */
const RENEWALS = 4

/**
 * Claims a job that is due, or whose worker is dead; null if it is neither, or if the bot may not act. GIAS's extract is
 * loaded all the same: previews need it, and it changes nothing of Register's. A job that only a newer version of the bot knows
 * is left to that one's workers. The job's `run` is this attempt's number from now on.
 */
export async function claimJob(world: World, id: string): Promise<Job | null> {
  const [claimed] = (await world.database.query(
    `UPDATE chatops.jobs SET status = 'running', run = run + 1, stalls = stalls + (status = 'running')::int,
       lease_until = now() + make_interval(secs => $3)
     WHERE id = $1 AND ((status = 'waiting' AND due_at <= $2) OR (status = 'running' AND lease_until < now()))
       AND name = ANY ($5) AND (name = 'load-gias' OR $4 AND NOT EXISTS (SELECT FROM chatops.brake WHERE paused_at IS NOT NULL))
     RETURNING run`,
    [id, world.now(), world.jobLease / 1000, world.mode !== 'preview-only', JOB_NAMES],
  )) as [{ run: number }[], number]
  return claimed[0] ? world.database.manager.findOneBy(Job, { id, run: claimed[0].run }) : null
}

/** Renews the lease again and again until the returned function is called. */
export function keepLease(world: World, job: Job): () => void {
  const timer = setInterval(
    () => {
      renew(world, job).catch(() => world.log.warn({ job: job.id }, 'lease not renewed'))
    },
    world.jobLease / (RENEWALS + 0.5),
  )
  return () => clearInterval(timer)
}

/** Runs `act` in a transaction that holds the job, if it is still this attempt's. */
export async function whileHeld(
  world: World,
  job: Job,
  act: (sql: EntityManager, held: Job) => Promise<void>,
): Promise<void> {
  await retryConflicts(() =>
    world.database.transaction(async (sql) => {
      const held = await sql.findOne(Job, { where: ofAttempt(job), lock: { mode: 'pessimistic_write' } })
      if (held) await act(sql, held)
    }),
  )
}

/** The same, but throws JobFailed if another worker has taken the job over. */
async function asOwner<T>(world: World, job: Job, act: (sql: EntityManager) => Promise<T>): Promise<T> {
  const results: T[] = []
  await whileHeld(world, job, async (sql) => {
    results[0] = await act(sql)
  })
  if (results.length === 0) throw takenOver()
  return results[0] as T
}

/** Renews the lease. Throws JobFailed if another worker has taken the job over. */
export async function demandLease(world: World, job: Job): Promise<void> {
  if (!(await renew(world, job))) throw takenOver()
}

async function renew(world: World, { id, run }: Job): Promise<boolean> {
  const [, renewed] = (await world.database.query(
    `UPDATE chatops.jobs SET lease_until = now() + make_interval(secs => $3)
     WHERE id = $1 AND run = $2 AND status = 'running'`,
    [id, run, world.jobLease / 1000],
  )) as [unknown, number]
  return renewed === 1
}

function takenOver(): JobFailed {
  return new JobFailed('stalled', 'Another worker has taken the job over.')
}

/**
 * Gives a job that was broken off back, to be done at `dueAt`. That does not count as a failure; but one that was left to a newer
 * version of the bot waits for something else now.
 */
export async function handBack(
  world: World,
  job: Job,
  dueAt: Date,
  {
    stalls = job.stalls + 1,
    failure = job.failure?.code === 'other-version' ? null : job.failure,
  }: Partial<Pick<Job, 'stalls' | 'failure'>> = {},
): Promise<void> {
  await world.database.manager.update(Job, ofAttempt(job), {
    status: 'waiting',
    stalls,
    failure,
    dueAt,
    hintedAt: null,
  })
}

const SECOND_MS = 1_000

/** When a job is to be looked at next: when it is due, or when its worker counts as dead; null once it is over. */
export async function findNext(world: World, id: string): Promise<Date | null> {
  const job = await world.database.manager.findOneBy(Job, { id })
  if (job && isLive(job) && !JOB_NAMES.includes(job.name)) return new Date(world.now().getTime() + LOOK_AGAIN_MS)
  if (job?.status === 'waiting') return job.dueAt
  if (job?.status === 'running' && job.leaseUntil) return new Date(job.leaseUntil.getTime() + SECOND_MS)
  return null
}

function ofAttempt({ id, run }: Job) {
  return { id, run, status: 'running' as const }
}

/** The same for what knows no jobs: transactions that hold this one. */
export function ownerOf(world: World, job: Job): AsOwner {
  return (act) => asOwner(world, job, act)
}
