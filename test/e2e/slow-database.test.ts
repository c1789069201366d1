// Slack waits three seconds for an answer; our database may not have one by then.
import { expect, test } from 'vitest'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const use = useStory()

/** A request is in review, and somebody else holds the ledger's head. */
async function reviewBehindAHeldHead(): Promise<void> {
  const { bot, slack } = use.story
  const { rows } = await use.admin.query('SELECT slug FROM public.trainees WHERE id = 5901')
  const form = { subject: rows[0].slug, route: 'school_direct_salaried', reason: 'Wrong route', ticket: '4711' }
  await sendRequest(bot.changes, 'fix-route', form)
  const [message] = await slack.until(() => (slack.messages(CHANNEL).length > 0 ? slack.messages(CHANNEL) : null))
  if (!message) throw new Error('there is no card')
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message })
  await slack.until(() => readText(slack.view(DEVELOPER) ?? []).includes('School direct (salaried)'), 'the review')
  await use.admin.query('BEGIN')
  await use.admin.query('SELECT FROM chatops.ledger_head FOR UPDATE')
}

const shown = (user: string) => readText(use.story.slack.view(user) ?? [])

test('an approval that waits for the ledger is acknowledged in time, and answered in the same modal', async () => {
  const { slack } = use.story
  await reviewBehindAHeldHead()
  const { error } = await slack.submit({ user: DEVELOPER, isHasty: true })
  expect(error).toBeNull()
  expect(shown(DEVELOPER)).toContain('This takes longer than usual')
  await use.admin.query('ROLLBACK')
  await slack.until(() => shown(DEVELOPER).includes('You approved CR-1'), 'the answer')
})

test('whoever waits for the answer has it as if it had come at once', async () => {
  const { slack } = use.story
  await reviewBehindAHeldHead()
  const submitting = slack.submit({ user: DEVELOPER })
  await slack.until(() => shown(DEVELOPER).includes('This takes longer than usual'), 'the acknowledgement')
  await use.admin.query('ROLLBACK')
  expect((await submitting).ackBody).toContain('You approved CR-1')
})

test('whoever closes the modal meanwhile is told directly, also that nothing was done', async () => {
  const { slack } = use.story
  await reviewBehindAHeldHead()
  await slack.submit({ user: DEVELOPER, isHasty: true })
  await slack.closeView({ user: DEVELOPER })
  const [told] = await slack.until(
    () => (slack.directMessages(DEVELOPER).length > 0 ? slack.directMessages(DEVELOPER) : null),
    'a direct message',
  )
  expect(readText(told)).toMatch(/The database is busy[\s\S]*Nothing has changed/)
  await use.admin.query('ROLLBACK')
  const [request] = await use.story.bot.changes.database.query('SELECT status FROM chatops.change_requests')
  expect(request).toEqual({ status: 'pending' })
})

test('a form whose trainee is looked for too long comes back filled in, with what is wrong above it', async () => {
  const { slack } = use.story
  await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route' })
  await slack.until(() => slack.view(SUPPORT), 'the form')
  await use.admin.query('BEGIN')
  await use.admin.query('LOCK TABLE public.trainees')
  const values = { subject: '5999', route: 'school_direct_salaried', reason: 'The wrong route', ticket: '' }
  const { error } = await slack.submit({ user: SUPPORT, values })
  expect(error).toBeNull()
  expect(shown(SUPPORT)).toContain('Checking')
  await use.admin.query('ROLLBACK')
  await slack.until(() => shown(SUPPORT).includes('Trainee'), 'the form once more')
  expect(shown(SUPPORT)).toMatch(/no trainee/i)
  expect(JSON.stringify(slack.view(SUPPORT))).toContain('The wrong route')
})
