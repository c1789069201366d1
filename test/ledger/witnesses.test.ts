import { createHash } from 'node:crypto'
import { webApi } from '@slack/bolt'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { METADATA_EVENT } from '../../src/bot/slack/own-messages.ts'
import type { Services } from '../../src/services.ts'
import { botEnvironment, OTHER_CHANNEL, startBot, startStorySlack } from '../support/bot.ts'
import { chatops as runChatops } from '../support/built.ts'
import { approveRequest, CHANNEL, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { type FakeSlack, readText } from '../support/slack/index.ts'
import { useScratch } from '../support/world.ts'

const use = useScratch({ rows: 'demo' })
let slack: FakeSlack
let bot: Services

beforeAll(async () => {
  slack = await startStorySlack()
  bot = await startBot(slack, use.scratch.appUrl)
  await use.admin.query('SET session_replication_role = replica')
  await approveRequest(bot.changes, await sendRequest(bot.changes, 'fix-route', await form()))
  await slack.until(() => slack.messages(CHANNEL).some((message) => readText(message).includes('CR-1 is done')))
  await bot.stop()
})

afterAll(async () => {
  await slack.stop()
})

describe('bin/chatops verify-ledger --receipts', () => {
  test('says for which entries the messages in Slack vouch', async () => {
    const { code, output } = await chatops('verify-ledger', '--receipts')
    expect(output).toMatch(/The ledger is sound: (\d+) entries/)
    expect(output).toMatch(
      /The bot’s messages in C01SUPPORT were read, and in no other channel\.\nSlack shows \d+ messages of this database\.\nThey vouch for entries 1 to \d+\./,
    )
    expect(code).toBe(0)
  })

  test('says which entries no message has spoken of', async () => {
    await use.admin.query(`SELECT chatops.append_ledger(NULL, 'refused', 'U07', '{}') FROM generate_series(1, 3)`)
    const last = Number((await use.admin.query('SELECT seq FROM chatops.ledger_head')).rows[0].seq)
    const { code, output } = await chatops('verify-ledger', '--receipts')
    expect(output).toMatch(new RegExp(`Nothing in Slack vouches for entries \\d+ to ${last}\\.`))
    expect(code).toBe(0)
  })

  test('names the messages that know of entries which are not there, and exits 1', async () => {
    await use.admin.query('BEGIN')
    await use.admin.query('CREATE TABLE kept AS TABLE chatops.ledger')
    await use.admin.query('CREATE TABLE kept_head AS TABLE chatops.ledger_head')
    await use.admin.query('CREATE TABLE kept_requests AS TABLE chatops.change_requests')
    await use.admin.query('DELETE FROM chatops.ledger WHERE seq > 1')
    await use.admin.query('DELETE FROM chatops.change_requests')
    await use.admin.query('UPDATE chatops.ledger_head SET seq = 1, hash = (SELECT hash FROM chatops.ledger)')
    await use.admin.query('COMMIT')
    const { code, output } = await chatops('verify-ledger', '--receipts')
    await use.admin.query('INSERT INTO chatops.ledger SELECT * FROM kept WHERE seq > 1')
    await use.admin.query('INSERT INTO chatops.change_requests OVERRIDING SYSTEM VALUE TABLE kept_requests')
    await use.admin.query('UPDATE chatops.ledger_head SET (seq, hash) = (SELECT seq, hash FROM kept_head)')
    expect(output).toContain('The ledger is sound: 1 entries')
    expect(output).toMatch(/Slack contradicts the ledger: the message [\d.]+ in C01SUPPORT speaks of entry \d+/)
    expect(code).toBe(1)
  })

  test('says that it compared too little, and exits 3, where the database has another name', async () => {
    await use.admin.query(`UPDATE chatops.identity SET environment = environment || '-2'`)
    const { code, output } = await chatops('verify-ledger', '--receipts')
    await use.admin.query(`UPDATE chatops.identity SET environment = left(environment, -2)`)
    expect(output).toMatch(
      /\d+ messages of the bot are from another database\.\nUnless .* its name or environment was changed/,
    )
    expect(output).toContain('Slack shows 0 messages of this database.')
    expect(code).toBe(3)
  })

  test('and where Slack does not let it read a channel', async () => {
    const channels = { ALLOWED_CHANNELS: `${CHANNEL},C00CLOSED` }
    const { code, output } = await chatopsWith(channels, 'verify-ledger', '--receipts')
    expect(output).toMatch(
      /Slack did not let us read C00CLOSED \([a-z_]+\)\.\nThe bot’s messages in C01SUPPORT were read/,
    )
    expect(code).toBe(3)
  })

  test('and where no message says more than how many entries there were, as those of earlier versions do', async () => {
    const client = new webApi.WebClient('xoxb-test', { slackApiUrl: slack.apiUrl })
    const database = String(slack.messages(CHANNEL)[0]?.metadata?.event_payload['database'])
    await client.chat.postMessage({
      channel: OTHER_CHANNEL,
      text: 'CR-1',
      metadata: { event_type: METADATA_EVENT, event_payload: { database, entries: '1' } },
    })
    const { code, output } = await chatopsWith({ ALLOWED_CHANNELS: OTHER_CHANNEL }, 'verify-ledger', '--receipts')
    expect(output).toMatch(
      /C02RANDOM were read.*\nSlack shows 1 message of this database.\nNothing in Slack vouches for entries 1 to/,
    )
    expect(code).toBe(3)
  })

  test('looks at no message from before the day that it is given', async () => {
    const { code, output } = await chatops('verify-ledger', '--receipts', '2999-01-01')
    expect(output).toContain('Slack shows 0 messages of this database.\nNothing in Slack vouches for entries 1 to')
    expect(code).toBe(3)
  })

  test.each([['--receipt'], ['--receipts', 'yesterday'], ['--receipts', '2026-01-01', 'more']])(
    'refuses %s',
    async (...words) => {
      const { code, output } = await chatops('verify-ledger', ...words)
      expect(code).toBe(2)
      expect(output).toContain('Usage')
    },
  )
})

describe('bin/chatops export-ledger', () => {
  test('json: an object for each entry, which can be checked without the bot, with people by name', async () => {
    const { code, output } = await chatops('export-ledger', 'json')
    expect(code).toBe(0)
    const entries = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(entries.map(({ event }) => event).slice(0, 5)).toEqual([
      'proposed',
      'sent',
      'review-opened',
      'approved',
      'executed',
    ])
    for (const [index, { hash, hashed, previousHash }] of entries.entries()) {
      expect(createHash('sha256').update(hashed).digest('hex')).toBe(hash)
      if (index > 0) expect(previousHash).toBe(entries[index - 1].hash)
      expect(hashed).toContain(previousHash)
    }
    expect(entries[4]).toMatchObject({
      actor: 'chatops',
      changeRequest: '1',
      details: { requester: SUPPORT, approver: DEVELOPER },
    })
    expect(Object.keys(entries[4].people).sort()).toEqual([SUPPORT, DEVELOPER].sort())
    expect(entries.at(-1)).toMatchObject({ actor: 'U07', people: {} }) // Slack knows nobody of this id
  })

  test('csv: the same as a table', async () => {
    const { output } = await chatops('export-ledger', 'csv')
    const rows: Record<string, string>[] = parse(output, { columns: true })
    expect(rows[0]).toMatchObject({ entry: '1', request: '1', event: 'proposed', actor: SUPPORT, chain: '2' })
    expect(rows[0]?.['actor_name']).not.toBe('')
    expect(rows.at(-1)).toMatchObject({ request: '', actor: 'U07', actor_name: '' })
  })

  test('csv: people who call themselves a formula are none', async () => {
    slack.updateUser(SUPPORT, { realName: '=1+1' })
    slack.updateUser(DEVELOPER, { realName: '@SUM(A1)' })
    const { output } = await chatops('export-ledger', 'csv')
    const rows: Record<string, string>[] = parse(output, { columns: true })
    expect(rows.find(({ actor }) => actor === SUPPORT)?.['actor_name']).toBe(`'=1+1`)
    expect(rows.find(({ actor }) => actor === DEVELOPER)?.['actor_name']).toBe(`'@SUM(A1)`)
  })

  test('names nobody without a token, and says so', async () => {
    const { output } = await chatopsWith({ SLACK_BOT_TOKEN: '' }, 'export-ledger', 'json')
    expect(output).toContain('SLACK_BOT_TOKEN is not set')
    expect(output).toContain('"people":{}')
  })

  test('needs to be told in which format', async () => {
    const { code, output } = await chatops('export-ledger')
    expect({ code, output }).toMatchObject({ code: 2, output: expect.stringContaining('Usage') })
  })
})

// The last one, as it leaves entries of its own.
test('verify-ledger --receipts knows the messages from before the database was taken over', async () => {
  await chatopsWith({ ENVIRONMENT: 'staging' }, 'adopt')
  const { code, output } = await chatopsWith({ ENVIRONMENT: 'staging' }, 'verify-ledger', '--receipts')
  expect(output).not.toMatch(/contradicts|another database/)
  expect(code).toBe(0)
  await use.admin.query(`UPDATE chatops.identity SET environment = 'production'`)
})

const chatops = (...words: string[]) => chatopsWith({}, ...words)

const chatopsWith = (settings: Record<string, string>, ...words: string[]) =>
  runChatops(words, { ...botEnvironment(slack, use.scratch.appUrl), ...settings })

async function form() {
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  return { subject: rows[0].slug, route: 'assessment_only', reason: 'Asked for', ticket: '' }
}
