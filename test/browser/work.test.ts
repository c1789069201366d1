// A day's work, clicked in a real browser: what there is to do on Home and in the morning, finding again, waiting for a
// school, and undoing.
import { expect, test } from 'vitest'
import { PEOPLE, SUPPORT_CHANNEL } from '../../sandbox/demo/workspace.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { addRegistration, untilGiasIsLoaded } from '../../sandbox/tour/jobs.ts'
import { londonDay } from '../../src/calendar/london.ts'
import { actsOn } from './acts.ts'
import { useStage } from './stage.ts'

const use = useStage()
const { ask, send, approve } = actsOn(use)

test('Home and the morning’s post say what there is to do: other things for an approver than for a requester', async () => {
  const { slack, records } = use
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

  await slack.channel()
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

test('a request is undone by name, both cards say so, and all of it is found again', async () => {
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
  expect(await undone.innerText()).toContain('CR-1 was undone')
  expect(await undone.innerText()).not.toContain('is on School direct')
  await slack.pictures('day-undone', undone)

  await slack.type('/trainee find T-1042')
  const found = await slack.message('Requests found for “T-1042”')
  expect(await found.innerText()).toContain('CR-1')
  await slack.pictures('day-find', found)
  await slack.type('/trainee history 5901')
  const history = await slack.message('What the bot did or saw: trainee 5901')
  expect(await history.innerText()).toContain('approved')
  await slack.pictures('day-history', history)
  expect(await slack.undrawn()).toBe(0)
})

test('a form asks in steps, an alert says who waits for its school, and jobs are listed by cause', async () => {
  const { slack, records } = use
  await untilGiasIsLoaded(records)
  await addRegistration(records, 5917, dttpId('user', 204))
  await slack.message('School 900005 is not active in DTTP')
  await slack.actAs(PEOPLE.support.real_name)
  await slack.type('/trainee repair-school')
  const first = await slack.modal('Trainee, URN or failed job')
  await slack.fill('Trainee, URN or failed job', '900005')
  expect(await first.locator('.bk-input').count()).toBe(1)
  await slack.pictures('day-step-first', first)
  await slack.select('Continue')
  const second = await slack.modal('If DTTP’s list lacks the school')
  await slack.fill('If DTTP’s list lacks the school', 'Ask support to add it to DTTP, and wait')
  await slack.fill('Reason', 'Registrations fail')
  await slack.pictures('day-step-second', second)
  await slack.select('Check')
  await slack.modal('DTTP must have the school first')
  await slack.select('Ask support and wait')
  await slack.modal('We tell you when')
  await slack.select('Close')
  const post = await slack.message('School 900005 is not active in DTTP')
  await post.getByText('@Demo Support waits until DTTP has school 900005').waitFor()
  await slack.pictures('day-alert-wait', post)

  await slack.type('/trainee jobs')
  const jobs = await slack.message('Delayed: ask DTTP for a TRN')
  await slack.pictures('day-jobs', jobs)
  expect(await slack.undrawn()).toBe(0)
})
