// The five commonest jobs, clicked in a real browser: what a person sees and has to do, and the README's pictures.
import type { Locator } from 'playwright-core'
import { expect, test } from 'vitest'
import { PEOPLE } from '../../sandbox/demo/workspace.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { addRegistration, hurryPoll, untilGiasIsLoaded } from '../../sandbox/tour/jobs.ts'
import { expectEffort, expectHeight } from './a-day.ts'
import { actsOn } from './acts.ts'
import { useStage } from './stage.ts'

const SLUG = 'eDEpiD3DVSPKtyHVtgTKxe71'

const use = useStage()
const { send, approve } = actsOn(use)

/** What support does from the first word or click until the request waits. */
async function isAskedFor(job: string, ask: () => Promise<unknown>): Promise<void> {
  const { slack } = use
  await slack.actAs(PEOPLE.support.real_name)
  const effort = await slack.counted(async () => {
    await ask()
    await send()
  })
  expectEffort(`\`${job}\`, asked for`, effort)
}

/** What a developer does, from the card to the end of it. */
async function isApproved(
  job: string,
  { picture, look = () => {} }: { picture?: string; look?: (review: Locator) => unknown } = {},
): Promise<void> {
  const { slack } = use
  const card = await slack.message('CR-1 needs approval by')
  expectHeight(`\`${job}\`, card that waits`, await slack.heights(card))
  const effort = await slack.counted(() =>
    approve('CR-1', async (review) => {
      expect(await slack.undrawn()).toBe(0)
      if (picture) await slack.picture(picture, review)
      expectHeight(`\`${job}\`, review`, await slack.heights(review))
      await look(review)
    }),
  )
  expectEffort(`\`${job}\`, approved`, effort)
}

async function isDone(job: string): Promise<void> {
  const { slack } = use
  expectHeight(`\`${job}\`, card that is done`, await slack.heights(await slack.message('CR-1 is done')))
  expect(await slack.undrawn()).toBe(0)
}

test('asked for by support, reviewed and approved by a developer, and done', async () => {
  const { slack, records } = use
  await isAskedFor('fix-route', async () => {
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
  })
  const card = await slack.message('CR-1 needs approval by')
  expect(await card.innerText()).toContain('The provider chose the wrong route')
  expect(await card.innerText()).not.toContain('Demoone')
  await slack.picture('3-card.png', card)

  await slack.select('Review')
  await slack.modal('You cannot approve your own request')
  await slack.select('Close')

  await isApproved('fix-route', {
    picture: '4-review.png',
    look: async (review) =>
      expectHeight('`fix-route`, review, above “What changes”', await slack.depths(review, 'What changes')),
  })
  const outcome = await slack.message('CR-1 is done')
  await outcome.getByText('2 replies').waitFor()
  expect(await outcome.innerText()).toContain('approved by @Demo Developer')
  await slack.picture('5-outcome.png', outcome)
  await isDone('fix-route')
  const thread = await slack.openThread(outcome)
  await thread.getByText('Receipt.').waitFor()
  expect(await thread.innerText()).toContain('Still to do for CR-1')
  expect(await slack.undrawn()).toBe(0)

  expect(await records.trainee(5901)).toMatchObject({ training_route: 4, course_start_date: null })
})

test('a poll that timed out is posted, asked for again from the post, and the TRN arrives', async () => {
  const { slack, records, upstreams } = use
  await hurryPoll(records, 5902, { isTimeUp: true })
  const post = await slack.message('No TRN for trainee 5902 after 4 days')
  await post.getByText('DTTP has the trainee’s record but no TRN').waitFor()
  await slack.picture('6-alert.png', post)

  await isAskedFor('requeue-trn', async () => {
    await slack.select('Ask again for 1 day')
    const preview = await slack.modal('Not sent yet')
    expect(await preview.innerText()).toContain('DTTP has none yet either')
  })
  await isApproved('requeue-trn')
  await slack.message('Still to do, by @Demo Support: ask the operations team what keeps the TRN.')

  upstreams.dttp.state.giveTrn(dttpId('contact', 5902), { trn: '3005902' })
  const resolved = await slack.message('Resolved: No TRN for trainee 5902 after 4 days')
  expect(await resolved.innerText()).not.toContain('Ask again for 1 day')
  await slack.message('No longer needed: ask the operations team what keeps the TRN.') // the card, drawn for the last time
  await isDone('requeue-trn')
  expect(await records.trainee(5902)).toMatchObject({ trn: '3005902', state: 2 })
})

test('a trainee whose record DTTP has lost is registered again from the post', async () => {
  const { slack, records, upstreams } = use
  const before = await records.trainee(5913)
  await hurryPoll(records, 5913)
  await slack.message('DTTP no longer has the record of trainee 5913')
  await isAskedFor('re-register', async () => {
    await slack.select('Register again')
    const preview = await slack.modal('Not sent yet')
    expect(await preview.innerText()).toContain('is not in DTTP any more')
  })
  await isApproved('re-register', { picture: '7-re-register.png' })

  await slack.message('CR-1 is done')
  await slack.message('Resolved: DTTP no longer has the record of trainee 5913')
  await isDone('re-register')
  const after = await records.trainee(5913)
  expect(after['submitted_for_trn_at']).toBe(before['submitted_for_trn_at'])
  expect(upstreams.dttp.state.find('contacts', String(after['dttp_id']))).toMatchObject({ dfe_traineeid: '21/22-5913' })
})

test('a school is repaired from the post, and the registration that failed goes on', async () => {
  const { slack, records, upstreams } = use
  await untilGiasIsLoaded(records)
  await addRegistration(records, 5914, dttpId('user', 204))
  await slack.message('School 900004 is not active in DTTP')
  await isAskedFor('repair-school', async () => {
    await slack.select('Repair school')
    const preview = await slack.modal('Not sent yet')
    expect(await preview.innerText()).toContain('GIAS has URN 900004 as Open')
  })
  await isApproved('repair-school', { picture: '8-repair-school.png' })

  await slack.message('CR-1 is done')
  await slack.message('Resolved: School 900004 is not active in DTTP')
  await isDone('repair-school')
  expect(await records.trainee(5914)).toMatchObject({ dttp_id: expect.any(String) })
  expect(upstreams.trello.cards).toHaveLength(1)
})

test('a registration that DTTP never answered is settled with the record that DTTP has', async () => {
  const { slack, records, upstreams } = use
  const record = 'c9999999-0000-4000-8000-000000000001'
  const sent = '2021-10-27T13:14:00Z'
  await records.query('UPDATE trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL WHERE id = 5913')
  await records.query(
    `WITH job AS (
       INSERT INTO chatops.jobs (name, trainee_id, args, status, due_at, finished_at, failure)
       VALUES ('register-for-trn', 5913, jsonb_build_object('submitted_by', $1::text), 'failed', now(), now(),
         '{"code": "outcome-unknown", "words": "We got no reply.", "at": "2021-10-27"}'::jsonb) RETURNING id)
     INSERT INTO chatops.registration_attempts (job_id, trainee_id, sent_at, outcome)
     SELECT id, 5913, $2, 'unknown' FROM job`,
    [dttpId('user', 201), sent],
  )
  const columns = { dfe_traineeid: '21/22-5913', _parentcustomerid_value: dttpId('provider', 101), createdon: sent }
  upstreams.dttp.state.add('contacts', { id: record, ...columns })
  upstreams.dttp.state.add('dfe_placementassignments', { id: record.replace('c', 'a'), _dfe_contactid_value: record })
  const [degree] = await records.query('SELECT dttp_id FROM degrees WHERE trainee_id = 5913') // without it nothing is done
  upstreams.dttp.state.add('dfe_degreequalifications', {
    id: String(degree?.['dttp_id']),
    _dfe_contactid_value: record,
  })

  await isAskedFor('settle-registration', async () => {
    await slack.type('/trainee settle-registration 5913 use')
    const form = await slack.modal('What should happen')
    expect(await form.innerText()).not.toContain('DTTP record to use')
    await slack.fill('Reason', 'DTTP has the record')
    await slack.select('Check')
  })
  await isApproved('settle-registration')
  await expect.poll(() => records.trainee(5913)).toMatchObject({ dttp_id: record })
  await isDone('settle-registration')
})
