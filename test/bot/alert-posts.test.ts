import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dismiss } from '../../src/alerts/dismiss.ts'
import { createAlertPosts } from '../../src/bot/posts/alerts.ts'
import { ChannelClosed } from '../../src/bot/slack/line.ts'
import type { Claimed } from '../../src/outbox/claim.ts'
import { Undeliverable } from '../../src/outbox/not-sent.ts'
import { useAlertStory } from '../alerts/alert-story.ts'
import { startStorySlack } from '../support/bot.ts'
import { CHANNEL, DTTP_URL, REGISTER_URL, SUPPORT } from '../support/lifecycle.ts'
import { posterOn } from '../support/poster.ts'
import { type FakeSlack, readText } from '../support/slack/index.ts'

const BOT_USER = 'U00BOT'

const story = useAlertStory()
let slack: FakeSlack
let posts: ReturnType<typeof createAlertPosts>
let id: string

beforeEach(async () => {
  slack = await startStorySlack()
  posts = postsOf(story.world.databaseIdentity)
  await story.fails(await story.job('update-trainee', 5903), { code: 'dttp-unavailable', words: 'DTTP is silent.' })
  id = (await story.onlyAlert()).id
})

afterEach(async () => {
  expect(slack.takeViolations()).toEqual([])
  await slack.stop()
})

describe('a post', () => {
  test('is drawn from the database, and drawn anew in the same place', async () => {
    await posts.alert(row())
    expect(shown()).toContain('DTTP does not answer')
    expect(shown()).toContain('Trainee 5903')
    await story.fails(await story.job('update-trainee', 5901), { code: 'dttp-unavailable', words: 'DTTP is silent.' })
    await posts.alert(row())
    expect(slack.messages(CHANNEL)).toHaveLength(1)
    expect(shown()).toContain('Trainee 5901')
    expect(await story.onlyAlert()).toMatchObject({ cardVersion: 2, renderedVersion: 2 })
  })

  test('is not drawn again when it is as it should be', async () => {
    await posts.alert(row())
    await posts.alert(row())
    expect(slack.callsTo('chat.update')).toEqual([])
  })

  test('whose answer was lost is not posted twice', async () => {
    slack.fault({ method: 'chat.postMessage', kind: 'lost_response' })
    await expect(posts.alert(row())).rejects.toThrow()
    await posts.alert(row({ again: true }))
    expect(slack.messages(CHANNEL)).toHaveLength(1)
  })

  test('that another database posted under the same number is left alone', async () => {
    await postsOf('a copy').alert(row())
    await story.admin.query('UPDATE chatops.alerts SET card_ts = NULL, rendered_version = 0')
    await posts.alert(row({ again: true }))
    expect(slack.messages(CHANNEL)).toHaveLength(2)
  })

  test('that someone deleted is posted anew with the next change', async () => {
    await posts.alert(row())
    slack.deleteMessage(CHANNEL, (await story.onlyAlert()).cardTs ?? '')
    await dismiss(story.world, { id, actor: SUPPORT, reason: 'Known' })
    await posts.alert(row())
    expect(shown()).toContain('Dismissed')
  })

  test('of an alert that is not there is given up', async () => {
    await expect(posts.alert(row({ payload: { alert: '999' } }))).rejects.toThrow(Undeliverable)
    await expect(posts.alert(row({ payload: { alert: 'x' } }))).rejects.toThrow(Undeliverable)
  })
})

test('a relay that stalled leaves the newest post standing', async () => {
  await posts.alert(row())
  await story.fails(await story.job('update-trainee', 5901), { code: 'dttp-unavailable' })
  slack.fault({ method: 'chat.update', kind: 'slow', ms: 400 })
  const stalled = posts.alert(row())
  await slack.until(() => slack.callsTo('chat.update').length === 1)
  await dismiss(story.world, { id, actor: SUPPORT, reason: 'Known' })
  await posts.alert(row())
  await stalled
  expect(shown()).toContain('Dismissed')
  expect(await story.onlyAlert()).toMatchObject({ cardVersion: 3, renderedVersion: 3 })
})

test('a channel that is closed is waited for, for as long as it takes', async () => {
  slack.kick(CHANNEL, BOT_USER)
  for (const again of [false, true]) {
    const error = await posts.alert(row({ again })).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ChannelClosed)
    expect(error).toMatchObject({ message: 'not_in_channel', postponement: { longest: 300_000, isEndless: true } })
  }
  slack.invite(CHANNEL, BOT_USER)
  await posts.alert(row({ again: true }))
  expect(shown()).toContain('DTTP does not answer')
})

function postsOf(databaseIdentity: string) {
  return createAlertPosts(story.world.database, posterOn(slack).poster, {
    registerUrl: REGISTER_URL,
    dttpUrl: DTTP_URL,
    databaseIdentity,
    channel: CHANNEL,
  })
}

const yes = async () => true

function row(given: Partial<Claimed> = {}): Claimed {
  const fixed = { id: '4b0c8f0e-0000-4000-8000-000000000001', kind: 'alert' as const, attempts: 1, changeRequest: null }
  const times = { createdAt: new Date(Date.now() - 60_000), failingSince: null, hasWaitedForNewer: false }
  return { ...fixed, payload: { alert: id }, again: false, isHeld: yes, markSent: yes, ...times, ...given }
}

const shown = () => readText(slack.messages(CHANNEL).at(-1) ?? [])
