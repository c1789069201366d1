import type { webApi } from '@slack/bolt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Poster } from '../../src/bot/slack/poster.ts'
import { TakenOver } from '../../src/outbox/not-sent.ts'
import { after, createSleeper } from '../support/asleep.ts'
import { startStorySlack } from '../support/bot.ts'
import { CHANNEL, SUPPORT } from '../support/lifecycle.ts'
import { posterOn } from '../support/poster.ts'
import type { FakeSlack } from '../support/slack/index.ts'

type Author = { user?: string; bot_id?: string; app_id?: string }

const KEY = 'a1b2-card-1'
const MINE = { event_type: 'trainee_chatops', event_payload: { key: KEY } }

let slack: FakeSlack
let client: webApi.WebClient
let poster: Poster

beforeEach(async () => {
  slack = await startStorySlack()
  ;({ client, poster } = posterOn(slack))
})

afterEach(() => slack.stop())

test('the line counts as well only once Slack has answered this process', async () => {
  const { line } = posterOn(slack, { hasAnswered: false })
  slack.fault({ method: 'auth.test', kind: 'server_error' })
  expect(line.demandToken).toThrow('Slack has not answered yet')
  await expect.poll(() => slack.calls.filter(({ method }) => method === 'auth.test').length).toBeGreaterThan(0)
  expect(line.demandToken).toThrow('Slack has not answered yet')
  await line.call({ kind: 'post', method: 'chat.postMessage', channel: CHANNEL }, () =>
    client.chat.postMessage({ channel: CHANNEL, text: 'x' }),
  )
  expect(line.demandToken).not.toThrow()
})

test('a line that is closed asks Slack no sooner than Slack wants to be asked, and opens by itself then', async () => {
  const { line } = posterOn(slack)
  slack.fault({ method: 'chat.postMessage', kind: 'server_error', times: 3 })
  const posts = () => client.chat.postMessage({ channel: CHANNEL, text: 'x' })
  const call = () => line.call({ kind: 'post', method: 'chat.postMessage', channel: CHANNEL }, posts)
  for (let times = 1; times <= 3; times++) await expect(call()).rejects.toThrow()
  slack.fault({ method: 'auth.test', kind: 'rate_limited', retryAfterSeconds: 1, times: 100 })
  await expect.poll(line.isOpen, { timeout: 60_000, interval: 20 }).toBe(true)
  expect(slack.callsTo('auth.test')).toHaveLength(1)
  await call()
})

describe('a message that carries our key', () => {
  test('is taken for ours if we posted it', async () => {
    const ts = await post(MINE)
    expect(await put({ again: true })).toBe(ts)
    expect(texts()).toEqual(['the card'])
  })

  test.each<[string, Author]>([
    ['a person', { user: SUPPORT }],
    ['another app', { user: 'U00OTHER', bot_id: 'B00OTHER', app_id: 'A00OTHER' }],
    ['a person by way of our app', { user: SUPPORT, bot_id: 'B01', app_id: 'A01' }],
  ])('is left alone if %s posted it', async (_, author) => {
    const ts = await post(MINE)
    readAsPostedBy(ts, author)
    expect(await put({ again: true })).not.toBe(ts)
    expect(texts()).toEqual(['someone’s words', 'the card'])
  })

  test('is taken for ours if Slack does not say who posted it', async () => {
    const ts = await post(MINE)
    readAsPostedBy(ts, {})
    expect(await put({ again: true })).toBe(ts)
  })

  test('in metadata of another kind is left alone', async () => {
    const ts = await post({ ...MINE, event_type: 'another_event' })
    expect(await put({ again: true })).not.toBe(ts)
  })
})

test('who we are is asked once, and only when a message must be searched for', async () => {
  await put()
  expect(slack.callsTo('auth.test')).toEqual([])
  await put({ again: true })
  await put({ again: true })
  expect(slack.callsTo('auth.test')).toHaveLength(1)
})

describe('a message that was deleted', () => {
  test('is posted anew once, however often the answer is lost', async () => {
    const ts = await put()
    slack.deleteMessage(CHANNEL, ts)
    for (const again of [false, true, true]) {
      slack.fault({ method: again ? 'chat.update' : 'chat.postMessage', kind: 'lost_response', when: isNot(ts) })
      await expect(put({ ts, again })).rejects.toThrow()
    }
    const anew = await put({ ts, again: true })
    expect(slack.messages(CHANNEL).map((message) => message.ts)).toEqual([anew])
  })

  test('is posted anew without a search where nothing can have been posted since', async () => {
    const ts = await put()
    slack.deleteMessage(CHANNEL, ts)
    await put({ ts })
    expect(texts()).toEqual(['the card'])
    expect(slack.callsTo('conversations.history')).toEqual([])
  })
})

describe('a message that Slack will not have us update', () => {
  test('is posted anew, and the old one is not taken up again', async () => {
    const ts = await put()
    slack.fault({ method: 'chat.update', kind: 'error', code: 'cant_update_message' })
    slack.fault({ method: 'chat.delete', kind: 'error', code: 'cant_delete_message' })
    expect(await put({ ts, again: true })).not.toBe(ts)
    expect(texts()).toEqual(['the card', 'the card'])
  })

  test('is removed once the new one is there', async () => {
    const ts = await put()
    slack.fault({ method: 'chat.update', kind: 'error', code: 'edit_window_closed', times: 2 })
    slack.fault({ method: 'chat.postMessage', kind: 'rate_limited' })
    await expect(put({ ts })).rejects.toThrow()
    expect(slack.messages(CHANNEL)).toMatchObject([{ ts }])
    const anew = await put({ ts })
    expect(slack.messages(CHANNEL)).toMatchObject([{ ts: anew }])
  })
})

describe('an old message that cannot be removed just now', () => {
  const replaced = (removal: Parameters<FakeSlack['fault']>[0]) => {
    slack.fault({ method: 'chat.update', kind: 'error', code: 'block_mismatch' })
    slack.fault(removal)
  }

  test.each<[string, Parameters<FakeSlack['fault']>[0]]>([
    ['Slack has had enough', { method: 'chat.delete', kind: 'rate_limited' }],
    ['Slack is in trouble', { method: 'chat.delete', kind: 'error', code: 'internal_error' }],
    ['Slack does not take the token', { method: 'chat.delete', kind: 'error', code: 'token_revoked' }],
    ['Slack is silent', { method: 'chat.delete', kind: 'server_error' }],
  ])('is removed by the next attempt: %s', async (_, removal) => {
    const ts = await put()
    replaced(removal)
    await expect(put({ ts })).rejects.toMatchObject({ postponement: { unsure: true } })
    expect(texts()).toEqual(['the card', 'the card'])
    // It could be changed again; the one that was posted meanwhile is the card all the same.
    ;({ poster } = posterOn(slack))
    const anew = await put({ ts, again: true })
    expect(anew).not.toBe(ts)
    expect(slack.messages(CHANNEL)).toMatchObject([{ ts: anew }])
  })

  test('stays if somebody would have to put something right first', async () => {
    const ts = await put()
    replaced({ method: 'chat.delete', kind: 'error', code: 'no_permission' })
    expect(await put({ ts })).not.toBe(ts)
    expect(texts()).toEqual(['the card', 'the card'])
  })

  test('and stays is not taken for the card by a later attempt', async () => {
    const old = await put()
    replaced({ method: 'chat.delete', kind: 'error', code: 'cant_delete_message' })
    const ts = await put({ ts: old })
    slack.fault({ method: 'chat.update', kind: 'error', code: 'edit_window_closed', when: isAt(old) })
    expect(await put({ ts, again: true })).toBe(ts)
    expect(texts()).toEqual(['the card', 'the card'])
  })
})

describe('a sender that sleeps just before it posts', () => {
  test('takes back what it posts when it wakes, since another has posted it', async () => {
    const by = createSleeper()
    const asleep = put({ row: rowOf(by) })
    await by.isAsleep
    const ts = await put({ again: true })
    by.wake()
    expect(await asleep).toBe(ts)
    expect(slack.messages(CHANNEL).map((message) => message.ts)).toEqual([ts])
  })

  test('does so in a thread, too', async () => {
    const thread = await put()
    const by = createSleeper()
    const asleep = reply(thread, rowOf(by))
    await by.isAsleep
    await reply(thread, rowOf({ again: true }))
    by.wake()
    await asleep
    expect(slack.replies(CHANNEL, thread)).toHaveLength(1)
  })

  test('does so even if it does not hear that it posted', async () => {
    const by = createSleeper()
    const asleep = put({ row: rowOf(by) })
    await by.isAsleep
    const ts = await put({ again: true })
    slack.fault({ method: 'chat.postMessage', kind: 'lost_response' })
    by.wake()
    await expect(asleep).rejects.toThrow()
    expect(slack.messages(CHANNEL).map((message) => message.ts)).toEqual([ts])
  })

  test('and posts before the other does, but after it looked, leaves one message', async () => {
    const by = createSleeper()
    const asleep = put({ row: rowOf(by) })
    await by.isAsleep
    // The other has looked for the message, and is about to post it.
    const other = rowOf({ again: true, isHeld: () => after(by.wake, asleep) })
    const ts = await put({ row: other })
    expect(await asleep).toBe(ts)
    expect(slack.messages(CHANNEL).map((message) => message.ts)).toEqual([ts])
  })

  test('takes back what it told a person', async () => {
    const by = createSleeper()
    const asleep = tell(rowOf(by))
    await by.isAsleep
    await tell(rowOf({ again: true }))
    by.wake()
    await asleep
    expect(slack.directMessages(SUPPORT)).toHaveLength(1)
  })

  test('and hears in time that another has its row posts nothing', async () => {
    await expect(put({ row: rowOf({ isHeld: async () => false }) })).rejects.toThrow(TakenOver)
    await expect(tell(rowOf({ isHeld: async () => false }))).rejects.toThrow(TakenOver)
    expect(slack.callsTo('chat.postMessage')).toEqual([])
  })
})

type Row = Parameters<Poster['put']>[0]['row']

function rowOf({ again = false, isHeld = async () => true }: Partial<Row> = {}): Row {
  return { again, createdAt: new Date(Date.now() - 1000), isHeld, markSent: isHeld }
}

const MESSAGE = { text: 'the card', blocks: [] }

function put({
  ts = null,
  again = false,
  row = rowOf({ again }),
}: {
  ts?: string | null
  again?: boolean
  row?: Row
} = {}) {
  return poster.put({ channel: CHANNEL, ts, message: MESSAGE, key: KEY, row })
}

function reply(thread: string, row: Row) {
  return poster.reply({ channel: CHANNEL, thread, message: MESSAGE, key: `${KEY}-0`, row })
}

function tell(row: Row) {
  return poster.tell({ channel: SUPPORT, message: MESSAGE, key: KEY, row })
}

async function post(metadata: typeof MINE): Promise<string> {
  const { ts } = await client.chat.postMessage({ channel: CHANNEL, text: 'someone’s words', metadata })
  return ts ?? ''
}

/** The fake lets nobody else post metadata, so its history is shown with another author. */
function readAsPostedBy(ts: string, author: Author): void {
  const read = client.conversations.history
  client.conversations.history = async (asked) => {
    const page = await read(asked)
    const messages = page.messages?.map((message) => {
      const { user: _user, bot_id: _bot, app_id: _app, ...rest } = message
      return message.ts === ts ? { ...rest, ...author } : message
    })
    return { ...page, messages }
  }
}

const isAt = (ts: string) => (args: Record<string, unknown>) => args['ts'] === ts
const isNot = (ts: string) => (args: Record<string, unknown>) => args['ts'] !== ts

const texts = () => slack.messages(CHANNEL).map(({ text }) => text)
