// Register's Sidekiq beside the demo's bot: a real one, where Ruby is, with stubs of Register's jobs that do their work.
import { randomUUID } from 'node:crypto'
import { createSidekiqClient, type SidekiqClient } from '../../src/sidekiq/index.ts'
import type { MemberId } from '../../src/sidekiq/job.ts'
import type { JobToPush } from '../../src/sidekiq/payload.ts'
import { markProcess } from '../processes.ts'
import { startRedisServer } from '../redis.ts'
import type { RegisterDatabase } from '../register/database.ts'
import { startSidekiq, whyNoSidekiq } from '../sidekiq/index.ts'
import { startWorks } from '../sidekiq/works.ts'
import type { Jobs } from './jobs.ts'
import type { Session } from './session.ts'
import type { Upstreams } from './upstreams.ts'

/** A Sidekiq beside the bot: the bot's settings that lead to it, and a way to give it Register's jobs. */
export type DemoSidekiq = { settings: Record<string, string>; jobs: Jobs }

/** Throws, in words for the person who typed it, where there is no Ruby. */
export function demandRuby(): void {
  const why = whyNoSidekiq()
  if (why) throw new Error(`--sidekiq cannot run here. ${why}. Without it, the bot runs Register’s jobs itself.`)
}

/** @param pollSeconds after how long a poll without a TRN comes again */
export async function openSidekiq(
  session: Session,
  { appUrl }: RegisterDatabase,
  { dttp }: Pick<Upstreams, 'dttp'>,
  pollSeconds: number,
): Promise<DemoSidekiq> {
  const redis = await startRedisServer()
  session.onStop(redis.stop)
  const server = markProcess(redis.pid)
  if (server) session.note(server)
  const works = await startWorks(appUrl, dttp, { pollSeconds })
  session.onStop(works.stop)
  const url = `redis://127.0.0.1:${redis.port}/0`
  const notesUrl = `redis://127.0.0.1:${redis.port}/1`
  const sidekiq = await startSidekiq({ redisUrl: url, notesUrl, graceSeconds: 3, worksUrl: works.url })
  session.onStop(sidekiq.stop)
  session.note(sidekiq.process)
  const client = createSidekiqClient({ url }, { warn: () => {} })
  session.onStop(client.close)
  session.interrupted.throwIfAborted()
  return { settings: { REGISTER_JOBS: 'sidekiq', SIDEKIQ_REDIS_URL: url }, jobs: jobsIn(client) }
}

/** The bot reads Redis about every 15 seconds: what was there for less, it would never have seen. */
const SEEN_WITHIN_MS = 25_000

function jobsIn(client: SidekiqClient): Jobs {
  const push = async (job: JobToPush, at: number, instead?: MemberId) => {
    const writing = { kind: 'push', job, at: new Date(at), instead: instead ? [instead] : [] } as const
    const written = await client.write(writing, { id: randomUUID(), now: new Date() })
    if (written !== 'done') throw new Error(`Sidekiq did not take the job: ${written}`)
  }
  return {
    poll: (trainee, { dueMs, timeoutMs }) =>
      push({ name: 'retrieve-trn', trainee, timeoutAt: timestamp(timeoutMs) }, dueMs),
    register: (trainee, submittedBy, dueMs) => push({ name: 'register-for-trn', trainee, submittedBy }, dueMs),
    async hurryPoll(trainee, { isTimeUp = false } = {}) {
      const found = (await client.findJobsOf([trainee])).find(({ place }) => place === 'schedule')
      if (!found) throw new Error(`Nothing polls for trainee ${trainee}.`)
      const { place, queue, score, sha1, args } = found
      const soon = Date.now() + SEEN_WITHIN_MS
      const timeoutAt = isTimeUp ? timestamp(soon) : (args.timeoutAt?.replace(/Z$/, '') ?? null)
      await push({ name: 'retrieve-trn', trainee, timeoutAt }, soon, { place, queue, score, sha1 })
    },
  }
}

/** As Register's are written: UTC, without saying so. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '')
}
