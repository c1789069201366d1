import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../sandbox/dttp/index.ts'
import type { RegistrationStep } from '../../src/jobs/registration/steps.ts'
import type { World } from '../../src/world.ts'
import { INACTIVE, NOW, SUBMITTER, TRAINEE, useStage } from './stage.ts'

const stage = useStage()

const ARGS = { submitted_by: SUBMITTER }
const STATUS = 'Prospective trainee - TREFNO requested'
const ANY_ID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
const ANOTHER_RECORD = '99999999-0000-4000-8000-000000000001'

const addRegistration = () => stage.add('register-for-trn', ARGS)
const batches = () => stage.simulator.requestsTo('$batch')

async function register(context?: World): Promise<string> {
  const id = await addRegistration()
  await stage.run(id, context)
  return id
}

async function failureOf(id: string) {
  const { status, failure } = await stage.job(id)
  return { status, code: failure?.code, words: failure?.words, urns: failure?.urns }
}

/** DTTP chooses the ids, as it does for Register's own jobs. */
function withoutOwnIds(): void {
  beforeEach(() => {
    stage.context = { ...stage.context, ownIds: false }
  })
  afterEach(() => {
    stage.context = { ...stage.context, ownIds: true }
  })
}

/** Nothing was sent, nothing was written, and nothing stands in the way of another try. */
async function nothingHappened() {
  expect(batches()).toEqual([])
  expect(await stage.audits()).toEqual([])
  expect(await stage.attempts()).toEqual([])
  expect((await stage.degrees()).map(({ dttp_id }) => dttp_id)).toEqual([null, null])
  expect(await stage.jobs('change-trainee-status')).toEqual([])
}

describe('a registration', () => {
  test('creates contact, placement assignment and degrees in one batch, each pointing to the others', async () => {
    await register()
    expect(batches()).toHaveLength(1)
    const { contacts, assignments, degrees } = stage.inDttp()
    expect(contacts).toMatchObject([
      {
        dfe_traineeid: '21/22-5901',
        birthdate: '1990-01-01',
        dfe_trnassessmentdate: NOW,
        _dfe_createdbyid_value: SUBMITTER,
      },
    ])
    const [contact] = contacts
    expect(assignments).toMatchObject([
      {
        _dfe_contactid_value: contact?.['contactid'],
        _dfe_leadschoolid_value: '00000000-0000-4000-8000-000000000010',
        _dfe_employingschoolid_value: '00000000-0000-4000-8000-000000000009',
      },
    ])
    const [assignment] = assignments
    const links = {
      _dfe_contactid_value: contact?.['contactid'],
      _dfe_trainingrecordid_value: assignment?.['dfe_placementassignmentid'],
    }
    expect(degrees).toMatchObject([
      { dfe_name: 'Bachelor of Science', ...links },
      { dfe_name: 'non_enic', ...links },
    ])
  })

  test('saves the ids that DTTP gave, on the trainee and on each degree', async () => {
    const id = await register()
    const { contacts, assignments, degrees } = stage.inDttp()
    const ids = {
      contact: contacts[0]?.['contactid'],
      placementAssignment: assignments[0]?.['dfe_placementassignmentid'],
    }
    expect(await stage.trainee()).toMatchObject({
      dttp_id: ids.contact,
      placement_assignment_dttp_id: ids.placementAssignment,
    })
    expect((await stage.degrees()).map(({ dttp_id }) => dttp_id)).toEqual(
      degrees.map((degree) => degree['dfe_degreequalificationid']),
    )
    expect(await stage.job(id)).toMatchObject({ status: 'done', failure: null, result: ids })
    expect(await stage.attempts()).toMatchObject([{ jobId: id, outcome: 'registered', ids }])
  })

  test('writes the audits that Register writes, with what every save changes besides', async () => {
    const id = await register()
    const { dttp_id, placement_assignment_dttp_id, first_names, updated_at } = await stage.trainee()
    const [first, second] = await stage.degrees()
    const common = { action: 'update', version: 1, user_id: null, user_type: null, username: null }
    const comment = 'trainee-chatops job register-for-trn'
    const audits = await stage.audits()
    expect(audits).toMatchObject([
      {
        ...{ ...common, auditable_type: 'Trainee', auditable_id: 5901, associated_type: 'Provider', associated_id: 1 },
        comment,
        audited_changes: {
          dttp_id: [null, dttp_id],
          placement_assignment_dttp_id: [null, placement_assignment_dttp_id],
          first_names: [' Demo  Trainee', 'Demo Trainee'],
        },
      },
      ...[first, second].map((degree) => ({
        ...{ ...common, auditable_type: 'Degree', auditable_id: Number(degree?.id) },
        ...{ associated_type: 'Trainee', associated_id: 5901, comment },
        audited_changes: { dttp_id: [null, degree?.dttp_id] },
      })),
    ])
    expect(audits.map(({ audited_changes }) => Object.keys(audited_changes as object).length)).toEqual([3, 1, 1])
    expect(new Set(audits.map(({ request_uuid }) => request_uuid)).size).toBe(3)
    expect(first_names).toBe('Demo Trainee')
    expect(updated_at).not.toBe('2021-10-20T09:15:27.123456')
    expect((await stage.job(id)).status).toBe('done')
  })

  test('asks for the two status changes, which DTTP then shows on both records', async () => {
    await register()
    const changes = await stage.jobs('change-trainee-status')
    expect(changes.map(({ args, traineeId, dueAt }) => ({ args, traineeId, dueAt }))).toEqual(
      expect.arrayContaining(
        ['contact', 'placement_assignment'].map((entity) => ({
          args: { status: STATUS, entity },
          traineeId: TRAINEE,
          dueAt: new Date(NOW),
        })),
      ),
    )
    expect(changes).toHaveLength(2)
    for (const { id } of changes) await stage.run(id)
    const { contacts, assignments } = stage.inDttp()
    const status = { _dfe_traineestatusid_value: '275af972-9e1b-e711-80c7-0050568902d3' }
    expect([contacts, assignments]).toMatchObject([[status], [status]])
  })

  test('takes the request that it belongs to along', async () => {
    const id = await addRegistration()
    await stage.change(`INSERT INTO chatops.change_requests (id, playbook, playbook_version, requester, channel, subjects,
      digest) VALUES (12, 're-register', 1, 'U01SUPPORT', 'C01SUPPORT', '{}', repeat('0', 64))`)
    await stage.change('UPDATE chatops.jobs SET change_request_id = 12 WHERE id = $1', id)
    await stage.run(id)
    const changes = await stage.jobs('change-trainee-status')
    expect(changes.map(({ changeRequestId }) => changeRequestId)).toEqual(['12', '12'])
    expect((await stage.audits())[0]).toMatchObject({ comment: 'trainee-chatops job register-for-trn, CR-12' })
    const { rows } = await stage.admin.query(`SELECT 1 FROM chatops.outbox WHERE kind IN ('thread', 'direct')`)
    expect(rows).toEqual([]) // the request's card shows it
  })

  test('that somebody also made in DTTP meanwhile is saved, and the second record is named', async () => {
    const second = 'c2222222-0000-4000-8000-000000000001'
    const provider = '00000000-0000-4000-8000-00000000000a'
    const id = await register({
      ...stage.context,
      onJobStep: async (step: string) => {
        if (step !== 'answered') return
        stage.simulator.state.add('contacts', {
          ...{ id: second, dfe_traineeid: '21/22-5901', _parentcustomerid_value: provider },
        })
      },
    })
    expect(await stage.job(id)).toMatchObject({ status: 'done', result: { second: expect.stringContaining(second) } })
    const entries = await stage.context.database.query('SELECT failure FROM chatops.alert_entries')
    expect(entries).toMatchObject([{ failure: { code: 'second-record', words: expect.stringContaining(second) } }])
  })

  test('leaves a degree alone that was deleted while DTTP answered', async () => {
    const context = at('answered', () => stage.change('DELETE FROM public.degrees WHERE id = 7001'))
    await register(context)
    expect(await stage.degrees()).toMatchObject([{ id: '7002', dttp_id: ANY_ID }])
    expect((await stage.audits()).map(({ auditable_type }) => auditable_type)).toEqual(['Trainee', 'Degree'])
  })
})

describe('nothing is sent', () => {
  test('while Register’s flag is off, and the job says so instead of succeeding', async () => {
    const register = { ...stage.context.register, isEnabled: (flag: string) => flag !== 'persist_to_dttp' }
    const id = await addRegistration()
    await stage.run(id, { ...stage.context, register })
    expect(await failureOf(id)).toMatchObject({
      status: 'failed',
      code: 'switched-off',
      words: 'Register’s feature flag persist_to_dttp is off, so the job does nothing.',
    })
    await nothingHappened()
  })

  test('where the trainee has a DTTP record already', async () => {
    await stage.change('UPDATE public.trainees SET dttp_id = $1', ANOTHER_RECORD)
    const id = await register()
    expect(await failureOf(id)).toMatchObject({
      status: 'failed',
      code: 'already-registered',
      words: `The trainee has a DTTP record already (${ANOTHER_RECORD}), so we sent nothing.`,
    })
    await nothingHappened()
  })

  test('where they have one and something is missing besides: the record is what matters', async () => {
    await stage.change('UPDATE public.trainees SET dttp_id = $1, gender = NULL', ANOTHER_RECORD)
    expect(await failureOf(await register())).toMatchObject({ code: 'already-registered' })
  })

  test('where they were given one while we prepared', async () => {
    const id = await register(at('read', () => stage.change('UPDATE public.trainees SET dttp_id = $1', ANOTHER_RECORD)))
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'already-registered' })
    await nothingHappened()
  })

  test.each([
    ['before we looked', (): World => stage.context, true],
    ['while we prepared', () => at('read', () => stage.change('DELETE FROM public.trainees')), false],
  ])('where the trainee was deleted %s', async (_, contextOf, first) => {
    if (first) await stage.change('DELETE FROM public.trainees')
    const id = await register(contextOf())
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'trainee-gone' })
    await nothingHappened()
  })

  test('for a school that is not active in DTTP, which is named by its URN', async () => {
    await stage.change(`UPDATE public.dttp_schools SET status_code = $1 WHERE urn = '900009'`, INACTIVE)
    const id = await register()
    expect(await failureOf(id)).toEqual({
      status: 'failed',
      code: 'school-not-active',
      words: 'We sent nothing to DTTP. The employing school (URN 900009) is not an active school in DTTP.',
      urns: ['900009'],
    })
    await nothingHappened()
  })

  test('for two such schools, both of which are named', async () => {
    await stage.change('DELETE FROM public.dttp_schools')
    const { code, urns } = await failureOf(await register())
    expect({ code, urns }).toEqual({ code: 'school-not-active', urns: ['900010', '900009'] })
  })

  test('for anything else that is missing: all of it is named, schools too', async () => {
    await stage.change(`UPDATE public.dttp_schools SET status_code = $1 WHERE urn = '900009'`, INACTIVE)
    await stage.change('UPDATE public.trainees SET commencement_date = NULL')
    await stage.change(`UPDATE public.degrees SET institution = 'A private name' WHERE id = 7001`)
    const id = await stage.add('register-for-trn', { submitted_by: null })
    await stage.run(id)
    const { code, words, urns } = await failureOf(id)
    expect({ code, urns }).toEqual({ code: 'incomplete', urns: ['900009'] })
    expect(words).toBe(
      'We sent nothing to DTTP. The user who submitted the trainee has no DTTP id. ' +
        'The date the trainee started (commencement date) is not set. ' +
        'The institution of a degree is not one that DTTP has a code for. ' +
        'The employing school (URN 900009) is not an active school in DTTP.',
    )
    await nothingHappened()
  })

  test.each([{}, { submitted_by: 'nobody' }, { submitted_by: SUBMITTER, trainee: 1 }])(
    'for a job with the arguments %j',
    async (args) => {
      const id = await stage.add('register-for-trn', args)
      await stage.run(id)
      expect(await failureOf(id)).toMatchObject({ status: 'waiting', code: 'other-version' })
      await nothingHappened()
    },
  )

  test('where a registration of the trainee is unsettled, until somebody settles it', async () => {
    stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
    const first = await register()
    const second = await register()
    expect(batches()).toHaveLength(1)
    expect(await failureOf(second)).toMatchObject({
      status: 'failed',
      code: 'outcome-unknown',
      words:
        'A registration of this trainee was sent on 27 October 2021 at 2:14pm, and nobody knows yet whether it worked. This one sent nothing.',
    })
    await stage.change(`UPDATE chatops.registration_attempts SET outcome = 'not-sent' WHERE job_id = $1`, first)
    expect((await stage.job(await register())).status).toBe('done')
  })
})

describe('what DTTP did not do is known not to have happened', () => {
  const faults: [Fault['kind'], Fault, string][] = [
    ['refused', { kind: 'refused', path: '$batch' }, 'dttp-refused'],
    ['rate-limited', { kind: 'rate-limited', path: '$batch' }, 'dttp-unavailable'],
    ['unauthorised', { kind: 'unauthorised', path: '$batch', times: 2 }, 'dttp-unauthorised'],
    ['server-error', { kind: 'server-error', path: 'token', times: 9 }, 'dttp-unavailable'],
  ]

  test.each(faults)('%s: it fails at once, and another job may register', async (_, fault, code) => {
    stage.simulator.faults.add(fault)
    const id = await register()
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code })
    expect(await stage.attempts()).toMatchObject([{ jobId: id, outcome: 'not-sent', ids: null }])
    expect(await stage.audits()).toEqual([])
    expect(stage.inDttp()).toEqual({ contacts: [], assignments: [], degrees: [] })
    stage.simulator.faults.clear()
    expect((await stage.job(await register())).status).toBe('done')
    expect(stage.inDttp().contacts).toHaveLength(1)
  })

  test('a reference that DTTP does not know: the whole batch is undone', async () => {
    await stage.change(`UPDATE public.dttp_schools SET dttp_id = $1 WHERE urn = '900009'`, ANOTHER_RECORD)
    const id = await register()
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'dttp-refused' })
    expect(stage.inDttp()).toEqual({ contacts: [], assignments: [], degrees: [] })
  })

  test('a worker that dies with DTTP’s refusal on record passes it on, and sends nothing again', async () => {
    stage.simulator.faults.add({ kind: 'refused', path: '$batch' })
    const id = await addRegistration()
    await stage.change(`CREATE FUNCTION chatops.fail_late() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'stopped' USING ERRCODE = '57P01'; END $$`)
    await stage.change(`CREATE TRIGGER fail_late BEFORE UPDATE ON chatops.jobs FOR EACH ROW
      WHEN (NEW.status IN ('failed', 'waiting')) EXECUTE FUNCTION chatops.fail_late()`)
    try {
      await stage.run(id).catch(() => {})
    } finally {
      await stage.change('DROP FUNCTION chatops.fail_late CASCADE')
    }
    expect((await stage.job(id)).status).toBe('running')
    await leaseEnds(id)
    await stage.run(id)
    expect(batches()).toHaveLength(1)
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'dttp-refused' })
  })
})

describe('without ids of our own, where nobody knows whether DTTP did it', () => {
  withoutOwnIds()

  const faults: [string, Fault, number][] = [
    ['the answer is lost after the write', { kind: 'lost-answer', path: '$batch' }, 1],
    ['the answer is cut off after the write', { kind: 'cut-answer', path: '$batch' }, 1],
    ['the answer cannot be read', { kind: 'garbled', path: '$batch' }, 1],
    ['the server fails after the write', { kind: 'server-error', path: '$batch', performed: true }, 1],
    ['no answer comes after the write', { kind: 'hang', path: '$batch', performed: true }, 1],
    ['the connection is lost before the write', { kind: 'lost-request', path: '$batch' }, 0],
    ['no answer comes, and there was no write', { kind: 'hang', path: '$batch' }, 0],
  ]

  test.each(faults)('%s: it ends so, and is never sent again', async (_, fault, created) => {
    stage.simulator.faults.add(fault)
    const id = await register()
    expect(await failureOf(id)).toMatchObject({
      status: 'failed',
      code: 'outcome-unknown',
      words:
        'We sent the registration on 27 October 2021 at 2:14pm and got no reply that we could read. It may have worked. A developer needs to check what DTTP holds.',
    })
    expect(await stage.attempts()).toMatchObject([{ jobId: id, outcome: 'unknown', ids: null }])
    expect(await stage.run(id)).toBeNull()
    expect(batches()).toHaveLength(1)
    expect(stage.inDttp().contacts).toHaveLength(created)
    expect(await stage.trainee()).toMatchObject({ dttp_id: null, updated_at: '2021-10-20T09:15:27.123456' })
    expect(await stage.audits()).toEqual([])
    expect(await stage.jobs('change-trainee-status')).toEqual([])
  })
})

describe('a worker that died', () => {
  async function leftAttempt(columns: { outcome?: string; ids?: object } = {}): Promise<string> {
    const id = await addRegistration()
    await stage.change(`UPDATE chatops.jobs SET status = 'running', run = 1, lease_until = now() - interval '1 second'`)
    await stage.change(
      `INSERT INTO chatops.registration_attempts (job_id, trainee_id, sent_at, outcome, ids) VALUES ($1, $2, $3, $4, $5)`,
      ...[id, TRAINEE, NOW, columns.outcome ?? null, columns.ids ?? null],
    )
    return id
  }

  test('about to send leaves a registration that nobody knows of: nothing is sent, and it is on record so', async () => {
    const id = await leftAttempt()
    await stage.run(id)
    expect(batches()).toEqual([])
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'outcome-unknown' })
    expect(await stage.attempts()).toMatchObject([{ jobId: id, outcome: 'unknown', ids: null }])
  })

  test('and was given up by two people saves nothing, whatever DTTP answered', async () => {
    const ids = { contact: randomUUID(), placementAssignment: randomUUID(), degrees: {} }
    const id = await leftAttempt({ outcome: 'not-sent', ids })
    await stage.run(id)
    expect(batches()).toEqual([])
    expect(await failureOf(id)).toMatchObject({
      ...{ status: 'failed', code: 'outcome-unknown', words: expect.stringContaining('Two people have settled') },
    })
    expect((await stage.trainee()).dttp_id).toBeNull()
  })

  test('with that on record is followed by one that ends so, too', async () => {
    const id = await leftAttempt({ outcome: 'unknown' })
    await stage.run(id)
    expect(batches()).toEqual([])
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'outcome-unknown' })
  })

  test.each([null, 'unknown'])(
    'with DTTP’s answer on record (%s) is followed by one that saves it',
    async (outcome) => {
      const ids = { contact: randomUUID(), placementAssignment: randomUUID(), degrees: { 7001: randomUUID() } }
      const id = await leftAttempt({ ids, ...(outcome ? { outcome } : {}) })
      const register = { ...stage.context.register, isEnabled: () => false }
      await stage.run(id, { ...stage.context, register })
      expect(batches()).toEqual([])
      expect((await stage.job(id)).status).toBe('done')
      expect((await stage.trainee()).dttp_id).toBe(ids.contact)
      expect((await stage.degrees()).map(({ dttp_id }) => dttp_id)).toEqual([ids.degrees[7001], null])
      expect(await stage.attempts()).toMatchObject([{ outcome: 'registered' }])
    },
  )
})

describe('run twice', () => {
  test('the job does nothing the second time', async () => {
    const id = await register()
    const audits = await stage.audits()
    expect(await stage.run(id)).toBeNull()
    expect(batches()).toHaveLength(1)
    expect(await stage.audits()).toEqual(audits)
  })

  test('what DTTP was told of the trainee is kept no longer than somebody may have to look', async () => {
    stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
    await register()
    expect(await stage.attempts()).toMatchObject([
      { outcome: 'unknown', sentAs: { traineeId: expect.any(String), provider: expect.any(String) } },
    ])
    await stage.change(`UPDATE chatops.registration_attempts SET outcome = 'not-sent'`)
    await register()
    expect((await stage.attempts()).find(({ outcome }) => outcome === 'registered')).toMatchObject({ sentAs: null })
  })

  test('a second job finds the trainee registered', async () => {
    await register()
    expect(await failureOf(await register())).toMatchObject({ code: 'already-registered' })
    expect(batches()).toHaveLength(1)
  })

  test('two workers that start the job at the same moment send it once', async () => {
    const id = await addRegistration()
    await Promise.all([stage.run(id), stage.run(id), stage.run(id)])
    expect(batches()).toHaveLength(1)
    expect((await stage.job(id)).status).toBe('done')
    expect(await stage.audits()).toHaveLength(3)
  })

  test('of two jobs for one trainee at the same moment one sends', async () => {
    stage.simulator.faults.add({ kind: 'slow', ms: 300, path: '$batch' })
    const ids = await Promise.all([addRegistration(), addRegistration()])
    await Promise.all(ids.map((id) => stage.run(id)))
    expect(batches()).toHaveLength(1)
    const [one, other] = (await Promise.all(ids.map(failureOf))).sort((a, b) => (a.status < b.status ? -1 : 1))
    expect(one).toMatchObject({ status: 'done' })
    expect(other).toMatchObject({ status: 'failed', code: 'outcome-unknown' })
    expect(other?.words).toMatch(/^Another registration of this trainee began on .* This one sent nothing\.$/)
    expect(stage.inDttp().contacts).toHaveLength(1)
  })
})

describe('a worker that was taken for dead comes back', () => {
  test.each(['begun', 'read'] as const)('at “%s”: the other has registered, and it sends nothing', async (step) => {
    const id = await takenOverAt(step)
    expect(batches()).toHaveLength(1)
    expect((await stage.job(id)).status).toBe('done')
    expect(await stage.audits()).toHaveLength(3)
    expect(await stage.attempts()).toMatchObject([{ outcome: 'registered' }])
  })

  test('while the other prepares: the other one sends', async () => {
    const id = await addRegistration()
    const other = gate()
    const arrived = gate()
    let running: Promise<unknown> = Promise.resolve()
    await stage.run(
      id,
      at('read', async () => {
        await leaseEnds(id)
        running = stage.run(
          id,
          at('read', () => {
            arrived.open()
            return other.opened
          }),
        )
        await arrived.opened
      }),
    )
    expect(batches()).toEqual([])
    other.open()
    await running
    expect(batches()).toHaveLength(1)
    expect((await stage.job(id)).status).toBe('done')
  })

  test('at “kept”: the other saves DTTP’s answer, and it does not do so again', async () => {
    const id = await takenOverAt('kept')
    expect(batches()).toHaveLength(1)
    expect((await stage.job(id)).status).toBe('done')
    expect(await stage.audits()).toHaveLength(3)
    expect(await stage.jobs('change-trainee-status')).toHaveLength(2)
    expect((await stage.trainee()).dttp_id).toBe(stage.inDttp().contacts[0]?.['contactid'])
  })
})

describe('without ids of our own, a worker that was taken for dead comes back', () => {
  withoutOwnIds()

  test('at “noted”: neither sends anything, and the other says that nobody knows', async () => {
    const id = await takenOverAt('noted')
    expect(batches()).toEqual([])
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'outcome-unknown' })
    await nothingSaved()
  })

  test('at “sending”: the other does not know what it did, sends nothing and says so', async () => {
    const id = await takenOverAt('sending')
    expect(batches()).toHaveLength(1)
    expect(await failureOf(id)).toMatchObject({
      status: 'failed',
      code: 'outcome-unknown',
      words:
        'We began to send the registration on 27 October 2021 at 2:14pm, and the bot was stopped before a reply was on record. It may have worked. A developer needs to check what DTTP holds.',
    })
    await nothingSaved()
  })

  test('at “answered”: the ids are kept for those who settle it', async () => {
    const id = await takenOverAt('answered')
    expect(batches()).toHaveLength(1)
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'outcome-unknown' })
    const [contact] = stage.inDttp().contacts
    expect(await stage.attempts()).toMatchObject([{ outcome: 'unknown', ids: { contact: contact?.['contactid'] } }])
    await nothingSaved()
  })

  test('with an answer after two people have given it up: the answer is kept, and what they settled stands', async () => {
    const id = await addRegistration()
    await stage.run(
      id,
      at('answered', async () => {
        await leaseEnds(id)
        await stage.run(id)
        await stage.change(`UPDATE chatops.registration_attempts SET outcome = 'not-sent', settled_at = now()`)
        await stage.change(
          `INSERT INTO chatops.registration_attempts (job_id, trainee_id) VALUES ($1, $2)`,
          await stage.add('register-for-trn', ARGS),
          TRAINEE,
        )
      }),
    )
    const [contact] = stage.inDttp().contacts
    const attempts = await stage.attempts()
    expect(attempts.find(({ jobId }) => jobId === id)).toMatchObject({
      ...{ outcome: 'not-sent', ids: { contact: contact?.['contactid'] } },
    })
    await nothingSaved()
  })

  async function nothingSaved() {
    expect((await stage.trainee()).dttp_id).toBeNull()
    expect(await stage.audits()).toEqual([])
    expect(await stage.jobs('change-trainee-status')).toEqual([])
  }
})

describe('when our own database goes away', () => {
  test.each(['answered', 'kept', 'locked', 'saved'] as const)(
    'at “%s”, DTTP’s answer is saved once it is back, and nothing is sent again',
    async (step) => {
      const id = await addRegistration()
      await stage.run(id, at(step, dropSessions))
      await stage.change(
        `UPDATE chatops.jobs SET due_at = $2, lease_until = now() - interval '1 second' WHERE id = $1
        AND status IN ('waiting', 'running')`,
        id,
        NOW,
      )
      await stage.run(id)
      expect(batches()).toHaveLength(1)
      expect(await stage.job(id)).toMatchObject({ status: 'done' })
      expect(await stage.audits()).toHaveLength(3)
      expect(await stage.jobs('change-trainee-status')).toHaveLength(2)
      expect(await stage.attempts()).toMatchObject([{ outcome: 'registered' }])
    },
  )

  test('and refuses to write DTTP’s answer twice, it is asked a third time', async () => {
    await stage.change('CREATE SEQUENCE chatops.refusals')
    await stage.change(`CREATE FUNCTION chatops.refuse_twice() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
      $$ BEGIN IF nextval('chatops.refusals') <= 2 THEN RAISE EXCEPTION 'away' USING ERRCODE = '57P01'; END IF;
        RETURN NEW; END $$`)
    await stage.change(`CREATE TRIGGER refuse_twice BEFORE UPDATE ON chatops.registration_attempts FOR EACH ROW
      EXECUTE FUNCTION chatops.refuse_twice()`)
    try {
      expect((await stage.job(await register())).status).toBe('done')
      expect(batches()).toHaveLength(1)
    } finally {
      await stage.change('DROP FUNCTION chatops.refuse_twice CASCADE')
      await stage.change('DROP SEQUENCE chatops.refusals')
    }
  })

  test('before anything was sent, it is sent once it is back', async () => {
    const id = await addRegistration()
    await stage.run(id, at('read', dropSessions))
    await stage.change(`UPDATE chatops.jobs SET due_at = $1`, NOW)
    await stage.run(id)
    expect(batches()).toHaveLength(1)
    expect((await stage.job(id)).status).toBe('done')
  })

  test.each([true, false])('just before it is sent, it is sent once it is back (own ids: %s)', async (ownIds) => {
    stage.context = { ...stage.context, ownIds }
    await stage.change(`CREATE FUNCTION chatops.refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '57P01'; END $$`)
    const id = await addRegistration()
    const refuse = () =>
      stage.change(`CREATE TRIGGER refuse BEFORE UPDATE OF lease_until ON chatops.jobs FOR EACH ROW
        EXECUTE FUNCTION chatops.refuse()`)
    await stage.run(id, at('noted', refuse)).finally(() => stage.change('DROP FUNCTION chatops.refuse CASCADE'))
    expect(batches()).toEqual([])
    expect(await stage.job(id)).toMatchObject({ status: 'waiting' })
    await stage.change('UPDATE chatops.jobs SET due_at = $1', NOW)
    await stage.run(id)
    expect(batches()).toHaveLength(1)
    expect((await stage.job(id)).status).toBe('done')
    stage.context = { ...stage.context, ownIds: true }
  })
})

describe('a record that the trainee was given while DTTP registered them', () => {
  const giveAnother = () => stage.change('UPDATE public.trainees SET dttp_id = $1', ANOTHER_RECORD)

  test('is not overwritten, and ours is named', async () => {
    const id = await register(at('answered', giveAnother))
    const [contact] = stage.inDttp().contacts
    const { status, code, words } = await failureOf(id)
    expect({ status, code }).toEqual({ status: 'failed', code: 'already-registered' })
    expect(words).toContain(`Ours are contact ${contact?.['contactid']} and placement assignment `)
    expect((await stage.trainee()).dttp_id).toBe(ANOTHER_RECORD)
    expect(await stage.audits()).toEqual([])
    expect(await stage.attempts()).toMatchObject([{ outcome: 'unknown', ids: { contact: contact?.['contactid'] } }])
  })

  test('is saved on where it is the very one', async () => {
    const context = at('kept', async () => {
      const [attempt] = await stage.attempts()
      await stage.change('UPDATE public.trainees SET dttp_id = $1', attempt?.ids?.contact)
    })
    expect((await stage.job(await register(context))).status).toBe('done')
    expect((await stage.trainee()).placement_assignment_dttp_id).toEqual(ANY_ID)
  })
})

test('what a job says holds nothing about the person', async () => {
  const personal = /Demo|trainee\.one|1990|21\/22|private/
  stage.simulator.faults.add({ kind: 'refused', path: '$batch' })
  const refused = await failureOf(await register())
  expect({ code: refused.code, words: refused.words }).toEqual({
    code: 'dttp-refused',
    words: expect.not.stringMatching(personal),
  })
  await stage.change(
    `UPDATE public.trainees SET gender = NULL, diversity_disclosure = 0, ethnic_background = 'private'`,
  )
  const incomplete = await failureOf(await register())
  expect({ code: incomplete.code, words: incomplete.words }).toEqual({
    code: 'incomplete',
    words: expect.not.stringMatching(personal),
  })
})

test('a job without a trainee registers nobody', async () => {
  const id = randomUUID()
  await stage.change(
    `INSERT INTO chatops.jobs (id, name, args, due_at) VALUES ($1, 'register-for-trn', $2, $3)`,
    id,
    ARGS,
    NOW,
  )
  await stage.run(id)
  expect(await failureOf(id)).toMatchObject({ code: 'trainee-gone' })
})

/** Does something when the registration reaches a step for the first time. */
function at(step: RegistrationStep, act: () => Promise<void>): World {
  let done = false
  return {
    ...stage.context,
    async onJobStep(reached) {
      if (reached !== step || done) return
      done = true
      await act()
    },
  }
}

/** The worker stops at a step; another one takes the job over and finishes; then the first goes on. */
async function takenOverAt(step: RegistrationStep): Promise<string> {
  const id = await addRegistration()
  await stage.run(
    id,
    at(step, async () => {
      await leaseEnds(id)
      await stage.run(id)
    }),
  )
  return id
}

/** A promise that somebody else fulfils. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

async function leaseEnds(id: string): Promise<void> {
  await stage.change(`UPDATE chatops.jobs SET lease_until = now() - interval '1 second' WHERE id = $1`, id)
}

async function dropSessions(): Promise<void> {
  await stage.change(
    `SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = 'chatops_app' AND datname = current_database()`,
  )
}
