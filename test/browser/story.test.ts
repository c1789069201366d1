// The story once more, clicked in a real browser: what a person sees, and the README's pictures.
import { expect, test } from 'vitest'
import { PEOPLE } from '../../sandbox/demo/workspace.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { addRegistration, hurryPoll, untilGiasIsLoaded } from '../../sandbox/tour/jobs.ts'
import { useStage } from './stage.ts'

const SLUG = 'eDEpiD3DVSPKtyHVtgTKxe71'

const use = useStage()

test('asked for by support, reviewed and approved by a developer, and done', async () => {
  const { slack, records } = use
  await slack.actAs(PEOPLE.support.real_name)
  await slack.type(`/trainee fix-route ${SLUG}`)
  const form = await slack.modal('New route')
  await slack.fill('New route', 'School direct (salaried)')
  await slack.fill('Reason', 'The provider chose the wrong route')
  await slack.fill('Support ticket', 'T-1042')
  await slack.picture('1-form.png', form)

  await slack.select('Check')
  const preview = await slack.modal('Not sent yet')
  expect(await preview.innerText()).toContain('from Provider-led (postgrad) to School direct (salaried)')
  expect(await slack.undrawn()).toBe(0)
  await slack.picture('2-preview.png', preview)

  await slack.select('Ask for approval')
  expect(await (await slack.modal('is waiting for approval')).innerText()).toContain('#register-support')
  await slack.select('Close')
  const card = await slack.message('CR-1 needs approval by')
  expect(await card.innerText()).toContain('The provider chose the wrong route')
  expect(await card.innerText()).not.toContain('Demoone')
  await slack.picture('3-card.png', card)

  await slack.select('Review')
  await slack.modal('You cannot approve your own request')
  await slack.select('Close')

  await slack.actAs(PEOPLE.developer.real_name)
  await slack.select('Review')
  const review = await slack.modal('exactly these changes are made')
  expect(await review.innerText()).toContain('from 6 September 2021 to empty')
  expect(await slack.undrawn()).toBe(0)
  await slack.picture('4-review.png', review)
  await slack.approve()
  await slack.modal('You approved CR-1')
  await slack.select('Close')

  const outcome = await slack.message('CR-1 is done')
  await outcome.getByText('2 replies').waitFor()
  expect(await outcome.innerText()).toContain('approved by @Demo Developer')
  await slack.picture('5-outcome.png', outcome)
  const thread = await slack.openThread(outcome)
  await thread.getByText('Receipt.').waitFor()
  expect(await thread.innerText()).toContain('Still to do for CR-1')

  expect(await slack.undrawn()).toBe(0)

  expect(await records.trainee(5901)).toMatchObject({ training_route: 4, course_start_date: null })
})

/** What is previewed is sent, reviewed and approved. */
async function approve(cr: string, picture?: string): Promise<void> {
  const { slack } = use
  await slack.select('Ask for approval')
  await slack.modal('is waiting for approval')
  await slack.select('Close')
  await slack.actAs(PEOPLE.developer.real_name)
  await slack.select('Review')
  const review = await slack.modal('exactly these changes are made')
  expect(await slack.undrawn()).toBe(0)
  if (picture) await slack.picture(picture, review)
  await slack.approve()
  await slack.modal(`You approved ${cr}`)
  await slack.select('Close')
}

test('a poll that timed out is posted, asked for again from the post, and the TRN arrives', async () => {
  const { slack, records, upstreams } = use
  await hurryPoll(records, 5902, { isTimeUp: true })
  const post = await slack.message('No TRN for trainee 5902 after 4 days')
  await post.getByText('DTTP has the trainee’s record but no TRN').waitFor()
  await slack.picture('6-alert.png', post)

  await slack.actAs(PEOPLE.support.real_name)
  await slack.select('Ask again for 1 day')
  await slack.modal('Keep polling for')
  await slack.select('Check')
  const preview = await slack.modal('Not sent yet')
  expect(await preview.innerText()).toContain('DTTP has none yet either')
  await approve('CR-1')

  upstreams.dttp.state.giveTrn(dttpId('contact', 5902), { trn: '3005902' })
  const resolved = await slack.message('Resolved: No TRN for trainee 5902 after 4 days')
  expect(await resolved.innerText()).not.toContain('Ask again for 1 day')
  expect(await slack.undrawn()).toBe(0)
  expect(await records.trainee(5902)).toMatchObject({ trn: '3005902', state: 2 })
})

test('a trainee whose record DTTP has lost is registered again from the post', async () => {
  const { slack, records, upstreams } = use
  const before = await records.trainee(5913)
  await hurryPoll(records, 5913)
  await slack.message('DTTP no longer has the record of trainee 5913')
  await slack.actAs(PEOPLE.support.real_name)
  await slack.select('Register again')
  await slack.modal('Support ticket')
  await slack.select('Check')
  const preview = await slack.modal('Not sent yet')
  expect(await preview.innerText()).toContain('is not in DTTP any more')
  await approve('CR-1', '7-re-register.png')

  await slack.message('CR-1 is done')
  await slack.message('Resolved: DTTP no longer has the record of trainee 5913')
  expect(await slack.undrawn()).toBe(0)
  const after = await records.trainee(5913)
  expect(after['submitted_for_trn_at']).toBe(before['submitted_for_trn_at'])
  expect(upstreams.dttp.state.find('contacts', String(after['dttp_id']))).toMatchObject({ dfe_traineeid: '21/22-5913' })
})

test('a school is repaired from the post, and the registration that failed goes on', async () => {
  const { slack, records, upstreams } = use
  await untilGiasIsLoaded(records)
  await addRegistration(records, 5914, dttpId('user', 204))
  await slack.message('School 900004 is not active in DTTP')
  await slack.actAs(PEOPLE.support.real_name)
  await slack.select('Repair school')
  await slack.modal('Trainee, URN or failed job')
  await slack.select('Check')
  const preview = await slack.modal('Not sent yet')
  expect(await preview.innerText()).toContain('GIAS has URN 900004 as Open (1)')
  await approve('CR-1', '8-repair-school.png')

  await slack.message('CR-1 is done')
  await slack.message('Resolved: School 900004 is not active in DTTP')
  expect(await slack.undrawn()).toBe(0)
  expect(await records.trainee(5914)).toMatchObject({ dttp_id: expect.any(String) })
  expect(upstreams.trello.cards).toHaveLength(1)
})
