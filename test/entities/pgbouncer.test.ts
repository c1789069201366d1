// Postgres behind PgBouncer in transaction mode: every transaction may get another session.
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { databaseUrls } from '../../sandbox/register/database.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { migrate } from '../../src/entities/migrate.ts'
import { loadExtract } from '../../src/gias/load.ts'
import { demandQueue } from '../../src/queue/backend.ts'
import { startBot, startStorySlack } from '../support/bot.ts'
import { demoDatabase, type ScratchDatabase } from '../support/database.ts'
import { approveRequest, CHANNEL, sendRequest } from '../support/lifecycle.ts'
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { readText } from '../support/slack/index.ts'

const WITHOUT = hasPgBouncer ? '' : ' (left out: there is no pgbouncer; bin/setup --pgbouncer installs it)'

describe.skipIf(!hasPgBouncer)(`behind PgBouncer in transaction mode${WITHOUT}`, () => {
  let scratch: ScratchDatabase
  let bouncer: Awaited<ReturnType<typeof startPgBouncer>>
  let url: string
  const ends: (() => Promise<unknown>)[] = []

  beforeEach(async () => {
    scratch = await demoDatabase()
    bouncer = await startPgBouncer([scratch.appUrl, scratch.ownerUrl])
    url = bouncer.through(scratch.appUrl)
  })

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
    await bouncer.stop()
    await scratch.drop()
  })

  test.each([
    ['Redis', () => ({ QUEUE_BACKEND: 'redis', REDIS_URL: redisDatabase(13) })],
    ['Postgres, reached directly', () => ({ QUEUE_BACKEND: 'postgres', QUEUE_DATABASE_URL: scratch.appUrl })],
  ])('a request is approved and carried out, with the queue on %s', async (_, env) => {
    const slack = await startStorySlack()
    const bot = await startBot(slack, url, { env: env() })
    ends.push(
      () => slack.stop(),
      () => bot.stop(),
    )
    const [trainee] = await bot.changes.database.query('SELECT slug FROM public.trainees WHERE id = 5901')
    const form = { subject: trainee.slug, route: 'assessment_only', reason: 'Asked for', ticket: '' }
    await approveRequest(bot.changes, await sendRequest(bot.changes, 'fix-route', form))
    await slack.until(() => slack.messages(CHANNEL).some((message) => readText(message).includes('CR-1 is done')))
  })

  test('the queue on Postgres is refused there, with what to do', async () => {
    const slack = await startStorySlack()
    ends.push(() => slack.stop())
    await expect(startBot(slack, url, { env: { QUEUE_BACKEND: 'postgres' } })).rejects.toThrow(
      /keep their session.*Set QUEUE_DATABASE_URL to the database itself, or use Redis/,
    )
  })

  test.each(['transaction', 'session'] as const)(
    'it is refused in %s mode, too, where the pooler drops the options that it is asked for',
    async (mode) => {
      const careless = await startPgBouncer([scratch.appUrl], 'extra_float_digits,options', mode)
      ends.push(() => careless.stop())
      const url = careless.through(scratch.appUrl)
      await expect(demandQueue({ backend: 'postgres', url })).rejects.toThrow('Set QUEUE_DATABASE_URL')
    },
  )

  test('every session has UTC and the time-outs', async () => {
    const database = await createDataSource(url, 5).initialize()
    ends.push(() => database.destroy())
    const ask = () =>
      database.query(`SELECT current_setting('timezone') AS zone, current_setting('lock_timeout') AS lock,
        current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle,
        pg_sleep(0.05)::text`)
    const answers = (await Promise.all([ask(), ask(), ask(), ask(), ask()])).flat()
    for (const answer of answers) {
      expect(answer).toMatchObject({ zone: 'UTC', lock: '5s', statement: '30s', idle: '15s' })
    }
  })

  test('some of the pooler’s sessions that are from before the role had its settings are found, with what to do', async () => {
    const role = await earlierRole(scratch)
    ends.push(() => role.drop())
    const old = await startPgBouncer([role.url])
    ends.push(() => old.stop())
    const clients = Array.from({ length: 3 }, () => new pg.Client(old.through(role.url)))
    for (const client of clients) await client.connect()
    const [newest, ...others] = clients
    for (const client of others) await client.query('BEGIN')
    for (const name of ['lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout']) {
      await role.admin.query(`ALTER ROLE ${role.name} SET ${name} = '5s'`)
    }
    await role.admin.query(`ALTER ROLE ${role.name} SET timezone = 'UTC'`)
    await newest?.query('BEGIN') // in a session of its own, the only new one
    for (const client of [...others, newest]) await client?.query('ROLLBACK') // the last is the first to be used again
    for (const client of clients) await client.end()
    await expect(createDataSource(old.through(role.url), 5).initialize()).rejects.toThrow(
      /from before their role was set up: run roles.sql, and have a pooler connect anew/,
    )
  })

  test('GIAS can be loaded again and again: no lock stays behind', async () => {
    const database = await createDataSource(url, 4).initialize()
    ends.push(() => database.destroy())
    const log = { info: () => {}, warn: () => {} }
    const nowhere = 'http://127.0.0.1:9/{yyyymmdd}.csv'
    for (let time = 0; time < 3; time++) {
      const load = loadExtract({ database, log, now: () => new Date(), url: nowhere })
      await expect(load).rejects.toMatchObject({ kind: 'unavailable' })
    }
    expect(await database.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = ${THIS}`)).toEqual([])
  })

  test('the migrations can be run', async () => {
    await migrate(bouncer.through(scratch.ownerUrl))
  })
})

test('a role from before it was given its settings gives them to itself', async () => {
  const scratch = await demoDatabase()
  const role = await earlierRole(scratch)
  await role.admin.query(`ALTER ROLE ${role.name} SET statement_timeout = '20s'`)
  const database = await createDataSource(role.url, 2).initialize()
  expect(await database.query('SHOW timezone')).toEqual([{ TimeZone: 'UTC' }])
  expect(await database.query('SHOW lock_timeout')).toEqual([{ lock_timeout: '5s' }])
  // One that is stricter is left as it is.
  expect(await database.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '20s' }])
  await database.destroy()
  await role.drop()
  await scratch.drop()
})

test('a setting of the role in this database alone, which wins over its own, is named with its cure', async () => {
  const scratch = await demoDatabase()
  const role = await earlierRole(scratch)
  await role.admin.query(`ALTER ROLE ${role.name} IN DATABASE ${scratch.name} SET statement_timeout = 0`)
  await expect(createDataSource(role.url, 2).initialize()).rejects.toThrow(
    `statement_timeout = 0, and it should be 30s: ALTER ROLE "${role.name}" IN DATABASE "${scratch.name}" RESET statement_timeout`,
  )
  await role.drop()
  await scratch.drop()
})

/** A role that nobody has given any settings. */
async function earlierRole(scratch: ScratchDatabase) {
  const admin = new pg.Client(inject('postgresUrl'))
  await admin.connect()
  const name = `earlier_${scratch.name}`
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'earlier'`)
  const url = new URL(databaseUrls(inject('postgresUrl'), scratch.name).adminUrl)
  Object.assign(url, { username: name, password: 'earlier' })
  return {
    admin,
    name,
    url: url.href,
    async drop() {
      await admin.query(`SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = $1`, [name])
      await admin.query(`DROP ROLE ${name}`)
      await admin.end()
    },
  }
}

const THIS = '(SELECT oid FROM pg_database WHERE datname = current_database())'
