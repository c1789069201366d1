import { beforeEach, describe, expect, test } from 'vitest'
import { announce } from '../../src/outbox/outbox.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { useStory } from '../support/bot.ts'
import { CHANNEL, SUPPORT } from '../support/lifecycle.ts'
import { buttons, readText } from '../support/slack/index.ts'

const BOT_USER = 'U00BOT'

const use = useStory()

describe('a request whose channel the bot is not in', () => {
  beforeEach(async () => {
    await preview()
    use.story.slack.kick(CHANNEL, BOT_USER)
    await use.story.slack.submit({ user: SUPPORT })
    await use.story.slack.until(() => use.story.slack.directMessages(SUPPORT).length === 1)
  })

  test('can be cancelled by its requester, as the direct message says', async () => {
    const { slack } = use.story
    expect(readText(slack.directMessages(SUPPORT)[0])).toContain('cancel the request with /trainee requests')
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'requests' })
    const list = await slack.until(() => slack.ephemerals(SUPPORT).at(-1))
    expect(buttons(list).map(({ text }) => text)).toEqual(['Cancel request'])
    await slack.click({ user: SUPPORT, actionId: ACTIONS.cancelRequest, message: list })
    await slack.until(async () => (await request()).status === 'cancelled')
  })

  test('gets its card when the bot is added, and its requester is told only once', async () => {
    const { slack } = use.story
    await mended('RetryLater: not_in_channel')
    await mended('RetryLater: not_in_channel')
    await slack.until(async () => (await cardRow()).status === 'queued')
    slack.invite(CHANNEL, BOT_USER)
    await tryAgain()
    await slack.until(() => slack.messages(CHANNEL).length === 1)
    expect(slack.directMessages(SUPPORT)).toHaveLength(1)
  })
})

test('a card survives trouble with the token', async () => {
  const { slack } = use.story
  await preview()
  slack.fault({ method: 'chat.postMessage', kind: 'error', code: 'token_revoked' })
  await slack.submit({ user: SUPPORT })
  await mended('RetryLater: token_revoked')
  await slack.until(() => slack.messages(CHANNEL).length === 1)
})

test('a deleted card is posted anew once, also when the answer is lost', async () => {
  const { slack } = use.story
  await preview()
  await slack.submit({ user: SUPPORT })
  const { card_ts: deleted } = await slack.until(async () => ((await request()).card_ts ? request() : null))
  slack.deleteMessage(CHANNEL, deleted)
  slack.fault({ method: 'chat.postMessage', kind: 'lost_response', times: 2 })
  await announce(use.story.bot.changes.database.manager, '1')
  await slack.until(async () => (await request()).rendered_version === 2, 'the card to be drawn')
  expect(slack.messages(CHANNEL).map(({ ts }) => ts)).toEqual([(await request()).card_ts])
})

async function preview(): Promise<void> {
  const { slack } = use.story
  await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 school_direct_salaried' })
  await slack.until(() => slack.view(SUPPORT))
  await slack.submit({ user: SUPPORT, values: { reason: 'The provider chose the wrong route', ticket: 'T-1' } })
  await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'))
}

async function request() {
  const { rows } = await use.admin.query('SELECT status, card_ts, rendered_version FROM chatops.change_requests')
  return rows[0]
}

async function cardRow() {
  const { rows } = await use.admin.query(
    `SELECT status, last_error FROM chatops.outbox WHERE kind = 'card' ORDER BY seq`,
  )
  return rows[0]
}

/** Waits until the card is put off for this reason, then has it tried at once. */
async function mended(because: string): Promise<void> {
  await use.story.slack.until(async () => (await cardRow())?.status === 'queued' && (await cardRow()).last_error)
  expect(await cardRow()).toEqual({ status: 'queued', last_error: because })
  await tryAgain()
}

async function tryAgain(): Promise<void> {
  await use.admin.query(`UPDATE chatops.outbox SET due_at = now(), last_error = NULL WHERE status = 'queued'`)
}
