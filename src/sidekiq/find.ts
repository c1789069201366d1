import type { Redis } from 'ioredis'
import type { MemberId, RegisterJob } from './job.ts'
import { isStrange, readMember, sha1Of } from './member.ts'
import { readProcesses } from './processes.ts'
import { readSet, readWaiting } from './read.ts'

// Asks Redis itself for some jobs. A preview, an execution and a sending ask here, never the mirror.

/** All jobs of these trainees. */
export function findJobsOf(redis: Redis, trainees: readonly string[]): Promise<RegisterJob[]> {
  const wanted = new Set<string | null | undefined>(trainees)
  const names = (member: Buffer) => wanted.has(/\/Trainee\/(\d{1,18})"/.exec(member.toString('latin1'))?.[1])
  return findJobs(redis, names, ({ trainee }) => wanted.has(trainee))
}

/** The registrations of these trainees. */
export function findRegistrations(redis: Redis, trainees: readonly string[]): Promise<RegisterJob[]> {
  const wanted = new Set<string | null>(trainees)
  const isOne = (member: Buffer) => member.includes('RegisterForTrnJob')
  return findJobs(redis, isOne, ({ name, trainee }) => name === 'register-for-trn' && wanted.has(trainee))
}

/**
 * Each job that is wanted, once; only members that `may` be one are parsed. What runs is read last, and then what may have failed
 * meanwhile. A job that a process took within the last five seconds may still be missing: no command of Redis tells of
 * it.
 */
async function findJobs(
  redis: Redis,
  may: (member: Buffer) => boolean,
  isWanted: (job: RegisterJob) => boolean,
): Promise<RegisterJob[]> {
  const found = new Map<string, RegisterJob>()
  const add = (jobs: readonly RegisterJob[]) => {
    for (const job of jobs.filter(isWanted)) found.set(`${job.place} ${job.queue} ${job.score} ${job.sha1}`, job)
  }
  for await (const { jobs } of readWaiting(redis, may)) add(jobs)
  add((await readProcesses(redis)).jobs)
  for (const set of ['schedule', 'retry'] as const) {
    for await (const { jobs } of readSet(redis, set, may)) add(jobs)
  }
  return [...found.values()]
}

/** Members of one score that are looked at: Sidekiq gives each a score of its own, as good as always. */
const MOST_OF_ONE_SCORE = 1_000

/** The job of one of Sidekiq's sets that this is, if it is where it was. */
export async function findMember(redis: Redis, id: MemberId): Promise<RegisterJob | null> {
  const member = await findRawMember(redis, id)
  const job = member && readMember(member, { place: id.place, queue: null, score: id.score })
  return job && !isStrange(job) ? job : null
}

/** Its bytes. What is in a queue or runs is not found: it is about to be elsewhere. */
export async function findRawMember(redis: Redis, { place, score, sha1 }: MemberId): Promise<Buffer | null> {
  if (place === 'queue' || place === 'running' || score === null) return null
  const members = await redis.zrangebyscoreBuffer(place, score, score, 'LIMIT', 0, MOST_OF_ONE_SCORE)
  return members.find((member) => sha1Of(member) === sha1) ?? null
}
