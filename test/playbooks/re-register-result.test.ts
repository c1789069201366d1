import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dealWith } from '../../src/changes/attention.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { purge } from '../../src/changes/sweeps/sweep.ts'
import { Poll } from '../../src/entities/chatops/poll.ts'
import { startPoll } from '../../src/jobs/start/enqueue.ts'
import { NOW, SUBMITTER, TRAINEE, useStage } from '../jobs/stage.ts'
import {
  approved,
  carriedOut,
  FORM,
  LOST_ASSIGNMENT,
  LOST_CONTACT,
  look,
  lose,
  runJobs,
  SUBMITTED,
} from '../registration/setup.ts'
import { DEVELOPER, sendRequest } from '../support/lifecycle.ts'

const stage = useStage()
const reRegister = (form = FORM) => carriedOut(stage, 're-register', form)
const row = async () => {
  const { rows } = await stage.admin.query('SELECT to_jsonb(t) AS row FROM trainees t WHERE id = $1', [TRAINEE])
  return rows[0].row as Record<string, unknown>
}

describe('what is committed', () => {
  test('is the emptied ids and nothing else: the row is byte for byte as it was, and no audit is written', async () => {
    await lose(stage)
    const before = await row()
    const audits = await stage.audits()
    await reRegister()
    expect(await row()).toEqual({ ...before, dttp_id: null, placement_assignment_dttp_id: null })
    expect(before).toMatchObject({ submitted_for_trn_at: SUBMITTED, state: 1 })
    expect(await stage.audits()).toEqual(audits)
  })

  test('is on record with the emptied ids, also once the plan is forgotten', async () => {
    await lose(stage)
    const id = await reRegister()
    const ids = () =>
      stage.admin
        .query(
          `SELECT details -> 'ids' AS ids FROM chatops.ledger WHERE event = 'executed' AND change_request_id = $1`,
          [id],
        )
        .then(({ rows }) => rows)
    const emptied = { dttp_id: [LOST_CONTACT, null], placement_assignment_dttp_id: [LOST_ASSIGNMENT, null] }
    expect(await ids()).toEqual([{ ids: { [`trainees:${TRAINEE}`]: emptied } }])
    await stage.change(
      `UPDATE chatops.change_requests SET status = 'done', finished_at = '2021-10-28' WHERE id = ${id}`,
    )
    const muchLater = { ...stage.context, now: () => new Date('2022-10-28') }
    expect((await getRequest(stage.context.database, id)).plan).not.toBeNull()
    expect(await purge(muchLater, 90 * 86_400_000)).toBeGreaterThan(0) // those of earlier tests of the file as well
    expect((await getRequest(stage.context.database, id)).plan).toBeNull()
    expect(await ids()).toEqual([{ ids: { [`trainees:${TRAINEE}`]: emptied } }])
  })

  test('is the registration at once and the poll in an hour, for four days', async () => {
    await lose(stage)
    const id = await reRegister()
    expect(await stage.jobs('register-for-trn')).toMatchObject([
      { dueAt: new Date(NOW), args: { submitted_by: SUBMITTER }, changeRequestId: id },
    ])
    const [poll] = await stage.jobs('retrieve-trn')
    expect(poll).toMatchObject({ dueAt: new Date('2021-10-27T14:14:00Z'), changeRequestId: id })
    expect(await stage.context.database.manager.findOneBy(Poll, { jobId: poll?.id ?? '' })).toMatchObject({
      timeoutAt: '2021-10-31T13:14:00',
    })
  })

  test('is no earlier poll: one that is live waits for the new record, too', async () => {
    await lose(stage)
    const sql = stage.context.database.manager
    const live = { trainee: TRAINEE, timeoutAt: '2021-10-28T00:00:00', dueAt: new Date(NOW), changeRequest: null }
    const poll = await startPoll(sql, live)
    await reRegister()
    expect(await stage.jobs('retrieve-trn')).toMatchObject([{ id: poll, dueAt: new Date('2021-10-27T14:14:00Z') }])
  })

  test('is only one emptied id where the training record is still there', async () => {
    await lose(stage)
    stage.simulator.state.add('dfe_placementassignments', { id: LOST_ASSIGNMENT })
    await reRegister()
    expect(await row()).toMatchObject({ dttp_id: null, placement_assignment_dttp_id: LOST_ASSIGNMENT })
  })

  test('is nothing but jobs where there is nothing to empty', async () => {
    await lose(stage)
    await stage.change('UPDATE trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL')
    const before = await row()
    await reRegister()
    expect(await row()).toEqual(before)
    expect(await stage.jobs('register-for-trn')).toHaveLength(1)
  })

  test('is nothing where the record has come back to DTTP since the preview', async () => {
    await lose(stage)
    const id = await approved(stage, 're-register', FORM)
    stage.simulator.state.add('contacts', { id: LOST_CONTACT })
    const before = await row()
    expect(await execute(stage.context, id)).toBe('stale')
    expect(await row()).toEqual(before)
    expect(await stage.jobs('register-for-trn')).toEqual([])
    const { outcome } = await getRequest(stage.context.database, id)
    expect(outcome.moved?.checks).toContain('DTTP no longer has the trainee’s record')
  })

  test('is nothing while DTTP does not answer: the request waits', async () => {
    await lose(stage)
    const id = await approved(stage, 're-register', FORM)
    stage.simulator.faults.add({ kind: 'server-error', times: Number.POSITIVE_INFINITY })
    expect(await execute(stage.context, id)).toBe('postponed')
    expect(await row()).toMatchObject({ dttp_id: LOST_CONTACT })
    stage.simulator.faults.clear()
    expect(await execute(stage.context, id)).toBe('executed')
  })

  test('is nothing if something else would change with it', async () => {
    await lose(stage)
    const id = await approved(stage, 're-register', FORM)
    await stage.change(`
      CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.submitted_for_trn_at = NEW.submitted_for_trn_at + interval ''1 microsecond''; RETURN NEW; END';
      CREATE TRIGGER meddle BEFORE UPDATE ON trainees FOR EACH ROW EXECUTE FUNCTION public.meddle()`)
    try {
      expect(await execute(stage.context, id)).toBe('failed')
    } finally {
      await stage.change('DROP FUNCTION public.meddle CASCADE')
    }
    expect(await row()).toMatchObject({ dttp_id: LOST_CONTACT, submitted_for_trn_at: SUBMITTED })
    expect((await getRequest(stage.context.database, id)).outcome.problem).toContain(
      'Only the ids of the missing records are emptied, and nothing is added to the history',
    )
  })
})

describe('each line of the card', () => {
  test('comes true in its turn, from the commit to the last status change', async () => {
    await lose(stage)
    const id = await reRegister()
    expect(await look(stage, id)).toMatchObject({
      status: 'verifying',
      lines: [
        `✓ The state and the exact time of submission are as they were: Submitted on 19 October 2021 at 9am.`,
        '✓ Before the registration the history was exactly as it had been: None was added.',
        '○ The registration ran, and the new ids are set: The registration has not been sent yet.',
        '○ The only new entries in the history are the registration’s own, of the new ids: None is new so far.',
        '✓ The trainee’s timeline shows the same events: The 4 events are as before.',
        '○ DTTP has the trainee, the training record and every degree: Not looked at yet.',
        '○ Both status changes went through: 0 of 2.',
        '✓ DTTP will be asked for the TRN: Next on 27 October 2021 at 3:14pm, and until 31 October 2021 at 1:14pm.',
        '○ DTTP has no second record of the trainee: Not looked at yet.',
      ],
    })

    await runJobs(stage, 'register-for-trn')
    const { contacts } = stage.inDttp()
    expect(await look(stage, id)).toMatchObject({
      status: 'verifying',
      lines: [
        expect.stringMatching(/^✓/),
        expect.stringMatching(/^✓/),
        `✓ The registration ran, and the new ids are set: The new record is ${contacts[0]?.['contactid']}.`,
        '✓ The only new entries in the history are the registration’s own, of the new ids: 3 of 3 are there.',
        expect.stringMatching(/^✓/),
        '✓ DTTP has the trainee, the training record and every degree: The trainee is there. The training record is there. 2 of 2 degrees there.',
        '○ Both status changes went through: 0 of 2.',
        expect.stringMatching(/^✓/),
        '✓ DTTP has no second record of the trainee: None was created since the registration was sent.',
      ],
    })

    await runJobs(stage, 'change-trainee-status')
    const { status, lines } = await look(stage, id)
    expect(lines.filter((line) => !line.startsWith('✓'))).toEqual([])
    expect(lines[6]).toBe('✓ Both status changes went through: DTTP shows both.')
    expect(status).toBe('done')
  })

  const ran = async () => {
    await lose(stage)
    const id = await reRegister()
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    return id
  }

  test.each<[what: string, change: () => unknown, line: number, words: string]>([
    [
      'a microsecond of the time of submission is lost',
      () => stage.change(`UPDATE trainees SET submitted_for_trn_at = submitted_for_trn_at - interval '1 microsecond'`),
      0,
      `It was ${SUBMITTED}, and is 2021-10-19T08:00:00.071529.`,
    ],
    [
      'the time of submission is gone',
      () => stage.change('UPDATE trainees SET submitted_for_trn_at = NULL'),
      0,
      'is empty',
    ],
    ['the trainee is a draft', () => stage.change('UPDATE trainees SET state = 0'), 0, 'The state has changed since.'],
    [
      'an old audit is gone',
      () => stage.change('DELETE FROM audits WHERE version = 2 AND user_id = 7'),
      1,
      'An entry is gone.',
    ],
    [
      'an id is lost again',
      () => stage.change('UPDATE trainees SET dttp_id = NULL'),
      2,
      'Changed since: the DTTP record.',
    ],
    [
      'a degree’s id is lost again',
      () => stage.change('UPDATE degrees SET dttp_id = NULL WHERE id = 7002'),
      2,
      'degree 7002',
    ],
    ['an audit has come from nowhere', () => audit(null, null), 3, '1 that nobody has signed.'],
    [
      'the registration’s audit names more',
      () =>
        stage.change(
          `UPDATE audits SET audited_changes = audited_changes || '{"email": ["a", "b"]}' WHERE id = (SELECT max(id) FROM audits)`,
        ),
      3,
      'They also name Email.',
    ],
    [
      'one of its audits is missing',
      () => stage.change('DELETE FROM audits WHERE id = (SELECT max(id) FROM audits)'),
      3,
      '2 of 3',
    ],
    [
      'the timeline shows another event',
      () =>
        stage.change(
          `UPDATE audits SET audited_changes = '{"postcode": ["a", "b"]}' WHERE version = 3 AND user_id = 7`,
        ),
      4,
      'The events are no longer as they were.',
    ],
    ['DTTP has lost the trainee', () => stage.simulator.state.contacts.clear(), 5, 'The trainee is missing.'],
    ['DTTP has lost a degree', () => loseOne('dfe_degreequalifications'), 5, '1 of 2 degrees there.'],
    [
      'DTTP has lost the training record',
      () => loseOne('dfe_placementassignments'),
      5,
      'The training record is missing.',
    ],
    [
      'the poll ends at another time',
      () => stage.change(`UPDATE chatops.polls SET timeout_at = '2021-10-29'`),
      7,
      'It should be until 31 October',
    ],
    [
      'the poll has failed',
      () =>
        stage.change(
          `UPDATE chatops.jobs SET status = 'failed', finished_at = now(), failure = '{"code": "gone", "words": "DTTP does not have the record.", "at": "2021-10-27T13:14:00Z"}' WHERE name = 'retrieve-trn'`,
        ),
      7,
      'DTTP does not have the record.',
    ],
  ])('is not true if %s', async (_what, change, line, words) => {
    const id = await ran()
    await change()
    const { status, lines, problem } = await look(stage, id)
    expect(lines[line]).toMatch(/^✗/)
    expect(lines[line]).toContain(words)
    expect(status).toBe('needs-attention')
    expect(problem).toBe('The change was made, but the result is not as it should be.')
  })

  test('is true whatever other people do meanwhile, who sign for it', async () => {
    const id = await ran()
    await audit(7, null)
    const { status, lines } = await look(stage, id)
    expect(lines[3]).toBe(
      '✓ The only new entries in the history are the registration’s own, of the new ids: 3 of 3 are there. 1 since then by other people or jobs.',
    )
    expect(lines[4]).toBe('✓ The trainee’s timeline shows the same events: The 4 events are as before.')
    expect(status).toBe('done')
  })

  test('is true when the TRN has come already', async () => {
    const id = await ran()
    stage.simulator.state.giveTrn(String((await stage.trainee()).dttp_id), { trn: '3999999' })
    await stage.change(`UPDATE chatops.jobs SET due_at = '2021-10-27' WHERE name = 'retrieve-trn'`)
    await runJobs(stage, 'retrieve-trn')
    const { status, lines } = await look(stage, id)
    expect(lines[7]).toBe('✓ DTTP will be asked for the TRN: The TRN has arrived.')
    expect(lines.filter((line) => !line.startsWith('✓'))).toEqual([])
    expect(status).toBe('done')
  })

  test('tells what Register tidies on its save, if that was foreseen', async () => {
    await lose(stage)
    await stage.change(`UPDATE trainees SET first_names = ' Demo  Trainee'`)
    const id = await reRegister()
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    const { status, lines } = await look(stage, id)
    expect(lines[4]).toBe(
      '✓ The trainee’s timeline shows the same events: The 4 events are as before. 1 is new, as foreseen: First names.',
    )
    expect(status).toBe('done')
  })

  test('waits for a DTTP that does not answer, and half an hour later needs attention', async () => {
    const id = await ran()
    stage.simulator.faults.add({ kind: 'server-error', times: Number.POSITIVE_INFINITY })
    expect(await look(stage, id)).toMatchObject({
      status: 'verifying',
      lines: expect.arrayContaining([
        '○ DTTP has the trainee, the training record and every degree: DTTP did not answer.',
        '○ Both status changes went through: DTTP did not answer.',
      ]),
    })
    const { now } = stage.context
    stage.context.now = () => new Date(Date.parse(NOW) + 30 * 60_000)
    const { status } = await look(stage, id)
    stage.context.now = now
    expect(status).toBe('needs-attention')
  })

  test('is one line if the trainee is gone', async () => {
    await lose(stage)
    const id = await reRegister()
    await stage.change('DELETE FROM trainees')
    expect(await look(stage, id)).toMatchObject({
      status: 'needs-attention',
      lines: ['✗ The registration ran, and the new ids are set: The trainee is no longer in Register.'],
    })
  })
})

describe('what somebody has dealt with', () => {
  const actor = DEVELOPER
  const isDealtWith = async (id: string) => {
    await look(stage, id)
    return (await getRequest(stage.context.database, id)).dealtBy === actor
  }

  test('stays so while DTTP is silent, and when it says the same again', async () => {
    const id = await lost()
    await dealWith(stage.context, { id, actor })
    stage.simulator.faults.add({ kind: 'server-error', times: Number.POSITIVE_INFINITY })
    expect(await isDealtWith(id)).toBe(true)
    expect((await look(stage, id)).lines[5]).toContain('DTTP did not answer.')
    stage.simulator.faults.clear()
    expect(await isDealtWith(id)).toBe(true)
    expect((await look(stage, id)).lines[5]).toContain('2 of 2 degrees there.')
  })

  test('stays so when people save the trainee in Register', async () => {
    const id = await lost()
    await stage.change('DELETE FROM audits WHERE id = (SELECT max(id) FROM audits)')
    await look(stage, id)
    await dealWith(stage.context, { id, actor })
    await audit(7, null)
    expect(await isDealtWith(id)).toBe(true)
  })

  test('is back when fewer records are there', async () => {
    const id = await lost()
    await dealWith(stage.context, { id, actor })
    const { dfe_degreequalifications: degrees } = stage.simulator.state
    degrees.delete([...degrees.keys()][0] ?? '')
    expect(await isDealtWith(id)).toBe(false)
  })

  test('is back when what was wrong has been right meanwhile', async () => {
    const id = await lost()
    await dealWith(stage.context, { id, actor })
    const { contact } = (await stage.attempts())[0]?.ids ?? {}
    stage.simulator.state.add('contacts', { id: contact ?? '' })
    expect(await isDealtWith(id)).toBe(true)
    stage.simulator.state.contacts.delete(contact ?? '')
    expect(await isDealtWith(id)).toBe(false)
  })

  /** A registration whose record somebody has deleted in DTTP since. */
  async function lost(): Promise<string> {
    await lose(stage)
    const id = await reRegister()
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    stage.simulator.state.contacts.delete(String((await stage.trainee()).dttp_id))
    expect((await look(stage, id)).lines[5]).toContain('The trainee is missing.')
    return id
  }
})

describe('a registration that fails', () => {
  test('needs attention, says why, and can be asked for again: nothing is left to empty', async () => {
    await lose(stage)
    const id = await reRegister()
    stage.simulator.faults.add({ kind: 'refused', path: '$batch' })
    await runJobs(stage, 'register-for-trn')
    const { status, lines, followUps } = await look(stage, id)
    expect(status).toBe('needs-attention')
    expect(lines[2]).toContain('✗ The registration ran, and the new ids are set: DTTP refused it')
    expect(lines[3]).toBe(
      '✓ The only new entries in the history are the registration’s own, of the new ids: 0 of 0 are there.',
    )
    expect(lines[5]).toContain('Not looked at, as the registration failed.')
    expect(lines[6]).toContain('Not started, as the registration failed.')
    expect(followUps).toEqual([{ label: 'Register again', playbook: 're-register', values: { subject: 'slug5901' } }])
    expect(await stage.trainee()).toMatchObject({ dttp_id: null, submitted_for_trn_at: SUBMITTED, state: 1 })

    const again = await reRegister()
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    expect(await look(stage, again)).toMatchObject({ status: 'done' })
    expect(stage.inDttp().contacts).toHaveLength(1)
  })
})

describe('another record of the trainee in DTTP', () => {
  const PROVIDER = '00000000-0000-4000-8000-00000000000a'
  const add = (columns: Record<string, string | number | boolean> = {}) =>
    stage.simulator.state.add('contacts', {
      ...{ dfe_traineeid: '21/22-5901', _parentcustomerid_value: PROVIDER, createdon: NOW },
      ...columns,
    })
  const line = 'DTTP has no second record of the trainee'

  async function registerAgain(): Promise<string> {
    await lose(stage)
    const id = await reRegister()
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    return id
  }

  test('that was created since needs attention, and both are named', async () => {
    const id = await registerAgain()
    const second = add()
    const { status, lines, problem } = await look(stage, id)
    expect(status).toBe('needs-attention')
    expect(lines.at(-1)).toBe(`✗ ${line}: It also has ${second}.`)
    const { dttp_id } = await stage.trainee()
    expect(problem).toContain(`Register names ${dttp_id}.`)
    expect(problem).toContain(second)
  })

  test.each<[string, () => unknown]>([
    ['that was there before', () => add({ createdon: '2021-10-27T13:08:59Z' })],
    ['of another provider', () => add({ _parentcustomerid_value: SUBMITTER })],
    ['that is not in use', () => stage.simulator.state.deactivate('contacts', add())],
    ['that Register has for another trainee', () => giveToAnother(add())],
  ])('%s is none', async (_, appear) => {
    const id = await registerAgain()
    await appear()
    const { status, lines } = await look(stage, id)
    expect(status).toBe('done')
    expect(lines.at(-1)).toBe(`✓ ${line}: None was created since the registration was sent.`)
  })

  test('that the first sending would have created counts, also where a later one registered', async () => {
    await lose(stage)
    const id = await reRegister()
    stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
    await runJobs(stage, 'register-for-trn')
    const second = add({ createdon: '2021-10-27T13:10:00Z' })
    stage.context = { ...stage.context, now: () => new Date(Date.parse(NOW) + 30 * 60_000) }
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    expect((await look(stage, id)).lines.at(-1)).toContain(second)
    stage.context = { ...stage.context, now: () => new Date(NOW) }
  })

  test('is only said where the provider gave the trainee no id: it may be anybody’s', async () => {
    const id = await registerAgain()
    await stage.change('UPDATE trainees SET trainee_id = NULL')
    const second = add({ dfe_traineeid: 'NOTPROVIDED' })
    const { status, lines } = await look(stage, id)
    expect(status).toBe('done')
    expect(lines.at(-1)).toBe(
      `✓ ${line}: The provider gave the trainee no id of theirs, so these may be somebody else’s: ${second}.`,
    )
  })

  async function giveToAnother(contact: string): Promise<void> {
    await stage.change(
      `INSERT INTO trainees SELECT (jsonb_populate_record(t, jsonb_build_object('id', 5902, 'slug', 'slug5902', 'dttp_id', $1::text))).*
       FROM trainees t WHERE id = 5901`,
      contact,
    )
  }
})

describe('a registration without an answer', () => {
  const at = (minutes: number) => {
    stage.context = { ...stage.context, now: () => new Date(Date.parse(NOW) + minutes * 60_000) }
  }
  afterEach(() => at(0))

  async function unanswered(kind: 'lost-answer' | 'lost-request', times = 1): Promise<string> {
    await lose(stage)
    const id = await reRegister()
    // Approved when it was executed; the database's own clock says otherwise.
    await stage.change('UPDATE chatops.change_requests SET decided_at = $1 WHERE id = $2', NOW, id)
    stage.simulator.faults.add({ kind, path: '$batch', times })
    await runJobs(stage, 'register-for-trn')
    return id
  }

  test('is asked about without anybody, and the card says so for as long as that may last', async () => {
    const id = await unanswered('lost-request', Number.POSITIVE_INFINITY)
    at(8 * 60)
    const { status, lines, problem, followUps } = await look(stage, id)
    expect({ status, problem, followUps }).toEqual({ status: 'verifying', problem: undefined, followUps: [] })
    expect(lines[2]).toBe(
      '○ The registration ran, and the new ids are set: We sent the registration on 27 October 2021 at 2:14pm and got no reply. We ask DTTP again until 28 October 2021 at 2:14pm, and send it again only if it is not there. It cannot be registered twice.',
    )
    await expect(sendRequest(stage.context, 're-register', FORM)).rejects.toThrow('blocked')
  })

  test.each(['lost-answer', 'lost-request'] as const)('(%s) ends as approved once DTTP has it', async (kind) => {
    const id = await unanswered(kind)
    at(2)
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    expect((await look(stage, id)).status).toBe('done')
    expect(stage.inDttp().contacts).toHaveLength(1)
  })

  test('that DTTP confirms hours later is followed up as long as any other', async () => {
    const id = await unanswered('lost-answer')
    at(8 * 60)
    await runJobs(stage, 'register-for-trn')
    at(8 * 60 + 20)
    expect((await look(stage, id)).status).toBe('verifying')
    at(8 * 60 + 31)
    expect(await look(stage, id)).toMatchObject({ status: 'needs-attention' })
  })

  test('does not fail the poll for a TRN, which goes on once there is a record', async () => {
    await unanswered('lost-request', Number.POSITIVE_INFINITY)
    at(61)
    await runJobs(stage, 'retrieve-trn')
    expect(await stage.jobs('retrieve-trn')).toMatchObject([
      { status: 'waiting', dueAt: new Date(Date.parse(NOW) + 121 * 60_000) },
    ])
  })

  test('for a working day needs attention; the next request takes its ids over', async () => {
    const id = await unanswered('lost-request', Number.POSITIVE_INFINITY)
    at(24 * 60)
    await runJobs(stage, 'register-for-trn')
    const { status, problem, followUps } = await look(stage, id)
    expect(status).toBe('needs-attention')
    expect(problem).toContain('You can register the trainee again: it cannot be registered twice.')
    expect(followUps).toEqual([{ label: 'Register again', playbook: 're-register', values: { subject: 'slug5901' } }])
    stage.simulator.faults.clear()
    const next = await reRegister()
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    expect((await look(stage, next)).status).toBe('done')
    expect(stage.inDttp().contacts).toHaveLength(1)
    expect(new Set((await stage.attempts()).map(({ ownIds }) => ownIds?.contact)).size).toBe(1)
    expect((await look(stage, id)).lines[2]).toContain('Another request has settled it')
  })

  test('of which DTTP has the record after all: the next request saves it, and creates nothing', async () => {
    const id = await unanswered('lost-answer')
    stage.simulator.faults.add({ kind: 'server-error', method: 'GET', times: 9 })
    at(24 * 60)
    await runJobs(stage, 'register-for-trn')
    stage.simulator.faults.clear()
    expect((await look(stage, id)).status).toBe('needs-attention')
    const next = await reRegister()
    await runJobs(stage, 'register-for-trn', 'change-trainee-status')
    expect((await look(stage, next)).status).toBe('done')
    expect(stage.inDttp().contacts).toHaveLength(1)
  })
})

describe('a registration without an answer, and without ids of ours', () => {
  beforeEach(() => {
    stage.context = { ...stage.context, ownIds: false }
  })
  afterEach(() => {
    stage.context = { ...stage.context, ownIds: true }
  })

  test('is unknown: the card shows what DTTP has now, and the two ways on', async () => {
    await lose(stage)
    const id = await reRegister()
    stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
    await runJobs(stage, 'register-for-trn')
    const { status, lines, problem, followUps } = await look(stage, id)
    expect(status).toBe('needs-attention')
    const [contact] = stage.inDttp().contacts
    expect(lines[2]).toContain(
      `Nobody knows. DTTP now shows record ${contact?.['contactid']} with 1 training record and 2 degrees.`,
    )
    expect(problem).toContain('We do not know if DTTP registered this trainee.')
    expect(problem).toContain(
      'We sent the registration on 27 October 2021 at 2:14pm and got no reply. It may have worked.',
    )
    expect(problem).toContain('Do not register or retry this trainee.')
    expect(problem).toContain(
      'check the DTTP records listed below, then choose “Use these records” or “Register again”.',
    )
    const trainee = 'slug5901'
    expect(followUps).toEqual([
      { label: 'Use these records', playbook: 'settle-registration', values: { subject: trainee, decision: 'use' } },
      { label: 'Register again', playbook: 'settle-registration', values: { subject: trainee, decision: 'again' } },
    ])
    await expect(sendRequest(stage.context, 're-register', FORM)).rejects.toThrow('blocked')
  })

  test('and without a trace says so, and so it does if DTTP is still silent', async () => {
    await lose(stage)
    const id = await reRegister()
    stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
    await runJobs(stage, 'register-for-trn')
    expect((await look(stage, id)).lines[2]).toContain('DTTP shows no record that it could have created.')

    await stage.change(`UPDATE chatops.registration_attempts SET outcome = 'not-sent'`)
    const second = await reRegister()
    stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
    await runJobs(stage, 'register-for-trn')
    stage.simulator.faults.add({ kind: 'server-error', times: Number.POSITIVE_INFINITY })
    expect((await look(stage, second)).lines[2]).toContain('DTTP did not answer when we looked for the records.')
  })
})

function loseOne(set: 'dfe_degreequalifications' | 'dfe_placementassignments'): void {
  const [id] = stage.simulator.state[set].keys()
  stage.simulator.state.delete(set, id ?? '')
}

async function audit(user: number | null, comment: string | null): Promise<void> {
  await stage.change(
    `INSERT INTO audits (auditable_type, auditable_id, action, audited_changes, version, user_id, comment, created_at)
     VALUES ('Trainee', $1, 'update', '{"town_city": ["a", "b"]}', 9, $2, $3, now())`,
    ...[TRAINEE, user, comment],
  )
}
