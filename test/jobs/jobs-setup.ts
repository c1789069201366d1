// Jobs on a database of one's own, with a clock that stands still unless someone moves it, and a simulated DTTP.

import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { startDttpSimulator } from '../../sandbox/dttp/index.ts'
import { createDttpClient } from '../../src/dttp/client/index.ts'
import { Job, type JobName } from '../../src/entities/chatops/job.ts'
import { Poll } from '../../src/entities/chatops/poll.ts'
import { type JobHandler, type JobRunner, runJob } from '../../src/jobs/run/run-job.ts'
import { enqueueJob } from '../../src/jobs/start/enqueue.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import type { World } from '../../src/world.ts'
import { scratchDatabase } from '../support/database.ts'
import { createLifecycle } from '../support/lifecycle.ts'
import { emptyDatabase } from '../support/reset.ts'

export const NOW = '2021-10-27T15:06:47.000Z'

export type Jobs = Awaited<ReturnType<typeof startJobs>>

export async function startJobs(overrides: Partial<World> = {}) {
  const scratch = await scratchDatabase()
  const clock = { time: Date.parse(NOW) }
  const now = () => new Date(clock.time)
  const dttp = await startDttpSimulator({ now })
  const settings = {
    organisation: dttp.url,
    tokenUrl: dttp.tokenUrl,
    clientId: dttp.clientId,
    clientSecret: dttp.clientSecret,
    timeouts: { read: 2_000, longestWait: 0 },
    sleep: async () => {},
    now,
  }
  const context = await createLifecycle(scratch.appUrl, {
    now,
    upstreams: { dttp: createDttpClient(settings) },
    ...overrides,
  })
  const admin = new pg.Client(scratch.adminUrl)
  await admin.connect()
  return {
    scratch,
    clock,
    dttp,
    context,
    /** A superuser, who sees and does everything. */
    admin,
    /** A client that has not been told to wait. */
    renewDttp(): void {
      context.upstreams.dttp.close()
      context.upstreams.dttp = createDttpClient(settings)
    },
    async stop() {
      context.upstreams.dttp.close()
      await admin.end()
      await context.database.destroy()
      await dttp.stop()
      await scratch.drop()
    },
  }
}

/** Jobs for all tests of a file: the clock is put back before each of them, and what it left is removed. */
export function useJobs(): Jobs {
  const jobs = {} as Jobs
  beforeAll(async () => {
    Object.assign(jobs, await startJobs())
  })
  beforeEach(() => {
    jobs.clock.time = Date.parse(NOW)
  })
  afterEach(() => emptyDatabase(jobs.admin))
  afterAll(() => jobs.stop())
  return jobs
}

/** Adds a job that is due now, or some milliseconds from now; returns its id. */
export async function addJob({ context }: Pick<Jobs, 'context'>, name: JobName, inMs = 0): Promise<string> {
  const dueAt = new Date(context.now().getTime() + inMs)
  const id = await context.database.transaction((sql) => enqueueJob(sql, { name, trainee: '5901', dueAt }))
  return id ?? ''
}

export function getJob({ context }: Pick<Jobs, 'context'>, id: string): Promise<Job> {
  return context.database.manager.findOneByOrFail(Job, { id })
}

export function findPoll({ context }: Pick<Jobs, 'context'>, traineeId: string): Promise<Poll | null> {
  return context.database.manager.findOneBy(Poll, { traineeId })
}

/** Runs a job with this handler, whatever its name. */
export function runWith({ context }: Pick<Jobs, 'context'>, id: string, handler: JobHandler): Promise<Date | null> {
  return runJob(context, everyJob(handler), id)
}

/** The worker that has this job is not heard of for longer than it may be. */
export async function loseWorker({ admin }: Pick<Jobs, 'admin'>, id: string): Promise<void> {
  await admin.query(`UPDATE chatops.jobs SET lease_until = now() - interval '1 second' WHERE id = $1`, [id])
}

export function everyJob(handler: JobHandler): JobRunner {
  const handlers = {
    'retrieve-trn': handler,
    'register-for-trn': handler,
    'change-trainee-status': handler,
    'update-trainee': handler,
    'sync-schools': handler,
    'load-gias': handler,
  }
  return { ...jobRunner, handlers }
}
