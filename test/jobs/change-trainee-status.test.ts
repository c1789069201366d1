import { beforeEach, describe, expect, test } from 'vitest'
import type { World } from '../../src/world.ts'
import { NOW, useStage } from './stage.ts'

const stage = useStage()

const REQUESTED = 'Prospective trainee - TREFNO requested'
const REQUESTED_ID = '275af972-9e1b-e711-80c7-0050568902d3'
const CONTACT = '11111111-0000-4000-8000-000000000001'
const ASSIGNMENT = '22222222-0000-4000-8000-000000000002'

beforeEach(async () => {
  stage.simulator.state.add('contacts', { id: CONTACT })
  stage.simulator.state.add('dfe_placementassignments', { id: ASSIGNMENT })
  await stage.change('UPDATE public.trainees SET dttp_id = $1, placement_assignment_dttp_id = $2', CONTACT, ASSIGNMENT)
})

async function change(entity: string, status = REQUESTED): Promise<string> {
  const id = await stage.add('change-trainee-status', { status, entity })
  await stage.run(id)
  return id
}

async function failureOf(id: string) {
  const { status, failure } = await stage.job(id)
  return { status, code: failure?.code, words: failure?.words }
}

const writes = () => stage.simulator.requests.filter(({ method }) => method === 'PATCH')
const statusOf = (records: Record<string, unknown>[]) => records.map((one) => one['_dfe_traineestatusid_value'] ?? null)

describe('a status change', () => {
  test('sets the status of the contact, and of nothing else', async () => {
    const id = await change('contact')
    expect(statusOf(stage.inDttp().contacts)).toEqual([REQUESTED_ID])
    expect(statusOf(stage.inDttp().assignments)).toEqual([null])
    expect(writes()).toMatchObject([
      {
        path: `contacts(${CONTACT})`,
        headers: { 'if-match': expect.stringMatching(/^W\/"\d+"$/) },
        body: JSON.stringify({ 'dfe_TraineeStatusId@odata.bind': `/dfe_traineestatuses(${REQUESTED_ID})` }),
      },
    ])
    expect(await stage.job(id)).toMatchObject({ status: 'done', result: { status: REQUESTED, entity: 'contact' } })
  })

  test('sets the status of the placement assignment, and of nothing else', async () => {
    const id = await change('placement_assignment')
    expect(statusOf(stage.inDttp().contacts)).toEqual([null])
    expect(statusOf(stage.inDttp().assignments)).toEqual([REQUESTED_ID])
    expect((await stage.job(id)).status).toBe('done')
  })

  test('changes nothing in Register', async () => {
    const before = await stage.trainee()
    await change('contact')
    expect(await stage.trainee()).toEqual(before)
    expect(await stage.audits()).toEqual([])
  })
})

describe('nothing is sent', () => {
  test('for a status that DTTP has no code for, which is named', async () => {
    expect(await failureOf(await change('contact', 'Registered somehow'))).toEqual({
      status: 'failed',
      code: 'incomplete',
      words: 'DTTP has no code for the status “Registered somehow”. We sent nothing.',
    })
    expect(writes()).toEqual([])
  })

  test.each([
    ['contact', 'dttp_id'],
    ['placement_assignment', 'placement_assignment_dttp_id'],
  ])('for a %s that the trainee does not have', async (entity, column) => {
    await stage.change(`UPDATE public.trainees SET ${column} = NULL`)
    expect(await failureOf(await change(entity))).toMatchObject({ status: 'failed', code: 'not-registered' })
    expect(writes()).toEqual([])
  })

  test('for a trainee who is gone', async () => {
    await stage.change('DELETE FROM public.trainees')
    expect(await failureOf(await change('contact'))).toMatchObject({ status: 'failed', code: 'trainee-gone' })
  })

  test('while Register’s flag is off', async () => {
    const register = { ...stage.context.register, isEnabled: () => false }
    const id = await stage.add('change-trainee-status', { status: REQUESTED, entity: 'contact' })
    await stage.run(id, { ...stage.context, register })
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'switched-off' })
    expect(writes()).toEqual([])
  })

  test('for a record that has no status', async () => {
    expect(await failureOf(await change('account'))).toMatchObject({ status: 'waiting', code: 'other-version' })
    expect(writes()).toEqual([])
  })
})

describe('a trainee who waits for a TRN no more', () => {
  const WITHDRAWN = `UPDATE public.trainees SET state = 3`

  test.each([
    ['is withdrawn', WITHDRAWN],
    ['is deferred', `UPDATE public.trainees SET state = 5`],
    ['has a TRN', `UPDATE public.trainees SET state = 2, trn = '1234567'`],
  ])('and %s keeps the status that DTTP has', async (_, since) => {
    await stage.change(since)
    const id = await change('contact')
    expect(await stage.job(id)).toMatchObject({ status: 'done', result: { needless: true } })
    expect(writes()).toEqual([])
  })

  test('since its record was read keeps it, too', async () => {
    const { dttp } = stage.context.upstreams
    const findContact = async (id: string) => {
      const contact = await dttp.findContact(id)
      await stage.change(WITHDRAWN)
      return contact
    }
    const id = await stage.add('change-trainee-status', { status: REQUESTED, entity: 'contact' })
    await stage.run(id, { ...stage.context, upstreams: { dttp: { ...dttp, findContact } } })
    expect(await stage.job(id)).toMatchObject({ status: 'done', result: { needless: true } })
    expect(writes()).toEqual([])
  })
})

describe('as in Register', () => {
  test.each(['not-found', 'cannot-find'] as const)('a record that is gone (%s) fails at once', async (kind) => {
    stage.simulator.faults.add({ kind, method: 'PATCH' })
    expect(await failureOf(await change('contact'))).toMatchObject({ status: 'failed', code: 'gone' })
    expect(stage.inDttp().contacts).toHaveLength(1)
  })

  test.each([
    ['dttp-unavailable', { kind: 'rate-limited', retryAfter: '1' }],
    ['outcome-unknown', { kind: 'lost-answer' }],
    ['outcome-unknown', { kind: 'server-error' }],
  ] as const)('it is tried again after %s', async (code, fault) => {
    stage.simulator.faults.add({ ...fault, method: 'PATCH' })
    const id = await change('contact')
    expect(await failureOf(id)).toMatchObject({ status: 'waiting', code })
    expect((await stage.job(id)).dueAt.getTime()).toBeGreaterThan(Date.parse(NOW))
    await stage.change('UPDATE chatops.jobs SET due_at = $1', NOW)
    await stage.run(id)
    expect(await stage.job(id)).toMatchObject({ status: 'done', failure: null })
    expect(statusOf(stage.inDttp().contacts)).toEqual([REQUESTED_ID])
  })

  test('what DTTP refuses is not tried again', async () => {
    stage.simulator.faults.add({ kind: 'refused', method: 'PATCH' })
    expect(await failureOf(await change('contact'))).toMatchObject({ status: 'failed', code: 'dttp-refused' })
  })
})

describe('newer data in DTTP', () => {
  const NEWER_ID = '1b5af972-9e1b-e711-80c7-0050568902d3'
  /** Does something just before the update is sent, so many times. */
  const beforeSending = (act: () => unknown, times = 1): World => ({
    ...stage.context,
    async onJobStep(step) {
      if (step === 'status-sending' && times-- > 0) await act()
    },
  })
  const setNewer = () => stage.simulator.state.change('contacts', CONTACT, { _dfe_traineestatusid_value: NEWER_ID })

  test('is not overwritten by a worker that slept while another did its job', async () => {
    const id = await stage.add('change-trainee-status', { status: REQUESTED, entity: 'contact' })
    const asleep = beforeSending(async () => {
      await stage.change(`UPDATE chatops.jobs SET lease_until = now() - interval '1 second'`)
      await stage.run(id)
      setNewer()
    })
    await stage.run(id, asleep)
    expect(statusOf(stage.inDttp().contacts)).toEqual([NEWER_ID])
    expect(writes().map(({ status }) => status)).toEqual([204, 412])
    expect((await stage.job(id)).status).toBe('done')
  })

  test('that comes just before makes it read again, and then it is sent', async () => {
    const id = await stage.add('change-trainee-status', { status: REQUESTED, entity: 'contact' })
    await stage.run(id, beforeSending(setNewer))
    expect(writes().map(({ status }) => status)).toEqual([412, 204])
    expect(statusOf(stage.inDttp().contacts)).toEqual([REQUESTED_ID])
    expect((await stage.job(id)).status).toBe('done')
  })

  test('that comes again and again puts it off', async () => {
    const id = await stage.add('change-trainee-status', { status: REQUESTED, entity: 'contact' })
    await stage.run(id, beforeSending(setNewer, 3))
    expect(writes().map(({ status }) => status)).toEqual([412, 412, 412])
    expect(await stage.job(id)).toMatchObject({ status: 'waiting', failure: { code: 'dttp-changed' } })
  })

  test('cannot be told where DTTP gives no version: then any is updated', async () => {
    const rewrite = <T extends { body: string }>(reply: T): T => ({
      ...reply,
      body: reply.body.replace(/"@odata.etag":"[^,]*,/, ''),
    })
    stage.simulator.faults.add({ kind: 'rewritten', method: 'GET', rewrite })
    await change('contact')
    expect(writes()).toMatchObject([{ status: 204, headers: { 'if-match': '*' } }])
  })
})
