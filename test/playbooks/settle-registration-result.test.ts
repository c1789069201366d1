import { describe, expect, test } from 'vitest'
import type { Fault } from '../../sandbox/dttp/index.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { checksOf } from '../../src/contract/stored.ts'
import { settleRegistration } from '../../src/playbooks/settle-registration/index.ts'
import { NOW, TRAINEE, useStage } from '../jobs/stage.ts'
import { approved, carriedOut, FORM, look, lose, runJobs, SUBMITTED } from '../registration/setup.ts'
import { CHANNEL, SUPPORT, sendRequest } from '../support/lifecycle.ts'

// What was sent without ids of ours, only people can settle.
const stage = useStage({ ownIds: false })
const form = (decision: 'use' | 'again', contact = '') => ({
  ...{ subject: 'slug5901', decision, contact, reason: 'We looked at DTTP', ticket: '' },
})
const settle = (decision: 'use' | 'again', contact = '') =>
  carriedOut(stage, 'settle-registration', form(decision, contact))

/** Registers the trainee again, and nobody hears what came of it. Ten minutes pass. */
async function loseAnswer(fault: Fault): Promise<void> {
  await lose(stage)
  await carriedOut(stage, 're-register', FORM)
  stage.simulator.faults.add({ ...fault, path: '$batch' })
  await runJobs(stage, 'register-for-trn')
  await stage.change(`UPDATE chatops.change_requests SET status = 'done' WHERE status = 'verifying'`)
  await stage.change(`UPDATE chatops.registration_attempts SET sent_at = sent_at - interval '10 minutes'`)
}

async function blockedBy(decision: 'use' | 'again'): Promise<string[]> {
  const asked = { playbook: settleRegistration, form: form(decision), requester: SUPPORT, channel: CHANNEL }
  const proposal = await propose(stage.context, asked)
  if (proposal.kind !== 'blocked') throw new Error(`it was ${proposal.kind}`)
  return proposal.checks.filter(({ verdict }) => verdict === 'blocks').map(({ id }) => id)
}

async function checkOf(decision: 'use' | 'again', check: string) {
  const asked = { playbook: settleRegistration, form: form(decision), requester: SUPPORT, channel: CHANNEL }
  const proposal = await propose(stage.context, asked)
  const checks =
    proposal.kind === 'ready' ? checksOf(proposal.changeRequest) : proposal.kind === 'waits' ? [] : proposal.checks
  const found = checks.find(({ id }) => id === check)
  if (!found) throw new Error(`there is no check ${check}`)
  return found
}

const ofProvider = { _parentcustomerid_value: '00000000-0000-4000-8000-00000000000a' }

const idsOf = (rows: Record<string, unknown>[], column: string) => rows.map((row) => row[column])

describe('records that DTTP created without an answer', () => {
  test('are used: the trainee and every degree have their ids, each with its audit, and nothing is registered twice', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    const before = await stage.audits()
    const id = await settle('use')
    const { contacts, assignments, degrees } = stage.inDttp()
    expect(await stage.trainee()).toMatchObject({
      ...{ dttp_id: contacts[0]?.['contactid'], submitted_for_trn_at: SUBMITTED, state: 1 },
      placement_assignment_dttp_id: assignments[0]?.['dfe_placementassignmentid'],
    })
    const british = degrees.find(({ dfe_name }) => dfe_name === 'Bachelor of Science')?.['dfe_degreequalificationid']
    const foreign = degrees.find(({ dfe_name }) => dfe_name === 'non_enic')?.['dfe_degreequalificationid']
    expect(await stage.degrees()).toMatchObject([
      { id: '7001', dttp_id: british },
      { id: '7002', dttp_id: foreign },
    ])
    const audits = (await stage.audits()).slice(before.length)
    expect(audits).toMatchObject([
      { auditable_type: 'Trainee', associated_type: 'Provider', version: 5 },
      { auditable_type: 'Degree', auditable_id: 7001, associated_type: 'Trainee', associated_id: Number(TRAINEE) },
      { auditable_type: 'Degree', auditable_id: 7002, audited_changes: { dttp_id: [null, foreign] } },
    ])
    expect(new Set(idsOf(audits, 'comment'))).toEqual(new Set([expect.stringContaining(`CR-${id}: asked by`)]))
    expect(await stage.attempts()).toMatchObject([{ outcome: 'registered' }])

    expect(await look(stage, id)).toMatchObject({ status: 'verifying' })
    await runJobs(stage, 'change-trainee-status')
    const { status, lines } = await look(stage, id)
    expect(lines).toEqual([
      '✓ Everything that was changed holds its new value: 4 details are as approved.',
      '✓ DTTP has the trainee, the training record and every degree: The trainee is there. The training record is there. 2 of 2 degrees there.',
      '✓ Both status changes went through: DTTP shows both.',
      expect.stringMatching(/^✓ DTTP will be asked for the TRN/),
    ])
    expect(status).toBe('done')
    expect(stage.inDttp().contacts).toHaveLength(1)
  })

  test('replace one that DTTP no longer has', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    await stage.change(`UPDATE trainees SET dttp_id = 'c0000000-0000-4000-8000-00000000dead'`)
    await settle('use')
    expect(await stage.trainee()).toMatchObject({ dttp_id: stage.inDttp().contacts[0]?.['contactid'] })
  })

  test('are not registered over', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    expect(await blockedBy('again')).toEqual(['records'])
  })

  test('that turn up after the preview make “Register again” out of date', async () => {
    await loseAnswer({ kind: 'lost-request' })
    const id = await approved(stage, 'settle-registration', form('again'))
    const provider = '00000000-0000-4000-8000-00000000000a'
    stage.simulator.state.add('contacts', { dfe_traineeid: '21/22-5901', _parentcustomerid_value: provider })
    expect(await execute(stage.context, id)).toBe('stale')
    expect(await stage.attempts()).toMatchObject([{ outcome: 'unknown' }])
  })

  test('that another trainee was given meanwhile are not used', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    const contact = String(stage.inDttp().contacts[0]?.['contactid'])
    const id = await approved(stage, 'settle-registration', form('use'))
    await stage.change(
      `INSERT INTO trainees (id, slug, provider_id, dttp_id, created_at, updated_at)
       VALUES (1, 'other', 99, $1, now(), now())`,
      contact,
    )
    expect(await execute(stage.context, id)).toBe('failed')
    expect(await stage.trainee()).toMatchObject({ dttp_id: null })
    const { outcome } = await getRequest(stage.context.database, id)
    expect(outcome.problem).toContain('No other trainee in Register has this DTTP record')
  })

  test('are found although the provider has changed the trainee’s id since', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    await stage.change(`UPDATE trainees SET trainee_id = '21/22-changed'`)
    expect(await blockedBy('again')).toEqual(['records'])
    await settle('use')
    expect(await stage.trainee()).toMatchObject({ dttp_id: stage.inDttp().contacts[0]?.['contactid'] })
  })

  test('are found among those of other trainees without an id of their provider’s', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    const own = String(stage.inDttp().contacts[0]?.['contactid'])
    await stage.change(`UPDATE chatops.registration_attempts SET sent_as = sent_as || '{"traineeId": "NOTPROVIDED"}'`)
    stage.simulator.state.add('contacts', { id: own, dfe_traineeid: 'NOTPROVIDED', ...ofProvider })
    for (let other = 1; other <= 7; other++) {
      const dttp_id = `0a000000-0000-4000-8000-00000000000${other}`
      const createdon = '2021-10-27T14:55:00Z'
      stage.simulator.state.add('contacts', { id: dttp_id, dfe_traineeid: 'NOTPROVIDED', createdon, ...ofProvider })
      await stage.change(
        `INSERT INTO trainees (id, slug, provider_id, dttp_id, created_at, updated_at) VALUES ($1, $2, 1, $3, now(), now())`,
        ...[other, `other${other}`, dttp_id],
      )
    }
    const { found } = await checkOf('again', 'records')
    expect(found).toContain(`DTTP has what this registration may have created: record ${own}`)
    await stage.change('DELETE FROM trainees WHERE id < 8')
    expect((await checkOf('again', 'records')).found).toContain('and 3 more. Registering again creates a duplicate if')
    for (let other = 0; other < 50; other++) {
      stage.simulator.state.add('contacts', { dfe_traineeid: 'NOTPROVIDED', ...ofProvider })
    }
    expect(await checkOf('again', 'records')).toMatchObject({ verdict: 'blocks' })
    expect((await checkOf('again', 'records')).found).toContain('more records than we can look at')
    await settle('use', own)
    expect(await stage.trainee()).toMatchObject({ dttp_id: own })
  })

  test('give a trainee who was withdrawn meanwhile their ids, and nothing else', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    await stage.change('UPDATE trainees SET state = 4')
    expect(await blockedBy('again')).toContain('state')
    const before = await stage.jobs('change-trainee-status')
    const id = await settle('use')
    expect(await stage.trainee()).toMatchObject({ dttp_id: stage.inDttp().contacts[0]?.['contactid'], state: 4 })
    expect(await stage.jobs('change-trainee-status')).toEqual(before)
    expect((await look(stage, id)).lines).toEqual([
      expect.stringMatching(/^✓ Everything that was changed/),
      expect.stringMatching(/^✓ DTTP has the trainee/),
    ])
    expect(await stage.attempts()).toMatchObject([{ outcome: 'registered' }])
  })

  test('without their degrees need attention', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    stage.simulator.state.dfe_degreequalifications.clear()
    const id = await settle('use')
    await runJobs(stage, 'change-trainee-status')
    const { status, lines } = await look(stage, id)
    expect(lines.join()).toContain('✗ DTTP has the trainee, the training record and every degree')
    expect(lines.join()).toContain('0 of 2 degrees there.')
    expect(status).toBe('needs-attention')
  })

  test('are given to one of two trainees only, however close the requests are', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    const contact = String(stage.inDttp().contacts[0]?.['contactid'])
    await sendRequest(stage.context, 'settle-registration', form('use'))
    const { rows } = await stage.admin.query(`SELECT change_request_id FROM chatops.open_subjects WHERE subject = $1`, [
      `contacts:${contact}`,
    ])
    expect(rows).toHaveLength(1)
  })

  test('that are half there are for the operations team', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    stage.simulator.state.dfe_placementassignments.clear()
    expect(await blockedBy('use')).toEqual(['records'])
  })

  test('are used as DTTP answered where only saving them failed', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    const { contacts, assignments, degrees } = stage.inDttp()
    const [one, two] = idsOf(degrees, 'dfe_degreequalificationid')
    const ids = {
      contact: contacts[0]?.['contactid'],
      placementAssignment: assignments[0]?.['dfe_placementassignmentid'],
      degrees: { '7001': two, '7002': one }, // not as they look, but as DTTP said
    }
    await stage.change('UPDATE chatops.registration_attempts SET ids = $1', ids)
    await settle('use')
    expect(await stage.degrees()).toMatchObject([{ dttp_id: two }, { dttp_id: one }])
  })
})

describe('a registration that left no trace', () => {
  test('is made again, once, and the trainee ends with one record', async () => {
    await loseAnswer({ kind: 'lost-request' })
    expect(await blockedBy('use')).toEqual(['records'])
    const id = await settle('again')
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    const { status, lines } = await look(stage, id)
    expect(lines.filter((line) => !line.startsWith('✓'))).toEqual([])
    expect(status).toBe('done')
    expect(stage.inDttp().contacts).toHaveLength(1)
    expect(await stage.trainee()).toMatchObject({
      ...{ dttp_id: stage.inDttp().contacts[0]?.['contactid'], submitted_for_trn_at: SUBMITTED },
    })
    const attempts = (await stage.attempts()).map(({ outcome }) => outcome).sort()
    expect(attempts).toEqual(['not-sent', 'registered'])
  })

  test('is not made again while DTTP may still be working on it', async () => {
    await loseAnswer({ kind: 'lost-request' })
    await stage.change('UPDATE chatops.registration_attempts SET sent_at = $1', NOW)
    expect(await blockedBy('again')).toEqual(['records'])
  })

  test('and whose second answer is lost too leads to the same two ways on', async () => {
    await loseAnswer({ kind: 'lost-request' })
    const id = await settle('again')
    stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
    await runJobs(stage, 'register-for-trn')
    const { status, problem, followUps } = await look(stage, id)
    expect(status).toBe('needs-attention')
    expect(problem).toContain('We do not know if DTTP registered this trainee.')
    expect(followUps.map(({ label }) => label)).toEqual(['Use these records', 'Register again'])
    await stage.change(`UPDATE chatops.registration_attempts SET sent_at = sent_at - interval '10 minutes'`)
    await settle('use')
    expect(stage.inDttp().contacts).toHaveLength(1)
  })
})

describe('what is settled', () => {
  test('is also a registration whose worker died before it could say that nobody knows', async () => {
    await loseAnswer({ kind: 'lost-request' })
    await stage.change('UPDATE chatops.registration_attempts SET outcome = NULL')
    await settle('again')
    expect(await stage.attempts()).toMatchObject([{ outcome: 'not-sent' }])
  })

  test('is nothing while the registration is under way', async () => {
    await loseAnswer({ kind: 'lost-request' })
    await stage.change(`UPDATE chatops.jobs SET status = 'waiting', finished_at = NULL WHERE name = 'register-for-trn'`)
    expect(await blockedBy('again')).toEqual(['attempt'])
  })

  test('is nothing twice', async () => {
    await loseAnswer({ kind: 'lost-answer' })
    await settle('use')
    await stage.change(`UPDATE chatops.change_requests SET status = 'done' WHERE status = 'verifying'`)
    expect(await blockedBy('use')).toContain('attempt')
  })
})
