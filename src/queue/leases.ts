import type { EntityManager } from 'typeorm'
import type { ChangesContext } from '../changes/context.ts'
import { retryConflicts } from '../changes/transient.ts'
import { Job } from '../entities/chatops/job.ts'

// Who may work on a job: the worker that claimed it last, for as long as it is heard of. Nobody else writes.

/** A worker that has not been heard of for this long is dead. */
const LEASE_SECONDS = 45
const RENEW_MS = 10_000

/** Takes a job that is due, or whose worker is dead; null if it is neither. Its `run` is the attempt's from now on. */
export async function claim(context: ChangesContext, id: string): Promise<Job | null> {
  const [claimed] = (await context.database.query(
    `UPDATE chatops.jobs SET status = 'running', run = run + 1, stalls = stalls + (status = 'running')::int,
       lease_until = now() + make_interval(secs => $3)
     WHERE id = $1 AND ((status = 'waiting' AND due_at <= $2) OR (status = 'running' AND lease_until < now()))
     RETURNING run`,
    [id, context.now(), LEASE_SECONDS],
  )) as [{ run: number }[], number]
  return claimed[0] ? context.database.manager.findOneBy(Job, { id, run: claimed[0].run }) : null
}

/** Renews the lease while the attempt lasts; the answer ends that. */
export function keepLease(context: ChangesContext, job: Job): () => void {
  const timer = setInterval(() => {
    context.database
      .query(
        `UPDATE chatops.jobs SET lease_until = now() + make_interval(secs => $3)
         WHERE id = $1 AND run = $2 AND status = 'running'`,
        [job.id, job.run, LEASE_SECONDS],
      )
      .catch(() => context.log.warn({ job: job.id }, 'lease not renewed'))
  }, RENEW_MS)
  return () => clearInterval(timer)
}

/** Runs `act` in a transaction that holds the job, if it is still this attempt's. */
export async function whileHeld(
  context: ChangesContext,
  job: Job,
  act: (sql: EntityManager, held: Job) => Promise<void>,
): Promise<void> {
  await retryConflicts(() =>
    context.database.transaction(async (sql) => {
      const held = await sql.findOne(Job, { where: ofAttempt(job), lock: { mode: 'pessimistic_write' } })
      if (held) await act(sql, held)
    }),
  )
}

/** Gives a job back, to be done at `dueAt`; it was broken off, and has not failed. */
export async function handBack(context: ChangesContext, job: Job, dueAt: Date): Promise<void> {
  await context.database.manager.update(Job, ofAttempt(job), {
    status: 'waiting',
    stalls: job.stalls + 1,
    dueAt,
    hintedAt: null,
  })
}

const SECOND_MS = 1_000

/** When there is something to do for a job, or to see whether its worker died; null once it is over. */
export async function findNext(context: ChangesContext, id: string): Promise<Date | null> {
  const job = await context.database.manager.findOneBy(Job, { id })
  if (job?.status === 'waiting') return job.dueAt
  if (job?.status === 'running' && job.leaseUntil) return new Date(job.leaseUntil.getTime() + SECOND_MS)
  return null
}

function ofAttempt({ id, run }: Job) {
  return { id, run, status: 'running' as const }
}
