// What becomes of the card of a registration that ends late, or that nobody knows the end of.
import { describe, expect, test } from 'vitest'
import { getRequest } from '../../src/changes/requests.ts'
import { verifyDue } from '../../src/changes/sweeps/sweep.ts'
import { NOW, useStage } from '../jobs/stage.ts'
import { carriedOut, FORM, look, lose, runJobs } from './setup.ts'

// Without ids of ours: where DTTP can be asked by them, nobody has to decide.
const stage = useStage({ ownIds: false })
const MINUTE = 60_000

/** So many minutes after the stage's own time. */
function at(minutes: number): void {
  stage.context = { ...stage.context, now: () => new Date(Date.parse(NOW) + minutes * MINUTE) }
}

async function registerAgain(): Promise<string> {
  at(0)
  await lose(stage)
  return carriedOut(stage, 're-register', FORM)
}

const labels = (followUps: readonly { label: string }[]) => followUps.map(({ label }) => label)

describe('a registration that has not ended in time', () => {
  test('needs attention, and what came of it later is on the card by itself', async () => {
    const id = await registerAgain()
    at(40)
    expect(await look(stage, id)).toMatchObject({ status: 'needs-attention', followUps: [] })
    stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
    await runJobs(stage, 'register-for-trn')
    expect(await verifyDue(stage.context)).toBe(1)
    const { status, outcome } = await getRequest(stage.context.database, id)
    expect(status).toBe('needs-attention')
    expect(outcome.problem).toContain('We do not know if DTTP registered this trainee.')
    expect(labels((outcome.verified ?? []).flatMap((line) => line.followUps ?? []))).toEqual([
      'Use these records',
      'Register again',
    ])
  })

  test('is said to be as approved once it is, and is not looked at any more', async () => {
    const id = await registerAgain()
    at(40)
    await look(stage, id)
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    await verifyDue(stage.context)
    const { status, outcome, nextVerifyAt } = await getRequest(stage.context.database, id)
    expect(status).toBe('needs-attention')
    expect(outcome.problem).toContain('by now the result is as approved')
    expect(outcome.verified?.every(({ holds }) => holds)).toBe(true)
    expect(nextVerifyAt).toBeNull()
  })

  test('is looked at for a day, and no longer', async () => {
    const id = await registerAgain()
    at(40)
    await look(stage, id)
    const next = async () => (await getRequest(stage.context.database, id)).nextVerifyAt
    expect(await next()).toEqual(new Date(Date.parse(NOW) + 50 * MINUTE))
    expect(await verifyDue(stage.context)).toBe(0)
    at(25 * 60)
    expect(await verifyDue(stage.context)).toBe(1)
    expect(await next()).toBeNull()
  })
})

describe('a registration without an answer', () => {
  test('shows what DTTP has once DTTP has it', async () => {
    const id = await registerAgain()
    stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
    await runJobs(stage, 'register-for-trn')
    expect((await look(stage, id)).lines.join()).toContain('DTTP shows no record that it could have created.')
    const provider = '00000000-0000-4000-8000-00000000000a'
    const late = stage.simulator.state.add('contacts', {
      ...{ dfe_traineeid: '21/22-5901', _parentcustomerid_value: provider },
    })
    at(10)
    expect(await verifyDue(stage.context)).toBe(1)
    const { outcome } = await getRequest(stage.context.database, id)
    expect(outcome.verified?.map(({ found }) => found).join()).toContain(`DTTP now shows record ${late}`)
    expect(outcome.problem).toContain('the DTTP records listed below')
  })

  test('that DTTP did answer is said to have worked, and can only be used', async () => {
    const id = await registerAgain()
    await stage.change(
      'CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION $1; END$$'.replace(
        '$1',
        `'no'`,
      ),
    )
    await stage.change(
      'CREATE TRIGGER refuse BEFORE UPDATE OF dttp_id ON trainees FOR EACH ROW EXECUTE FUNCTION refuse()',
    )
    await runJobs(stage, 'register-for-trn')
    await stage.change('DROP FUNCTION refuse() CASCADE')
    const { contacts } = stage.inDttp()
    const { status, problem, followUps } = await look(stage, id)
    expect(status).toBe('needs-attention')
    expect(problem).toContain(`DTTP answered with record ${contacts[0]?.['contactid']}.`)
    expect(problem).not.toContain('got no reply')
    expect(labels(followUps)).toEqual(['Use these records'])
    await carriedOut(stage, 'settle-registration', { ...SETTLE, decision: 'use' })
    expect(await stage.trainee()).toMatchObject({ dttp_id: contacts[0]?.['contactid'] })
  })

  test('that another request has settled says so, and offers nothing more', async () => {
    const id = await registerAgain()
    stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
    await runJobs(stage, 'register-for-trn')
    await look(stage, id)
    await carriedOut(stage, 'settle-registration', { ...SETTLE, decision: 'use' })
    at(10)
    const { lines, followUps } = await look(stage, id)
    const contact = stage.inDttp().contacts[0]?.['contactid']
    expect(lines.join()).toContain(`Another request has settled it: the record is ${contact}.`)
    expect(followUps).toEqual([])
  })
})

const SETTLE = { subject: 'slug5901', contact: '', reason: 'We looked at DTTP', ticket: '' }

test.each([
  ['was withdrawn', 'UPDATE trainees SET state = 4', 'The record is Withdrawn by now, so we sent nothing'],
  ['was given a TRN', `UPDATE trainees SET trn = '3000001'`, 'Pending TRN by now, and has a TRN, so we sent nothing'],
])('a trainee who %s before the job ran is not registered', async (_what, change, words) => {
  const id = await registerAgain()
  await stage.change(change)
  await runJobs(stage, 'register-for-trn')
  expect(stage.inDttp().contacts).toHaveLength(0)
  expect((await look(stage, id)).lines.join()).toContain(words)
  expect(await stage.attempts()).toEqual([])
})
