import type { Redis } from 'ioredis'
import type { MemberId, RegisterJob } from './job.ts'
import { isStrange, readMember, sha1Of } from './member.ts'
import { readProcesses } from './processes.ts'
import { readQueue, readSet, readWaiting } from './read.ts'

// Asks Redis itself for some jobs. A preview, an execution and a sending ask here, never the mirror.

/**
 * All of a trainee's jobs, each once. What runs is read last, and then what may have failed meanwhile. A job that a
 * process took within the last five seconds may still be missing: no command of Redis tells of it.
 */
export async function findJobsOf(redis: Redis, trainee: string): Promise<RegisterJob[]> {
  const found = new Map<string, RegisterJob>()
  const add = (jobs: readonly RegisterJob[]) => {
    for (const job of jobs) {
      if (job.trainee === trainee) found.set(`${job.place} ${job.queue} ${job.score} ${job.sha1}`, job)
    }
  }
  const wanted = { holding: `/${trainee}"` }
  for await (const { jobs } of readWaiting(redis, wanted)) add(jobs)
  add((await readProcesses(redis)).jobs)
  for (const set of ['schedule', 'retry'] as const) {
    for await (const { jobs } of readSet(redis, set, wanted)) add(jobs)
  }
  return [...found.values()]
}

/** Members of one score that are looked at: Sidekiq gives each a score of its own, as good as always. */
const MOST_OF_ONE_SCORE = 100

/** The job that this is, if it is where it was. */
export async function findMember(redis: Redis, id: MemberId): Promise<RegisterJob | null> {
  if (id.place === 'queue') return findInQueue(redis, id)
  if (id.place === 'running') {
    return (await readProcesses(redis)).jobs.find(({ sha1 }) => sha1 === id.sha1) ?? null
  }
  const { place, score } = id
  if (score === null) return null
  const members = await redis.zrangebyscoreBuffer(place, score, score, 'LIMIT', 0, MOST_OF_ONE_SCORE)
  const member = members.find((one) => sha1Of(one) === id.sha1)
  const job = member ? readMember(member, { place, queue: null, score }) : null
  return job && !isStrange(job) ? job : null
}

async function findInQueue(redis: Redis, { queue, sha1 }: MemberId): Promise<RegisterJob | null> {
  for await (const { jobs } of readQueue(redis, queue)) {
    const job = jobs.find((one) => one.sha1 === sha1)
    if (job) return job
  }
  return null
}
