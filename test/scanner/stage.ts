// The whole bot, with every other system quoting people in whatever it refuses, and everything it says being watched.
import pg from 'pg'
import { startGiasSimulator } from '../../sandbox/gias/index.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { startTrelloSimulator } from '../../sandbox/trello/index.ts'
import { loadConfig } from '../../src/config/index.ts'
import type { JobName } from '../../src/entities/chatops/job.ts'
import { Poll } from '../../src/entities/chatops/poll.ts'
import { enqueueJob } from '../../src/jobs/start/enqueue.ts'
import { createLog } from '../../src/log.ts'
import { startServices } from '../../src/services.ts'
import { botEnvironment, onRedis, startStorySlack } from '../support/bot.ts'
import { demoDatabase } from '../support/database.ts'
import { startStoryDttp } from '../support/dttp.ts'
import { loadGias } from '../support/gias.ts'
import { fill, type QuotingMessage, TRAINEE } from '../support/quoted-people.ts'
import { trelloEnvironment } from '../support/trello.ts'
import { startQuotingRedis } from './quoting-redis.ts'
import { openSinks } from './sinks.ts'

export type Stage = Awaited<ReturnType<typeof startStage>>

/** @param settings further settings of the bot */
export async function startStage(settings: Record<string, string> = {}) {
  const scratch = await demoDatabase()
  const [slack, dttp, trello] = [await startStorySlack(), await startStoryDttp(), await startTrelloSimulator()]
  const gias = await startGiasSimulator({ schools: [{ urn: '100001', name: 'A school', status: 1 }] })
  const admin = new pg.Client(scratch.adminUrl)
  await admin.connect()
  await loadGias(admin)
  await nameEveryone(admin)
  const logged: string[] = []
  const { REDIS_URL = '' } = onRedis()
  const redis = await startQuotingRedis(REDIS_URL)
  const environment = botEnvironment(slack, scratch.appUrl, {
    ...{ REGISTER_JOBS: 'own', POLL_EVERY: '1s', LOG_LEVEL: 'debug', GIAS_URL: gias.url },
    ...onRedis(),
    REDIS_URL: redis.url,
    ...dttp.environment(),
    ...trelloEnvironment(trello),
    ...settings,
  })
  const config = loadConfig(environment)
  let port = 0
  const sinks = await openSinks({
    adminUrl: scratch.adminUrl,
    redisUrl: REDIS_URL,
    slack,
    logged,
    sentToTrello: () => trello.requests.map(({ body }) => body),
    metrics: async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
      if (!answer.ok) throw new Error(`/metrics answered ${answer.status}`)
      return answer.text()
    },
  })
  const bot = await startServices(config, createLog('debug', { write: (line) => void logged.push(line) }))
  port = bot.port
  slack.addReplica(`http://127.0.0.1:${port}/slack/events`)

  return {
    slack,
    dttp,
    trello,
    gias,
    admin,
    bot,
    sinks,
    logged,
    redis: sinks.redis,
    quotingRedis: redis,
    /** Has DTTP answer every request as this message says, in this spelling. */
    quote(message: QuotingMessage, spelling: string, turn: number): void {
      dttp.simulator.faults.clear()
      for (const method of message.on) quoteOn(dttp.simulator, method, message, spelling, turn)
    },
    /** Adds a job that is due at once. */
    async add(name: JobName, trainee: number | null, args: Record<string, string> = {}): Promise<void> {
      await bot.changes.database.transaction(async (sql) => {
        const now = new Date()
        const job = await enqueueJob(sql, {
          name,
          trainee: trainee === null ? null : String(trainee),
          args,
          dueAt: now,
        })
        if (name !== 'retrieve-trn' || trainee === null || job === null) return
        const timeoutAt = new Date(now.getTime() + 86_400_000).toISOString().slice(0, -1)
        const poll = { traineeId: String(trainee), jobId: job, timeoutAt, startedAt: now, polledAt: null }
        await sql.insert(Poll, poll)
      })
    },
    /** Forgets what became of earlier jobs, so that the same trainees can have new ones, and alerts are posted anew. */
    async forgetJobs(): Promise<void> {
      await admin.query('TRUNCATE chatops.jobs, chatops.polls, chatops.registration_attempts, chatops.alerts CASCADE')
      await admin.query(`DELETE FROM chatops.outbox WHERE status = 'queued'`)
      await admin.query(
        'UPDATE public.trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL WHERE id = 5913',
      )
    },
    async stop(): Promise<void> {
      await bot.stop()
      await sinks.close()
      await admin.end()
      await Promise.all([slack.stop(), dttp.stop(), trello.stop(), gias.stop(), redis.stop()])
      await scratch.drop()
    },
  }
}

/** Every trainee is the one person who cannot be mistaken for anybody else. */
async function nameEveryone(admin: pg.Client): Promise<void> {
  const { first, last, dob, email, address } = TRAINEE
  await admin.query(
    `UPDATE public.trainees SET first_names = $1 || '  ' || $1, middle_names = $2, last_name = $2, date_of_birth = $3,
       email = $4, address_line_one = $5, address_line_two = NULL, town_city = 'Wolkenfeld', postcode = 'ZW1 9ZW'`,
    [first, last, dob, email, address],
  )
  await admin.query('UPDATE public.trainees SET trn = NULL WHERE id = 5902')
}

type Simulator = Awaited<ReturnType<typeof startStoryDttp>>['simulator']

/** Has DTTP answer what is sent by this method, or in a `$batch`, as this message says; so many times. */
export function quoteOn(
  simulator: Simulator,
  on: string,
  message: QuotingMessage,
  spelling: string,
  turn: number,
  times = Number.POSITIVE_INFINITY,
): void {
  const { status, code } = message
  const text = fill(message.message, spelling, dttpId('contact', 5902), turn)
  const body = message.message.startsWith('<')
    ? text
    : JSON.stringify({ error: { code: fill(code, spelling, ''), message: text } })
  const headers = {
    'content-type': 'application/json',
    'retry-after': '0',
    'x-ms-service-request-id': dttpId('contact', 1),
  }
  const part = `--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 400 Bad\r\n\r\n${body}\r\n--b--\r\n`
  simulator.faults.add({
    kind: 'rewritten',
    times,
    ...(on === '$batch' ? { path: /^\$batch/ } : { method: on, path: /^(?!token)/ }),
    rewrite: (reply) =>
      on === '$batch'
        ? { ...reply, status: 200, headers: { 'content-type': 'multipart/mixed; boundary=b' }, body: part }
        : { ...reply, status, headers, body },
  })
}

/** What the four jobs that ask DTTP about a trainee, and the one about schools, are given. */
export const JOBS: readonly [JobName, number | null, Record<string, string>?][] = [
  ['retrieve-trn', 5902],
  ['update-trainee', 5902],
  ['change-trainee-status', 5902, { status: 'prospective_trainee_tref_requested', entity: 'contact' }],
  ['register-for-trn', 5913, { submitted_by: dttpId('user', 204) }],
  ['sync-schools', null],
]
