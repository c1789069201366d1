// Registrations under ids of our own: whatever sleeps, dies or is not answered, DTTP ends with one record, and knows it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../sandbox/dttp/index.ts'
import { reportAnswers } from '../../src/alerts/news/answers.ts'
import { workingDaysAfter } from '../../src/calendar/working-time.ts'
import type { RegistrationIds } from '../../src/entities/chatops/registration-attempt.ts'
import type { RegistrationStep } from '../../src/jobs/registration/steps.ts'
import type { World } from '../../src/world.ts'
import { NOW, SUBMITTER, TRAINEE, useStage } from './stage.ts'

const stage = useStage()

const MINUTE = 60_000
const ARGS = { submitted_by: SUBMITTER }
const ANOTHER_RECORD = '99999999-0000-4000-8000-000000000001'

let time: number
beforeEach(() => {
  time = Date.parse(NOW)
  stage.context = { ...stage.context, now: () => new Date(time) }
})
afterEach(() => {
  stage.context = { ...stage.context, now: () => new Date(NOW), ownIds: true }
})

const batches = () => stage.simulator.requestsTo('$batch')
const contacts = () => stage.inDttp().contacts.map(({ contactid }) => contactid)
const addRegistration = () => stage.add('register-for-trn', ARGS)
const register = async (context?: World) => {
  const id = await addRegistration()
  await stage.run(id, context)
  return id
}

async function attemptOf(id: string) {
  const attempt = (await stage.attempts()).find(({ jobId }) => jobId === id)
  if (!attempt) throw new Error('there is no such attempt')
  return attempt
}

async function ownIdsOf(id: string): Promise<RegistrationIds> {
  const { ownIds } = await attemptOf(id)
  if (!ownIds) throw new Error('it has no ids of ours')
  return ownIds
}

/** Lets time pass until the job is due, and runs it; answers how many minutes that took. */
async function runWhenDue(id: string): Promise<number> {
  const { dueAt } = await stage.job(id)
  const minutes = (dueAt.getTime() - time) / MINUTE
  time = dueAt.getTime()
  await stage.run(id)
  return minutes
}

async function runUntilOver(id: string): Promise<number[]> {
  const pauses: number[] = []
  while ((await stage.job(id)).status === 'waiting' && pauses.length < 50) pauses.push(await runWhenDue(id))
  return pauses
}

const failureOf = async (id: string) => {
  const { status, failure } = await stage.job(id)
  return { status, code: failure?.code, words: failure?.words }
}

/** Register has the record that DTTP has, and it is the only one. */
async function registeredOnce(id: string) {
  const [contact] = contacts()
  expect(stage.inDttp()).toMatchObject({ contacts: [{}], assignments: [{}], degrees: [{}, {}] })
  expect((await stage.trainee()).dttp_id).toBe(contact)
  expect((await stage.degrees()).map(({ dttp_id }) => dttp_id).sort()).toEqual(
    stage
      .inDttp()
      .degrees.map((degree) => degree['dfe_degreequalificationid'])
      .sort(),
  )
  expect(await stage.audits()).toHaveLength(3)
  expect(await stage.jobs('change-trainee-status')).toHaveLength(2)
  expect((await stage.job(id)).status).toBe('done')
  expect(await attemptOf(id)).toMatchObject({ outcome: 'registered', ids: { contact }, doubt: null })
}

test('the ids are on record before anything is sent, and are those that DTTP then has', async () => {
  let noted: RegistrationIds | null = null
  const id = await addRegistration()
  await stage.run(
    id,
    at('sending', async () => {
      expect(batches()).toEqual([])
      noted = await ownIdsOf(id)
    }),
  )
  await registeredOnce(id)
  const {
    contacts: [contact],
    assignments,
    degrees,
  } = stage.inDttp()
  expect(noted).toEqual({
    contact: contact?.['contactid'],
    placementAssignment: assignments[0]?.['dfe_placementassignmentid'],
    degrees: {
      7001: degrees.find(({ dfe_name }) => dfe_name === 'Bachelor of Science')?.['dfe_degreequalificationid'],
      7002: degrees.find(({ dfe_name }) => dfe_name === 'non_enic')?.['dfe_degreequalificationid'],
    },
  })
})

describe('without an answer, DTTP is asked after two minutes', () => {
  const carriedOut: [string, Fault][] = [
    ['the answer is lost', { kind: 'lost-answer', path: '$batch' }],
    ['the answer is cut off', { kind: 'cut-answer', path: '$batch' }],
    ['the answer cannot be read', { kind: 'garbled', path: '$batch' }],
    ['the server fails after the write', { kind: 'server-error', path: '$batch', performed: true }],
    ['no answer comes', { kind: 'hang', path: '$batch', performed: true }],
  ]
  test.each(carriedOut)('and has it where %s: it is not sent again', async (_, fault) => {
    stage.simulator.faults.add(fault)
    const id = await register()
    expect(await stage.job(id)).toMatchObject({ status: 'waiting', dueAt: new Date(time + 2 * MINUTE), failure: null })
    expect(await attemptOf(id)).toMatchObject({ outcome: 'unknown', ids: null })
    expect((await stage.trainee()).dttp_id).toBeNull()
    expect(await runUntilOver(id)).toEqual([2])
    expect(batches()).toHaveLength(1)
    await registeredOnce(id)
  })

  const notCarriedOut: [string, Fault][] = [
    ['the connection is lost before the write', { kind: 'lost-request', path: '$batch' }],
    ['the server fails before the write', { kind: 'server-error', path: '$batch' }],
    ['no answer comes, and there was no write', { kind: 'hang', path: '$batch' }],
  ]
  test.each(notCarriedOut)('and does not have it where %s: the same is sent again', async (_, fault) => {
    stage.simulator.faults.add(fault)
    const id = await register()
    const own = await ownIdsOf(id)
    expect(await runUntilOver(id)).toEqual([2])
    expect(batches()).toHaveLength(2)
    await registeredOnce(id)
    expect(await ownIdsOf(id)).toEqual(own)
    expect(contacts()).toEqual([own.contact])
  })

  test('and again and again while it does not answer, the pauses doubling, until it does', async () => {
    stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
    const id = await register()
    stage.simulator.faults.add({ kind: 'server-error', times: 9 * 3, method: 'GET' })
    expect([await runWhenDue(id), await runWhenDue(id), await runWhenDue(id)]).toEqual([2, 4, 8])
    stage.simulator.faults.clear()
    expect(await runUntilOver(id)).toEqual([16])
    await registeredOnce(id)
  })

  test('for a working day at most; then people are told, and the ids stay the trainee’s', async () => {
    stage.simulator.faults.add({ kind: 'lost-request', path: '$batch', times: Number.POSITIVE_INFINITY })
    const id = await register()
    const pauses = await runUntilOver(id)
    expect(pauses.slice(0, -1)).toEqual(pauses.slice(0, -1).map((_, index) => 2 ** (index + 1)))
    expect(new Date(time)).toEqual(workingDaysAfter((await stage.job(id)).createdAt, 1))
    expect(await failureOf(id)).toEqual({
      status: 'failed',
      code: 'unanswered',
      words: expect.stringContaining('it cannot be registered twice'),
    })
    const sent = batches().length
    expect(sent).toBe(pauses.length) // the first, and after each look but the last
    stage.simulator.faults.clear()
    const next = await register()
    await registeredOnce(next)
    expect((await ownIdsOf(next)).contact).toBe((await ownIdsOf(id)).contact)
    expect((await attemptOf(id)).outcome).toBe('taken-over')
  })
})

describe('after days in which no worker ran, DTTP', () => {
  const DAYS = 3 * 24 * 60 * MINUTE
  beforeEach(() => stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' }))

  async function added(): Promise<string> {
    const id = await addRegistration()
    await stage.change('UPDATE chatops.jobs SET created_at = $1', NOW)
    return id
  }

  test('is asked once more, and people are told when', async () => {
    const id = await added()
    await stage.run(id)
    time += DAYS
    await stage.run(id)
    const words = expect.stringContaining('We last asked DTTP on 30 October 2021 at 2:14pm, and it did not answer')
    expect(await failureOf(id)).toMatchObject({ code: 'unanswered', words })
  })

  test('is not said to have been asked where it was sent only then', async () => {
    const id = await added()
    time += DAYS
    await stage.run(id)
    const words = expect.stringContaining('The time in which we ask DTTP again was over by then.')
    expect(await failureOf(id)).toMatchObject({ code: 'unanswered', words })
  })
})

describe('before it is sent again, all is looked at again', () => {
  const moves: [string, string, string][] = [
    ['the trainee is withdrawn', 'UPDATE public.trainees SET state = 4', 'cannot-receive-trn'],
    ['the trainee has a TRN', `UPDATE public.trainees SET trn = '1234567'`, 'cannot-receive-trn'],
    ['something is missing', 'UPDATE public.trainees SET commencement_date = NULL', 'incomplete'],
    ['the school is closed', 'UPDATE public.dttp_schools SET status_code = 2', 'school-not-active'],
    ['Register has another record', `UPDATE public.trainees SET dttp_id = '${ANOTHER_RECORD}'`, 'already-registered'],
  ]
  test.each(moves)('%s: nothing is sent', async (_, statement, code) => {
    stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
    const id = await ofRequest()
    await stage.run(id)
    await stage.change(statement)
    await runWhenDue(id)
    expect(batches()).toHaveLength(1)
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code })
    expect(await ownIdsOf(id)).toBeTruthy()
  })

  test('Register’s flag is off: nothing is sent', async () => {
    stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
    const id = await register()
    stage.context = { ...stage.context, register: { ...stage.context.register, isEnabled: () => false } }
    await runWhenDue(id)
    stage.context = { ...stage.context, register: { ...stage.context.register, isEnabled: () => true } }
    expect(batches()).toHaveLength(1)
    expect(await failureOf(id)).toMatchObject({ code: 'switched-off' })
  })

  test('what DTTP has is saved whatever has become of the trainee, whose status then stays as DTTP has it', async () => {
    stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
    const id = await register()
    await stage.change('UPDATE public.trainees SET state = 4')
    await runWhenDue(id)
    expect((await stage.job(id)).status).toBe('done')
    expect((await stage.trainee()).dttp_id).toBe(contacts()[0])
    expect(await stage.jobs('change-trainee-status')).toEqual([])
  })

  test('a degree that was added since is sent, too, under an id of its own', async () => {
    stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
    const id = await register()
    const before = await ownIdsOf(id)
    await addDegree()
    await runWhenDue(id)
    expect(stage.inDttp().degrees).toHaveLength(3)
    const after = await ownIdsOf(id)
    expect(after).toMatchObject({ ...before, degrees: before.degrees })
    expect(Object.keys(after.degrees)).toEqual(['7001', '7002', '7003'])
    expect((await stage.degrees()).map(({ dttp_id }) => dttp_id)).toEqual(Object.values(after.degrees))
  })
})

describe('a worker that sleeps until another one has done it', () => {
  test.each(['begun', 'read', 'noted', 'sending', 'answered', 'kept'] as const)(
    'at “%s” finds it done: DTTP has one record, whoever sent first',
    async (step) => {
      const id = await addRegistration()
      let slept = 0
      await stage.run(
        id,
        at(step, async () => {
          slept++
          await leaseEnds(id)
          await stage.run(id)
          await runUntilOver(id)
        }),
      )
      expect(slept).toBe(1)
      await registeredOnce(id)
    },
  )

  test.each(['noted', 'sending'] as const)(
    'at “%s”, while the other one gives up: nobody is told a lie',
    async (step) => {
      const id = await addRegistration()
      await stage.run(
        id,
        at(step, async () => {
          stage.simulator.faults.add({ kind: 'lost-request', path: '$batch', times: Number.POSITIVE_INFINITY })
          await leaseEnds(id)
          await stage.run(id)
          await runUntilOver(id)
          stage.simulator.faults.clear()
        }),
      )
      expect(contacts()).toHaveLength(step === 'sending' ? 1 : 0)
      const next = await register()
      await registeredOnce(next)
    },
  )

  test('until another request, with another body, has registered the trainee', async () => {
    const id = await addRegistration()
    let next = ''
    await stage.run(
      id,
      at('sending', async () => {
        stage.simulator.faults.add({ kind: 'lost-request', path: '$batch', times: Number.POSITIVE_INFINITY })
        await leaseEnds(id)
        await stage.run(id)
        await runUntilOver(id)
        stage.simulator.faults.clear()
        await stage.change(`UPDATE public.trainees SET course_subject_one = 'physics'`)
        await addDegree()
        next = await register()
        expect((await stage.job(next)).status).toBe('done')
      }),
    )
    expect(contacts()).toEqual([(await ownIdsOf(id)).contact])
    expect(stage.inDttp().degrees).toHaveLength(3)
    expect((await stage.trainee()).dttp_id).toBe(contacts()[0])
    expect((await attemptOf(id)).outcome).toBe('taken-over')
  })

  test('until another request is about to send: the first comes first, without the degree that was added', async () => {
    const [id, first] = [await addRegistration(), pauseAt('sending')]
    const sending = stage.run(id, first.context)
    await first.arrived
    await stage.change(
      `UPDATE chatops.jobs SET status = 'failed', finished_at = now(), failure = '{"code": "unanswered", "words": "", "at": ""}'`,
    )
    await addDegree()
    const [next, second] = [await addRegistration(), pauseAt('sending')]
    const sendingNext = stage.run(next, second.context)
    await second.arrived
    first.goOn()
    await sending
    second.goOn()
    await sendingNext
    expect(await failureOf(next)).toMatchObject({
      ...{ status: 'failed', code: 'outcome-unknown', words: expect.stringContaining('degree 7003') },
    })
    expect(contacts()).toHaveLength(1)
    expect(await attemptOf(next)).toMatchObject({ outcome: 'unknown', ids: { contact: contacts()[0] } })
  })
})

test('a worker that sleeps until another request was refused: the late record is reported, and the next finds it', async () => {
  const [id, first] = [await addRegistration(), pauseAt('sending')]
  const sending = stage.run(id, first.context)
  await first.arrived
  await stage.change(
    `UPDATE chatops.jobs SET status = 'failed', finished_at = now(), failure = '{"code": "unanswered", "words": "", "at": ""}'`,
  )
  stage.simulator.faults.add({ kind: 'refused', path: '$batch' })
  const refused = await register()
  expect(await attemptOf(refused)).toMatchObject({ outcome: 'not-sent', ids: null })
  first.goOn()
  await sending
  expect(contacts()).toHaveLength(1)
  expect(await attemptOf(id)).toMatchObject({ outcome: 'taken-over', ids: { contact: contacts()[0] } })
  expect(await reportAnswers(stage.context)).toBe(1)
  // It came under our ids, so these still keep a second record away.
  await registeredOnce(await register())
  expect(await reportAnswers(stage.context)).toBe(0)
})

test('what DTTP has only a part of is not saved, also when the job begins anew before that is on record', async () => {
  stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
  const id = await register()
  const { degrees } = await ownIdsOf(id)
  stage.simulator.state.delete('dfe_degreequalifications', degrees['7001'] ?? '')
  await stage.change(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN IF NEW.status = 'failed' THEN RAISE EXCEPTION 'no' USING ERRCODE = '57P01'; END IF; RETURN NEW; END$$`)
  await stage.change('CREATE TRIGGER refuse BEFORE UPDATE ON chatops.jobs FOR EACH ROW EXECUTE FUNCTION refuse()')
  await runWhenDue(id)
  await stage.change('DROP FUNCTION refuse() CASCADE')
  expect((await stage.job(id)).status).toBe('waiting')
  await runWhenDue(id)
  expect(await failureOf(id)).toMatchObject({
    ...{ status: 'failed', code: 'outcome-unknown', words: expect.stringContaining('degree 7001') },
  })
  expect((await stage.trainee()).dttp_id).toBeNull()
})

describe('“a record with matching key values already exists”', () => {
  test('means ours where DTTP has all of it under our ids: it is saved', async () => {
    const id = await addRegistration()
    await stage.run(
      id,
      at('sending', () => createOwn(id)),
    )
    expect(batches()).toHaveLength(1)
    expect(batches()[0]?.status).toBe(400)
    await registeredOnce(id)
  })

  test('is a refusal where it does not: another record has an alternate key. It is never sent again', async () => {
    stage.simulator.state.addKey('contacts', ['dfe_traineeid'])
    stage.simulator.state.add('contacts', { dfe_traineeid: '21/22-5901' })
    const id = await register()
    expect(await failureOf(id)).toMatchObject({
      ...{ status: 'failed', code: 'dttp-refused', words: expect.stringContaining('one of the same keys') },
    })
    expect(await attemptOf(id)).toMatchObject({ outcome: 'not-sent' })
    expect(await stage.run(id)).toBeNull()
    expect(batches()).toHaveLength(1)
  })

  test('is asked about again where DTTP does not say which', async () => {
    const id = await addRegistration()
    await stage.run(
      id,
      at('sending', async () => {
        await createOwn(id)
        stage.simulator.faults.add({ kind: 'server-error', method: 'GET', times: 9 })
      }),
    )
    stage.simulator.faults.clear()
    expect((await stage.job(id)).status).toBe('waiting')
    await runUntilOver(id)
    await registeredOnce(id)
    expect(batches()).toHaveLength(1)
  })

  const master = '88888888-0000-4000-8000-000000000001'
  const fates: [string, (own: RegistrationIds) => void, string][] = [
    ['merged', (own) => stage.simulator.state.merge(own.contact, master), `merged it into ${master}`],
    ['deactivated', (own) => stage.simulator.state.deactivate('contacts', own.contact), 'deactivated it'],
    [
      'left without its training record',
      (own) => void stage.simulator.state.delete('dfe_placementassignments', own.placementAssignment),
      'gone or deactivated',
    ],
  ]
  test.each(fates)('needs people where the record was %s meanwhile, and the ids stay', async (_, befall, words) => {
    stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
    const id = await register()
    const own = await ownIdsOf(id)
    befall(own)
    await runUntilOver(id)
    expect(await failureOf(id)).toMatchObject({
      ...{ status: 'failed', code: 'record-not-in-use', words: expect.stringContaining(words) },
    })
    expect((await stage.trainee()).dttp_id).toBeNull()
    expect(await attemptOf(id)).toMatchObject({ outcome: 'unknown', ownIds: own })
    expect(batches()).toHaveLength(1)
  })

  /** As a batch of an earlier sending would. */
  async function createOwn(id: string): Promise<void> {
    const own = await ownIdsOf(id)
    const { state } = stage.simulator
    state.add('contacts', { id: own.contact, dfe_traineeid: '21/22-5901' })
    state.add('dfe_placementassignments', { id: own.placementAssignment, _dfe_contactid_value: own.contact })
    for (const degree of Object.values(own.degrees)) {
      state.add('dfe_degreequalifications', { id: degree, _dfe_contactid_value: own.contact })
    }
  }
})

describe('the ids go with the trainee', () => {
  test('to the next registration, where DTTP refused the last', async () => {
    stage.simulator.faults.add({ kind: 'refused', path: '$batch' })
    const first = await register()
    const second = await register()
    await registeredOnce(second)
    expect(await ownIdsOf(second)).toEqual(await ownIdsOf(first))
  })

  test('until one is registered, and DTTP has its record no more', async () => {
    const first = await register()
    await stage.change('UPDATE public.trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL')
    const lost = await register()
    expect(await ownIdsOf(lost)).toEqual(await ownIdsOf(first))
    expect((await stage.trainee()).dttp_id).toBe(contacts()[0])
    expect(contacts()).toHaveLength(1)

    const { contact } = await ownIdsOf(first)
    stage.simulator.state.delete('contacts', contact)
    await stage.change('UPDATE public.trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL')
    const anew = await register()
    expect((await stage.job(anew)).status).toBe('done')
    expect((await ownIdsOf(anew)).contact).not.toBe(contact)
    expect(contacts()).toEqual([(await ownIdsOf(anew)).contact])
  })

  test('and are not chosen before DTTP says whether it has the last', async () => {
    await register()
    await stage.change('UPDATE public.trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL')
    stage.simulator.faults.add({ kind: 'server-error', method: 'GET', times: 9 })
    const id = await register()
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'dttp-unavailable' })
    expect(batches()).toHaveLength(1)
  })
})

describe('a DTTP that does not keep to our ids', () => {
  const useSimulator = (ownIds: 'ignored' | 'refused') => {
    stage.simulator.state.ownIds = ownIds
  }

  test('is found out by its first answer: what it gave is saved, and own ids count as off from then on', async () => {
    useSimulator('ignored')
    const id = await register()
    expect((await stage.job(id)).status).toBe('done')
    expect((await stage.trainee()).dttp_id).toBe(contacts()[0])
    expect(await attemptOf(id)).toMatchObject({ doubt: 'other-ids', ids: { contact: contacts()[0] } })
    await stage.change('UPDATE public.trainees SET dttp_id = NULL')
    stage.simulator.state.delete('contacts', String(contacts()[0]))
    stage.simulator.faults.add({ kind: 'lost-answer', path: '$batch' })
    const next = await register()
    expect(await attemptOf(next)).toMatchObject({ ownIds: null, outcome: 'unknown' })
    expect(await failureOf(next)).toMatchObject({ status: 'failed', code: 'outcome-unknown' })
  })

  test('is sent nothing again by itself that was sent before', async () => {
    stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
    const id = await register()
    await stage.change(`UPDATE chatops.registration_attempts SET doubt = 'other-ids'`)
    await runUntilOver(id)
    expect(batches()).toHaveLength(1)
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'outcome-unknown' })
  })

  test('is trusted again once people have switched own ids off and on', async () => {
    useSimulator('ignored')
    const id = await register()
    stage.context = { ...stage.context, ownIds: false }
    await stage.change('UPDATE public.trainees SET dttp_id = NULL')
    await register()
    expect((await attemptOf(id)).doubt).toBeNull()
  })

  test('that takes the same ids twice is found out, too', async () => {
    const id = await addRegistration()
    await stage.run(
      id,
      at('answered', async () => {
        const { contact } = await ownIdsOf(id)
        stage.simulator.state.delete('contacts', contact)
        for (const set of ['dfe_placementassignments', 'dfe_degreequalifications'] as const)
          stage.simulator.state[set].clear()
        await leaseEnds(id)
        await stage.run(id)
        await runUntilOver(id)
      }),
    )
    expect(await attemptOf(id)).toMatchObject({ doubt: 'taken-twice' })
  })

  test('that refuses them: nobody is registered, and it says so', async () => {
    useSimulator('refused')
    const id = await register()
    expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'dttp-refused' })
    expect(contacts()).toEqual([])
  })
})

test('a registration from before own ids keeps its path: people settle it', async () => {
  const id = await addRegistration()
  await stage.change(`UPDATE chatops.jobs SET status = 'running', run = 1, lease_until = now() - interval '1 second'`)
  await stage.change(
    `INSERT INTO chatops.registration_attempts (job_id, trainee_id, sent_at) VALUES ($1, $2, $3)`,
    ...[id, TRAINEE, NOW],
  )
  await stage.run(id)
  expect(await failureOf(id)).toMatchObject({ status: 'failed', code: 'outcome-unknown' })
  expect(batches()).toEqual([])
  const next = await register()
  expect(await failureOf(next)).toMatchObject({ status: 'failed', code: 'outcome-unknown' })
  expect(batches()).toEqual([])
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

/** A worker that stops at a step until it is told to go on. */
function pauseAt(step: RegistrationStep) {
  let [arrive, goOn] = [() => {}, () => {}]
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const told = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const context = at(step, () => {
    arrive()
    return told
  })
  return { context, arrived, goOn: () => goOn() }
}

async function leaseEnds(id: string): Promise<void> {
  await stage.change(`UPDATE chatops.jobs SET lease_until = now() - interval '1 second' WHERE id = $1`, id)
}

async function addDegree(): Promise<void> {
  await stage.change(`INSERT INTO public.degrees
    SELECT (jsonb_populate_record(d, '{"id": 7003, "slug": "degree3"}')).* FROM public.degrees d WHERE id = 7001`)
}

/** A registration that two people have approved. */
async function ofRequest(): Promise<string> {
  await stage.change(`INSERT INTO chatops.change_requests (id, playbook, playbook_version, requester, channel, subjects,
    digest, decided_at) VALUES (12, 're-register', 1, 'U01SUPPORT', 'C01SUPPORT', '{}', repeat('0', 64), now())
    ON CONFLICT DO NOTHING`)
  const id = await addRegistration()
  await stage.change('UPDATE chatops.jobs SET change_request_id = 12 WHERE id = $1', id)
  return id
}
