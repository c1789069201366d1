// A day's work, clicked in a real browser: what there is to do on Home and in the morning, finding again, waiting for a
// school, undoing, and a question.
import { expect, test } from 'vitest'
import { PEOPLE, SUPPORT_CHANNEL } from '../../sandbox/demo/workspace.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { addRegistration, untilGiasIsLoaded } from '../../sandbox/tour/jobs.ts'
import { londonDay } from '../../src/calendar/london.ts'
import { useStage } from './stage.ts'

const use = useStage()

/** Support asks for another route for a trainee. */
async function ask(trainee = '5901', route = 'School direct (salaried)'): Promise<void> {
  const { slack } = use
  await slack.actAs(PEOPLE.support.real_name)
  await slack.type(`/trainee fix-route ${trainee}`)
  await slack.modal('New route')
  await slack.fill('New route', route)
  await slack.fill('Reason', 'The provider chose the wrong route')
  await slack.fill('Support ticket', 'T-1042')
  await slack.select('Check')
  await send()
}

async function send(): Promise<void> {
  const { slack } = use
  await slack.modal('Not sent yet')
  await slack.select('Ask for approval')
  await slack.modal('is waiting for approval')
  await slack.select('Close')
}

async function approve(cr: string): Promise<void> {
  const { slack } = use
  await slack.actAs(PEOPLE.developer.real_name)
  await slack.select('Review')
  await slack.modal('exactly these changes are made')
  await slack.approve()
  await slack.modal(`You approved ${cr}`)
  await slack.select('Close')
}

test('Home says what there is to do: other things for an approver than for a requester', async () => {
  const { slack } = use
  await ask()
  await approve('CR-1')
  await slack.message('CR-1 is done')
  await ask('5911', 'Assessment only')
  await slack.message('CR-2 needs approval by')

  const requester = await slack.home('Your requests (1)')
  await requester.getByText('To do by hand (2)').waitFor()
  expect(await requester.innerText()).toMatch(/CR-1: ask for the route to be changed in DTTP, by @Demo Support/)
  await slack.pictures('day-home-requester', requester)

  await slack.channel()
  await slack.actAs(PEOPLE.secondDeveloper.real_name)
  const approver = await slack.home('Waiting for approval (1)')
  expect(await approver.innerText()).toContain('Finished in the last 14 days (1)')
  await slack.pictures('day-home-approver', approver)
  expect(await slack.undrawn()).toBe(0)
})

test('a morning’s post says what waits and what is left to do', async () => {
  const { slack, records } = use
  await ask()
  await approve('CR-1')
  await slack.message('CR-1 is done')
  await ask('5911', 'Assessment only')
  await slack.message('CR-2 needs approval by')
  await records.query(
    `INSERT INTO chatops.outbox (stream, kind, payload) VALUES ('morning', 'morning', $1)`, // on whatever day this runs
    [{ channel: SUPPORT_CHANNEL, day: londonDay(new Date()) }],
  )
  const post = await slack.message('1 request waits for approval')
  expect(await post.innerText()).toMatch(/CR-2: change trainee 5911 [\s\S]*It expires at/)
  expect(await post.innerText()).toContain('2 steps are left to do by hand')
  await slack.pictures('day-morning', post)
  expect(await slack.undrawn()).toBe(0)
})

test('what was asked for is found by its ticket, and a trainee has a history', async () => {
  const { slack } = use
  await ask()
  await approve('CR-1')
  await slack.message('CR-1 is done')
  await slack.type('/trainee find T-1042')
  const found = await slack.message('Requests found for “T-1042”')
  expect(await found.innerText()).toContain('CR-1')
  await slack.picture('day-find.png', found)
  await slack.type('/trainee history 5901')
  const history = await slack.message('What the bot did or saw: trainee 5901')
  expect(await history.innerText()).toContain('approved')
  await slack.pictures('day-history', history)
  expect(await slack.undrawn()).toBe(0)
})

test('an alert says who waits for its school', async () => {
  const { slack, records } = use
  await untilGiasIsLoaded(records)
  await addRegistration(records, 5917, dttpId('user', 204))
  await slack.message('School 900005 is not active in DTTP')
  await slack.actAs(PEOPLE.support.real_name)
  await slack.select('Repair school')
  await slack.modal('Trainee, URN or failed job')
  await slack.select('Check')
  await slack.modal('If DTTP’s list lacks the school')
  await slack.fill('If DTTP’s list lacks the school', 'Ask support to add it to DTTP, and wait')
  await slack.select('Check')
  await slack.modal('DTTP must have the school first')
  await slack.select('Ask support and wait')
  await slack.modal('We tell you when')
  await slack.select('Close')
  const post = await slack.message('School 900005 is not active in DTTP')
  await post.getByText('@Demo Support waits until DTTP has school 900005').waitFor()
  await slack.pictures('day-alert-wait', post)
  expect(await slack.undrawn()).toBe(0)
})

test('a request is undone by name, and both cards say so', async () => {
  const { slack } = use
  await ask()
  await approve('CR-1')
  await slack.message('CR-1 is done')
  await slack.actAs(PEOPLE.support.real_name)
  await slack.select('Undo…')
  await slack.modal('Undo CR-1')
  await slack.fill('Reason', 'It was right before')
  await slack.select('Check')
  await send()
  const waiting = await slack.message('CR-2 needs approval by')
  expect(await waiting.innerText()).toContain('Undo CR-1: change training route for trainee 5901')
  await approve('CR-2')
  await slack.message('CR-2 is done')
  const undone = await slack.message('Undone by CR-2')
  await slack.pictures('day-undone', undone)
  expect(await slack.undrawn()).toBe(0)
})

// The page does nothing for the button in the review: test/e2e/review.test.ts selects it.
test('a question is asked in the thread', async () => {
  const { slack, records } = use
  await ask()
  const card = await slack.message('CR-1 needs approval by')
  await records.query(
    `INSERT INTO chatops.outbox (stream, kind, change_request_id, payload) VALUES ('thread:1', 'thread', 1, $1)`,
    [{ part: 'question', by: PEOPLE.developer.id, text: 'Does the provider know?', view: 'V1' }],
  )
  await card.getByText('1 reply').waitFor()
  const thread = await slack.openThread(card)
  await thread.getByText('Does the provider know?').waitFor()
  expect(await thread.innerText()).toContain('CR-1 still waits for approval.')
  await slack.pictures('day-question', thread)
  expect(await slack.undrawn()).toBe(0)
})
