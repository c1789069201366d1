// What comes from where it should not, or a second time.

import { beforeEach, describe, expect, test } from 'vitest'
import { announce } from '../../src/changes/announce.ts'
import { reject } from '../../src/changes/decide/decide.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { OTHER_CHANNEL, startBot, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const use = useStory()

describe('a request of a channel that is not ours', () => {
  test('is not posted there if the channel was taken off the list since the preview', async () => {
    await preview()
    await allowOnly(OTHER_CHANNEL)
    await expectNotPosted(CHANNEL)
  })

  test.each([OTHER_CHANNEL, DEVELOPER, 'C99SHARED', 'nowhere'])(
    'is not posted by forged metadata: %s',
    async (channel) => {
      const { slack } = use.story
      await openForm()
      const view = slack.view(SUPPORT)
      if (!view) throw new Error('there is no form')
      const metadata = { ...JSON.parse(view.private_metadata), channel }
      const forged = { ...view, id: 'VFORGED', private_metadata: JSON.stringify(metadata) }
      const values = { reason: 'The provider chose the wrong route', ticket: '' }
      const payload = await slack.submit({ user: SUPPORT, view: forged, values, force: true })
      expect(payload.outcome).not.toBe('trouble')
      await slack.until(async () => (await requests()).length === 1)
      const { rows } = await use.admin.query('SELECT id FROM chatops.change_requests')
      await slack.closeView({ user: SUPPORT })
      await openUnsent(String(rows[0].id))
      await expectNotPosted(channel)
    },
  )

  async function expectNotPosted(channel: string): Promise<void> {
    const { slack } = use.story
    await slack.submit({ user: SUPPORT })
    expect(readText(slack.view(SUPPORT))).toContain('cannot be posted where it was asked for')
    expect(await requests()).toEqual([{ status: 'unsent' }])
    expect(slack.callsTo('chat.postMessage').filter(({ args }) => args['channel'] === channel)).toEqual([])
  }
})

test('a card in a channel that was taken off the list is not posted there anew, nor replied to; its requester is told', async () => {
  const { slack, bot } = use.story
  await sendRequest(bot.changes, 'fix-route', await form())
  await slack.until(async () => (await cardTs()) !== null)
  const [card] = slack.messages(CHANNEL)
  await allowOnly(OTHER_CHANNEL)
  slack.deleteMessage(CHANNEL, card?.ts ?? '')
  const posts = slack.callsTo('chat.postMessage').length
  await use.story.bot.changes.database.transaction((sql) => announce(sql, '1', ['outcome']))
  await slack.until(() => slack.directMessages(SUPPORT).length === 1, 'the requester to be told')
  expect(readText(slack.directMessages(SUPPORT)[0])).toContain('requests are no longer posted in that channel')
  const since = slack.callsTo('chat.postMessage').slice(posts)
  expect(since.filter(({ args }) => args['channel'] === CHANNEL)).toEqual([])
})

test('the undo of a request from a channel that was taken off the list is posted in one that is on it', async () => {
  const { slack, bot } = use.story
  await sendRequest(bot.changes, 'fix-route', await form())
  await slack.until(() => slack.messages(CHANNEL).length === 1)
  await allowOnly(OTHER_CHANNEL)
  const message = slack.messages(CHANNEL)[0]
  if (!message) throw new Error('there is no card')
  await slack.click({ user: SUPPORT, actionId: ACTIONS.startUndo, value: '1', message, force: {} })
  const view = await slack.until(() => slack.view(SUPPORT))
  expect(JSON.parse(view.private_metadata)).toMatchObject({ channel: OTHER_CHANNEL })
})

describe('what somebody else has not sent', () => {
  beforeEach(() => preview())

  test.each([ACTIONS.previewAgain, ACTIONS.startUndo])('is not shown by a forged button (%s)', async (actionId) => {
    const { slack } = use.story
    await slack.openHome({ user: DEVELOPER })
    await slack.until(() => slack.home(DEVELOPER))
    await slack.click({ user: DEVELOPER, view: 'home', actionId, value: '1', force: {} })
    const said = await slack.until(
      () => everything(DEVELOPER).includes('We cannot find this request') && everything(DEVELOPER),
    )
    expect(said).not.toContain('The provider chose the wrong route')
    expect(await requests()).toEqual([{ status: 'unsent' }])
  })

  test('cannot be undone, or followed', async () => {
    const { slack } = use.story
    await slack.command({ user: DEVELOPER, channel: CHANNEL, text: 'undo CR-1' })
    await slack.until(() => slack.view(DEVELOPER))
    const { errors } = await slack.submit({ user: DEVELOPER, values: { reason: 'Just to see', ticket: '' } })
    expect(errors).toEqual({ subject: 'There is no request CR-1.' })
  })
})

describe('a submission that comes twice', () => {
  test.each(['one after the other', 'at once'])('makes one request (%s)', async (how) => {
    const { slack } = use.story
    await openForm()
    const sent = await slack.submit({
      user: SUPPORT,
      values: { reason: 'The provider chose the wrong route', ticket: '' },
    })
    if (how === 'one after the other') await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'))
    await Promise.all([slack.redeliver(sent), slack.redeliver(sent)])
    await slack.until(() => slack.callsTo('views.update').length === 3)
    await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'))
    expect(await requests()).toEqual([{ status: 'unsent' }])
  })
})

describe('“Ask for approval” in a window that was left open', () => {
  test('does not say that a request waits which was discarded meanwhile', async () => {
    const { slack } = use.story
    await preview()
    await slack.openHome({ user: SUPPORT })
    await slack.until(() => slack.home(SUPPORT))
    await slack.click({ user: SUPPORT, view: 'home', actionId: ACTIONS.discardUnsent })
    await slack.until(async () => JSON.stringify(await requests()).includes('cancelled'))
    await slack.submit({ user: SUPPORT })
    expect(readText(slack.view(SUPPORT))).toContain('CR-1 was not sent')
    expect(slack.messages(CHANNEL)).toEqual([])
  })

  test('nor one that was rejected', async () => {
    const { slack } = use.story
    await preview()
    const sent = await slack.submit({ user: SUPPORT })
    await slack.until(() => slack.messages(CHANNEL).length === 1)
    await reject(use.story.bot.changes, { id: '1', actor: DEVELOPER, reason: 'Ask the provider first' })
    const { ackBody } = await slack.redeliver(sent)
    expect(ackBody).toContain('CR-1 is no longer waiting for approval')
  })
})

/** The bot is started anew with another list of channels. */
async function allowOnly(channel: string): Promise<void> {
  const { slack, scratch, bot } = use.story
  slack.removeReplica(`http://127.0.0.1:${bot.port}/slack/events`)
  await bot.stop()
  use.story.bot = await startBot(slack, scratch.appUrl, { env: { ALLOWED_CHANNELS: channel } })
}

async function openForm(): Promise<void> {
  const { slack } = use.story
  await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 school_direct_salaried' })
  await slack.until(() => slack.view(SUPPORT))
}

async function preview(): Promise<void> {
  const { slack } = use.story
  await openForm()
  await slack.submit({ user: SUPPORT, values: { reason: 'The provider chose the wrong route', ticket: '' } })
  await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'))
}

async function openUnsent(id: string): Promise<void> {
  const { slack } = use.story
  await slack.openHome({ user: SUPPORT })
  await slack.until(() => slack.home(SUPPORT))
  await slack.click({ user: SUPPORT, view: 'home', actionId: ACTIONS.openUnsent, value: id })
  await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'))
}

async function form() {
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  return { subject: rows[0].slug as string, route: 'assessment_only', reason: 'Asked for', ticket: '' }
}

async function cardTs(): Promise<string | null> {
  return (await use.admin.query('SELECT card_ts FROM chatops.change_requests')).rows[0].card_ts
}

async function requests(): Promise<object[]> {
  return (await use.admin.query('SELECT status FROM chatops.change_requests')).rows
}

function everything(user: string): string {
  const { slack } = use.story
  return [slack.view(user), ...slack.directMessages(user), ...slack.ephemerals(user)].map(readText).join('\n')
}
