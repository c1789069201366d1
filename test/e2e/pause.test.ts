import { expect, test } from 'vitest'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { approval, useStory } from '../support/bot.ts'
import { approveRequest, CHANNEL, DEVELOPER, SECOND_DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const use = useStory()

/** Types a command, and answers what this person alone is shown. */
async function type(user: string, text: string): Promise<string> {
  const { slack } = use.story
  const before = slack.ephemerals(user).length
  await slack.command({ user, channel: CHANNEL, text })
  await slack.until(() => slack.ephemerals(user).length > before)
  return readText(slack.ephemerals(user).at(-1) ?? [])
}

const message = (text: string) => use.story.slack.messages(CHANNEL).find((one) => readText(one).includes(text))
const card = () => readText(message('CR-1') ?? [])

async function homeOf(user: string, isPaused: boolean): Promise<void> {
  const { slack } = use.story
  await slack.openHome({ user })
  await slack.until(() => readText(slack.home(user) ?? []).includes('The bot is paused') === isPaused)
}

async function sent(): Promise<ChangeRequest> {
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  const form = { subject: rows[0].slug, route: 'assessment_only', reason: 'Asked for', ticket: '' }
  const request = await sendRequest(use.story.bot.changes, 'fix-route', form)
  await use.story.slack.until(() => message('CR-1'))
  return request
}

test('a pause stops what was approved, everybody is told, and two people end it', async () => {
  const { slack, bot } = use.story
  const request = await sent()
  const status = async () =>
    (await use.admin.query('SELECT status FROM chatops.change_requests WHERE id = $1', [request.id])).rows[0].status

  expect(await type(SUPPORT, 'pause We move')).toContain('Only approvers can do this')
  expect(await type(DEVELOPER, 'pause')).toContain('Say why')
  expect(await type(DEVELOPER, 'pause DTTP <moves> & more')).toContain('The bot is paused')
  await slack.until(() => message('Two approvers can resume it'))
  await slack.until(() => card().includes('Reason: DTTP <moves> & more'))
  expect(await type(SUPPORT, 'help')).toContain('The bot is paused')
  await homeOf(SUPPORT, true)

  await approveRequest(bot.changes, request)
  expect(await type(DEVELOPER, 'resume')).toContain('Another approver is needed')
  await slack.until(() => message('Another approver is needed'))
  expect(await status()).toBe('approved')
  expect(await type(SECOND_DEVELOPER, 'resume')).toContain('The bot goes on')
  await slack.until(() => card().includes('is done'))
  expect(card()).not.toContain('paused')
  await homeOf(SUPPORT, false)
})

test('an approval while the bot is paused says that it waits', async () => {
  const { slack } = use.story
  await sent()
  await type(DEVELOPER, 'pause A test')
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: message('CR-1') })
  await slack.until(() => readText(slack.view(DEVELOPER) ?? []).includes('exactly these changes'))
  const { ackBody } = await slack.submit(approval(slack, DEVELOPER))
  expect(JSON.stringify(ackBody)).toContain('You approved CR-1')
  expect(JSON.stringify(ackBody)).toContain('Nothing is carried out just now')
})

test('a reason that tells who a trainee of an open request is does not pause the bot, and is nowhere kept', async () => {
  await sent()
  const { rows } = await use.admin.query('SELECT last_name FROM trainees WHERE id = 5901')
  const answer = await type(DEVELOPER, `pause something is wrong with ${rows[0].last_name}`)
  expect(answer).toContain('Remove the trainee’s name')
  expect(answer).toContain('the bot is not paused by this')
  const { rows: kept } = await use.admin.query(
    `SELECT event, details FROM chatops.ledger WHERE event IN ('paused', 'refused')`,
  )
  expect(kept).toEqual([{ event: 'refused', details: { because: 'personal-data', fields: ['reason'] } }])
  expect(message('The bot is paused')).toBeUndefined()
})

test('a reason is also checked for a trainee whom it names by their number', async () => {
  const { rows } = await use.admin.query('SELECT last_name FROM trainees WHERE id = 5909')
  expect(await type(DEVELOPER, `pause see 5909, ${rows[0].last_name}`)).toContain('Remove the trainee’s name')
  expect(await type(DEVELOPER, 'pause see 5909')).toContain('The bot is paused')
})
