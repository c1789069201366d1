import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { App, HTTPReceiver, LogLevel } from '@slack/bolt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buttons, type FakeSlack, liveMarkup, readText, startFakeSlack } from '../support/slack/index.ts'

const SIGNING_SECRET = 'a-signing-secret'
const TOKEN = 'xoxb-a-bot-token'
const SCOPES = [
  'chat:write',
  'commands',
  'channels:history',
  'channels:read',
  'users:read',
  'usergroups:read',
  'im:write',
]

type Json = Record<string, unknown>

let slack: FakeSlack
let servers: Server[]
let urls: string[]

beforeEach(async () => {
  servers = []
  urls = []
  slack = await startFakeSlack({
    signingSecret: SIGNING_SECRET,
    botToken: TOKEN,
    scopes: SCOPES,
    users: [{ id: 'U01' }, { id: 'U02', isRestricted: true, teamId: 'T99' }],
    channels: [
      { id: 'C01', name: 'support', members: ['U01', 'U02', 'U0BOT'] },
      { id: 'C02', name: 'elsewhere', members: ['U01'] },
      { id: 'G01', name: 'secret', isPrivate: true, members: ['U01'] },
    ],
    userGroups: [{ id: 'S01', handle: 'developers', users: ['U01', 'U02'] }],
  })
})

afterEach(async () => {
  await slack.stop()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  expect(slack.violations).toEqual([])
})

/** Starts a real Bolt app against the fake, as one more replica. */
async function startBot(register: (app: App) => void = () => {}): Promise<App> {
  const receiver = new HTTPReceiver({ signingSecret: SIGNING_SECRET, logLevel: LogLevel.ERROR })
  const app = new App({
    token: TOKEN,
    receiver,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, logLevel: LogLevel.ERROR },
    deferInitialization: true, // otherwise Bolt asks who it is without waiting, and nobody hears when that fails
  })
  register(app)
  await app.init()
  const server = (await receiver.start(0)) as Server
  servers.push(server)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`
  urls.push(url)
  slack.addReplica(url)
  return app
}

/** Calls a method as a client that checks nothing itself would. */
async function call(method: string, args: Json, token = TOKEN): Promise<Json> {
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(args),
  })
  return (await response.json()) as Json
}

async function refusal(method: string, args: Json): Promise<string> {
  const { error, errors } = await call(method, args)
  const said = slack.takeViolations().length
  return `${error} ${JSON.stringify(errors ?? [])}${said ? '' : ' (no violation)'}`
}

const plain = (text: string) => ({ type: 'plain_text', text })
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })
const button = (action_id: string, more: Json = {}) => ({ type: 'button', action_id, text: plain('Press'), ...more })
const actions = (...elements: Json[]) => ({ type: 'actions', elements })
const input = (
  block_id: string,
  element: Json = { type: 'plain_text_input', action_id: 'value' },
  more: Json = {},
) => ({
  type: 'input',
  block_id,
  label: plain(block_id),
  element,
  ...more,
})
const route = {
  type: 'static_select',
  action_id: 'value',
  options: ['assessment_only', 'hpitt_postgrad'].map((value) => ({ text: plain(value), value })),
}
const modal = (blocks: Json[], more: Json = {}) =>
  ({ type: 'modal', callback_id: 'form', title: plain('Form'), submit: plain('Go'), blocks, ...more }) as never

describe('commands', () => {
  test('an acknowledgement with text is shown to the person alone', async () => {
    await startBot((app) => app.command('/trainee', async ({ command, ack }) => ack(`You said ${command.text}`)))
    const delivery = await slack.command({ user: 'U01', channel: 'C01', text: 'fix <route>' })
    expect(delivery).toMatchObject({ status: 200, timedOut: false, error: null })
    expect(slack.ephemerals('U01').map(readText)).toEqual(['You said fix &lt;route&gt;'])
    expect(slack.ephemerals('U02')).toEqual([])
    expect(slack.messages('C01')).toEqual([])
  })

  test('a wrong signing secret is refused by the app and shown as a failure', async () => {
    const other = await startFakeSlack({
      signingSecret: 'not-it',
      botToken: TOKEN,
      scopes: SCOPES,
      users: [{ id: 'U01' }],
      channels: [{ id: 'C01', name: 'support', members: [] }],
    })
    await startBot((app) => app.command('/trainee', async ({ ack }) => ack()))
    other.addReplica(urls[0] as string)
    expect(await other.command({ user: 'U01', channel: 'C01' })).toMatchObject({
      status: 401,
      error: 'dispatch_failed',
    })
    await other.stop()
  })

  test('a handler that throws before its acknowledgement is a failure the person sees', async () => {
    await startBot((app) => {
      app.command('/trainee', () => Promise.reject(new Error('Broken')))
      app.error(async (error) => Promise.reject(error))
    })
    const delivery = await slack.command({ user: 'U01', channel: 'C01' })
    expect(delivery).toMatchObject({ status: 500, error: 'dispatch_failed' })
    expect(slack.takeViolations()).toMatchObject([{ what: 'answered with status 500' }])
  })

  test('no acknowledgement before the clock has moved three seconds is a time-out', async () => {
    await startBot((app) => app.command('/trainee', async () => {}))
    const pending = slack.command({ user: 'U01', channel: 'C01' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await slack.clock.advance(3000)
    expect(await pending).toMatchObject({ status: null, timedOut: true, error: 'operation_timeout' })
    expect(slack.takeViolations()).toMatchObject([{ what: 'operation_timeout' }])
  })

  test('a response URL takes five posts in thirty minutes, hidden unless said otherwise', async () => {
    let respond: ((message: Json) => Promise<unknown>) | undefined
    await startBot((app) =>
      app.command('/trainee', async (args) => {
        respond = args.respond as never
        await args.ack()
      }),
    )
    await slack.command({ user: 'U01', channel: 'C02' })
    await respond?.({ text: 'just you' })
    await respond?.({ text: 'everyone', response_type: 'in_channel' })
    await respond?.({ text: 'no original to replace', replace_original: true })
    expect(slack.ephemerals('U01').map(readText)).toEqual(['just you', 'no original to replace'])
    expect(slack.messages('C02').map(readText)).toEqual(['everyone'])
    await respond?.({ text: '4' })
    await respond?.({ text: '5' })
    await expect(respond?.({ text: '6' })).rejects.toThrow('404')
    expect(slack.takeViolations()).toMatchObject([{ where: 'response_url', what: 'used_url' }])

    await slack.command({ user: 'U01', channel: 'C01' })
    await slack.clock.advance(30 * 60_000 + 1)
    await expect(respond?.({ text: 'late' })).rejects.toThrow('404')
    expect(slack.takeViolations()).toMatchObject([{ what: 'expired_url' }])
  })
})

describe('modals', () => {
  test('errors keep it open with what was typed, then an update, then it closes', async () => {
    const answers = [
      { response_action: 'errors', errors: { reason: 'Not a reason' } },
      { response_action: 'update', view: modal([input('reason'), input('route', route)]) },
      undefined,
    ]
    const seen: unknown[] = []
    await startBot((app) => {
      app.command('/trainee', async ({ ack, client, command }) => {
        await ack()
        await client.views.open({ trigger_id: command.trigger_id, view: modal([input('reason')]) })
      })
      app.view('form', async ({ ack, view }) => {
        seen.push(view.state.values)
        await ack(answers.shift() as never)
      })
    })
    await slack.command({ user: 'U01', channel: 'C01' })
    const opened = await slack.until(() => slack.view('U01'))
    expect(await slack.submit({ user: 'U01' })).toMatchObject({
      outcome: 'refused-by-client',
      errors: { reason: 'Please complete this required field.' },
    })
    await expect(slack.submit({ user: 'U01', values: { nothing: 'x' } })).rejects.toThrow('it has reason')

    const first = await slack.submit({ user: 'U01', values: { reason: 'A reason' } })
    expect(first).toMatchObject({ outcome: 'errors', errors: { reason: 'Not a reason' } })
    expect(await slack.submit({ user: 'U01' })).toMatchObject({ outcome: 'updated' })
    expect(slack.view('U01')).toMatchObject({ id: opened.id })
    expect(slack.view('U01')?.hash).not.toBe(opened.hash)
    await expect(slack.submit({ user: 'U01', values: { route: 'elsewhere' } })).rejects.toThrow('does not offer')
    expect(await slack.submit({ user: 'U01', values: { route: 'hpitt_postgrad' } })).toMatchObject({
      outcome: 'closed',
    })
    expect(slack.view('U01')).toBeUndefined()
    expect(seen.at(-1)).toMatchObject({
      reason: { value: { type: 'plain_text_input', value: 'A reason' } },
      route: { value: { selected_option: { value: 'hpitt_postgrad' } } },
    })
  })

  test('errors for a block that is not an input are trouble', async () => {
    await startBot((app) => {
      app.command('/trainee', async ({ ack, client, command }) => {
        await ack()
        await client.views.open({ trigger_id: command.trigger_id, view: modal([input('reason')]) })
      })
      app.view('form', async ({ ack }) => ack({ response_action: 'errors', errors: { other: 'No' } }))
    })
    await slack.command({ user: 'U01', channel: 'C01' })
    await slack.until(() => slack.view('U01'))
    expect(await slack.submit({ user: 'U01', values: { reason: 'x' } })).toMatchObject({ outcome: 'trouble' })
    expect(slack.view('U01')).toBeDefined()
    expect(slack.takeViolations()).toHaveLength(1)
  })

  test('a submission that is never acknowledged stays open, in trouble', async () => {
    await startBot((app) => {
      app.command('/trainee', async ({ ack, client, command }) => {
        await ack()
        await client.views.open({ trigger_id: command.trigger_id, view: modal([input('reason')]) })
      })
      app.view('form', async () => {})
    })
    await slack.command({ user: 'U01', channel: 'C01' })
    await slack.until(() => slack.view('U01'))
    const pending = slack.submit({ user: 'U01', values: { reason: 'x' } })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await slack.clock.advance(3000)
    expect(await pending).toMatchObject({ outcome: 'trouble', timedOut: true })
    expect(slack.view('U01')).toBeDefined()
    expect(slack.takeViolations()).toHaveLength(1)
  })

  test('a trigger works once, within three seconds; at most two views are pushed', async () => {
    await startBot((app) => {
      app.command('/trainee', async ({ ack }) => ack())
      app.action('more', async ({ ack }) => ack())
    })
    const trigger = async () => (await slack.command({ user: 'U01', channel: 'C01' })).payload['trigger_id']
    const view = modal([actions(button('more'))])

    const late = await trigger()
    await slack.clock.advance(3001)
    expect(await refusal('views.open', { trigger_id: late, view })).toBe('expired_trigger_id []')
    const once = await trigger()
    expect(await call('views.open', { trigger_id: once, view })).toMatchObject({ ok: true })
    expect(await refusal('views.open', { trigger_id: once, view })).toBe('exchanged_trigger_id []')
    expect(await refusal('views.push', { trigger_id: await trigger(), view })).toMatch('inside a modal')

    const push = async () => {
      const { payload } = await slack.click({ user: 'U01', actionId: 'more' })
      return call('views.push', { trigger_id: payload['trigger_id'], view })
    }
    expect(await push()).toMatchObject({ ok: true })
    expect(await push()).toMatchObject({ ok: true })
    expect(await push()).toMatchObject({ error: 'push_limit_reached' })
    expect(slack.takeViolations()).toHaveLength(1)
    expect(slack.views('U01')).toHaveLength(3)
    expect(slack.views('U02')).toHaveLength(0)
  })

  test('an update checks the hash, and finds nothing once the view is closed', async () => {
    await startBot((app) => {
      app.command('/trainee', async ({ ack }) => ack())
      app.view({ callback_id: 'form', type: 'view_closed' }, async ({ ack }) => ack())
    })
    const { payload } = await slack.command({ user: 'U01', channel: 'C01' })
    const view = modal([section('One')], { notify_on_close: true, external_id: 'CR-1' })
    await call('views.open', { trigger_id: payload['trigger_id'], view })
    const { id, hash } = slack.view('U01') as { id: string; hash: string }
    expect(await call('views.update', { view_id: id, hash, view })).toMatchObject({ ok: true })
    expect(await call('views.update', { view_id: id, hash, view })).toMatchObject({ error: 'hash_conflict' })
    expect(await call('views.update', { external_id: 'CR-1', view })).toMatchObject({ ok: true })
    expect(await slack.closeView({ user: 'U01' })).toMatchObject([{ status: 200, payload: { type: 'view_closed' } }])
    expect(await call('views.update', { view_id: id, view })).toMatchObject({ error: 'not_found' })
  })
})

describe('limits', () => {
  const many = (count: number, make: (index: number) => Json) =>
    Array.from({ length: count }, (_, index) => make(index))
  const options = (count: number, text = 'x') => many(count, (index) => ({ text: plain(text), value: `${index}` }))
  const select = (more: Json) => actions({ type: 'static_select', action_id: 'a', ...more })
  const confirm = { title: plain('T'), text: plain('Sure?'), confirm: plain('Yes'), deny: plain('No') }

  test.each<[string, Json[], string]>([
    ['51 blocks', many(51, () => section('x')), 'no more than 50 items'],
    ['section text', [section('x'.repeat(3001))], 'less than 3001'],
    ['empty text', [section('')], 'more than 0'],
    ['11 fields', [{ type: 'section', fields: many(11, () => plain('x')) }], 'no more than 10'],
    ['field text', [{ type: 'section', fields: [plain('x'.repeat(2001))] }], 'less than 2001'],
    ['header', [{ type: 'header', text: plain('x'.repeat(151)) }], 'less than 151'],
    ['mrkdwn header', [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }], 'unsupported type: mrkdwn'],
    ['button text', [actions(button('a', { text: plain('x'.repeat(76)) }))], 'less than 76'],
    ['button value', [actions(button('a', { value: 'x'.repeat(2001) }))], 'less than 2001'],
    ['26 buttons', [actions(...many(26, (index) => button(`b${index}`)))], 'no more than 25'],
    ['11 context elements', [{ type: 'context', elements: many(11, () => plain('x')) }], 'no more than 10'],
    ['action id', [actions(button('x'.repeat(256)))], 'less than 256'],
    ['repeated action id', [actions(button('a'), button('a'))], 'already exists'],
    [
      'repeated block id',
      [
        { ...section('x'), block_id: 'b' },
        { ...section('y'), block_id: 'b' },
      ],
      'already exists',
    ],
    ['unknown key', [{ ...section('x'), colour: 'red' }], 'invalid additional property: colour'],
    ['emoji on mrkdwn', [{ type: 'section', text: { type: 'mrkdwn', text: 'x', emoji: true } }], 'property: emoji'],
    ['verbatim on plain', [{ type: 'section', text: { ...plain('x'), verbatim: true } }], 'property: verbatim'],
    ['input in a message', [input('a')], 'unsupported type: input'],
    ['rich text', [{ type: 'rich_text', elements: [] }], 'unsupported type: rich_text'],
    ['101 options', [select({ options: options(101) })], 'no more than 100'],
    ['option text', [select({ options: options(1, 'x'.repeat(76)) })], 'less than 76'],
    ['initial option not offered', [select({ options: options(1), initial_option: options(2)[1] })], 'initial option'],
    ['11 radio buttons', [actions({ type: 'radio_buttons', action_id: 'a', options: options(11) })], 'no more than 10'],
    [
      'confirm title',
      [actions(button('a', { confirm: { ...confirm, title: plain('x'.repeat(101)) } }))],
      'less than 101',
    ],
    ['confirm without deny', [actions(button('a', { confirm: { ...confirm, deny: undefined } }))], 'field: deny'],
  ])('a message is refused for %s', async (_what, blocks, problem) => {
    const answer = await refusal('chat.postMessage', { channel: 'C01', text: 'x', blocks })
    expect(answer).toMatch(/^invalid_blocks/)
    expect(answer).toContain(problem)
    expect(slack.messages('C01')).toEqual([])
  })

  test.each<[string, Json, string]>([
    ['101 blocks', modal(many(101, () => section('x'))), 'no more than 100'],
    ['title', modal([section('x')], { title: plain('x'.repeat(25)) }), 'less than 25'],
    ['private metadata', modal([section('x')], { private_metadata: 'x'.repeat(3001) }), 'less than 3001'],
    ['inputs without submit', modal([input('a')], { submit: undefined }), 'missing required field: submit'],
    ['placeholder', modal([input('a', { ...route, placeholder: plain('x'.repeat(151)) })]), 'less than 151'],
    ['unknown key', modal([section('x')], { colour: 'red' }), 'invalid additional property: colour'],
    ['size', modal(many(100, () => section('x'.repeat(2600)))), 'view_too_large'],
  ])('a modal is refused for its %s', async (_what, view, problem) => {
    expect(await refusal('views.open', { trigger_id: 'any', view })).toContain(problem)
  })

  test('Home is published up to 100 blocks, with the hash checked', async () => {
    const home = (count: number) => ({ type: 'home', blocks: many(count, (index) => section(`Line ${index}`)) })
    expect(await call('views.publish', { user_id: 'U01', view: home(100) })).toMatchObject({ ok: true })
    expect(await refusal('views.publish', { user_id: 'U01', view: home(101) })).toContain('no more than 100')
    expect(await call('views.publish', { user_id: 'U01', hash: 'old', view: home(1) })).toMatchObject({
      error: 'hash_conflict',
    })
    expect(readText(slack.home('U01'))).toContain('Line 99')
  })

  test('text is needed, and may be too long', async () => {
    expect(await refusal('chat.postMessage', { channel: 'C01' })).toBe('no_text []')
    expect(await refusal('chat.postMessage', { channel: 'C01', text: 'x'.repeat(40_001) })).toBe('msg_too_long []')
  })
})

describe('messages', () => {
  test('tokens, scopes, membership and unknown methods are checked', async () => {
    const post = { channel: 'C01', text: 'x' }
    expect(await call('chat.postMessage', post, 'xoxb-other')).toMatchObject({ error: 'invalid_auth' })
    expect(await refusal('chat.scheduleMessage', post)).toBe('unknown_method []')
    expect(await call('chat.postMessage', { ...post, channel: 'C02' })).toMatchObject({ error: 'not_in_channel' })
    expect(await call('chat.postMessage', { ...post, channel: 'G01' })).toMatchObject({ error: 'channel_not_found' })
    expect(await call('chat.postMessage', { ...post, channel: 'support' })).toMatchObject({
      error: 'channel_not_found',
    })
    slack.setScopes(['commands'])
    expect(await call('chat.postMessage', post)).toMatchObject({ error: 'missing_scope', needed: 'chat:write' })
    expect(slack.takeViolations()).toMatchObject([{ what: 'missing_scope needs chat:write' }])
  })

  test('an update with text alone removes the blocks; others may not be edited', async () => {
    const { ts } = await call('chat.postMessage', { channel: 'C01', text: 'fallback', blocks: [section('Shown')] })
    expect(readText(slack.messages('C01')[0])).toBe('Shown')
    await call('chat.update', { channel: 'C01', ts, text: 'Only text' })
    expect(slack.messages('C01')[0]).toMatchObject({ ts, text: 'Only text' })
    expect(slack.messages('C01')[0]).not.toHaveProperty('blocks')
    const said = await slack.message({ user: 'U01', channel: 'C01', text: 'Mine' })
    expect(await refusal('chat.update', { channel: 'C01', ts: said.ts, text: 'Yours' })).toMatch('cant_update_message')
    slack.deleteMessage('C01', String(ts))
    expect(await call('chat.update', { channel: 'C01', ts, text: 'x' })).toMatchObject({ error: 'message_not_found' })
  })

  test('metadata is kept if valid, and read back only when asked for', async () => {
    const metadata = { event_type: 'card', event_payload: { outbox: 7 } }
    const app = await startBot()
    const posted = await app.client.chat.postMessage({ channel: 'C01', text: 'Card', metadata })
    await app.client.chat.postMessage({ channel: 'C01', text: 'Reply', thread_ts: String(posted.ts) })
    const asked = await app.client.conversations.history({ channel: 'C01', include_all_metadata: true })
    expect(asked.messages).toMatchObject([{ text: 'Card', metadata, reply_count: 1 }])
    const unasked = await app.client.conversations.history({ channel: 'C01' })
    expect(unasked.messages?.[0]).not.toHaveProperty('metadata')
    expect(slack.replies('C01', String(posted.ts))).toMatchObject([{ text: 'Reply' }])
    const thread = await app.client.conversations.replies({ channel: 'C01', ts: String(posted.ts) })
    expect(thread.messages?.map((message) => message.text)).toEqual(['Card', 'Reply'])
    const wrong = { channel: 'C01', text: 'x', metadata: { event_type: 'card' } }
    expect(await refusal('chat.postMessage', wrong)).toBe('invalid_metadata_schema []')
  })

  test('ephemerals go to one member of the channel; permalinks, people and groups can be looked up', async () => {
    expect(await call('chat.postEphemeral', { channel: 'C01', user: 'U02', text: 'Psst' })).toMatchObject({ ok: true })
    expect(slack.ephemerals('U02')).toMatchObject([{ text: 'Psst', via: 'postEphemeral' }])
    const { ts } = await call('chat.postMessage', { channel: 'U01', text: 'Hello' })
    expect(slack.directMessages('U01')).toMatchObject([{ text: 'Hello' }])
    expect(await call('chat.getPermalink', { channel: 'D01', message_ts: ts })).toMatchObject({ ok: true })
    expect(await call('users.info', { user: 'U02' })).toMatchObject({ user: { team_id: 'T99', is_restricted: true } })
    expect(await call('usergroups.users.list', { usergroup: 'S01' })).toMatchObject({ users: ['U01', 'U02'] })
    slack.setPaidPlan(false)
    expect(await call('usergroups.users.list', { usergroup: 'S01' })).toMatchObject({ error: 'plan_upgrade_required' })
  })

  test('screens are read as text, with what mrkdwn would bring to life', async () => {
    const blocks = [
      { type: 'header', text: plain('Change') },
      section('Hello <!channel> and <https://example.com|link>'),
      { type: 'section', text: plain('<!here>'), accessory: button('open', { text: plain('Open') }) },
      actions(button('go', { text: plain('Go'), value: 'CR-1' })),
    ]
    await call('chat.postMessage', { channel: 'C01', text: 'x', blocks })
    const [message] = slack.messages('C01')
    expect(readText(message)).toBe('# Change\nHello <!channel> and <https://example.com|link>\n<!here>\n[Open]\n[Go]')
    expect(buttons(message)).toMatchObject([{ actionId: 'open' }, { text: 'Go', value: 'CR-1' }])
    expect(liveMarkup(message)).toEqual(['<!channel>', '<https://example.com|link>'])
  })
})

describe('clicks', () => {
  test('only what is on the screen can be clicked, unless forced from an old copy', async () => {
    const clicked: unknown[] = []
    await startBot((app) =>
      app.action('approve', async ({ ack, body, action }) => {
        await ack()
        clicked.push([body.user.id, 'value' in action && action.value])
      }),
    )
    await call('chat.postMessage', {
      channel: 'C01',
      text: 'x',
      blocks: [actions(button('approve', { value: 'CR-1' }))],
    })
    const [card] = slack.messages('C01')
    expect(await slack.click({ user: 'U01', message: card, actionId: 'approve' })).toMatchObject({ status: 200 })
    await call('chat.update', { channel: 'C01', ts: card?.ts, text: 'Done' })
    await expect(slack.click({ user: 'U01', message: card, actionId: 'approve' })).rejects.toThrow('not on the screen')
    const late = await slack.click({ user: 'U02', message: card, actionId: 'approve', force: true })
    expect(late.payload).toMatchObject({ container: { type: 'message', channel_id: 'C01' } })
    await slack.click({ user: 'U02', message: card, actionId: 'approve', force: { value: 'CR-9' } })
    await slack.redeliver(late)
    expect(clicked).toEqual([
      ['U01', 'CR-1'],
      ['U02', 'CR-1'],
      ['U02', 'CR-9'],
      ['U02', 'CR-1'],
    ])
  })

  test('respond() on a clicked message replaces it when asked', async () => {
    await startBot((app) =>
      app.action('done', async ({ ack, respond }) => {
        await ack()
        await respond({ replace_original: true, text: 'Replaced' })
      }),
    )
    await call('chat.postEphemeral', { channel: 'C01', user: 'U01', text: 'x', blocks: [actions(button('done'))] })
    const [hidden] = slack.ephemerals('U01')
    await slack.click({ user: 'U01', message: hidden, actionId: 'done' })
    await slack.until(() => slack.ephemerals('U01')[0]?.text === 'Replaced')
    expect(slack.ephemerals('U01')).toHaveLength(1)
  })
})

describe('faults', () => {
  test('a rate limit carries Retry-After, a server error its status, an error its code', async () => {
    slack.fault({ method: 'chat.postMessage', kind: 'rate_limited', retryAfterSeconds: 7 })
    slack.fault({ method: 'chat.postMessage', kind: 'server_error' })
    slack.fault({ method: 'chat.postMessage', kind: 'error', code: 'fatal_error' })
    const send = () =>
      fetch(`${slack.apiUrl}chat.postMessage`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}` },
        body: new URLSearchParams({ channel: 'C01', text: 'x' }),
      })
    const limited = await send()
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await send()).status).toBe(500)
    expect(await (await send()).json()).toMatchObject({ error: 'fatal_error' })
    expect(slack.messages('C01')).toEqual([])
    expect(await (await send()).json()).toMatchObject({ ok: true })
  })

  test('a lost response leaves the message posted, once, and the app not knowing', async () => {
    const app = await startBot()
    slack.fault({ method: 'chat.postMessage', kind: 'lost_response' })
    await expect(app.client.chat.postMessage({ channel: 'C01', text: 'Card' })).rejects.toThrow()
    expect(slack.messages('C01').map(readText)).toEqual(['Card'])
    expect(slack.callsTo('chat.postMessage')).toMatchObject([{ fault: 'lost_response', result: { ok: true } }])
  })
})

describe('delivery', () => {
  test('each payload goes to one of the replicas; a closed one shows as a failure', async () => {
    const heard = [0, 0]
    for (const index of [0, 1]) {
      await startBot((app) =>
        app.command('/trainee', async ({ ack }) => {
          heard[index] = (heard[index] ?? 0) + 1
          await ack()
        }),
      )
    }
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 10 }, () => slack.command({ user: 'U01', channel: 'C01' })))
    }
    expect(heard).toEqual([100, 100])
    await slack.command({ user: 'U01', channel: 'C01', to: 1 })
    expect(heard).toEqual([100, 101])
    servers[0]?.closeAllConnections()
    servers[0]?.close()
    expect(await slack.command({ user: 'U01', channel: 'C01', to: 0 })).toMatchObject({ error: 'dispatch_failed' })
  })

  test('200 people open, fill and submit their own modals at once', async () => {
    const people = Array.from({ length: 200 }, (_, index) => `U1${index}`)
    const crowd = await startFakeSlack({
      signingSecret: SIGNING_SECRET,
      botToken: TOKEN,
      scopes: SCOPES,
      users: people.map((id) => ({ id })),
      channels: [{ id: 'C01', name: 'support', members: people }],
      ackTimeoutMs: 60_000, // it is about who gets what: on a busy machine one process may take a while for so many
    })
    const outer = slack
    slack = crowd
    const said = new Map<string, unknown>()
    await startBot((app) => {
      app.command('/trainee', async ({ ack, client, command }) => {
        await ack()
        await client.views.open({ trigger_id: command.trigger_id, view: modal([input('reason')]) })
      })
      app.view('form', async ({ ack, body, view }) => {
        said.set(body.user.id, view.state.values['reason']?.['value']?.value)
        await ack()
      })
    })
    await Promise.all(
      people.map(async (user) => {
        await crowd.command({ user, channel: 'C01' })
        await crowd.until(() => crowd.view(user))
        expect(await crowd.submit({ user, values: { reason: `By ${user}` } })).toMatchObject({ outcome: 'closed' })
      }),
    )
    expect(people.every((user) => said.get(user) === `By ${user}`)).toBe(true)
    expect(crowd.violations).toEqual([])
    slack = outer
    await crowd.stop()
  })

  test('a failed event is retried at once, after a minute and after five', async () => {
    const opened: string[] = []
    await startBot((app) =>
      app.event('app_home_opened', async ({ event, client }) => {
        opened.push(event.user)
        await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: [section('Home')] } as never })
      }),
    )
    await slack.openHome({ user: 'U01' })
    await slack.until(() => slack.home('U01'))
    expect(opened).toEqual(['U01'])

    const dead = await slack.event({ type: 'app_home_opened', user: 'U01', tab: 'home' }, 'http://127.0.0.1:9/')
    expect(dead.attempts).toHaveLength(2)
    await slack.clock.advance(60_000)
    expect(dead.attempts).toHaveLength(3)
    await slack.clock.advance(300_000)
    expect(dead.attempts).toHaveLength(4)
    await slack.clock.advance(3_600_000)
    expect(dead.attempts).toHaveLength(4)
  })
})
