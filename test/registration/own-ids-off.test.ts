// Own ids are switched off, or doubted, after some registrations were sent with them.
import { beforeEach, expect, test } from 'vitest'
import { propose } from '../../src/changes/propose/propose.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { NOW, useStage } from '../jobs/stage.ts'
import { carriedOut, FORM, look, lose, runJobs } from './setup.ts'

const stage = useStage()
const MINUTE = 60_000

function at(minutes: number, ownIds = true): void {
  const time = Date.parse(NOW) + minutes * MINUTE
  stage.context = { ...stage.context, ownIds, now: () => new Date(time) }
}

beforeEach(async () => {
  at(0)
  await lose(stage)
})

const contacts = () => stage.inDttp().contacts.map(({ contactid }) => contactid)

/** Nobody looks at the request any more. */
const close = () => stage.change(`UPDATE chatops.change_requests SET status = 'done' WHERE status = 'verifying'`)

/** Registered under ids of ours; then Register loses them. */
async function registeredAndForgotten(): Promise<void> {
  await carriedOut(stage, 're-register', FORM)
  await runJobs(stage, 'register-for-trn', 'change-trainee-status')
  await close()
  await stage.change('UPDATE trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL')
}

async function blockedBy(playbook: string, form: Record<string, string>) {
  const asked = { playbook: getPlaybook(playbook), form, requester: 'U01SUPPORT', channel: 'C01SUPPORT' }
  const proposal = await propose(stage.context, asked)
  return 'checks' in proposal ? proposal.checks.filter(({ verdict }) => verdict === 'blocks').map(({ id }) => id) : []
}

const doubt = () => stage.change(`UPDATE chatops.registration_attempts SET doubt = 'other-ids'`)

test.each([
  ['switched off', () => at(1, false)],
  ['in doubt', doubt],
])('a record under an id of ours is a second one for a registration with own ids %s', async (_, turnOff) => {
  await registeredAndForgotten()
  expect(await blockedBy('re-register', FORM)).toEqual([])
  await turnOff()
  expect(await blockedBy('re-register', FORM)).toEqual(['contact'])
})

test.each([
  ['switched off', () => at(1, false)],
  ['in doubt', doubt],
])('own ids %s after the approval: what DTTP has is not registered twice', async (_, turnOff) => {
  await registeredAndForgotten()
  await carriedOut(stage, 're-register', FORM)
  await turnOff()
  await runJobs(stage, 'register-for-trn')
  expect(contacts()).toHaveLength(1)
  const failed = (await stage.jobs('register-for-trn')).find(({ status }) => status === 'failed')
  expect(failed?.failure).toMatchObject({ code: 'already-registered', words: expect.stringContaining('sent nothing') })
})

test('a registration without an answer is left to people, and to settle-registration only', async () => {
  stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
  const id = await carriedOut(stage, 're-register', FORM)
  await runJobs(stage, 'register-for-trn')
  at(3, false)
  await runJobs(stage, 'register-for-trn')
  const { lines, problem, followUps } = await look(stage, id)
  expect(problem).toContain('We do not know if DTTP registered this trainee.')
  expect(lines.join()).toContain('DTTP shows no record that it could have created.')
  expect(followUps.map(({ label, playbook }) => [label, playbook])).toEqual([
    ['Use these records', 'settle-registration'],
    ['Register again', 'settle-registration'],
  ])
  expect(await blockedBy('re-register', FORM)).toEqual(['registration'])
})

test('is not given up within five minutes of when it was sent the last time', async () => {
  stage.simulator.faults.add({ kind: 'lost-request', path: '$batch', times: 2 })
  await carriedOut(stage, 're-register', FORM)
  await runJobs(stage, 'register-for-trn')
  at(4)
  await runJobs(stage, 'register-for-trn')
  at(8, false)
  await runJobs(stage, 'register-for-trn')
  await close()
  const again = { subject: 'slug5901', decision: 'again', contact: '', reason: 'We looked at DTTP', ticket: '' }
  expect(await blockedBy('settle-registration', again)).toEqual(['records'])
  at(10, false)
  expect(await blockedBy('settle-registration', again)).toEqual([])
})
