// A day's work, clicked in a real browser: the approver is called, and what is finished says what is left.
import { expect, test } from 'vitest'
import { PEOPLE } from '../../sandbox/demo/workspace.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { hurryPoll } from '../../sandbox/tour/jobs.ts'
import { useStage } from './stage.ts'

const use = useStage()

/** Support asks for another route for trainee 5901. */
async function ask(): Promise<void> {
  const { slack } = use
  await slack.actAs(PEOPLE.support.real_name)
  await slack.type('/trainee fix-route 5901')
  await slack.modal('New route')
  await slack.fill('New route', 'School direct (salaried)')
  await slack.fill('Reason', 'The provider chose the wrong route')
  await slack.select('Check')
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
  expect((await slack.heights(done)).phone).toBeLessThan(600)

  await slack.select('Show what changed')
  const changes = await slack.modal('What changed')
  expect(await changes.innerText()).toContain('The provider chose the wrong route')
  await slack.pictures('day-changes', changes)
  await slack.select('Close')
  await slack.select('Copy text')
  const texts = await slack.modal('Please change the training route of this trainee in DTTP')
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

test('what was rejected can be asked for again', async () => {
  const { slack } = use
  await ask()
  await slack.actAs(PEOPLE.developer.real_name)
  await slack.select('Reject')
  await slack.modal('Why do you reject it?')
  await slack.fill('Why do you reject it?', 'Ask the provider first')
  await slack.selectIn('Why do you reject it?', 'Reject')
  await slack.modal('You rejected CR-1')
  await slack.select('Close')
  const over = await slack.message('CR-1 was rejected')
  await slack.pictures('day-rejected', over)
  await slack.actAs(PEOPLE.support.real_name)
  await slack.select('Ask again')
  expect(await (await slack.modal('Not sent yet')).innerText()).toContain('This is CR-2')
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
  await slack.modal('Keep polling for')
  await slack.select('Check')
  await slack.modal('This is about the alert')
  await slack.select('Ask for approval')
  await slack.modal('is waiting for approval')
  await slack.select('Close')
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

// The local Slack's page does nothing for a button in a modal: test/e2e/review.test.ts selects those.
test('a review says what it does first, folds what holds, and fits into less than before', async () => {
  const { slack } = use
  await ask()
  await slack.actAs(PEOPLE.developer.real_name)
  await slack.select('Review')
  const review = await slack.modal('exactly these changes are made')
  expect(await review.innerText()).toMatch(/Change trainee 5901 from Provider-led \(postgrad\)[\s\S]*can be undone/)
  expect(await review.innerText()).toMatch(/9 checks hold\.\s*Show checks/)
  await slack.pictures('day-review', review)
  expect((await slack.heights(review)).phone).toBeLessThan(1676)
  await slack.approve()
  await slack.modal('You approved CR-1')
  expect(await slack.undrawn()).toBe(0)
})
