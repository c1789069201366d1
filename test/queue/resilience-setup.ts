// A whole bot with polls to make and an approved request, on a Redis and a Postgres of its own that can be taken away.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import pg from 'pg'
import { startDttpSimulator } from '../../sandbox/dttp/index.ts'
import { destroyPostgres, type Postgres, startPostgres } from '../../sandbox/postgres.ts'
import { createRegisterDatabase, databaseUrls, type RegisterDatabase } from '../../sandbox/register/database.ts'
import { startPoll } from '../../src/jobs/start/enqueue.ts'
import type { World } from '../../src/world.ts'
import { seedTrainees } from '../proof/trainees.ts'
import { startBot, startStorySlack } from '../support/bot.ts'
import { cloneDatabase } from '../support/database.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'
import { startRedis } from '../support/redis.ts'

const POLLS = 40
const TEMPLATE = 'register'
/** Always the same, so that a run that was killed leaves no server behind for longer than until the next. */
const OWN_REDIS = fileURLToPath(new URL('../../.sandbox/own-redis', import.meta.url))

export type Scene = Awaited<ReturnType<typeof startScene>>

/** A Postgres that its scenes may stop and start again; each has a database of its own there, with trainees. */
export async function startOwnPostgres() {
  const dataDir = mkdtempSync(join(tmpdir(), 'chatops resilience-'))
  const { adminUrl, port, ...first } = await startPostgres({ dataDir, fsync: false, inMemory: true })
  let running: Pick<Postgres, 'stop'> | null = first
  const template = await createRegisterDatabase(adminUrl, TEMPLATE)
  await seedTrainees(template.adminUrl, POLLS)
  let scenes = 0
  async function start(): Promise<void> {
    running ??= await startPostgres({ dataDir, fsync: false, inMemory: true, port })
  }
  return {
    start,
    async stop(): Promise<void> {
      await running?.stop()
      running = null
    },
    /** Also where the scene before it has left Postgres away. */
    async createDatabase(): Promise<RegisterDatabase> {
      await start()
      const name = `${TEMPLATE}_${++scenes}`
      await cloneDatabase(adminUrl, name, TEMPLATE)
      return databaseUrls(adminUrl, name)
    },
    destroy: () => destroyPostgres(dataDir),
  }
}

export type OwnPostgres = Awaited<ReturnType<typeof startOwnPostgres>>

/** @param kind where the queues are kept */
export async function startScene(kind: 'redis' | 'postgres', postgres: OwnPostgres) {
  let redis = kind === 'redis' ? await startRedis(OWN_REDIS) : null
  const urls = await postgres.createDatabase()
  const dttp = await startDttpSimulator()
  const slack = await startStorySlack()
  const clock = { ahead: 0 }
  const bot = await startBot(slack, urls.appUrl, {
    env: {
      ...(redis ? { QUEUE_BACKEND: 'redis', REDIS_URL: redis.url } : { QUEUE_BACKEND: 'postgres' }),
      ...{ REGISTER_JOBS: 'own', DTTP_CLIENT_ID: dttp.clientId, DTTP_CLIENT_SECRET: dttp.clientSecret },
      ...{ DTTP_URL: dttp.url, DTTP_TOKEN_URL: dttp.tokenUrl },
    },
    overrides: { now: () => new Date(Date.now() + clock.ahead) },
  })
  const contacts = await query<{ id: string; dttp_id: string }>(
    `SELECT id, dttp_id FROM public.trainees WHERE slug LIKE 'ProofTrainee%'`,
  )
  for (const { id: trn, dttp_id: id } of contacts) dttp.state.add('contacts', { id, dfe_trn: `1${trn}` })

  async function query<T extends object>(statement: string, parameters: unknown[] = []): Promise<T[]> {
    const client = new pg.Client(urls.adminUrl)
    await client.connect()
    return client
      .query<T>(statement, parameters)
      .then(({ rows }) => rows, failing)
      .finally(() => client.end())
  }

  return {
    bot,
    query,
    /** A poll for each of the trainees, due at once, and a request that was approved. */
    begin: () =>
      begin(
        bot.changes,
        contacts.map(({ id }) => id),
      ),
    /** Redis forgets everything. */
    async flushRedis(): Promise<void> {
      const client = new Redis(redis?.url ?? '')
      await client.flushall()
      client.disconnect()
    },
    stopRedis: async () => redis?.stop(),
    async startRedisAgain(): Promise<void> {
      redis = await startRedis(OWN_REDIS, redis?.port)
    },
    stopPostgres: () => postgres.stop(),
    startPostgresAgain: () => postgres.start(),
    /** Ends all sessions of the bot, whatever they are doing. */
    async cutSessions(): Promise<void> {
      await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'chatops_app'`)
    },
    /** DTTP has no TRNs, or has them again. */
    setTrns(there: boolean): void {
      for (const { id, dttp_id } of contacts)
        dttp.state.change('contacts', dttp_id, { dfe_trn: there ? `1${id}` : null })
    },
    /** As if more than so many minutes had passed: nobody needs to wait until the leases of lost attempts run out. */
    async letPass(minutes: number): Promise<void> {
      const ms = minutes * 60_000 + 1_000
      clock.ahead += ms
      const earlier = (column: string) => `${column} = ${column} - interval '${ms} ms'`
      await query(`UPDATE chatops.jobs SET ${earlier('lease_until')}, ${earlier('hinted_at')}
        WHERE status IN ('waiting', 'running')`)
      await query(`UPDATE chatops.outbox SET ${earlier('claimed_at')}, ${earlier('due_at')}`)
    },
    /** What /readyz answers. */
    async readiness(): Promise<{ status: number } & Record<string, unknown>> {
      const answer = await fetch(`http://127.0.0.1:${bot.port}/readyz`)
      return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) }
    },
    /** Ends everything, also where the bot cannot: a test may have failed while something was away. */
    async stop(): Promise<void> {
      await Promise.race([bot.stop(), sleep(20_000)])
      await slack.stop()
      await dttp.stop()
      await redis?.stop()
    },
  }
}

function failing(error: Error): never {
  throw error
}

async function begin(changes: World, trainees: readonly string[]): Promise<void> {
  const form = { subject: 'YEXq5VcjRjQ47sjr9L3CxKLC', route: 'provider_led_postgrad', reason: 'Wrong', ticket: '' }
  const request = await sendRequest(changes, 'fix-route', form)
  await changes.database.transaction(async (sql) => {
    for (const trainee of trainees) {
      await startPoll(sql, { trainee, timeoutAt: '2099-01-01T00:00:00', dueAt: changes.now(), changeRequest: null })
    }
  })
  await approveRequest(changes, request)
}

/** What became of the polls and of the request; all of it in one statement. */
export async function lookAt({ query }: Pick<Scene, 'query'>) {
  const [seen] = await query(`SELECT
    (SELECT count(*)::int FROM public.trainees WHERE state = 2 AND trn = '1' || id AND slug LIKE 'ProofTrainee%') AS received,
    (SELECT array_agg(DISTINCT number ORDER BY number) FROM (SELECT count(*)::int AS number FROM public.audits
      WHERE comment LIKE 'trainee-chatops job retrieve-trn%' GROUP BY auditable_id) counts) AS "auditsEach",
    (SELECT array_agg(DISTINCT status) FROM chatops.jobs WHERE name = 'retrieve-trn') AS jobs,
    (SELECT bool_and(polled_at IS NOT NULL) FROM chatops.polls) AS "polledOnce",
    (SELECT array_agg(status) FROM chatops.change_requests) AS requests,
    (SELECT count(*)::int FROM chatops.ledger WHERE event = 'executed') AS executed`)
  return seen
}

/** What must have become of them, each once. */
export const ALL_DONE = { received: POLLS, auditsEach: [2], jobs: ['done'], requests: ['done'], executed: 1 }
