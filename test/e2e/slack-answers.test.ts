// No click and no command without an answer, whatever Slack will not do.
import { beforeEach, describe, expect, test } from 'vitest'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { OTHER_CHANNEL, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { type Fault, readText } from '../support/slack/index.ts'

const use = useStory()

const COMMANDS = [
  ['help', 'fix-route'],
  ['requests', 'requests'],
  ['show 5901', '5901'],
  ['jobs', 'jobs'],
  ['an unknown word', 'fix-route'],
  ['fix-route 5901', 'You cannot use this command here'],
] as const

describe.each(COMMANDS)('/trainee %s', (text, said) => {
  const channel = text.startsWith('fix-route') ? OTHER_CHANNEL : CHANNEL

  test('is answered by a message for one person if the response URL fails', async () => {
    const { slack } = use.story
    slack.fault({ method: 'response_url', kind: 'server_error', times: 9 })
    await slack.command({ user: SUPPORT, channel, text })
    const [answer] = await slack.until(() => seen(), 'an answer')
    expect(answer).toMatchObject({ via: 'postEphemeral', channel })
    expect(readText(answer)).toContain(said)
  })

  test('is answered directly if that fails too', async () => {
    const { slack } = use.story
    slack.fault({ method: 'response_url', kind: 'lost_request', times: 9 })
    slack.fault({ method: 'chat.postEphemeral', kind: 'error', code: 'user_not_in_channel', times: 9 })
    slack.fault({ method: 'chat.postMessage', kind: 'rate_limited', retryAfterSeconds: 1 })
    await slack.command({ user: SUPPORT, channel, text })
    const [answer] = await slack.until(() => direct(), 'an answer')
    expect(readText(answer)).toContain(said)
  })
})

describe('a click that is too old', () => {
  const spellings: Partial<Fault>[] = [
    { code: 'expired_trigger_id' },
    { code: 'exchanged_trigger_id' },
    { code: 'invalid_trigger_id' },
    { code: 'trigger_expired' },
    {
      code: 'invalid_arguments',
      details: {
        response_metadata: { messages: ['[ERROR] failed to match all allowed schemas', 'expired trigger_id'] },
      },
    },
    { code: 'invalid_arguments', details: { response_metadata: { messages: ['[ERROR] exchanged_trigger_id'] } } },
  ]
  test.each(spellings)('says that it took too long: %j', async (spelling) => {
    const { slack } = use.story
    slack.fault({ method: 'views.open', kind: 'error', ...spelling } as Fault)
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901' })
    const [answer] = await slack.until(() => seen(), 'an answer')
    expect(readText(answer)).toContain('That took too long')
  })
})

test('“too many” for one person holds nobody else up', async () => {
  const { slack } = use.story
  slack.fault({ method: 'views.publish', kind: 'rate_limited', retryAfterSeconds: 3600 })
  await slack.openHome({ user: DEVELOPER })
  slack.fault({ method: 'views.open', kind: 'rate_limited', retryAfterSeconds: 3600 })
  await slack.command({ user: DEVELOPER, channel: CHANNEL, text: 'fix-route 5901' })
  await slack.until(() => slack.ephemerals(DEVELOPER).length === 1, 'an answer')
  expect(readText(slack.ephemerals(DEVELOPER)[0])).toContain('Slack did not let us answer')
  await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901' })
  await slack.until(() => slack.view(SUPPORT), 'the form')
})

describe('a modal that says “Checking…”', () => {
  beforeEach(async () => {
    const { slack } = use.story
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 school_direct_salaried' })
    await slack.until(() => slack.view(SUPPORT))
  })

  test.each<Fault>([
    { method: 'views.update', kind: 'rate_limited', retryAfterSeconds: 1, times: 2 },
    { method: 'views.update', kind: 'server_error', times: 2 },
    { method: 'views.update', kind: 'lost_request', times: 2 },
    { method: 'views.update', kind: 'error', code: 'internal_error', times: 2 },
    { method: 'views.update', kind: 'error', code: 'hash_conflict', times: 2 },
    { method: 'views.update', kind: 'error', code: 'a_code_of_tomorrow', times: 2 },
  ])('shows the preview once Slack lets it: %j', async (fault) => {
    const { slack } = use.story
    slack.fault(fault)
    await fill()
    await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'), 'the preview')
    expect(direct()).toBeNull()
  })

  test('gives way to words if Slack does not take the preview, and the preview is kept', async () => {
    const { slack } = use.story
    slack.fault({ method: 'views.update', kind: 'error', code: 'view_too_large' })
    await fill()
    await slack.until(() => readText(slack.view(SUPPORT)).includes('The preview of CR-1 is ready'), 'words')
    expect(readText((await slack.until(() => direct()))[0])).toContain('We have kept it as “not sent yet”')
    await slack.openHome({ user: SUPPORT })
    await slack.until(() => slack.home(SUPPORT))
    await slack.click({ user: SUPPORT, view: 'home', actionId: ACTIONS.openUnsent })
    await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'), 'the preview')
  })

  test('says directly that the preview is kept while Slack lets nothing be shown', async () => {
    const { slack } = use.story
    slack.fault({ method: 'views.update', kind: 'rate_limited', retryAfterSeconds: 20, times: 1 })
    await fill()
    const [told] = await slack.until(() => direct(), 'a direct message')
    expect(readText(told)).toContain('The preview of CR-1 is ready')
  })

  test('and never changes again is left behind: a button of the direct message opens the preview', async () => {
    const { slack } = use.story
    slack.fault({ method: 'views.update', kind: 'rate_limited', retryAfterSeconds: 3600, times: 99 })
    await fill()
    const [told] = await slack.until(() => direct(), 'a direct message')
    slack.clearFaults()
    expect(readText(slack.view(SUPPORT))).toContain('Checking')
    await slack.closeView({ user: SUPPORT, all: true })
    await slack.click({ user: SUPPORT, message: told, actionId: ACTIONS.openUnsent })
    await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'), 'the preview')
    await slack.submit({ user: SUPPORT })
    await slack.until(() => slack.messages(CHANNEL).length === 1, 'the card')
  })

  async function fill(): Promise<void> {
    await use.story.slack.submit({
      user: SUPPORT,
      values: { reason: 'The provider chose the wrong route', ticket: '' },
    })
  }
})

function seen() {
  const shown = use.story.slack.ephemerals(SUPPORT)
  return shown.length > 0 ? shown : null
}

function direct() {
  const said = use.story.slack.directMessages(SUPPORT)
  return said.length > 0 ? said : null
}
