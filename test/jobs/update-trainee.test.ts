import { beforeEach, describe, expect, test } from 'vitest'
import { findRegistrationRows } from '../../src/dttp/registration-rows.ts'
import { updateSha } from '../../src/dttp/update-sha.ts'
import { inSnapshot } from '../../src/entities/snapshot.ts'
import { INACTIVE, TRAINEE, useStage } from './stage.ts'

const stage = useStage()

const CONTACT = '11111111-0000-4000-8000-000000000001'
const ASSIGNMENT = '22222222-0000-4000-8000-000000000002'

beforeEach(async () => {
  stage.simulator.state.add('contacts', { id: CONTACT, firstname: 'Before' })
  stage.simulator.state.add('dfe_placementassignments', { id: ASSIGNMENT })
  await stage.change('UPDATE public.trainees SET dttp_id = $1, placement_assignment_dttp_id = $2', CONTACT, ASSIGNMENT)
})

async function update(): Promise<string> {
  const id = await stage.add('update-trainee')
  await stage.run(id)
  return id
}

async function failureOf(id: string) {
  const { status, failure } = await stage.job(id)
  return { status, code: failure?.code, words: failure?.words, urns: failure?.urns }
}

async function shaNow(): Promise<string> {
  const rows = await inSnapshot(stage.context.database, (sql) => findRegistrationRows(sql, TRAINEE))
  if (!rows) throw new Error('the trainee is gone')
  return updateSha(rows)
}

const writes = () => stage.simulator.requests.filter(({ method }) => method === 'PATCH').map(({ path }) => path)

async function nothingSaved() {
  expect(await stage.trainee()).toMatchObject({ dttp_update_sha: null, updated_at: '2021-10-20T09:15:27.123456' })
  expect(await stage.audits()).toEqual([])
}

describe('an update', () => {
  test('sends the contact, then the placement assignment, and creates nothing', async () => {
    const id = await update()
    expect(writes()).toEqual([`contacts(${CONTACT})`, `dfe_placementassignments(${ASSIGNMENT})`])
    const { contacts, assignments } = stage.inDttp()
    expect(contacts).toMatchObject([{ contactid: CONTACT, firstname: ' Demo  Trainee', dfe_traineeid: '21/22-5901' }])
    expect(assignments).toMatchObject([
      { dfe_placementassignmentid: ASSIGNMENT, dfe_programmestartdate: '2021-09-06T00:00:00Z' },
    ])
    expect(assignments[0]).not.toHaveProperty('_dfe_routeid_value')
    expect((await stage.job(id)).status).toBe('done')
  })

  test('saves the sha of what was sent, with the audit and the rules of every save', async () => {
    const sha = await shaNow()
    await update()
    expect(await stage.trainee()).toMatchObject({ dttp_update_sha: sha, first_names: 'Demo Trainee' })
    expect((await stage.trainee()).updated_at).not.toBe('2021-10-20T09:15:27.123456')
    const audits = await stage.audits()
    expect(audits).toMatchObject([
      {
        ...{ auditable_type: 'Trainee', auditable_id: 5901, associated_type: 'Provider', associated_id: 1 },
        ...{ action: 'update', version: 1, user_id: null, comment: 'trainee-chatops job update-trainee' },
      },
    ])
    expect(audits[0]?.['audited_changes']).toEqual({
      dttp_update_sha: [null, sha],
      first_names: [' Demo  Trainee', 'Demo Trainee'],
    })
  })

  test('of a trainee who has not changed since sends the same, and saves nothing', async () => {
    await update()
    await update() // what the first save tidied is another value once
    const before = await stage.trainee()
    const audits = await stage.audits()
    expect((await stage.job(await update())).status).toBe('done')
    expect(await stage.trainee()).toEqual(before)
    expect(await stage.audits()).toEqual(audits)
    expect(writes()).toHaveLength(6)
  })

  test('of a trainee who changes while it is sent saves the sha of what was sent', async () => {
    const sent = await shaNow()
    stage.simulator.faults.add({ kind: 'slow', ms: 300, method: 'PATCH', path: 'dfe_placementassignments' })
    const id = await stage.add('update-trainee')
    const running = stage.run(id)
    await expect.poll(writes).toHaveLength(2)
    await stage.change(`UPDATE public.trainees SET email = 'another@example.test'`)
    await running
    expect(await stage.trainee()).toMatchObject({ dttp_update_sha: sent, email: 'another@example.test' })
    expect(await shaNow()).not.toBe(sent)
  })
})

describe('nothing is sent', () => {
  test.each(['dttp_id', 'placement_assignment_dttp_id'])('where %s is empty', async (column) => {
    await stage.change(`UPDATE public.trainees SET ${column} = NULL`)
    expect(await failureOf(await update())).toMatchObject({ status: 'failed', code: 'not-registered' })
    expect(writes()).toEqual([])
  })

  test('for a school that is not active in DTTP', async () => {
    await stage.change(`UPDATE public.dttp_schools SET status_code = $1 WHERE urn = '900010'`, INACTIVE)
    expect(await failureOf(await update())).toMatchObject({
      status: 'failed',
      code: 'school-not-active',
      words: 'We sent nothing to DTTP. The lead school (URN 900010) is not an active school in DTTP.',
      urns: ['900010'],
    })
    expect(writes()).toEqual([])
    await nothingSaved()
  })

  test('for course dates that a change of route has emptied', async () => {
    await stage.change('UPDATE public.trainees SET course_start_date = NULL, course_end_date = NULL')
    const { status, code, words } = await failureOf(await update())
    expect({ status, code }).toEqual({ status: 'failed', code: 'incomplete' })
    expect(words).toBe('We sent nothing to DTTP. The course start date is not set. The course end date is not set.')
    expect(writes()).toEqual([])
  })

  test('while Register’s flag is off', async () => {
    const register = { ...stage.context.register, isEnabled: (flag: string) => flag !== 'persist_to_dttp' }
    const id = await stage.add('update-trainee')
    await stage.run(id, { ...stage.context, register })
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'switched-off' })
    expect(writes()).toEqual([])
  })

  test('for a trainee who is gone', async () => {
    await stage.change('DELETE FROM public.trainees')
    expect(await failureOf(await update())).toMatchObject({ status: 'failed', code: 'trainee-gone' })
  })
})

describe('what fails is not tried again, and nothing is saved', () => {
  test.each([
    ['contacts', 'not-found', 'gone'],
    ['contacts', 'cannot-find', 'gone'],
    ['dfe_placementassignments', 'cannot-find', 'gone'],
    ['contacts', 'refused', 'dttp-refused'],
    ['contacts', 'rate-limited', 'dttp-unavailable'],
    ['contacts', 'lost-answer', 'outcome-unknown'],
    ['dfe_placementassignments', 'lost-answer', 'outcome-unknown'],
    ['dfe_placementassignments', 'server-error', 'outcome-unknown'],
  ] as const)('%s: %s', async (path, kind, code) => {
    stage.simulator.faults.add({ kind, method: 'PATCH', path })
    const id = await update()
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code })
    expect(writes()).toHaveLength(path === 'contacts' ? 1 : 2)
    expect(await stage.run(id)).toBeNull()
    await nothingSaved()
  })

  test('a trainee who is deleted while they are sent', async () => {
    stage.simulator.faults.add({ kind: 'slow', ms: 300, method: 'PATCH', path: 'dfe_placementassignments' })
    const id = await stage.add('update-trainee')
    const running = stage.run(id)
    await expect.poll(writes).toHaveLength(2)
    await stage.change('DELETE FROM public.trainees')
    await running
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'trainee-gone' })
  })
})

test('a worker that dies after it was sent leaves the job to another, which sends the same again', async () => {
  const id = await stage.add('update-trainee')
  await stage.change(`UPDATE chatops.jobs SET status = 'running', run = 1, lease_until = now() - interval '1 second'`)
  await stage.run(id)
  expect(await stage.job(id)).toMatchObject({ status: 'done', stalls: 1 })
  expect(await stage.audits()).toHaveLength(1)
})

test('a worker that sleeps before it sends what it read overwrites nothing newer in DTTP', async () => {
  const id = await stage.add('update-trainee')
  let hasSlept = false
  await stage.run(id, {
    ...stage.context,
    async onJobStep(step) {
      if (step !== 'update-sending' || hasSlept) return
      hasSlept = true
      await stage.change(`UPDATE chatops.jobs SET lease_until = now() - interval '1 second'`)
      await stage.change(`UPDATE public.trainees SET first_names = 'Newer'`)
      await stage.run(id)
    },
  })
  expect(stage.inDttp().contacts).toMatchObject([{ firstname: 'Newer' }])
  const sent = stage.simulator.requests.filter(({ method }) => method === 'PATCH')
  expect(sent.map(({ status }) => status)).toEqual([204, 204, 412])
  expect((await stage.trainee()).dttp_update_sha).toBe(await shaNow())
})
