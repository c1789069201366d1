// Real signatures, real Bolt: what another workspace, Grid or app sends is answered, and does nothing.
import { describe, expect, test } from 'vitest'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { type Delivery, type JsonObject, type Message, readText } from '../support/slack/index.ts'

const use = useStory()
const REFUSED = 'Guests and visitors cannot use this'

const FOREIGN: readonly [string, JsonObject][] = [
  ['another workspace', { team: { id: 'T99' }, team_id: 'T99' }],
  ['another workspace that names no app', { team: { id: 'T99' }, team_id: 'T99', api_app_id: null }],
  ['another workspace of some Grid', { team: { id: 'T99' }, team_id: 'T99', enterprise: { id: 'E99' } }],
  ['another app', { api_app_id: 'A99' }],
]

describe.each(FOREIGN)('%s', (_, changed) => {
  test('has its command refused', async () => {
    const { slack } = use.story
    const own = await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'help' })
    const asked = { ...own.payload, text: 'fix-route 5901', ...changed }
    const fields = Object.entries(asked).filter((field): field is [string, string] => typeof field[1] === 'string')
    const body = new URLSearchParams(fields).toString()
    const { ackBody } = await slack.redeliver({ ...own, body })
    expect(ackBody).toContain(REFUSED)
    expect(slack.view(SUPPORT)).toBeUndefined()
  })

  test('has its click refused, and whoever clicked is told', async () => {
    const { slack } = use.story
    await ask()
    const click = await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: card() })
    await slack.until(() => readText(slack.view(DEVELOPER)).includes('What changes'))
    await slack.closeView({ user: DEVELOPER, all: true })
    const { status } = await slack.redeliver(altered(click, changed))
    expect(status).toBe(200)
    await slack.until(() => slack.ephemerals(DEVELOPER).some((one) => readText(one).includes(REFUSED)), 'an answer')
    expect(slack.view(DEVELOPER)).toBeUndefined()
    expect(readText(card())).toContain('needs approval by')
  })

  test('approves nothing', async () => {
    const { slack } = use.story
    await ask()
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: card() })
    await slack.until(() => slack.view(DEVELOPER)?.submit)
    const view = slack.view(DEVELOPER)
    const click = await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: card() })
    const { actions: _, ...same } = click.payload
    const submission = { ...click, kind: 'view_submission', payload: { ...same, type: 'view_submission', view } }
    const { ackBody } = await slack.redeliver(altered(submission, changed))
    expect(ackBody).toContain(REFUSED)
    const { rows } = await use.admin.query('SELECT status FROM chatops.change_requests')
    expect(rows).toEqual([{ status: 'pending' }])
  })
})

test('whose signature is not Slack’s is refused before anything is read', async () => {
  const { slack, bot } = use.story
  const own = await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'help' })
  const time = String(Math.floor(Date.now() / 1000))
  for (const signature of ['v0=00', `v0=${'0'.repeat(64)}`, '']) {
    const { status } = await fetch(`http://127.0.0.1:${bot.port}/slack/events`, {
      method: 'POST',
      headers: {
        'content-type': own.contentType,
        'x-slack-request-timestamp': time,
        'x-slack-signature': signature,
      },
      body: own.body,
    })
    expect(status).toBe(401)
  }
})

async function ask(): Promise<void> {
  const { slack } = use.story
  await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 school_direct_salaried' })
  await slack.until(() => slack.view(SUPPORT))
  await slack.submit({ user: SUPPORT, values: { reason: 'The provider chose the wrong route', ticket: '' } })
  await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'))
  await slack.submit({ user: SUPPORT })
  await slack.until(() => slack.messages(CHANNEL)[0])
}

function card(): Message {
  const [message] = use.story.slack.messages(CHANNEL)
  if (!message) throw new Error('there is no card')
  return message
}

/** The same interaction, signed afresh, as if somebody else had sent it. */
function altered(delivery: Delivery, changed: JsonObject): Delivery {
  const payload = { ...delivery.payload, ...changed }
  return { ...delivery, payload, body: new URLSearchParams({ payload: JSON.stringify(payload) }).toString() }
}
