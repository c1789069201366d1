// A day's work, clicked in a real browser: the approver is called, reviews, asks, and what is finished says what is left.
import { expect, test } from 'vitest'
import { PEOPLE } from '../../sandbox/demo/workspace.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { hurryPoll } from '../../sandbox/tour/jobs.ts'
import { actsOn } from './acts.ts'
import { useStage } from './stage.ts'

const use = useStage()
const { ask, preview, send, approve, openReview } = actsOn(use)

test('the approver is called, what is done is a few lines, and what is left is ticked off', async () => {
  const { slack } = use
  await ask()
  const card = await slack.message('CR-1 needs approval by')
  expect(await card.innerText()).toContain('@Demo Developer: change trainee 5901 from Provider-led (postgrad)')
  await slack.pictures('day-called', card)

  await approve('CR-1')
  const done = await slack.message('CR-1 is done in Register. 2 steps left for support')
  expect(await done.innerText()).toContain('Trainee 5901 is on School direct (salaried). 12 course and funding details')
  await done.getByText('2 replies').waitFor()
  await slack.pictures('day-done', done)

  await slack.select('Show what changed')
  const changes = await slack.modal('What changed')
  expect(await changes.innerText()).toContain('The provider chose the wrong route')
  await slack.pictures('day-changes', changes)
  await slack.select('Close')
  await slack.select('Copy text')
  const texts = await slack.modal('Please change the training route of this trainee in DTTP')
  expect(await texts.locator('pre').first().innerText()).toContain('Please change the training route')
  await slack.pictures('day-texts', texts)
  await slack.select('Close')

  await slack.actAs(PEOPLE.support.real_name)
  await slack.select('Mark as done')
  const ticks = await slack.modal('Which steps are done?')
  for (const box of await ticks.locator('input[type=checkbox]').all()) await box.check()
  await slack.pictures('day-ticks', ticks)
  await slack.select('Save')
  await slack.modal('Saved')
  await slack.select('Close')
  const over = await slack.message('Done by @Demo Support at')
  expect(await over.innerText()).not.toContain('left for support')
  await slack.pictures('day-ticked', over)
  expect(await slack.undrawn()).toBe(0)
})

test('a review says what it does first; a question is answered in the thread, and the review knows of it', async () => {
  const { slack } = use
  await ask()
  await slack.actAs(PEOPLE.developer.real_name)
  const review = await openReview()
  expect(await review.innerText()).toMatch(/Change trainee 5901 from Provider-led \(postgrad\)[\s\S]*can be undone/)
  expect(await review.innerText()).toMatch(/9 checks hold\.\s*Show checks/)
  await slack.pictures('day-review', review)

  await slack.select('Ask a question')
  const question = await slack.modal('What do you want to know?')
  await slack.fill('What do you want to know?', 'Does the provider know?')
  await slack.pictures('day-question-window', question)
  await slack.select('Ask')
  await slack.modal('Your question is asked')
  await slack.select('Close')

  const card = await slack.message('CR-1 needs approval by')
  await card.getByText('1 reply').waitFor()
  const thread = await slack.openThread(card)
  await thread.getByText('Does the provider know?').waitFor()
  expect(await thread.innerText()).toContain('CR-1 still waits for approval.')
  await slack.actAs(PEOPLE.support.real_name)
  await slack.answerIn(thread, 'Yes, they asked for it.')
  await slack.pictures('day-question', thread)

  await slack.actAs(PEOPLE.developer.real_name)
  await slack.selectOn(thread, 'Review')
  const informed = await slack.modal('exactly these changes are made')
  expect(await informed.innerText()).toContain('1 question was asked in its thread')
  await slack.select('Show checks')
  await slack.modal('What the checks found')
  await slack.approve()
  await slack.modal('You approved CR-1')
  expect(await slack.undrawn()).toBe(0)
})

test('answers are changed under the same number, cancelling asks first, and what was rejected is asked again', async () => {
  const { slack } = use
  await preview()
  await slack.select('Change answers')
  const form = await slack.modal('Choose one')
  expect(await slack.valueOf('New route')).toBe('school_direct_salaried')
  expect(await slack.valueOf('Reason')).toBe('The provider chose the wrong route')
  await slack.fill('Reason', 'The provider asked for it')
  await slack.pictures('day-change-answers', form)
  await slack.select('Check')
  const again = await slack.modal('The provider asked for it')
  expect(await again.innerText()).toContain('This is CR-1')
  await slack.pictures('day-preview', again)
  await send()

  await slack.select('Cancel request')
  const asked = await slack.modal('Cancel this request?')
  await slack.pictures('day-cancel', asked)
  await slack.select('Keep it')
  await slack.message('CR-1 needs approval by')

  await slack.actAs(PEOPLE.developer.real_name)
  await slack.select('Reject')
  await slack.modal('Why do you reject it?')
  await slack.fill('Why do you reject it?', 'Ask the provider first')
  await slack.selectIn('Why do you reject it?', 'Reject')
  await slack.modal('You rejected CR-1')
  await slack.select('Close')
  await slack.pictures('day-rejected', await slack.message('CR-1 was rejected'))
  await slack.actAs(PEOPLE.support.real_name)
  await slack.select('Ask again')
  expect(await (await slack.modal('Not sent yet')).innerText()).toContain('This is CR-2')
  await send()
  await slack.select('Cancel request')
  await slack.selectIn('Cancel this request?', 'Cancel request')
  await slack.message('CR-2 was cancelled')
  expect(await slack.undrawn()).toBe(0)
})

test('an alert says who deals with it already, and by what it was resolved', async () => {
  const { slack, records, upstreams } = use
  await hurryPoll(records, 5902, { isTimeUp: true })
  const post = await slack.message('No TRN for trainee 5902 after 4 days')
  await post.getByText('DTTP has the trainee’s record but no TRN').waitFor()
  await slack.pictures('day-alert', post)
  await slack.actAs(PEOPLE.support.real_name)
  await slack.select('Ask again for 1 day')
  await slack.modal('This is about the alert')
  await send()
  const busy = await slack.message('deals with it')
  expect(await busy.innerText()).not.toContain('Ask again for 1 day')
  await slack.pictures('day-alert-busy', busy)

  await approve('CR-1')
  upstreams.dttp.state.giveTrn(dttpId('contact', 5902), { trn: '3005902' })
  const resolved = await slack.message('Resolved: No TRN for trainee 5902 after 4 days')
  expect(await resolved.innerText()).toContain(
    'Resolved by CR-1 (asked for by @Demo Support, approved by @Demo Developer)',
  )
  await slack.pictures('day-alert-resolved', resolved)
  expect(await slack.undrawn()).toBe(0)
})
