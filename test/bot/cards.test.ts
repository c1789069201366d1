import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createCards } from '../../src/bot/posts/cards.ts'
import { createDirectMessages } from '../../src/bot/posts/direct-messages.ts'
import { createThreads } from '../../src/bot/posts/threads.ts'
import { ChannelClosed } from '../../src/bot/slack/line.ts'
import { announce } from '../../src/changes/announce.ts'
import { cancel } from '../../src/changes/decide/decide.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { OutboxRow } from '../../src/entities/chatops/outbox-row.ts'
import type { Claimed } from '../../src/outbox/claim.ts'
import { Undeliverable } from '../../src/outbox/not-sent.ts'
import { createRelay } from '../../src/outbox/relay.ts'
import { startStorySlack } from '../support/bot.ts'
import { approveRequest, CHANNEL, REGISTER_URL, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { posterOn } from '../support/poster.ts'
import { type FakeSlack, readText } from '../support/slack/index.ts'
import { useWorld } from '../support/world.ts'

const BOT_USER = 'U00BOT'
const FORM = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Wrong route', ticket: '' }

const use = useWorld({ rows: 'demo', forEach: 'test' })
let slack: FakeSlack
let cards: ReturnType<typeof cardsOf>
let directMessages: ReturnType<typeof createDirectMessages>
let id: string

beforeEach(async () => {
  slack = await startStorySlack()
  cards = cardsOf(use.world.databaseIdentity)
  directMessages = createDirectMessages(use.world.database, posterOn(slack, {}, [CHANNEL]).poster, {
    ...use.world,
    registerUrl: REGISTER_URL,
  })
  id = (await sendRequest(use.world, 'fix-route', FORM)).id
})

afterEach(async () => {
  expect(slack.takeViolations()).toEqual([])
  await slack.stop()
})

describe('a card that another database may have posted under the same number', () => {
  test('is taken up again by the database that posted it', async () => {
    await cards.card(row())
    await forgetCard()
    await cards.card(row({ again: true }))
    expect(slack.messages(CHANNEL)).toHaveLength(1)
  })

  test('is left alone by every other database', async () => {
    await cards.card(row())
    await forgetCard()
    await cardsOf('a copy').card(row({ again: true }))
    expect(slack.messages(CHANNEL)).toHaveLength(2)
  })

  test('and so are the replies in its thread', async () => {
    await cards.card(row())
    const notice = row({ kind: 'thread', payload: { part: 'outcome' } })
    await cards.thread(notice)
    await cardsOf('a copy').thread({ ...notice, again: true })
    await cards.thread({ ...notice, again: true })
    expect(slack.replies(CHANNEL, (await request()).cardTs ?? '')).toHaveLength(2)
  })
})

describe('a relay that stalled', () => {
  test('leaves the newest card standing, and the newest version on record', async () => {
    await cards.card(row())
    await announce(use.world.database.manager, id)
    let release = () => {}
    const until = new Promise<void>((resolve) => {
      release = resolve
    })
    const arrived = new Promise<void>((resolve) => {
      const when = () => {
        resolve()
        return true
      }
      slack.fault({ method: 'chat.update', kind: 'held', until, when })
    })
    const stalled = cards.card(row())
    await arrived
    await cancel(use.world, { id, actor: SUPPORT })
    await cards.card(row())
    expect(shown()).toMatch(/cancelled/i)
    release()
    await stalled
    expect(shown()).toMatch(/cancelled/i)
    expect(await request()).toMatchObject({ cardVersion: 3, renderedVersion: 3 })
  })
})

describe('a request whose playbook this version of the bot does not have', () => {
  beforeEach(async () => {
    await cancel(use.world, { id, actor: SUPPORT })
    const { rows } = await use.admin.query(
      `INSERT INTO chatops.change_requests (playbook, playbook_version, requester, channel, subjects, digest, plan, form)
       SELECT 'fix-gone', 1, requester, channel, subjects, digest, plan, form FROM chatops.change_requests
       RETURNING id`,
    )
    id = rows[0].id
    await use.admin.query(`UPDATE chatops.change_requests SET status = 'pending', card_version = 1 WHERE id = $1`, [id])
  })

  test('has a card that is left to a newer version, and its requester is not told', async () => {
    expect(await refusal(cards.card(row()))).toMatchObject({ name: 'RetryLater', message: 'unknown playbook' })
    expect(await directs()).toHaveLength(0)
  })

  test('has a card that is given up where none has come within an hour, and its requester is told', async () => {
    const late = row({ hasWaitedForNewer: true })
    expect(await refusal(cards.card(late))).toEqual(new Undeliverable('unknown playbook'))
    expect(await directs()).toHaveLength(1)
  })

  test('has a thread that is given up, too', async () => {
    await use.admin.query(`UPDATE chatops.change_requests SET card_ts = '1.000001' WHERE id = $1`, [id])
    const outcome = row({ kind: 'thread', payload: { part: 'outcome' }, hasWaitedForNewer: true })
    expect(await refusal(cards.thread(outcome))).toEqual(new Undeliverable('unknown playbook'))
  })
})

describe('a card whose channel is closed to the bot', () => {
  beforeEach(() => slack.kick(CHANNEL, BOT_USER))

  test('is waited for, for as long as it takes, and its requester is told once', async () => {
    for (const again of [false, true, true]) {
      const error = await refusal(cards.card(row({ again })))
      expect(error).toBeInstanceOf(ChannelClosed)
      expect(error).toMatchObject({ message: 'not_in_channel', postponement: { longest: 300_000, isEndless: true } })
    }
    expect(await directs()).toHaveLength(1)
  })

  test('appears once the bot is in the channel', async () => {
    await refusal(cards.card(row()))
    slack.invite(CHANNEL, BOT_USER)
    await cards.card(row({ again: true }))
    expect(shown()).toContain(`CR-${id}`)
  })

  test('is waited for also once the request is over, and then appears as it ended', async () => {
    await refusal(cards.card(row()))
    await cancel(use.world, { id, actor: SUPPORT })
    expect(await refusal(cards.card(row({ again: true })))).toBeInstanceOf(ChannelClosed)
    slack.invite(CHANNEL, BOT_USER)
    await cards.card(row({ again: true }))
    expect(shown()).toMatch(/cancelled/i)
  })

  test('is waited for if it was posted before, and its requester is told once that it is out of date', async () => {
    slack.invite(CHANNEL, BOT_USER)
    await cards.card(row())
    await announce(use.world.database.manager, id)
    slack.fault({ method: 'chat.update', kind: 'error', code: 'is_archived', times: 2 })
    for (const again of [false, true]) {
      expect(await refusal(cards.card(row({ again })))).toBeInstanceOf(ChannelClosed)
    }
    const [told, ...more] = await directs()
    expect(more).toEqual([])
    await directMessages.direct(row({ kind: 'direct', payload: told?.payload as Claimed['payload'] }))
    expect(slack.directMessages(SUPPORT).map(readText)[0]).toContain(
      `We cannot show in <#${CHANNEL}> what has become of CR-${id}: that channel is archived.`,
    )
    await cards.card(row())
    expect(await request()).toMatchObject({ renderedVersion: 2 })
  })

  test('is waited for by its thread as well, of which nothing is lost', async () => {
    slack.invite(CHANNEL, BOT_USER)
    await cards.card(row())
    slack.kick(CHANNEL, BOT_USER)
    const notice = row({ kind: 'thread', payload: { part: 'outcome' } })
    expect(await refusal(cards.thread(notice))).toBeInstanceOf(ChannelClosed)
    expect(await directs()).toHaveLength(1)
    slack.invite(CHANNEL, BOT_USER)
    await cards.thread(notice)
    expect(slack.replies(CHANNEL, (await request()).cardTs ?? '')).toHaveLength(1)
  })
})

test('a thread waits for its card, which wakes it', async () => {
  const notice = row({ kind: 'thread', payload: { part: 'outcome' } })
  const error = await refusal(cards.thread(notice))
  expect(error).toMatchObject({ postponement: { waitsFor: `card:${id}`, isBlameless: true } })
  await cards.card(row())
  await cards.thread(notice)
  expect(slack.replies(CHANNEL, (await request()).cardTs ?? '')).toHaveLength(1)
})

describe.each(['edit_window_closed', 'cant_update_message', 'block_mismatch', 'message_not_found'])(
  'a card that can no longer be edited (%s)',
  (code) => {
    test('is posted anew, and its thread goes on there', async () => {
      await cards.card(row())
      const { cardTs: old } = await request()
      await cancel(use.world, { id, actor: SUPPORT })
      slack.fault({ method: 'chat.update', kind: 'error', code })
      await cards.card(row())
      const { cardTs } = await request()
      expect(cardTs).not.toBe(old)
      expect(shown()).toMatch(/cancelled/i)
      await cards.thread(row({ kind: 'thread', payload: { part: 'outcome' } }))
      expect(slack.replies(CHANNEL, cardTs ?? '')).toHaveLength(1)
    })
  },
)

test('a thread whose card was deleted has it posted anew first', async () => {
  await cards.card(row())
  slack.deleteMessage(CHANNEL, (await request()).cardTs ?? '')
  const notice = row({ kind: 'thread', payload: { part: 'outcome' } })
  await refusal(cards.thread(notice))
  await cards.card(row())
  await cards.thread(notice)
  expect(slack.messages(CHANNEL)).toHaveLength(1)
  expect(slack.replies(CHANNEL, (await request()).cardTs ?? '')).toHaveLength(1)
})

test('a card that is posted anew calls nobody who was called in the last ten minutes', async () => {
  const calls = () => JSON.stringify(slack.messages(CHANNEL).at(-1)?.blocks).includes('<!subteam^S0GROUP>')
  await use.admin.query(`UPDATE chatops.change_requests SET calls = 'S0GROUP'`)
  await use.admin.query(`INSERT INTO chatops.calls (channel, called_at) VALUES ('${CHANNEL}', now())`)
  await cards.card(row())
  expect(calls()).toBe(true)
  await loseCard()
  expect(calls()).toBe(false)
  await use.admin.query(`UPDATE chatops.calls SET called_at = now() - interval '11 minutes'`)
  await loseCard()
  expect(calls()).toBe(true)
  await loseCard()
  expect(calls()).toBe(false)
})

/** Somebody deletes the card in Slack; it is posted anew. */
async function loseCard(): Promise<void> {
  slack.deleteMessage(CHANNEL, (await request()).cardTs ?? '')
  await announce(use.world.database.manager, id)
  await cards.card(row())
}

describe('the requester of a card that cannot be posted', () => {
  test.each([
    ['not_in_channel', 'the bot is not in that channel', 'Add the bot to the channel, or cancel'],
    ['channel_not_found', 'the bot is not in that channel', 'Add the bot to the channel, or cancel'],
    ['is_archived', 'that channel is archived', 'Unarchive the channel, or cancel'],
    ['restricted_action', 'Slack refused it (restricted_action)', 'Cancel'],
  ])('is told what %s means, and what mends it', async (code, why, remedy) => {
    slack.fault({ method: 'chat.postMessage', kind: 'error', code })
    await refusal(cards.card(row()))
    await directMessages.direct(row({ kind: 'direct', payload: (await directs())[0]?.payload as Claimed['payload'] }))
    const [text] = slack.directMessages(SUPPORT).map(readText)
    expect(text).toBe(
      `We could not post CR-${id} in <#${CHANNEL}>: ${why}. It waits for approval, but only on the bot’s Home tab. ${remedy} the request with /trainee requests.`,
    )
  })

  test('is told although the first attempt was lost: the bot cannot read direct messages to look for it', async () => {
    const direct = row({ kind: 'direct', payload: { user: SUPPORT, channel: CHANNEL, because: 'not_in_channel' } })
    slack.fault({ method: 'chat.postMessage', kind: 'lost_request' })
    await refusal(directMessages.direct(direct))
    await directMessages.direct({ ...direct, again: true })
    expect(slack.directMessages(SUPPORT)).toHaveLength(1)
  })
})

test('a thread that cannot be replied to is tried ever more rarely, however often its card is drawn', async () => {
  await cards.card(row())
  const inThread = { method: 'chat.postMessage', when: (args: object) => 'thread_ts' in args }
  slack.fault({ ...inThread, kind: 'error', code: 'cannot_reply_to_message', times: 1_000 })
  const relay = createRelay(use.world, { ...cards, ...others })
  await announce(use.world.database.manager, id, ['outcome'])
  const waiting = { kind: 'thread' as const, waitsFor: `card:${id}` }
  let drawn = 0
  while (drawn < 5) {
    while (await relay.sendDue(() => {})) await relay.settled()
    drawn = await use.world.database.manager.countBy(OutboxRow, { kind: 'card', status: 'sent' })
    await use.admin.query(
      `UPDATE chatops.outbox SET due_at = now(), failing_since = now() - interval '1 hour' WHERE kind = 'thread'`,
    )
  }
  while (await relay.sendDue(() => {})) await relay.settled()
  const { dueAt } = await use.world.database.manager.findOneByOrFail(OutboxRow, waiting)
  expect(dueAt.getTime()).toBeGreaterThan(Date.now() + 60_000)
})

test('what is left to do by hand is said after what came of a request, whichever version of the bot looks at that', async () => {
  await approveRequest(use.world, await request())
  expect(await execute(use.world, id)).toBe('executed')
  const relay = createRelay(use.world, { ...cards, ...others })
  const send = async () => {
    await use.admin.query(`UPDATE chatops.outbox SET due_at = now() WHERE status = 'queued'`)
    while (await relay.sendDue(() => {})) await relay.settled()
    return slack.replies(CHANNEL, (await request()).cardTs ?? '').map(readText)
  }
  expect(await send()).toEqual([])
  // As a version did it that knew nothing of steps which are to follow.
  await use.admin.query(`UPDATE chatops.change_requests SET status = 'done', outcome = '{}' WHERE id = $1`, [id])
  await announce(use.world.database.manager, id, ['outcome'])
  await send()
  const [outcome, ...steps] = await send()
  expect(outcome).toContain(`CR-${id} is done`)
  expect(steps.join()).toContain('Ask for the route to be changed in DTTP')
})

const none = async () => {}
/** What else may be in the outbox goes nowhere. */
const others = {
  direct: none,
  alert: none,
  trello: none,
  hint: none,
  job: none,
  sidekiq: none,
  brake: none,
  morning: none,
}

function cardsOf(databaseIdentity: string) {
  const { database } = use.world
  const { poster } = posterOn(slack)
  const projection = { registerUrl: REGISTER_URL, databaseIdentity }
  return { ...createCards(database, poster, projection), ...createThreads(database, poster, projection) }
}

const yes = async () => true

function row(given: Partial<Claimed> = {}): Claimed {
  const fixed = { id: '4b0c8f0e-0000-4000-8000-000000000001', kind: 'card' as const, payload: {}, attempts: 1 }
  const times = { createdAt: new Date(Date.now() - 60_000), failingSince: null, hasWaitedForNewer: false }
  return { ...fixed, changeRequest: id, again: false, isHeld: yes, markSent: yes, ...times, ...given }
}

function request(): Promise<ChangeRequest> {
  return use.world.database.manager.findOneByOrFail(ChangeRequest, { id })
}

function directs(): Promise<OutboxRow[]> {
  return use.world.database.manager.findBy(OutboxRow, { kind: 'direct', changeRequestId: id })
}

async function forgetCard(): Promise<void> {
  await use.admin.query('UPDATE chatops.change_requests SET card_ts = NULL, rendered_version = 0')
}

const shown = () => readText(slack.messages(CHANNEL).at(-1))

const refusal = (sending: Promise<unknown>): Promise<unknown> =>
  sending.then(
    () => null,
    (error: unknown) => error,
  )
