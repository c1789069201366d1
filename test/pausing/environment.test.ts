import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { webApi } from '@slack/bolt'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createRestoredLook } from '../../src/bot/slack/restored.ts'
import { findPause } from '../../src/brake/brake.ts'
import { cancel } from '../../src/changes/decide/decide.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { migrate } from '../../src/entities/migrate.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { claimOutbox } from '../../src/outbox/claim.ts'
import { resume } from '../../src/pausing/pause.ts'
import type { Services } from '../../src/services.ts'
import { botEnvironment, startBot, startStorySlack } from '../support/bot.ts'
import { chatops as runCommand } from '../support/built.ts'
import { demoDatabase } from '../support/database.ts'
import {
  approveRequest,
  CHANNEL,
  DEVELOPER,
  SECOND_DEVELOPER,
  STRANGER,
  SUPPORT,
  sendRequest,
} from '../support/lifecycle.ts'
import { type FakeSlack, readText } from '../support/slack/index.ts'
import { useScratch } from '../support/world.ts'

const use = useScratch({ rows: 'demo', forEach: 'test' })
let slack: FakeSlack
let bots: Services[]

beforeEach(async () => {
  slack = await startStorySlack()
  bots = []
})

afterEach(async () => {
  for (const bot of bots) await bot.stop()
  expect(slack.takeViolations()).toEqual([])
  await slack.stop()
})

async function start(env: Record<string, string> = {}, url = use.scratch.appUrl): Promise<Services> {
  const bot = await startBot(slack, url, { env })
  bots.push(bot)
  return bot
}

async function stop(): Promise<void> {
  for (const bot of bots.splice(0)) await bot.stop()
}

async function sent({ changes }: Services) {
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  const form = { subject: rows[0].slug, route: 'assessment_only', reason: 'Asked for', ticket: '' }
  return sendRequest(changes, 'fix-route', form)
}

const chatops = (env: Record<string, string>, ...words: string[]) =>
  promisify(execFile)('bin/chatops', words, {
    env: { PATH: process.env['PATH'], DATABASE_URL: use.scratch.appUrl, ALLOWED_CHANNELS: CHANNEL, ...env },
  })

const isPaused = async () => (await use.admin.query('SELECT paused_at FROM chatops.brake')).rows[0].paused_at !== null

const says = (text: string) => slack.messages(CHANNEL).some((message) => readText(message).includes(text))

describe('a database', () => {
  test('belongs to the environment of the first process, and no other starts on it', async () => {
    await start({ ENVIRONMENT: 'staging', ROLES: 'worker' })
    await expect(start({ ENVIRONMENT: 'production' })).rejects.toThrow(/belongs to the environment “staging”/)
    await expect(start({})).rejects.toThrow(/bin\/chatops adopt/)
    await start({ ENVIRONMENT: 'staging', ROLES: 'bot' })
  })

  test('of a copy is taken over by an operator, paused, and sends nothing until it is resumed', async () => {
    const bot = await start({ ROLES: 'bot' })
    const request = await sent(bot)
    await approveRequest(bot.changes, request)
    await stop()

    await expect(chatops({ ENVIRONMENT: 'Staging' }, 'adopt')).rejects.toMatchObject({
      stderr: expect.stringContaining('ENVIRONMENT must be a short name'),
    })
    const { stdout } = await chatops({ ENVIRONMENT: 'staging' }, 'adopt')
    expect(stdout).toContain('belongs to staging now')
    expect(stdout).toMatch(/1 requests to carry out \(requests 1\)/)
    expect(stdout).toMatch(/\d outbox: card \(requests 1\)/)
    expect(stdout).toMatch(/1 outbox: hint/)

    const copy = await start({ ENVIRONMENT: 'staging' })
    await slack.until(() => says('[staging]') || says('The bot is paused'))
    expect(await claimOutbox(copy.changes.database, 10)).toEqual([])
    expect(says('CR-1')).toBe(false)

    await resume(copy.changes, DEVELOPER)
    await resume(copy.changes, SECOND_DEVELOPER)
    await slack.until(() => says('CR-1 is done'))
    expect(await verifyLedger(copy.changes.database)).toMatchObject({ broken: null })
    const { rows } = await use.admin.query(`SELECT actor, details FROM chatops.ledger WHERE event = 'adopted'`)
    expect(rows).toEqual([{ actor: 'operator', details: { from: 'production', to: 'staging' } }])
  })
})

test('a command of an operator’s changes nothing in the database of another environment', async () => {
  await use.admin.query(`UPDATE chatops.identity SET environment = 'staging'`)
  const ofProduction = botEnvironment(slack, use.scratch.appUrl)
  const commands = ['pause Test', 'resume', 'outbox retry all', 'load-gias 1'].map((words) => words.split(' '))
  for (const said of await Promise.all(commands.map((words) => runCommand(words, ofProduction)))) {
    expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining('belongs to the environment “staging”') })
  }
  expect(await isPaused()).toBe(false)
  await runCommand(['pause', 'Test'], { ...ofProduction, ENVIRONMENT: 'staging' })
  expect(await isPaused()).toBe(true)
})

describe('an environment', () => {
  test('stands on every message and notification, unless it is production', async () => {
    const bot = await start({ ENVIRONMENT: 'staging' })
    await approveRequest(bot.changes, await sent(bot))
    await slack.until(() => says('CR-1 is done'))
    const messages = slack.messages(CHANNEL)
    const everything = [...messages, ...messages.flatMap(({ ts }) => slack.replies(CHANNEL, ts))]
    for (const message of everything) {
      expect(message.text).toMatch(/^\[staging\] /)
      expect(readText(message)).toMatch(/\[staging\]|staging\*, not production/)
    }
  })

  test('is not named where it is production', async () => {
    const bot = await start()
    await sent(bot)
    await slack.until(() => says('CR-1'))
    expect(says('production')).toBe(false)
  })
})

describe('a backup that was restored', () => {
  test('is noticed by what Slack knows: the bot starts paused, says so, and sends nothing else', async () => {
    const backup = await demoDatabase()
    const bot = await start()
    await sent(bot)
    await slack.until(() => says('CR-1'))
    await stop()

    const restored = await start({}, backup.appUrl)
    expect(await findPause(restored.changes.database.manager)).toMatchObject({ by: 'chatops' })
    await slack.until(() => says('older backup'))
    await resume(restored.changes, DEVELOPER)
    await resume(restored.changes, SECOND_DEVELOPER)
    for (const table of ['change_requests', 'alerts', 'school_waits']) {
      const [next] = await restored.changes.database.query(`SELECT nextval('chatops.${table}_id_seq') AS id`)
      expect(Number(next.id)).toBeGreaterThan(1000)
    }
    await expect(cancel(restored.changes, { id: '1', actor: SUPPORT })).rejects.toMatchObject({ code: 'not-found' })
    await stop()
    const again = await start({}, backup.appUrl)
    expect(await findPause(again.changes.database.manager)).toBeNull()
    await stop()
    await backup.drop()
  })

  test('is noticed although the bot was paused when it was made, and whoever paused it knew nothing of it', async () => {
    const backup = await demoDatabase()
    await runCommand(['pause', 'We upgrade Postgres'], botEnvironment(slack, backup.appUrl))
    await sent(await start())
    await slack.until(() => says('CR-1'))
    await stop()

    const restored = await start({}, backup.appUrl)
    await slack.until(() => says('older backup'))
    const { manager } = restored.changes.database
    const reason = expect.stringMatching(/older backup.*paused before that: We upgrade Postgres$/)
    expect(await findPause(manager)).toMatchObject({ by: 'chatops', reason })
    await stop()
    await backup.drop()
  })

  test('is noticed as soon as Slack lets us read, whatever other channels do', async () => {
    const backup = await demoDatabase()
    await sent(await start())
    await slack.until(() => says('CR-1'))
    await stop()
    slack.fault({ method: 'conversations.history', kind: 'error', code: 'internal_error' })
    const { changes } = await start({ ROLES: 'bot' }, backup.appUrl)
    const { manager } = changes.database
    expect(await findPause(manager)).toBeNull()

    const client = new webApi.WebClient('xoxb-test', { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } })
    const look = createRestoredLook({ ...changes, channels: ['C00CLOSED', CHANNEL] }, client)
    expect(await look()).toEqual(['C00CLOSED'])
    expect(await findPause(manager)).toMatchObject({ by: 'chatops' })
    const { length } = slack.callsTo('conversations.history')
    expect(await look()).toEqual(['C00CLOSED'])
    expect(slack.callsTo('conversations.history')).toHaveLength(length + 1)
    await stop()
    await backup.drop()
  })

  test('is noticed, too, if a failover has lost the last entries while the bot lives on and may not read another channel', async () => {
    const bot = await start()
    await sent(bot)
    await slack.until(() => says('CR-1'))
    let later = 0
    const now = () => new Date(Date.now() + later)
    const client = new webApi.WebClient('xoxb-test', { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } })
    const reported: string[] = []
    const channels = ['C00CLOSED', CHANNEL]
    const report = async (trouble: string) => {
      reported.push(trouble)
    }
    const look = createRestoredLook({ ...bot.changes, channels, now, report }, client)
    expect(await look()).toEqual(['C00CLOSED'])
    expect(await findPause(bot.changes.database.manager)).toBeNull()
    const lost = new pg.Client(use.scratch.adminUrl)
    await lost.connect()
    await lost.query(`SET session_replication_role = replica;
      DELETE FROM chatops.ledger WHERE seq > 1;
      UPDATE chatops.ledger_head SET seq = 1, hash = (SELECT hash FROM chatops.ledger WHERE seq = 1)`)
    await lost.end()
    await look()
    expect(await findPause(bot.changes.database.manager)).toBeNull()
    later = 5 * 60_000
    expect(await look()).toEqual(['C00CLOSED'])
    expect(await findPause(bot.changes.database.manager)).toMatchObject({ by: 'chatops' })
    expect(reported).toEqual([])
    later = 60 * 60_000
    await look()
    expect(reported).toEqual([expect.stringContaining('C00CLOSED for an hour (channel_not_found)')])
    await stop()
  })

  test('is noticed behind what people have written since', async () => {
    const backup = await demoDatabase()
    await sent(await start())
    await slack.until(() => says('CR-1'))
    await stop()
    for (let number = 1; number <= 201; number++) {
      await slack.message({ user: STRANGER, channel: CHANNEL, text: 'Hello' })
    }
    const restored = await start({ ROLES: 'bot' }, backup.appUrl)
    expect(await findPause(restored.changes.database.manager)).toMatchObject({ by: 'chatops' })
    await stop()
    await backup.drop()
  })

  test('is noticed although it has as many entries by now', async () => {
    const backup = await demoDatabase()
    await sent(await start())
    await slack.until(() => says('CR-1'))
    await stop()
    const others = new pg.Client(backup.adminUrl)
    await others.connect()
    await others.query(`SELECT chatops.append_ledger(NULL, 'refused', 'U07', '{}') FROM generate_series(1, 20)`)
    await others.end()
    const restored = await start({ ROLES: 'bot' }, backup.appUrl)
    expect(await findPause(restored.changes.database.manager)).toMatchObject({ by: 'chatops' })
    await stop()
    await backup.drop()
  })

  test('is noticed also behind what it has posted itself meanwhile', async () => {
    const backup = await demoDatabase()
    await sent(await start())
    await slack.until(() => says('CR-1'))
    await stop()
    for (let number = 1; number <= 200; number++) {
      await slack.message({ user: STRANGER, channel: CHANNEL, text: 'Hello' })
    }
    const before = slack.messages(CHANNEL).length
    slack.fault({ method: 'conversations.history', kind: 'error', code: 'internal_error' })
    const restored = await start({}, backup.appUrl)
    const client = new webApi.WebClient('xoxb-test', { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } })
    const look = createRestoredLook(restored.changes, client)
    await slack.clock.advance(3_600_000) // Slack's clock stood still since the beginning
    await sent(restored)
    await slack.until(() => slack.messages(CHANNEL).length > before)
    const { manager } = restored.changes.database
    expect(await findPause(manager)).toBeNull()
    expect(await look()).toEqual([])
    expect(await findPause(manager)).toMatchObject({ by: 'chatops' })
    await stop()
    await backup.drop()
  })

  test('from before an upgrade is refused until it is migrated', async () => {
    const backup = await demoDatabase()
    const owner = await createDataSource(backup.ownerUrl, 1).initialize()
    await owner.undoLastMigration()
    await owner.destroy()
    await expect(start({}, backup.appUrl)).rejects.toThrow('Run bin/chatops migrate')
    await migrate(backup.ownerUrl)
    await start({}, backup.appUrl)
    await stop()
    await backup.drop()
  })

  test('and one that knows all that Slack knows starts as ever', async () => {
    await sent(await start())
    await slack.until(() => says('CR-1'))
    await stop()
    const again = await start()
    expect(await findPause(again.changes.database.manager)).toBeNull()
  })
})
