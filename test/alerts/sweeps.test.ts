import { describe, expect, test } from 'vitest'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { dismiss } from '../../src/alerts/dismiss.ts'
import { findAlertSight } from '../../src/alerts/sight/read.ts'
import { createUnpolledSweep, findUnpolled, lookAtAlerts, UNPOLLED_PARTS } from '../../src/alerts/sweeps.ts'
import type { JobFailure } from '../../src/entities/chatops/job-failure.ts'
import { RegistrationAttempt } from '../../src/entities/chatops/registration-attempt.ts'
import type { Found } from '../../src/failures/found.ts'
import type { World } from '../../src/world.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { SUPPORT } from '../support/lifecycle.ts'
import { useAlertStory } from './alert-story.ts'

const use = useStoryDttp()
let features: Record<string, boolean> = {}
const story = useAlertStory(() => {
  features = {}
  const register = {
    url: 'https://register.example.test',
    runsJobs: true,
    isEnabled: (flag: string) => features[flag] ?? true,
  }
  return { upstreams: { dttp: use.dttp.client } as World['upstreams'], register }
})

const sql = (text: string) => story.admin.query(text)

async function found(): Promise<Found> {
  return (await story.onlyAlert()).found as Found
}

/** Opens an alert for a job of this trainee. */
async function failed(
  trainee: number,
  failure: Partial<JobFailure>,
  name: 'update-trainee' | 'register-for-trn' | 'retrieve-trn' = 'update-trainee',
) {
  const job = await story.job(name, trainee)
  await story.fails(job, failure)
  return job
}

async function timedOut(trainee = 5902) {
  const job = await story.poll(trainee, '2021-10-20T09:15:27.123456')
  await story.fails(job, { code: 'timed-out', words: 'Timed out.' })
}

describe('a look', () => {
  test('asks whether the record is on DTTP, and whether it holds a TRN by now, but never keeps the TRN', async () => {
    await timedOut()
    await lookAtAlerts(story.world)
    expect((await found()).trainees['5902']).toMatchObject({
      state: 1,
      contact: 'there',
      placementAssignment: 'there',
      trnInDttp: false,
      poll: null,
    })
    use.dttp.giveTrn(5902, '7654321')
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect((await found()).trainees['5902']).toMatchObject({ trnInDttp: true })
    expect(JSON.stringify(await story.alerts())).not.toContain('7654321')
  })

  test('finds what is missing in DTTP', async () => {
    await failed(5913, { code: 'gone' })
    await lookAtAlerts(story.world)
    expect((await found()).trainees['5913']).toMatchObject({ contact: 'missing', placementAssignment: 'missing' })
  })

  test('finds the schools that the route sends, with every row that DTTP’s copy has', async () => {
    await failed(5903, { code: 'school-not-active', urns: ['900002'] })
    await failed(5916, { code: 'incomplete' })
    await lookAtAlerts(story.world)
    const [school, incomplete] = (await story.alerts()).map((alert) => alert.found as Found)
    expect(school).toMatchObject({
      statuses: [2],
      trainees: {
        '5903': {
          schools: [
            { which: 'lead', urn: '900002', statuses: [2] },
            { which: 'employing', urn: '900009', statuses: [1] },
          ],
        },
      },
    })
    expect(incomplete?.trainees['5916']?.schools).toEqual([{ which: 'lead', urn: '900006', statuses: [2, 300000008] }])
  })

  test('says until when a trainee is polled again', async () => {
    await timedOut()
    await story.poll(5902, '2021-11-20T00:00:00.5', { status: 'waiting' })
    await lookAtAlerts(story.world)
    expect((await found()).trainees['5902']?.poll).toEqual({ until: '2021-11-20T00:00:00.5' })
    expect(await story.causes()).toEqual(['timed-out:2021-10-27'])
  })

  test('without an answer says that DTTP could not be checked', async () => {
    use.dttp.simulator.faults.add({ kind: 'refused', times: 100 })
    await timedOut()
    await lookAtAlerts(story.world)
    expect((await found()).trainees['5902']).toMatchObject({ contact: 'unknown', placementAssignment: 'unknown' })
  })

  test('at an outage asks once whether DTTP answers, and nothing about trainees', async () => {
    await failed(5901, { code: 'dttp-unavailable' })
    await failed(5902, { code: 'dttp-unavailable' })
    use.dttp.goDown()
    await lookAtAlerts(story.world)
    expect(await found()).toMatchObject({ dttp: 'silent' })
    use.dttp.comeBack()
    use.dttp.simulator.forgetRequests()
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await found()).toMatchObject({ dttp: 'answers' })
    expect(use.dttp.simulator.requestsTo('contacts')).toHaveLength(1)
    expect(await story.causes()).toEqual(['dttp:unavailable'])
  })

  test('at credentials that DTTP refuses says so', async () => {
    await failed(5901, { code: 'dttp-unauthorised' })
    use.dttp.simulator.faults.add({ kind: 'unauthorised', path: 'contacts', times: 10 })
    await lookAtAlerts(story.world)
    expect(await found()).toMatchObject({ dttp: 'refuses-us' })
  })

  test('after an unanswered registration finds the records that it may have created', async () => {
    await unanswered()
    const provider = dttpId('provider', 102)
    const id = use.dttp.simulator.state.add('contacts', {
      dfe_traineeid: '21/22-5914',
      _parentcustomerid_value: provider,
    })
    use.dttp.simulator.state.add('contacts', {
      dfe_traineeid: '21/22-5914',
      _parentcustomerid_value: provider,
      createdon: '2020-01-01T00:00:00Z',
    })
    await lookAtAlerts(story.world)
    expect((await found()).trainees['5914']).toMatchObject({ contact: 'none', candidates: [id] })
  })

  test('is taken by one of two workers', async () => {
    await timedOut()
    use.dttp.simulator.forgetRequests()
    await Promise.all([lookAtAlerts(story.world), lookAtAlerts(story.world)])
    expect(use.dttp.simulator.requestsTo('contacts')).toHaveLength(1)
  })

  test('is not repeated before five minutes, but for who has joined', async () => {
    await failed(5901, { code: 'dttp-unavailable' })
    await lookAtAlerts(story.world)
    use.dttp.simulator.forgetRequests()
    await lookAtAlerts(story.world)
    expect(use.dttp.simulator.requests).toEqual([])
    await failed(5902, { code: 'dttp-unavailable' })
    await lookAtAlerts(story.world)
    expect(Object.keys((await found()).trainees)).toEqual(['5901', '5902'])
  })

  test('has the post drawn anew only if something visible has changed', async () => {
    await timedOut()
    expect(await lookAtAlerts(story.world)).toBe(1)
    await story.forgetLook()
    expect(await lookAtAlerts(story.world)).toBe(0)
    use.dttp.giveTrn(5902)
    await story.forgetLook()
    expect(await lookAtAlerts(story.world)).toBe(1)
    expect(await story.onlyAlert()).toMatchObject({ cardVersion: 3 })
  })

  test('asks DTTP about ten trainees at most, however many there are', async () => {
    for (let n = 0; n < 14; n++) await failed(5901 + n, { code: 'school-not-active', urns: ['900002'] })
    use.dttp.simulator.forgetRequests()
    await lookAtAlerts(story.world)
    expect(Object.keys((await found()).trainees)).toHaveLength(10)
    expect(use.dttp.simulator.requestsTo('contacts').length).toBeLessThanOrEqual(10)
  })
})

describe('an alert is resolved by itself', () => {
  const states = [
    ['the TRN has come by another way', `UPDATE public.trainees SET trn = '1234567' WHERE id = 5902`, 'trn'],
    [
      'the record has left the states that wait for one',
      'UPDATE public.trainees SET state = 3 WHERE id = 5902',
      'state',
    ],
  ] as const

  test.each(states)('when a poll had timed out and %s', async (_, change, because) => {
    await timedOut()
    await sql(change)
    await lookAtAlerts(story.world)
    expect(await story.onlyAlert()).toMatchObject({
      status: 'resolved',
      found: { because: { 'retrieve-trn:5902': because } },
    })
  })

  test('but not because the trainee was withdrawn or deferred, who can still receive a TRN', async () => {
    await timedOut()
    await sql('UPDATE public.trainees SET state = 4 WHERE id = 5902')
    await lookAtAlerts(story.world)
    expect(await story.causes()).toEqual(['timed-out:2021-10-27'])
  })

  test('when the trainee is gone from Register', async () => {
    await timedOut()
    await sql('DELETE FROM public.trainees WHERE id = 5902')
    await lookAtAlerts(story.world)
    expect(await story.onlyAlert()).toMatchObject({ status: 'resolved' })
  })

  test('when the lost record is in DTTP again', async () => {
    await failed(5913, { code: 'gone' })
    use.dttp.simulator.state.add('contacts', { id: dttpId('contact', 5913) })
    await lookAtAlerts(story.world)
    expect(await story.causes()).toEqual(['contact-gone:5913'])
    use.dttp.simulator.state.add('dfe_placementassignments', { id: dttpId('placement', 5913) })
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes('resolved')).toEqual(['contact-gone:5913'])
  })

  test.each([
    ['the lost record is back', { code: 'gone' } as const],
    ['the jobs are switched on', { code: 'switched-off' } as const],
    ['the trainee has a DTTP record', { code: 'not-registered' } as const],
  ])('but not while a poll that was given up is missing, although %s', async (_what, failure) => {
    const job = await story.poll(5902, '2021-11-20T00:00:00')
    await story.fails(job, failure)
    await lookAtAlerts(story.world)
    expect(await story.causes()).toHaveLength(1)
    await sql(`UPDATE chatops.jobs SET status = 'waiting', finished_at = NULL WHERE id = '${job.id}'`)
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes('resolved')).toHaveLength(1)
  })

  test('when a poll is over that found a trainee who can no longer receive a TRN', async () => {
    await story.fails(await story.poll(5902, '2021-11-20T00:00:00'), { code: 'cannot-receive-trn' })
    await lookAtAlerts(story.world)
    expect(await story.causes()).toHaveLength(1)
    await sql('UPDATE public.trainees SET state = 3 WHERE id = 5902')
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes('resolved')).toHaveLength(1)
  })

  test('when the trainee was registered again, but not while the ids are only emptied', async () => {
    await failed(5913, { code: 'gone' })
    await sql('UPDATE public.trainees SET dttp_id = NULL WHERE id = 5913')
    await lookAtAlerts(story.world)
    expect(await story.causes()).toEqual(['contact-gone:5913'])
    await sql(`UPDATE public.trainees SET dttp_id = '${dttpId('contact', 9999)}' WHERE id = 5913`)
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes('resolved')).toEqual(['contact-gone:5913'])
  })

  test('when the school is active and the failed job is to run again, but not while that is given up', async () => {
    const job = await failed(5903, { code: 'school-not-active', urns: ['900002'] })
    await sql(`UPDATE public.dttp_schools SET status_code = 1 WHERE urn = '900002'`)
    await lookAtAlerts(story.world)
    expect(await story.onlyAlert()).toMatchObject({ status: 'open', found: { statuses: [1] } })
    await sql(`UPDATE chatops.jobs SET status = 'waiting', finished_at = NULL WHERE id = '${job.id}'`)
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes('resolved')).toEqual(['school:900002'])
  })

  test('when the trainee no longer sends the school and the failed job is to run again, not before', async () => {
    const job = await failed(5903, { code: 'school-not-active', urns: ['900002'] })
    await sql('UPDATE public.trainees SET lead_school_id = 701 WHERE id = 5903')
    await lookAtAlerts(story.world)
    expect(await story.causes()).toEqual(['school:900002'])
    await sql(`UPDATE chatops.jobs SET status = 'waiting', finished_at = NULL WHERE id = '${job.id}'`)
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes('resolved')).toEqual(['school:900002'])
  })

  test.each(['registered', 'not-sent'] as const)('when an unanswered registration is settled: %s', async (outcome) => {
    const job = await unanswered()
    await lookAtAlerts(story.world)
    expect(await story.causes()).toEqual(['registration-unknown:5914'])
    await story.world.database.manager.update(RegistrationAttempt, { jobId: job.id }, { outcome })
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes('resolved')).toEqual(['registration-unknown:5914'])
  })

  test.each([
    ['update-trainee', 'not-registered'],
    ['register-for-trn', 'incomplete'],
    ['register-for-trn', 'dttp-refused'],
  ] as const)('when a trainee without a DTTP record has one: %s, %s', async (name, code) => {
    await failed(5914, { code }, name)
    await lookAtAlerts(story.world)
    expect(await story.causes()).toHaveLength(1)
    await sql(`UPDATE public.trainees SET dttp_id = '${dttpId('contact', 5914)}' WHERE id = 5914`)
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes()).toEqual([])
  })

  test('when Register’s jobs are switched on again', async () => {
    features = { persist_to_dttp: false }
    await failed(5901, { code: 'switched-off' })
    await lookAtAlerts(story.world)
    expect(await story.causes()).toEqual(['switched-off:persist_to_dttp'])
    features = {}
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes()).toEqual([])
  })

  test('but never where only people can tell', async () => {
    for (const code of ['incomplete', 'already-registered', 'dttp-refused', 'stalled', 'trainee-gone'] as const) {
      await failed(5901, { code })
    }
    for (let n = 0; n < 2; n++) await lookAtAlerts(story.world)
    expect(await story.causes()).toHaveLength(5)
  })

  test('and what fails again while DTTP is being asked stays open', async () => {
    const job = await story.poll(5902, '2021-10-20T09:15:27.123456')
    await story.fails(job, { code: 'timed-out', words: 'Timed out.' })
    await sql(`UPDATE public.trainees SET trn = '1234567' WHERE id = 5902`)
    use.dttp.simulator.faults.add({ kind: 'slow', ms: 300, path: 'contacts' })
    const looking = lookAtAlerts(story.world)
    await expect.poll(() => use.dttp.simulator.requestsTo('contacts').length).toBe(1)
    const next = await story.poll(5902, '2021-10-28T09:15:27.123456')
    await story.fails(next, { code: 'timed-out', words: 'Timed out anew.', at: '2021-10-27T16:16:00.000Z' })
    await looking
    expect(await story.causes()).toEqual(['timed-out:2021-10-27'])
  })
})

describe('trainees whom nobody polls', () => {
  const subjects = async () => (await story.entries()).map(({ subject }) => subject)

  test('are found, all in one post', async () => {
    const found = await findUnpolled(story.world)
    const { rows } = await sql('SELECT id FROM public.trainees WHERE state = 1 AND dttp_id IS NOT NULL AND trn IS NULL')
    expect(found).toBe(rows.length)
    expect(await story.onlyAlert()).toMatchObject({ cause: 'not-polled' })
    expect(await subjects()).toEqual(rows.map(({ id }) => `retrieve-trn:${id}`).sort())
  })

  test('are all named in it, also those for whom it has no room', async () => {
    await sql(
      `UPDATE public.trainees SET state = 1, trn = NULL, dttp_id = coalesce(dttp_id, gen_random_uuid()),
         submitted_for_trn_at = '2021-10-01'`,
    )
    const found = await findUnpolled(story.world)
    expect(found).toBeGreaterThan(12)
    const { id } = await story.onlyAlert()
    const [last] = (await story.entries()).reverse()
    await sql(`UPDATE chatops.alert_entries SET settled_at = now() WHERE trainee_id = ${last?.traineeId}`)
    const sight = await findAlertSight(story.world.database, id)
    const named = [...(sight?.groups ?? []), ...(sight?.others.map((trainee) => ({ trainee })) ?? [])]
    expect(sight?.groups).toHaveLength(10)
    expect(new Set(named.map(({ trainee }) => trainee?.id)).size).toBe(found - 1)
    expect(sight?.others.every(({ slug }) => slug !== null)).toBe(true)
    expect(named.map(({ trainee }) => trainee?.id)).not.toContain(last?.traineeId)
  })

  test('are found a part at a time, the newest first, each by the end of a round, and so is whoever is added meanwhile', async () => {
    const waiting = () =>
      sql(`SELECT id FROM public.trainees WHERE state = 1 AND dttp_id IS NOT NULL AND trn IS NULL`).then(({ rows }) =>
        rows.map(({ id }) => `retrieve-trn:${id}`).sort(),
      )
    const look = createUnpolledSweep(story.world)
    await sql(`UPDATE public.trainees SET state = 1, trn = NULL, dttp_id = gen_random_uuid(),
      submitted_for_trn_at = '2021-10-01' WHERE id = (SELECT max(id) FROM public.trainees)`)
    await look()
    expect(await subjects()).toContain((await waiting()).at(-1))
    expect((await subjects()).length).toBeLessThan((await waiting()).length)
    await sql(`UPDATE public.trainees SET state = 1, trn = NULL, dttp_id = gen_random_uuid(),
      submitted_for_trn_at = '2021-10-01' WHERE id = (SELECT min(id) FROM public.trainees)`)
    for (let part = 1; part < UNPOLLED_PARTS; part++) await look()
    expect(await subjects()).toEqual(await waiting())
    await sql('DELETE FROM chatops.alert_entries WHERE trainee_id = (SELECT max(id) FROM public.trainees)')
    for (let part = 1; part <= UNPOLLED_PARTS; part++) await look() // the next round begins with the newest again
    expect(await subjects()).toEqual(await waiting())
  })

  test('are each posted once', async () => {
    await findUnpolled(story.world)
    expect(await findUnpolled(story.world)).toBe(0)
    expect(await story.onlyAlert()).toMatchObject({ cardVersion: 1 })
  })

  test('are not those who were submitted within the hour, are polled, were ever polled, or are being registered', async () => {
    await sql(
      `UPDATE public.trainees SET submitted_for_trn_at = (now() AT TIME ZONE 'UTC') - interval '50 minutes' WHERE id = 5901`,
    )
    await story.poll(5902, '2021-10-20T09:15:27', { status: 'waiting' })
    const over = await story.poll(5908, '2021-10-20T09:15:27')
    await story.world.database.manager.query(
      `UPDATE chatops.jobs SET status = 'done', finished_at = now() WHERE id = $1`,
      [over.id],
    )
    await story.job('register-for-trn', 5909, { status: 'waiting' })
    await findUnpolled(story.world)
    const found = await subjects()
    for (const id of [5901, 5902, 5908, 5909, 5904, 5905, 5914]) expect(found).not.toContain(`retrieve-trn:${id}`)
    expect(found).toContain('retrieve-trn:5910')
  })

  test('are settled one by one, as they are polled or have a TRN', async () => {
    await findUnpolled(story.world)
    const before = await subjects()
    await story.poll(5901, '2021-10-20T09:15:27', { status: 'waiting' })
    await sql(`UPDATE public.trainees SET trn = '1234567' WHERE id = 5902`)
    await lookAtAlerts(story.world)
    const open = (await story.entries()).filter(({ settledAt }) => settledAt === null).map(({ subject }) => subject)
    expect(open).toEqual(before.filter((subject) => !/5901|5902/.test(subject)))
    expect(await story.onlyAlert()).toMatchObject({ status: 'open' })
  })

  test('are not posted again once someone has dismissed them', async () => {
    await findUnpolled(story.world)
    await dismiss(story.world, { id: (await story.onlyAlert()).id, actor: SUPPORT, reason: 'Test records' })
    expect(await findUnpolled(story.world)).toBe(0)
    await story.onlyAlert()
  })
})

describe('a post that fell behind', () => {
  test('is drawn again, also when its message was given up long ago', async () => {
    await timedOut()
    await lookAtAlerts(story.world)
    expect(await lookAtAlerts(story.world)).toBe(0)
    await story.drawAll()
    await sql('UPDATE chatops.alerts SET card_version = card_version + 1')
    expect(await lookAtAlerts(story.world)).toBe(1)
    await sql(`UPDATE chatops.outbox SET status = 'failed' WHERE status = 'queued'`)
    expect(await lookAtAlerts(story.world)).toBe(0)
    await sql(`UPDATE chatops.outbox SET created_at = now() - interval '11 minutes'`)
    expect(await lookAtAlerts(story.world)).toBe(1)
  })
})

/** A registration of 5914 that was sent and never answered. */
async function unanswered() {
  const job = await story.job('register-for-trn', 5914)
  await story.world.database.manager.insert(RegistrationAttempt, {
    jobId: job.id,
    traineeId: '5914',
    outcome: 'unknown',
  })
  await story.fails(job, { code: 'outcome-unknown' })
  return job
}
