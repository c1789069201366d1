// Postgres behind PgBouncer in transaction mode: every transaction may get another session.
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { databaseUrls } from '../../sandbox/register/database.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { migrate } from '../../src/entities/migrate.ts'
import { loadExtract } from '../../src/gias/load.ts'
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
    const careless = await startPgBouncer([scratch.appUrl], 'extra_float_digits,options')
    ends.push(() => careless.stop())
    await expect(
      startBot(slack, careless.through(scratch.appUrl), { env: { QUEUE_BACKEND: 'postgres' } }),
    ).rejects.toThrow('Set QUEUE_DATABASE_URL')
  })

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
  const admin = new pg.Client(inject('postgresUrl'))
  await admin.connect()
  await admin.query(`DROP ROLE IF EXISTS chatops_earlier`)
  await admin.query(`CREATE ROLE chatops_earlier LOGIN PASSWORD 'earlier'`)
  const url = new URL(databaseUrls(inject('postgresUrl'), scratch.name).adminUrl)
  Object.assign(url, { username: 'chatops_earlier', password: 'earlier' })
  const database = await createDataSource(url.href, 2).initialize()
  expect(await database.query('SHOW timezone')).toEqual([{ TimeZone: 'UTC' }])
  expect(await database.query('SHOW lock_timeout')).toEqual([{ lock_timeout: '5s' }])
  await database.destroy()
  await admin.query('DROP ROLE chatops_earlier')
  await admin.end()
  await scratch.drop()
})

const THIS = '(SELECT oid FROM pg_database WHERE datname = current_database())'
