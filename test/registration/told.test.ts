import { beforeEach, describe, expect, test } from 'vitest'
import { openReview } from '../../src/changes/decide/review.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { createDriftSweep } from '../../src/changes/sweeps/drift.ts'
import { planOf } from '../../src/contract/stored.ts'
import { registration } from '../../src/dttp/payloads/registration.ts'
import type { RegistrationRows } from '../../src/dttp/payloads/rows.ts'
import { findRegistrationRows, routeRules } from '../../src/dttp/registration-rows.ts'
import { SUBMITTER, TRAINEE, useStage } from '../jobs/stage.ts'
import { sampleOfEach } from '../support/extent.ts'
import { DEVELOPER, sendRequest } from '../support/lifecycle.ts'
import { BASE, MOVES } from './moves.ts'
import { approved, carriedOut, FORM, look, lose, runJobs } from './setup.ts'

const stage = useStage()

beforeEach(async () => {
  await lose(stage)
  for (const statement of BASE) await stage.change(statement)
})

const movedIn = async (id: string) => {
  const { status, outcome } = await getRequest(stage.context.database, id)
  return { status, moved: outcome.moved }
}

/** Nothing was sent, and nothing is on record as sent. */
async function nothingIsSent() {
  expect(stage.simulator.requestsTo('$batch')).toEqual([])
  expect(await stage.attempts()).toEqual([])
}

const moves = sampleOfEach(MOVES, ({ column }) => column.split('.')[0] ?? '', 1)

describe.each(moves)('when $column moves', ({ sql, first }) => {
  beforeEach(async () => {
    if (first) await stage.change(first)
  })

  test('before the review is opened, the request is out of date, and nobody is shown it', async () => {
    const { id } = await sendRequest(stage.context, 're-register', FORM)
    await stage.change(sql)
    const opening = openReview(stage.context, { id, actor: DEVELOPER, viewId: 'V1' })
    await expect(opening).rejects.toMatchObject({ code: 'already-over' })
    expect(await movedIn(id)).toMatchObject({ status: 'stale', moved: { told: [TRAINEE] } })
  })

  test('between approval and execution, the request is out of date, and nothing is done', async () => {
    const id = await approved(stage, 're-register', FORM)
    await stage.change(sql)
    expect(await execute(stage.context, id)).toBe('stale')
    const { status, moved } = await movedIn(id)
    expect(status).toBe('stale')
    expect([...(moved?.told ?? []), ...(moved?.checks ?? [])]).not.toEqual([])
    expect(await stage.jobs('register-for-trn')).toEqual([])
    await nothingIsSent()
  })

  test('between execution and sending, nothing is sent, and it can be previewed again', async () => {
    const id = await carriedOut(stage, 're-register', FORM)
    await stage.change(sql)
    await runJobs(stage, 'register-for-trn')
    await nothingIsSent()
    const [job] = await stage.jobs('register-for-trn')
    expect(job).toMatchObject({ status: 'failed', failure: { code: 'not-as-approved' } })
    const { status, problem, followUps } = await look(stage, id)
    expect(status).toBe('needs-attention')
    expect(problem).toContain('has changed since it was approved')
    expect(followUps).toMatchObject([{ label: 'Preview again', playbook: 're-register' }])
  })
})

test('every column that a body is made of is among those that move', async () => {
  const read = new Set<string>()
  for (const { first, sql } of MOVES) {
    const rows = await findRegistrationRows(stage.context.database.manager, TRAINEE)
    if (rows) build(watched(rows, read))
    if (first) await stage.change(first)
    await stage.change(sql)
  }
  const moved = MOVES.map(({ column }) => column)
  const ids = ['schools.id', 'nationalities.id'] // by which rows are found and put in order
  expect([...read].filter((column) => !moved.includes(column) && !ids.includes(column))).toEqual([])
})

function build(rows: RegistrationRows) {
  const rules = routeRules(rows.trainee, stage.context.register)
  return registration(rows, rules, SUBMITTER, new Date(0))
}

/** The same rows, noting each column that is looked at. */
function watched(rows: RegistrationRows, read: Set<string>): RegistrationRows {
  const watch = <Row extends object>(table: string, row: Row): Row =>
    new Proxy(row, {
      get(target, column, receiver) {
        read.add(`${table}.${String(column)}`)
        return Reflect.get(target, column, receiver)
      },
    })
  return {
    trainee: watch('trainees', rows.trainee),
    provider: watch('providers', rows.provider),
    schools: rows.schools.map((row) => watch('schools', row)),
    dttpSchools: rows.dttpSchools.map((row) => watch('dttp_schools', row)),
    nationalities: rows.nationalities.map((row) => watch('nationalities', row)),
    disabilities: rows.disabilities.map((row) => watch('disabilities', row)),
    degrees: rows.degrees.map((row) => watch('degrees', row)),
  }
}

test('a row that moves after the batch was made is noticed before it is sent', async () => {
  await carriedOut(stage, 're-register', FORM)
  const [job] = await stage.jobs('register-for-trn')
  const onJobStep = async (step: string) => {
    if (step === 'read') await stage.change(`UPDATE trainees SET last_name = 'Hopper'`)
  }
  await stage.run(job?.id ?? '', { ...stage.context, onJobStep })
  await nothingIsSent()
  expect(await stage.job(job?.id ?? '')).toMatchObject({ failure: { code: 'not-as-approved' } })
})

test('what is not sent may move, and so may what moves back', async () => {
  await carriedOut(stage, 're-register', FORM)
  await stage.change(`UPDATE trainees SET updated_at = now(), middle_names = 'Ada', last_name = 'Hopper'`)
  await stage.change(`UPDATE trainees SET last_name = 'One'`)
  await runJobs(stage, 'register-for-trn')
  expect(stage.simulator.requestsTo('$batch')).toHaveLength(1)
  expect(await stage.jobs('register-for-trn')).toMatchObject([{ status: 'done' }])
})

test('nothing is asked of it every half minute', async () => {
  const { id } = await sendRequest(stage.context, 're-register', FORM)
  await stage.change(`UPDATE trainees SET last_name = 'Hopper'`)
  expect(await createDriftSweep(stage.context)()).toBe(0)
  expect(await movedIn(id)).toEqual({ status: 'pending', moved: undefined })
})

test('the columns that may be named are named', async () => {
  const id = await approved(stage, 're-register', FORM)
  await stage.change(`UPDATE trainees SET course_start_date = '2021-09-07', last_name = 'Hopper', provider_id = 1`)
  await execute(stage.context, id)
  expect(await movedIn(id)).toMatchObject({ moved: { columns: ['course_start_date'], told: [TRAINEE] } })
})

test('the plan shows what decides, and nothing about the person', async () => {
  const request = await sendRequest(stage.context, 're-register', FORM)
  const [effect] = planOf(request).effects
  expect(effect).toMatchObject({
    told: {
      slug: 'slug5901',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      shows: { provider: 'Demo Provider', training_route: 4, lead_school: 'Demo Lead (URN 900010)' },
    },
  })
  expect(JSON.stringify(effect)).not.toMatch(/Demo Trainee|1990-01-01|trainee\.one/)
})

test('after nothing was sent, it can be previewed, approved and sent as it is now', async () => {
  const id = await carriedOut(stage, 're-register', FORM)
  await stage.change(`UPDATE trainees SET last_name = 'Hopper'`)
  await runJobs(stage, 'register-for-trn')
  await look(stage, id)
  await carriedOut(stage, 're-register', FORM)
  await runJobs(stage, 'register-for-trn')
  expect(stage.inDttp().contacts).toMatchObject([{ lastname: 'Hopper' }])
})

test('a registration without an answer is not sent again once its record has moved, and keeps its ids', async () => {
  const isNow = (time: string) => ({ ...stage.context, now: () => new Date(time) })
  stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
  const id = await carriedOut(stage, 're-register', FORM)
  await runJobs(stage, 'register-for-trn')
  const [first] = await stage.jobs('register-for-trn')
  await stage.change(`UPDATE trainees SET last_name = 'Hopper'`)
  await stage.run(first?.id ?? '', isNow('2021-10-27T13:17:00Z'))
  expect(await stage.job(first?.id ?? '')).toMatchObject({ status: 'failed', failure: { code: 'not-as-approved' } })
  expect(stage.simulator.requestsTo('$batch')).toHaveLength(1)
  const [attempt] = await stage.attempts()
  expect(attempt).toMatchObject({ outcome: 'unknown', ids: null })
  expect(await look(stage, id)).toMatchObject({ status: 'needs-attention', followUps: [{ label: 'Preview again' }] })
  await carriedOut(stage, 're-register', FORM)
  await runJobs(stage, 'register-for-trn')
  expect(stage.inDttp().contacts).toMatchObject([{ lastname: 'Hopper', contactid: attempt?.ownIds?.contact }])
})
