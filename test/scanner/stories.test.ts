// Every kind of request from the form to its end, about people who cannot be mistaken, and with personal details on offer
// in the review: they are in that review when somebody asks for them, and nowhere else.
import { describe, expect, test } from 'vitest'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { ACTIONS, MODALS } from '../../src/views/kit/ids.ts'
import { registrationStory } from '../e2e/registration-story.ts'
import { addFailedJob } from '../support/failed-job.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { MESSAGES, peopleIn } from '../support/quoted-people.ts'
import { buttons, readText } from '../support/slack/index.ts'
import { useScanner } from './scan.ts'
import { quoteOn } from './stage.ts'

const use = useScanner('stories', { REVEAL: 'on' })
const slackOf = () => use.stage.slack
const { open, check, approve, closeAll, card, cardSays, threadSays } = registrationStory({
  get story() {
    return { slack: slackOf() }
  },
  get admin() {
    return use.stage.admin
  },
})
/** A call that draws the review. */
const REVIEW = new RegExp(`callback_id\\\\*":\\\\*"${MODALS.review}\\b`)
const reason = 'The provider asked for it'

/** Asks for a change and has it approved; the card says this in the end. */
async function carryOut(command: string, form: Record<string, string>, ends: RegExp): Promise<void> {
  await open(command)
  expect(await check({ reason, ...form })).toContain('Not sent yet')
  await approve()
  await cardSays(ends)
}

async function namesNobody(): Promise<void> {
  await use.scan('as stored')
  expect(use.leaks()).toEqual([])
}

const press = async (user: string, label: string) => {
  const { actionId } = buttons(card()).find(({ text }) => text === label) ?? {}
  if (!actionId) throw new Error(`the card has no button ${label}`)
  await slackOf().click({ user, actionId, message: card() })
  await slackOf().until(() => slackOf().view(user))
}

describe('from the form to the receipt', () => {
  test('a fixed route, and its undoing', async () => {
    await carryOut('fix-route 5901 school_direct_salaried', {}, /is done/)
    await threadSays(/ledger/i)
    await press(DEVELOPER, 'Undo…')
    await check({ reason }, DEVELOPER)
    await approve({ asker: DEVELOPER, approver: SECOND_DEVELOPER })
    await cardSays(/CR-1 is undone/)
    await namesNobody()
  })

  test('a TRN that is asked for again, and comes', async () => {
    await carryOut('requeue-trn 5902 1 day', {}, /checking the result|is done/)
    use.stage.dttp.giveTrn(5902)
    await use.stage.admin.query(`UPDATE chatops.jobs SET due_at = now() WHERE name = 'retrieve-trn'`)
    await cardSays(/is done/)
    await namesNobody()
  })

  test('a repaired school, with two registrations, one of which DTTP refuses and quotes', async () => {
    const { admin, dttp } = use.stage
    const trainees = [5905, 5914]
    await admin.query(
      `UPDATE public.trainees SET training_route = 5, lead_school_id = 701, employing_school_id = 704, state = 1,
         dttp_id = NULL, placement_assignment_dttp_id = NULL, trn = NULL, provider_id = 102,
         submitted_for_trn_at = '2021-10-18 09:12:44.281937', lead_school_not_applicable = false WHERE id = ANY($1)`,
      [trainees],
    )
    await admin.query('UPDATE public.degrees SET dttp_id = NULL WHERE trainee_id = ANY($1)', [trainees])
    for (const trainee of trainees) {
      await addFailedJob(admin, { trainee, urns: ['900004'] })
      dttp.deleteContact(trainee)
    }
    const batch = MESSAGES.find(({ on }) => on.includes('$batch'))
    if (!batch) throw new Error('no message is for a batch')
    quoteOn(dttp.simulator, '$batch', { ...batch, message: '{first} {last}, born {dob}, {address}' }, 'as stored', 0, 1)
    await carryOut('repair-school 900004', {}, /needs attention/)
    expect(readText(card())).toMatch(/Trainee 59\d\d: done[\s\S]*failed|failed[\s\S]*Trainee 59\d\d: done/)
    await cardSays('Trello card added')
    await namesNobody()
  })

  test('a school that DTTP lacks, and who waits for it', async () => {
    await open('repair-school 900005')
    expect(await check({ reason })).toMatch(/DTTP does not have|not in/)
    await slackOf().submit({ user: SUPPORT })
    await closeAll(SUPPORT)
    await namesNobody()
  })

  test('a registration, made again', async () => {
    await carryOut('re-register 5913', {}, /is done/)
    await namesNobody()
  })

  test.each(['use', 'again'] as const)('a registration that was never answered, settled by “%s”', async (decision) => {
    const { admin, dttp } = use.stage
    await admin.query('TRUNCATE chatops.jobs, chatops.polls, chatops.registration_attempts, chatops.alerts CASCADE')
    await admin.query('UPDATE public.trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL WHERE id = 5913')
    const degree = decision === 'use' ? 'd9999999-0000-4000-8000-000000000077' : null
    await admin.query('UPDATE public.degrees SET dttp_id = $1 WHERE trainee_id = 5913', [degree])
    const job = await addFailedJob(admin, { trainee: 5913, code: 'outcome-unknown', words: 'We got no reply.' })
    await admin.query(
      `INSERT INTO chatops.registration_attempts (job_id, trainee_id, sent_at, outcome)
       VALUES ($1, 5913, '2021-10-27T13:14:00Z', 'unknown')`,
      [job],
    )
    const { state } = dttp.simulator
    for (const { contactid: id, dfe_traineeid } of [...state.contacts.values()]) {
      if (dfe_traineeid === '21/22-5913') state.delete('contacts', String(id))
    }
    const record = 'c9999999-0000-4000-8000-000000000077'
    if (decision === 'use') {
      const provider = dttpId('provider', 101)
      state.add('contacts', { id: record, dfe_traineeid: '21/22-5913', _parentcustomerid_value: provider })
      const placement = { _dfe_contactid_value: record, _dfe_providerid_value: provider }
      state.add('dfe_degreequalifications', { id: String(degree), _dfe_contactid_value: record })
      state.add('dfe_placementassignments', { id: 'a9999999-0000-4000-8000-000000000077', ...placement })
    }
    await carryOut(`settle-registration 5913 ${decision}`, {}, /is done/)
    await namesNobody()
  })

  test('one that is rejected, one that is cancelled, and one that is left', async () => {
    for (const [label, user] of [
      ['Reject', DEVELOPER],
      ['Cancel request', SUPPORT],
    ] as const) {
      await open('fix-route 5903 school_direct_salaried')
      await check({ reason })
      const before = slackOf().messages(CHANNEL).length
      await slackOf().submit({ user: SUPPORT })
      await slackOf().until(() => slackOf().messages(CHANNEL).length > before)
      const { actionId = '' } = buttons(card()).find(({ text }) => text === label) ?? {}
      await slackOf().click({ user, actionId, message: card() })
      if (user === DEVELOPER) {
        await slackOf().until(() => slackOf().view(user))
        await slackOf().submit({ user, values: { reason: 'Ask the provider first' } })
      }
      await cardSays(/rejected|cancelled/)
      await closeAll(SUPPORT)
      await closeAll(DEVELOPER)
    }
    await namesNobody()
  })
})

test('whoever asks for personal details has them in that review, and nobody has them anywhere else', async () => {
  await open('fix-route 5906 school_direct_salaried')
  await check({ reason })
  const before = slackOf().messages(CHANNEL).length
  await slackOf().submit({ user: SUPPORT })
  await slackOf().until(() => slackOf().messages(CHANNEL).length > before)
  await slackOf().click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: card() })
  await slackOf().until(() => readText(slackOf().view(DEVELOPER)).includes('What changes'))
  await namesNobody()
  const { value } = buttons(slackOf().view(DEVELOPER)).find(({ text }) => text.startsWith('Show personal')) ?? {}
  await slackOf().click({ user: DEVELOPER, actionId: ACTIONS.reviewPage, value: value ?? '' } as never)
  await slackOf().until(() => peopleIn(readText(slackOf().view(DEVELOPER))).length > 0)
  let reviews = 0
  await use.scan('as stored', (sink, text) => {
    const isReview = sink === 'Slack' && text.startsWith('views.update ') && REVIEW.test(text)
    if (isReview) reviews++
    return isReview
  })
  expect([use.leaks(), reviews]).toEqual([[], 1])
  await slackOf().submit({ user: DEVELOPER })
  await cardSays(/is done/)
  await namesNobody()
})
