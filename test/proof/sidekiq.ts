// Our relay is killed around pushes, retries and removals, while Sidekiq is stopped and killed under the same load:
// afterwards everything that was asked of Sidekiq was written there once.
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import { startSidekiq } from '../../sandbox/sidekiq/index.ts'
import { createLifecycle } from '../support/lifecycle.ts'
import type { Place } from './approvals.ts'
import { crowdEnvironment, startCrowdSlack, userIds } from './crowd.ts'
import { startService } from './process.ts'
import { strikeSidekiq } from './sidekiq-strikes.ts'
import { type Asked, askFor, seedDead } from './sidekiq-work.ts'

const CROWD = { requesters: ['U1ASKS'], approvers: userIds('U2DEV', 1), others: [] }
const WITHIN_MS = 10 * 60_000
const NOWHERE = 'http://127.0.0.1:9'
/** Long enough for a strike to fall while jobs run. */
const JOB_SECONDS = 0.1

export type Blows = {
  /** Databases of Redis: Sidekiq's, and one for what its jobs say. */
  sidekiqUrl: string
  notesUrl: string
  /** How often our worker is killed; all the while Sidekiq is stopped and killed. */
  kills: number
  /** Of each: pushes, retries and removals, between two kills. */
  each: number
  say: (progress: string) => void
}

export async function proveSidekiq(place: Place, blows: Blows) {
  const { sidekiqUrl, notesUrl, kills, say } = blows
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const redis = new Redis(sidekiqUrl)
  await redis.flushdb()
  const writes = await watchWrites(redis)
  const start = () => startSidekiq({ redisUrl: sidekiqUrl, notesUrl, graceSeconds: 3 })
  const first = await start()
  await first.tell('Dttp::UpdateTraineeJob', { seconds: JOB_SECONDS })
  const slack = await startCrowdSlack(CROWD)
  const settings = crowdEnvironment(slack, CROWD, place, {
    ...{ ROLES: 'worker', REGISTER_JOBS: 'sidekiq', SIDEKIQ_REDIS_URL: sidekiqUrl },
    ...{ DTTP_URL: NOWHERE, DTTP_TOKEN_URL: `${NOWHERE}/token` },
  })
  const world = await createLifecycle(place.appUrl)
  const asked: Asked[] = []
  const strikes = strikeSidekiq(first, start)
  try {
    for (let round = 0; round <= kills; round++) {
      asked.push(...(await askFor(world, await seedDead(redis, 2 * blows.each), blows.each)))
      const worker = await startService(settings)
      if (round === kills) {
        await untilSent(admin, asked.length)
        await worker.stop()
        break
      }
      await untilSent(admin, asked.length - randomInt(0, 3 * blows.each))
      process.kill(worker.pid, 'SIGKILL')
      await admin.query(`UPDATE chatops.outbox SET claimed_at = claimed_at - interval '61 s' WHERE status = 'sending'`)
      say(`killed for the ${round + 1}. time; Sidekiq stopped ${strikes.stopped}, killed ${strikes.killed} times`)
    }
    const sidekiq = await strikes.end()
    await untilIdle(redis)
    const { stopped, killed } = strikes
    const ran = await sidekiq.ran()
    const began = new Set(ran.filter(({ what }) => what === 'began').map(({ jobId }) => jobId))
    const problems = await findWrong(admin, redis, asked, writes)
    const lost = asked.filter(({ kind, jobId }) => kind !== 'remove' && !began.has(jobId)).length
    // A process that is killed takes what it had just been given with it: five jobs at most.
    if (lost > 5 * killed) problems.push(`${lost} jobs never ran, more than ${killed} killed Sidekiqs can lose`)
    const counts = Object.fromEntries(
      (['push', 'retry', 'remove'] as const).map((kind) => [kind, asked.filter((one) => one.kind === kind).length]),
    )
    return {
      ...{ relayKilled: kills, sidekiqStopped: stopped, sidekiqKilled: killed, asked: counts, ran: began.size },
      ...{ neverRanAsSidekiqWasKilled: lost, problems: problems.slice(0, 20) },
    }
  } finally {
    await strikes.end().then((sidekiq) => sidekiq.stop())
    await slack.stop()
    await world.database.destroy()
    writes.stop()
    redis.disconnect()
    await admin.end()
  }
}

type Writes = { of: ReadonlyMap<string, number>; stop: () => void }

/**
 * Counts, for each job, how often a script of ours pushed it. What Sidekiq itself pushes is no script's LPUSH, and what
 * is put where it was, to see whether that is possible, is not pushed.
 */
async function watchWrites(redis: Redis): Promise<Writes> {
  const of = new Map<string, number>()
  const monitor = await redis.monitor()
  monitor.on('monitor', (_time: string, [command = '', key = '', ...values]: string[], source: string) => {
    const isPush = command.toLowerCase() === 'lpush' || (command.toLowerCase() === 'zadd' && key === 'schedule')
    if (source !== 'lua' || !isPush) return
    const [, id] = /"job_id":"([^"]+)"/.exec(values.join(' ')) ?? []
    if (id) of.set(id, (of.get(id) ?? 0) + 1)
  })
  return { of, stop: () => monitor.disconnect() }
}

async function findWrong(admin: pg.Client, redis: Redis, asked: readonly Asked[], writes: Writes): Promise<string[]> {
  const { rows } = await admin.query<{ id: string; status: string }>(
    `SELECT id, status FROM chatops.outbox WHERE kind = 'sidekiq'`,
  )
  const status = new Map(rows.map((row) => [row.id, row.status]))
  const next = await admin.query<{ id: string }>(`SELECT id FROM chatops.jobs WHERE name = 'register-for-trn'`)
  const started = new Set(next.rows.map(({ id }) => id))
  const wrong: string[] = []
  for (const { kind, row, jobId, member } of asked) {
    if (status.get(row) !== 'sent') wrong.push(`the row ${row} (${kind}) is ${status.get(row)}`)
    const pushes = writes.of.get(jobId) ?? 0
    if (kind === 'remove' && !started.has(jobId)) wrong.push(`${row} removed a job, and its own was not started`)
    if (kind !== 'remove' && pushes !== 1) wrong.push(`${row} (${kind}) was pushed ${pushes} times`)
    if (member !== null && (await redis.zscore('dead', member)) !== null) wrong.push(`${row} (${kind}) left its job`)
  }
  return wrong
}

async function untilSent(admin: pg.Client, wanted: number): Promise<void> {
  const deadline = Date.now() + WITHIN_MS
  for (;;) {
    const { rows } = await admin.query<{ sent: number }>(
      `SELECT count(*)::int AS sent FROM chatops.outbox WHERE kind = 'sidekiq' AND status IN ('sent', 'failed')`,
    )
    if ((rows[0]?.sent ?? 0) >= wanted || Date.now() > deadline) return
    await sleep(50)
  }
}

async function untilIdle(redis: Redis): Promise<void> {
  const deadline = Date.now() + WITHIN_MS
  while (Date.now() < deadline && (await redis.exists('queue:default', 'queue:dttp')) > 0) await sleep(100)
  await sleep(1_000)
}
