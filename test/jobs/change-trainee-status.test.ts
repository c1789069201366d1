import { beforeEach, describe, expect, test } from 'vitest'
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
        headers: { 'if-match': '*' },
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
    expect(await failureOf(await change('account'))).toMatchObject({ code: 'unexpected' })
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
