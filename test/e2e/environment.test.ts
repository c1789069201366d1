// A bot that is not production's says so in everything that people see of it, whichever way it comes.
import { expect, test } from 'vitest'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, STRANGER, SUPPORT } from '../support/lifecycle.ts'
import { type JsonObject, readText } from '../support/slack/index.ts'
import type { Block } from '../support/slack/types.ts'

const use = useStory(() => ({ ENVIRONMENT: 'staging' }))
const MARK = /^(?:# )?(?:\[staging\] |\*staging\*, not production)/

const top = (user: string) => readText(use.story.slack.view(user) ?? [])
const type = (text: string) => use.story.slack.command({ user: SUPPORT, channel: CHANNEL, text })

async function sees(user: string, words: string): Promise<void> {
  await use.story.slack.until(() => top(user).includes(words), words)
}

async function isAnswered(text: string): Promise<void> {
  const { slack } = use.story
  const before = slack.ephemerals(SUPPORT).length
  await type(text)
  await slack.until(() => slack.ephemerals(SUPPORT).length > before, `an answer to ${text}`)
}

/** What is shown by a call or an acknowledgement; null where it shows nothing. Calls hold views and blocks as JSON. */
function shownBy({ view, text, blocks }: JsonObject): Block[] | null {
  const decoded = (value: unknown) => (typeof value === 'string' ? JSON.parse(value) : value)
  if (view) return decoded(view).blocks
  if (blocks) return decoded(blocks)
  return typeof text === 'string' ? [{ type: 'section', text: { type: 'plain_text', text } }] : null
}

test('names its environment above every modal, Home tab, answer and card', async () => {
  const { slack } = use.story
  for (const text of ['help', 'requests', 'jobs', 'show 5901']) await isAnswered(text)

  await type('')
  await slack.until(() => slack.view(SUPPORT))
  await slack.closeView({ user: SUPPORT, all: true })
  await type('fix-route 5901 assessment_only')
  await sees(SUPPORT, 'Reason')
  await slack.submit({ user: SUPPORT, values: { reason: 'Asked for' } })
  await sees(SUPPORT, 'This is CR-1')
  await slack.submit({ user: SUPPORT })
  await slack.until(() => slack.messages(CHANNEL).length > 0)
  const [card] = slack.messages(CHANNEL)

  await slack.click({ user: SUPPORT, actionId: ACTIONS.openReview, message: card })
  await sees(SUPPORT, 'You cannot approve your own request')
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReject, message: card })
  await sees(DEVELOPER, 'Reject')
  await slack.closeView({ user: DEVELOPER, all: true })
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: card })
  await sees(DEVELOPER, 'exactly these changes')
  await slack.submit({ user: DEVELOPER })
  await slack.until(() => slack.messages(CHANNEL).some((message) => readText(message).includes('CR-1 is done')))

  for (const user of [SUPPORT, STRANGER]) {
    await slack.openHome({ user })
    await slack.until(() => slack.home(user))
    expect(readText(slack.home(user)?.blocks)).toMatch(MARK)
  }

  const calls = slack.calls.filter(({ method }) => /^(views|chat)\./.test(method))
  const answers = slack.acknowledgements.filter((body) => body.startsWith('{')).map((body) => JSON.parse(body))
  const shown = [...calls.map(({ args }) => shownBy(args)), ...answers.map(shownBy)]
  const read = [
    ...shown.flatMap((blocks) => (blocks ? [readText(blocks)] : [])),
    ...slack.ephemerals(SUPPORT).map(readText),
  ]
  expect(read.length).toBeGreaterThan(15)
  expect(read.filter((text) => !MARK.test(text))).toEqual([])
  expect(new Set(calls.map(({ method }) => method))).toContain('views.publish')
  expect(answers.some(({ response_action }) => response_action === 'update')).toBe(true)
})

test('names it to people of another workspace as well', async () => {
  const { slack } = use.story
  const own = await type('help')
  const asked = Object.entries({ ...own.payload, text: 'fix-route 5901', team_id: 'T99' })
  const fields = asked.filter((field): field is [string, string] => typeof field[1] === 'string')
  const { ackBody } = await slack.redeliver({ ...own, body: new URLSearchParams(fields).toString() })
  expect(JSON.parse(String(ackBody)).text).toBe('[staging] Guests and visitors cannot use this')
})
