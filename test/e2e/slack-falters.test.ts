import { beforeEach, describe, expect, test } from 'vitest'
import { announce } from '../../src/changes/announce.ts'
import { send } from '../../src/changes/propose/send.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { buttons, type Message, readText } from '../support/slack/index.ts'

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

describe('a card that can no longer be edited', () => {
  /** The old card as it was, once Slack has refused to change it. */
  async function replace(): Promise<Message> {
    const { slack } = use.story
    await preview()
    await slack.submit({ user: SUPPORT })
    await slack.until(async () => (await request()).card_ts)
    const [old] = slack.messages(CHANNEL)
    slack.fault({ method: 'chat.update', kind: 'error', code: 'edit_window_closed', when: ({ ts }) => ts === old?.ts })
    await announce(use.story.bot.changes.database.manager, '1')
    await slack.until(async () => (await request()).card_ts !== old?.ts)
    return old as Message
  }

  test('gives way to a new one', async () => {
    const old = await replace()
    await use.story.slack.until(() => use.story.slack.messages(CHANNEL).every(({ ts }) => ts !== old.ts))
    expect(use.story.slack.messages(CHANNEL)).toHaveLength(1)
  })

  test('and not removed either, answers truly and says where the new one is', async () => {
    const { slack } = use.story
    slack.fault({ method: 'chat.delete', kind: 'error', code: 'cant_delete_message' })
    const old = await replace()
    const [, anew] = await slack.until(() => (slack.messages(CHANNEL).length === 2 ? slack.messages(CHANNEL) : null))
    await slack.click({ user: SUPPORT, actionId: ACTIONS.cancelRequest, message: old })
    const said = await slack.until(() => slack.ephemerals(SUPPORT).at(-1), 'where the card is')
    expect(JSON.stringify(said)).toContain(`/p${anew?.ts.replace('.', '')}|See CR-1 as it is now`)
    await slack.until(() => readText(slack.messages(CHANNEL)[1]).includes('cancelled'))
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.cancelRequest, message: old })
    await slack.until(() => slack.ephemerals(DEVELOPER).some((one) => readText(one).includes('no longer waiting')))
    await slack.until(() => slack.ephemerals(DEVELOPER).some((one) => readText(one).includes('an old copy')))
  })
})

describe('while Slack does not take the token', () => {
  test('nothing is sent, the process is not ready, and no row is to blame; then everything goes out', async () => {
    const { slack } = use.story
    let isDead = false
    await preview()
    slack.fault({
      method: '*',
      kind: 'error',
      code: 'invalid_auth',
      times: Number.POSITIVE_INFINITY,
      when: () => isDead,
    })
    isDead = true
    await send(use.story.bot.changes, { id: '1', requester: SUPPORT })
    await slack.until(async () => !(await isReady()), 'the process to be not ready')
    const asked = slack.callsTo('chat.postMessage').length
    const tried = slack.callsTo('auth.test').length
    await slack.until(() => slack.callsTo('auth.test').length > tried, 'the token to be tried')
    expect(slack.callsTo('chat.postMessage')).toHaveLength(asked)
    const { rows } = await use.admin.query(`SELECT status, attempts, failing_since FROM chatops.outbox`)
    expect(rows).toEqual([{ status: 'queued', attempts: 0, failing_since: null }])
    isDead = false
    await slack.until(() => slack.messages(CHANNEL).length === 1, 'the card')
    await slack.until(isReady, 'the process to be ready')
    const { rows: reports } = await use.admin.query('SELECT trouble FROM chatops.reports')
    expect(reports).toEqual([{ trouble: 'Slack does not take the bot token (invalid_auth)' }])
  })
})

test('after an outage a backlog goes out at the pace that Slack allows, without being refused over and over', async () => {
  const { slack, bot } = use.story
  const REQUESTS = 12
  await preview()
  let isAway = true
  slack.fault({ method: '*', kind: 'server_error', times: Number.POSITIVE_INFINITY, when: () => isAway })
  await send(bot.changes, { id: '1', requester: SUPPORT })
  await use.admin.query(
    `INSERT INTO chatops.change_requests
       (playbook, playbook_version, requester, channel, subjects, digest, form, checks, plan, outcome)
     SELECT playbook, playbook_version, requester, channel, ARRAY['test:' || n], digest, form, checks, plan, outcome
     FROM chatops.change_requests, generate_series(2, $1::int) n`,
    [REQUESTS],
  )
  await use.admin.query(`UPDATE chatops.change_requests SET status = 'pending' WHERE status = 'unsent'`)
  for (let id = 2; id <= REQUESTS; id++) await announce(bot.changes.database.manager, String(id), ['outcome'])
  await slack.until(() => slack.calls.filter(({ status }) => status === 500).length > 5, 'Slack to be away')

  let next = 0
  const isTooMany = () => {
    const now = Date.now()
    if (now < next) return true
    next = now + 1_000
    return false
  }
  slack.fault({ method: 'chat.postMessage', kind: 'rate_limited', times: Number.POSITIVE_INFINITY, when: isTooMany })
  isAway = false
  const shown = () => slack.messages(CHANNEL)
  await slack.until(() => shown().flatMap(({ ts }) => [ts, ...slack.replies(CHANNEL, ts)]).length === 2 * REQUESTS - 1)
  expect(shown()).toHaveLength(REQUESTS)
  // The first twenty go out at once, and a busy machine sends some late. Kept to no pace, as many would be refused each second.
  expect(slack.calls.filter(({ status }) => status === 429).length).toBeLessThan(REQUESTS * 5)
})

async function isReady(): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${use.story.bot.port}/readyz`)).status === 200
}
