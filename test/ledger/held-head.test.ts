// Whoever holds the ledger's head holds up everyone who wants to append.
import pg from 'pg'
import { expect, test } from 'vitest'
import { appendToLedger } from '../../src/ledger/ledger.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const use = useStory()

test('a process that is stopped before its COMMIT is cut off, and whoever waits goes on', async () => {
  const { bot, scratch } = use.story
  const stopped = new pg.Client(scratch.appUrl)
  const gone = new Promise<void>((resolve) => stopped.on('error', () => resolve()).on('end', resolve))
  await stopped.connect()
  await stopped.query('BEGIN')
  await stopped.query(`SELECT chatops.append_ledger(NULL, 'refused', 'U01', '{}')`)
  const { database } = bot.changes
  const entry = { changeRequest: null, event: 'refused', actor: 'U02' } as const
  await database.transaction((sql) => appendToLedger(sql, entry))
  await gone
  await expect(stopped.query('COMMIT')).rejects.toThrow()
  const actors = await database.query(`SELECT actor FROM chatops.ledger WHERE event = 'refused'`)
  expect(actors).toEqual([{ actor: 'U02' }])
  expect(await verifyLedger(database)).toMatchObject({ broken: null })
})

test('whoever waits in vain is told to try again, and nothing has changed', async () => {
  const { slack } = use.story
  await use.admin.query('BEGIN')
  await use.admin.query('SELECT FROM chatops.ledger_head FOR UPDATE')
  expect(await type('pause We move')).toMatch(
    /The database is busy[\s\S]*Nothing has changed\. Try again in a minute\./,
  )
  await use.admin.query('ROLLBACK')
  expect(await type('pause We move')).toContain('The bot is paused')

  async function type(text: string): Promise<string> {
    const before = slack.ephemerals(DEVELOPER).length
    await slack.command({ user: DEVELOPER, channel: CHANNEL, text })
    await slack.until(() => slack.ephemerals(DEVELOPER).length > before)
    return readText(slack.ephemerals(DEVELOPER).at(-1) ?? [])
  }
})

test('what is on record is flushed to disk, also where the server does not do that by itself', async () => {
  const { database } = use.story.bot.changes
  const settings = await database.transaction(async (sql) => {
    await sql.query('SET LOCAL synchronous_commit = off')
    await appendToLedger(sql, { changeRequest: null, event: 'refused', actor: 'U02' })
    return sql.query('SHOW synchronous_commit')
  })
  expect(settings).toEqual([{ synchronous_commit: 'on' }])
  const stricter = await database.transaction(async (sql) => {
    await sql.query('SET LOCAL synchronous_commit = remote_apply')
    await appendToLedger(sql, { changeRequest: null, event: 'refused', actor: 'U02' })
    return sql.query('SHOW synchronous_commit')
  })
  expect(stricter).toEqual([{ synchronous_commit: 'remote_apply' }])
})

test('so is what is on record of a registration, which is sent under the ids that are there', async () => {
  const { database } = use.story.bot.changes
  const settings = await database.transaction(async (sql) => {
    await sql.query('SET LOCAL synchronous_commit = off')
    await sql.query(`UPDATE chatops.registration_attempts SET asked = asked`)
    return sql.query('SHOW synchronous_commit')
  })
  expect(settings).toEqual([{ synchronous_commit: 'on' }])
})
