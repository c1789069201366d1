import * as z from 'zod'
import { JOB_NAMES, type Job, type JobName } from '../entities/chatops/job.ts'
import { type JobRunner, runJob } from '../jobs/run/run-job.ts'
import { runnerOf } from '../jobs/start/runner.ts'
import { isUuid } from '../uuid.ts'
import type { World } from '../world.ts'
import type { JobWorker, QueueBackend } from './backend.ts'
import type { JobQueue } from './bull-queue.ts'

// The queues that jobs run on. They hold only the job's id; all else is in the row of chatops.jobs.

type QueueName = 'chatops-jobs' | 'chatops-registrations' | 'chatops-schools' | 'chatops-gias'

const QUEUE_OF: Readonly<Record<JobName, QueueName>> = {
  'retrieve-trn': 'chatops-jobs',
  'change-trainee-status': 'chatops-jobs',
  'update-trainee': 'chatops-jobs',
  'register-for-trn': 'chatops-registrations',
  'sync-schools': 'chatops-schools',
  'load-gias': 'chatops-gias',
}

/** A registration is never started again by the queue itself, and schools are synchronised one at a time. */
const SETTINGS: Readonly<Record<QueueName, { concurrency: number; maxStalledCount?: number }>> = {
  'chatops-jobs': { concurrency: 10 },
  'chatops-registrations': { concurrency: 4, maxStalledCount: 0 },
  'chatops-schools': { concurrency: 1 },
  'chatops-gias': { concurrency: 1 },
}

const QUEUE_NAMES = Object.keys(SETTINGS) as QueueName[]

export type JobQueues = {
  /** Tells the queue of a job, or moves what it knows of it to the job's time. */
  hint: (job: Pick<Job, 'id' | 'name' | 'dueAt'>) => Promise<void>
  /** Has the night's job added at each time of a cron pattern. */
  schedule: (name: JobName, pattern: string) => Promise<void>
  all: readonly JobQueue[]
  close: () => Promise<void>
}

export function openJobQueues(backend: QueueBackend): JobQueues {
  const queues = new Map(QUEUE_NAMES.map((name) => [name, backend.openQueue(name)]))
  const queueOf = (name: JobName): JobQueue => {
    const queue = queues.get(QUEUE_OF[name])
    if (!queue) throw new Error(`there is no queue for ${name}`)
    return queue
  }
  return {
    hint: ({ id, name, dueAt }) =>
      queueOf(name).addAt(name, { job: id }, dueAt, {
        jobId: `job-${id}`,
        removeOnComplete: true,
        removeOnFail: true,
      }),
    schedule: (name, pattern) => queueOf(name).schedule(`nightly-${name}`, pattern, { nightly: name }),
    all: [...queues.values()],
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()))
    },
  }
}

/**
 * Starts a worker on each queue of which we run the jobs.
 * @param hooks `addNightly` makes the row of a job that the schedule started; `ran` is called after each job that is
 *   over
 */
export function startJobWorkers(
  world: World,
  backend: QueueBackend,
  runner: JobRunner,
  hooks: { addNightly: (name: string) => Promise<void>; ran: () => void },
): JobWorker {
  const names = QUEUE_NAMES.filter((queue) =>
    JOB_NAMES.some((job) => QUEUE_OF[job] === queue && runnerOf(world, job) === 'bot'),
  )
  const workers = names.map((name) =>
    backend.startWorker(
      name,
      async ({ data }) => {
        const { job, nightly } = hint.parse(data)
        if (nightly !== undefined) await hooks.addNightly(nightly)
        const next = job === undefined ? null : await runJob(world, runner, job)
        if (next === null) hooks.ran()
        return next
      },
      SETTINGS[name],
    ),
  )
  return {
    async close() {
      await Promise.all(workers.map((worker) => worker.close()))
    },
  }
}

/** What the queue says of a job of its own; nothing where it is none of ours. */
const hint = z.object({
  job: z.string().refine(isUuid).optional().catch(undefined),
  nightly: z.string().optional().catch(undefined),
})
