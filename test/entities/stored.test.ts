// JSON that was kept is parsed when it is read, whichever version of the bot wrote it.
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { Alert, AlertEntry } from '../../src/entities/chatops/alert.ts'
import { Job } from '../../src/entities/chatops/job.ts'
import { RegistrationAttempt } from '../../src/entities/chatops/registration-attempt.ts'
import { storedForm } from '../../src/entities/stored.ts'
import { foundOf } from '../../src/failures/found.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()

const FAILURE = { code: 'gone', words: 'It is not there.', at: '2021-10-27T13:20:00.000Z' }

async function keepJob(failure: object): Promise<string> {
  const id = randomUUID()
  await asAdmin(
    `INSERT INTO chatops.jobs (id, name, status, failure, finished_at) VALUES ($1, 'update-trainee', 'failed', $2, now())`,
    [id, failure],
  )
  return id
}

test('a failure that a later version knows a code for counts as unexpected, and keeps its words', async () => {
  const id = await keepJob({ ...FAILURE, code: 'a-code-of-tomorrow' })
  const { failure } = await use.world.database.manager.findOneByOrFail(Job, { id })
  expect(failure).toEqual({ ...FAILURE, code: 'unexpected' })
})

test('what an alert keeps with a failure is read with it', async () => {
  const alert = await keepAlert('kept', null)
  const failure = { ...FAILURE, urns: ['123456'], by: 'register', contact: 'a', deadline: '2021-10-31T13:20:00' }
  await asAdmin(`INSERT INTO chatops.alert_entries (alert_id, subject, failure) VALUES ($1, 'update-trainee:1', $2)`, [
    alert,
    failure,
  ])
  expect((await use.world.database.manager.findOneByOrFail(AlertEntry, { alertId: alert })).failure).toEqual(failure)
})

test('what the first version found is read; what none of ours can have found counts as not looked for', async () => {
  const trainee = { state: 1, route: 0, hasTrn: false, contact: 'there', placementAssignment: 'none', trnInDttp: false }
  const before = {
    ...{ at: FAILURE.at, dttp: null, statuses: [null, 2], because: { 'update-trainee:2': 'school-active' } },
    trainees: { 1: { ...trainee, poll: { until: null }, schools: [], candidates: null }, 2: null },
  }
  expect(await found('first', before)).toEqual(before)
  expect(await found('strange', { ...before, trainees: 'all of them' })).toBeNull()
  expect(await found('unseen', null)).toBeNull()
})

test('ids in DTTP that cannot be read are an error: nobody is to be registered without them', async () => {
  const id = await keepJob(FAILURE)
  const keepIds = (ids: object) =>
    asAdmin(
      `INSERT INTO chatops.registration_attempts AS known (job_id, trainee_id, own_ids) VALUES ($1, 1, $2)
       ON CONFLICT (job_id) DO UPDATE SET own_ids = excluded.own_ids`,
      [id, ids],
    )
  const read = () => use.world.database.manager.findOneByOrFail(RegistrationAttempt, { jobId: id })
  await keepIds({ contact: 'a', placementAssignment: 'b', degrees: { 7: 'c' } })
  expect((await read()).ownIds?.degrees).toEqual({ 7: 'c' })
  await keepIds({ contact: 'a' })
  await expect(read()).rejects.toThrow('placementAssignment')
})

test('a form that cannot be read counts as purged', () => {
  expect(storedForm.parse({ subject: 'a', reason: 'b' })).toEqual({ subject: 'a', reason: 'b' })
  expect(storedForm.parse({ subject: ['a'] })).toBeNull()
})

async function found(cause: string, kept: object | null) {
  return foundOf(await use.world.database.manager.findOneByOrFail(Alert, { id: await keepAlert(cause, kept) }))
}

async function keepAlert(cause: string, kept: object | null): Promise<string> {
  const rows = await asAdmin(`INSERT INTO chatops.alerts (cause, channel, found) VALUES ($1, 'C1', $2) RETURNING id`, [
    cause,
    kept,
  ])
  return rows[0].id
}

function asAdmin(text: string, values: unknown[]) {
  return withClient(use.scratch.adminUrl, async (client) => (await client.query(text, values)).rows)
}
