// Somebody selects a button twice, or Slack sends a window twice: the answer is the one that they had, and nothing more is put
// on record.
import { expect, test } from 'vitest'
import { cancel } from '../../src/changes/decide/decide.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { approval, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { type Delivery, readText } from '../support/slack/index.ts'

const use = useStory()

const card = () => use.story.slack.messages(CHANNEL).find((one) => readText(one).includes('CR-1'))
const shown = (user: string) => readText(use.story.slack.view(user) ?? [])

async function form() {
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  return { subject: rows[0].slug, route: 'assessment_only', reason: 'Asked for', ticket: '' }
}

async function sent(): Promise<void> {
  const { slack, bot } = use.story
  await sendRequest(bot.changes, 'fix-route', await form())
  await slack.until(card)
}

async function click(user: string, actionId: string, message = card()): Promise<Delivery> {
  if (!message) throw new Error('there is no card')
  return use.story.slack.click({ user, actionId, message })
}

/** What the ledger holds by now, but for what the bot finds of the result by itself. */
async function record(): Promise<string[]> {
  const { rows } = await use.admin.query(
    `SELECT event || ' by ' || actor AS entry FROM chatops.ledger WHERE actor <> 'chatops' ORDER BY seq`,
  )
  return rows.map(({ entry }) => entry)
}

/** The same window, sent again twice at once. */
async function sendAgain(first: Delivery): Promise<void> {
  const { slack } = use.story
  const before = await record()
  const again = await Promise.all([slack.redeliver(first), slack.redeliver(first)])
  for (const { ackBody } of again) expect(ackBody).toEqual(first.ackBody)
  expect(await record()).toEqual(before)
}

test('“Ask for approval”', async () => {
  const { slack, bot } = use.story
  const asked = { playbook: getPlaybook('fix-route'), form: await form(), requester: SUPPORT, channel: CHANNEL }
  await propose(bot.changes, asked)
  await slack.openHome({ user: SUPPORT })
  await slack.until(() => slack.home(SUPPORT))
  await slack.click({ user: SUPPORT, view: 'home', actionId: ACTIONS.openUnsent })
  await slack.until(() => shown(SUPPORT).includes('Not sent yet'))
  const first = await slack.submit({ user: SUPPORT })
  expect(first.ackBody).toContain('CR-1 is waiting for approval')
  await sendAgain(first)
})

test('“Approve”, while others are told who was first', async () => {
  const { slack } = use.story
  await sent()
  for (const user of [DEVELOPER, SECOND_DEVELOPER]) {
    await click(user, ACTIONS.openReview)
    await slack.until(() => shown(user).includes('exactly these changes'))
  }
  const first = await slack.submit(approval(slack, DEVELOPER))
  expect(first.ackBody).toContain('You approved CR-1')
  await sendAgain(first)
  const other = await slack.submit(approval(slack, SECOND_DEVELOPER))
  expect(other.ackBody).not.toContain('You approved')
  expect(await record()).toContain(`refused by ${SECOND_DEVELOPER}`)
})

test('“Reject” and “Ask”', async () => {
  const { slack } = use.story
  await sent()
  await click(DEVELOPER, ACTIONS.openReview)
  await slack.until(() => shown(DEVELOPER).includes('exactly these changes'))
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.openQuestion })
  await slack.until(() => shown(DEVELOPER).includes('What do you want to know?'))
  const asked = await slack.submit({ user: DEVELOPER, values: { question: 'Is it so?' } })
  expect(asked.ackBody).toContain('Your question is asked')
  await sendAgain(asked)
  await click(SECOND_DEVELOPER, ACTIONS.openReject)
  await slack.until(() => shown(SECOND_DEVELOPER).includes('Why do you reject it?'))
  const first = await slack.submit({ user: SECOND_DEVELOPER, values: { reason: 'Ask the provider first' } })
  expect(first.ackBody).toContain('You rejected CR-1')
  await sendAgain(first)
})

test('“Cancel request”', async () => {
  const { slack, bot } = use.story
  await sent()
  await click(SUPPORT, ACTIONS.cancelRequest)
  await slack.until(() => readText(card() ?? []).includes('CR-1 was cancelled'))
  const before = await record()
  const again = await cancel(bot.changes, { id: '1', actor: SUPPORT })
  expect(again).toMatchObject({ id: '1', status: 'cancelled' })
  expect(await record()).toEqual(before)
  await expect(cancel(bot.changes, { id: '1', actor: DEVELOPER })).rejects.toMatchObject({ code: 'already-over' })
})

test('/trainee pause and /trainee resume', async () => {
  const { slack } = use.story
  const type = async (user: string, text: string) => {
    const before = slack.ephemerals(user).length
    await slack.command({ user, channel: CHANNEL, text })
    await slack.until(() => slack.ephemerals(user).length > before)
    return readText(slack.ephemerals(user).at(-1) ?? [])
  }
  for (const [user, text] of [
    [DEVELOPER, 'pause A test'],
    [DEVELOPER, 'resume'],
    [SECOND_DEVELOPER, 'resume'],
  ] as const) {
    const first = await type(user, text)
    const before = await record()
    expect(await type(user, text)).toBe(first)
    expect(await record()).toEqual(before)
  }
  expect(await record()).toEqual([
    `paused by ${DEVELOPER}`,
    `resume-asked by ${DEVELOPER}`,
    `resumed by ${SECOND_DEVELOPER}`,
  ])
})
