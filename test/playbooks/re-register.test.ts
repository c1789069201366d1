import { describe, expect, test } from 'vitest'
import { isBlocked, runChecks } from '../../src/contract/check.ts'
import { isEmpty, subjectsOf } from '../../src/contract/plan.ts'
import { RegistrationAttempt } from '../../src/entities/chatops/registration-attempt.ts'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { Audit } from '../../src/entities/register/audit.ts'
import type { Trainee } from '../../src/entities/register/trainee.ts'
import { User } from '../../src/entities/register/user.ts'
import type { Answers } from '../../src/playbooks/re-register/dttp.ts'
import { reRegister } from '../../src/playbooks/re-register/index.ts'
import type { Rows } from '../../src/playbooks/re-register/rows.ts'
import { registrationRows } from '../dttp/registration-rows.ts'
import { around, plannedIn } from './around.ts'

const CONTACT = 'c0000000-0000-4000-8000-000000000001'
const ASSIGNMENT = 'a0000000-0000-4000-8000-000000000001'
const USER = 'e0000000-0000-4000-8000-000000000201'
const SUBMITTED = '2021-10-14T08:00:00.654321'
const REGISTER = { url: 'https://register.example.test', runsJobs: true, isEnabled: () => true }
const GONE: Answers = { contact: false, became: null, placementAssignment: false, owner: null, alike: null }
const OTHER = 'c0000000-0000-4000-8000-000000000002'

type Situation = Partial<Omit<Rows, 'trainee' | 'registration'>> & {
  trainee?: Partial<Trainee>
  inDttp?: Partial<Answers>
  submitter?: string
  schoolStatus?: number
  register?: Partial<typeof REGISTER>
}

describe('checks', () => {
  const there = { inDttp: { contact: true, placementAssignment: true } }
  const unknownUser = { submission: submission(user(202, { dttp_id: null })) }
  const named = (one: User | null, more: Situation = unknownUser): Situation => ({
    submitter: '203',
    named: one,
    ...more,
  })

  test.each<[check: string, when: string, Situation, verdict: string, found: string]>([
    ['trainee', 'there is one', {}, 'holds', 'It is trainee 1.'],
    ['jobs', 'the bot runs them', {}, 'holds', ''],
    ['jobs', 'it does not', { register: { runsJobs: false } }, 'blocks', 'not run by this bot'],
    ['flag', 'it is on', {}, 'holds', ''],
    ['flag', 'it is off', { register: { isEnabled: () => false } }, 'blocks', 'persist_to_dttp is off'],

    ['state', 'Pending TRN', {}, 'holds', 'Pending TRN.'],
    [
      'state',
      'a TRN has come',
      { trainee: { state: 2, trn: '3000003' } },
      'blocks',
      'has a TRN already (TRN received)',
    ],
    [
      'state',
      'Pending TRN with a TRN',
      { trainee: { trn: '3000003' } },
      'blocks',
      'ask the operations team which record',
    ],
    ['state', 'a draft', { trainee: { state: 0 } }, 'blocks', 'Only a trainee who is Pending TRN'],
    ['state', 'deferred', { trainee: { state: 5 } }, 'blocks', 'The record is Deferred.'],
    ['state', 'one that Register added since', { trainee: { state: 9 } }, 'blocks', 'Unknown state (9)'],

    ['submitted', 'when', {}, 'holds', '14 October 2021 at 9am. It is not touched.'],
    ['submitted', 'unknown', { trainee: { submitted_for_trn_at: null } }, 'blocks', 'timeline would be wrong'],

    ['contact', 'gone', {}, 'holds', `${CONTACT} is not in DTTP any more.`],
    [
      'contact',
      'never known',
      { trainee: { dttp_id: null }, inDttp: { contact: null, alike: [] } },
      'holds',
      'nothing to empty. DTTP has none with the trainee’s id, either.',
    ],
    [
      'contact',
      'never known, but there',
      { trainee: { dttp_id: null }, inDttp: { contact: null, alike: [OTHER] } },
      'blocks',
      `but DTTP has ${OTHER} with the trainee’s id. Registering again would create a second trainee.`,
    ],
    [
      'contact',
      'never known, and what is there is another trainee’s',
      { trainee: { dttp_id: null }, inDttp: { contact: null, alike: [OTHER] }, taken: [OTHER] },
      'holds',
      'nothing to empty',
    ],
    [
      'contact',
      'never known, and what is there may be another trainee’s with the same id',
      { trainee: { dttp_id: null }, inDttp: { contact: null, alike: [OTHER] }, namesakes: ['5902'] },
      'blocks',
      'which the same provider also gave to trainee 5902. We cannot tell whose record it is.',
    ],
    [
      'contact',
      'never known, and what is there is of the registration that was not answered',
      { trainee: { dttp_id: null }, inDttp: { contact: null, alike: [OTHER] }, own: OTHER },
      'holds',
      'nothing to empty',
    ],
    [
      'contact',
      'merged',
      { inDttp: { contact: true, became: { mergedInto: OTHER } } },
      'blocks',
      `somebody there has merged it into ${OTHER}. Ask the operations team which record`,
    ],
    [
      'contact',
      'deactivated',
      { inDttp: { contact: true, became: { mergedInto: null } } },
      'blocks',
      'somebody there has deactivated it',
    ],
    [
      'contact',
      'never known, nor an id of the provider’s to look for',
      { trainee: { dttp_id: null }, inDttp: { contact: null } },
      'warns',
      'we cannot tell whether DTTP has the trainee already',
    ],
    ['contact', 'all is there', there, 'blocks', 'would create a second trainee. Check what the failed job says'],
    [
      'contact',
      'there without its training record',
      { inDttp: { contact: true } },
      'blocks',
      `The training record (${ASSIGNMENT}) is missing. Registering again would create a second trainee. Ask the operations team`,
    ],
    [
      'contact',
      'there, and Register knows no training record',
      { trainee: { placement_assignment_dttp_id: null }, inDttp: { contact: true, placementAssignment: null } },
      'blocks',
      'Register holds no id of a training record. Registering again would create a second trainee. Ask the operations',
    ],

    ['placement', 'gone too', {}, 'holds', `${ASSIGNMENT} is not in DTTP`],
    ['placement', 'left behind', { inDttp: { placementAssignment: true } }, 'warns', 'Ask for it to be deleted'],
    [
      'placement',
      'left behind by a record that Register no longer knows',
      { trainee: { dttp_id: null }, inDttp: { contact: null, placementAssignment: true } },
      'warns',
      'is still in DTTP, without its trainee',
    ],
    ...[null, CONTACT].map((dttp_id): [string, string, Situation, string, string] => [
      'placement',
      `there, with a record that is not ${dttp_id}`,
      {
        trainee: { dttp_id },
        inDttp: { contact: dttp_id === null ? null : false, placementAssignment: true, owner: OTHER },
      },
      'blocks',
      `with a trainee’s record that Register does not name (${OTHER}). Registering again would create a second`,
    ]),
    [
      'placement',
      'never known',
      { trainee: { placement_assignment_dttp_id: null }, inDttp: { placementAssignment: null } },
      'holds',
      'no id of a training record',
    ],
    ['placement', 'with its trainee', there, 'holds', 'with its trainee'],

    ['submitter', 'is registered with DTTP', {}, 'holds', 'User 201 submitted the trainee on 14 October 2021 at 9am.'],
    [
      'submitter',
      'is not',
      unknownUser,
      'blocks',
      'User 202 submitted the trainee on 14 October 2021 at 9am, and is not',
    ],
    ['submitter', 'is not, and others are', unknownUser, 'blocks', 'Enter the number of a user of this provider'],
    [
      'submitter',
      'is not, and nobody is',
      { ...unknownUser, colleagues: [] },
      'blocks',
      'Ask the operations team to register',
    ],
    ['submitter', 'no audit says who', { submission: null }, 'blocks', 'We cannot tell who submitted the trainee.'],
    ['submitter', 'is no longer known', { submission: submission(null) }, 'blocks', 'We cannot tell who submitted'],
    ['submitter', 'a colleague is named', named(user(203)), 'holds', 'User 203, as you chose. User 202 submitted'],
    ['submitter', 'nobody has this number', named(null), 'blocks', 'User 203 is not an active user of this provider'],
    [
      'submitter',
      'one of another provider is named',
      named(user(203, { provider_id: '2' })),
      'blocks',
      'not an active user',
    ],
    [
      'submitter',
      'one without a DTTP id is named',
      named(user(203, { dttp_id: null })),
      'blocks',
      'not an active user',
    ],
    [
      'submitter',
      'one who has left is named',
      named(user(203, { discarded_at: SUBMITTED })),
      'blocks',
      'not an active user',
    ],
    [
      'submitter',
      'a colleague is named without need',
      named(user(203), {}),
      'warns',
      'You chose user 203 all the same.',
    ],
    [
      'submitter',
      'the trainee was reinstated since',
      { submission: { ...submission(user(201)), reinstated: audit({ created_at: '2021-10-22T09:30:18.008137' }) } },
      'holds',
      'They were deferred, and reinstated on 22 October 2021 at 10:30am.',
    ],

    ['preflight', 'nothing is missing', {}, 'holds', 'Nothing is missing.'],
    [
      'preflight',
      'a date is missing',
      { trainee: { course_end_date: null } },
      'blocks',
      'The course end date is not set. Ask the provider',
    ],
    ['preflight', 'a school is not active', { schoolStatus: 2 }, 'blocks', 'must be repaired first (repair-school).'],
    [
      'preflight',
      'Register has no code',
      { trainee: { training_route: 11 } },
      'warns',
      'DTTP may refuse the registration; then nothing is created there.',
    ],

    ['registration', 'there is none', {}, 'holds', ''],
    [
      'registration',
      'one is waiting',
      { live: [job({ name: 'register-for-trn' })] },
      'blocks',
      'Wait until it has ended.',
    ],
    [
      'other-jobs',
      'an update is waiting',
      { live: [job({ name: 'update-trainee' })] },
      'holds',
      'What runs before the registration has ended fails, as Register names no DTTP record then.',
    ],
    [
      'registration',
      'one was never answered',
      { unsettled: attempt() },
      'blocks',
      'sent on 27 October 2021 at 2:14pm, and we do not know if it worked. Registering again could create a duplicate. A developer must settle that first: /trainee settle-registration 1.',
    ],

    ['other-jobs', 'there are none', {}, 'holds', 'There are none.'],
    [
      'other-jobs',
      'some wait',
      { live: [job({ name: 'retrieve-trn' })] },
      'holds',
      'Waiting: “Ask DTTP for a TRN”. It asks about the new record.',
    ],
    [
      'other-jobs',
      'one failed',
      { failed: [job({ failure: { code: 'gone', words: 'DTTP does not have the record.', at: '' } })] },
      'holds',
      'Sending the record to DTTP failed: DTTP does not have the record.',
    ],

    ['tidy', 'nothing else changes', {}, 'holds', ''],
    [
      'tidy',
      'names have extra spaces',
      { trainee: { first_names: ' Ada ' } },
      'warns',
      'as on every save: First names. The timeline will show it.',
    ],

    ['history', 'is known', {}, 'holds', 'It has 2 events.'],
  ])('%s: %s', (check, _when, situation, verdict, found) => {
    const result = runChecks(reRegister.checks, facts(situation)).find(({ id }) => id === check)
    expect(result).toMatchObject({ verdict, found: expect.stringContaining(found) })
  })

  test('ask for a colleague where the submitter is not registered with DTTP, and offer those who are', () => {
    const asking = runChecks(reRegister.checks, facts(unknownUser)).find(({ id }) => id === 'submitter')
    expect(asking?.ask).toEqual({
      field: 'submitter',
      options: [
        { value: '201', label: 'User 201' },
        { value: '203', label: 'User 203' },
      ],
    })
  })

  test('rest on nothing that comes and goes by itself', () => {
    const evidence = (situation: Situation) =>
      runChecks(reRegister.checks, facts(situation)).map(({ id, evidence }) => [id, evidence])
    const busy = { live: [job({ name: 'retrieve-trn' })], failed: [job({})], colleagues: [] }
    expect(evidence(busy)).toEqual(evidence({}))
  })

  test('name nobody', () => {
    const said = JSON.stringify(runChecks(reRegister.checks, facts({})))
    expect(said).not.toMatch(/Ada|Lovelace/)
  })
})

describe('the plan', () => {
  const planFor = (situation: Situation) => {
    const seen = facts(situation)
    expect(isBlocked(runChecks(reRegister.checks, seen))).toBe(false)
    return plannedIn(reRegister.outcome(seen))
  }
  const jobs = [
    { kind: 'enqueue', job: 'register-for-trn', args: { trainee: '1', submitted_by: USER } },
    { kind: 'enqueue', job: 'retrieve-trn', args: { trainee: '1', poll_for: '4 days' }, delaySeconds: 3600 },
  ]

  test('empties both ids without an audit, registers, and polls with Register’s default delay', () => {
    const plan = planFor({})
    expect(plan).toEqual({
      updates: [
        {
          ...{ table: 'trainees', id: '1', save: 'columns-only' },
          changes: { dttp_id: [CONTACT, null], placement_assignment_dttp_id: [ASSIGNMENT, null] },
        },
      ],
      inserts: [],
      effects: jobs,
    })
    expect(subjectsOf(plan)).toEqual(['trainees:1'])
  })

  test('empties only what is missing; a training record that stays behind is a step for people', () => {
    const plan = planFor({ inDttp: { placementAssignment: true } })
    expect(plan.updates[0]?.changes).toEqual({ dttp_id: [CONTACT, null] })
    expect(plan.effects.slice(0, 2)).toEqual(jobs)
    const step = plan.effects[2]
    expect(step).toMatchObject({ kind: 'manual-step', text: expect.stringContaining(`Training record: ${ASSIGNMENT}`) })
    expect(JSON.stringify(step)).not.toMatch(/Ada|Lovelace/)
  })

  test('empties nothing where nothing is known, and still registers', () => {
    const plan = planFor({
      trainee: { dttp_id: null, placement_assignment_dttp_id: null },
      inDttp: { contact: null, placementAssignment: null },
    })
    expect(plan).toEqual({ updates: [], inserts: [], effects: jobs })
    expect(isEmpty(plan)).toBe(false)
    expect(subjectsOf(plan)).toEqual(['trainees:1'])
  })

  test('registers on behalf of the colleague who was named', () => {
    const plan = planFor({ submission: null, submitter: '203', named: user(203) })
    expect(plan.effects[0]).toMatchObject({ args: { submitted_by: 'e0000000-0000-4000-8000-000000000203' } })
  })
})

function facts(situation: Situation) {
  const { trainee = {}, inDttp = {}, submitter = '', register = {}, schoolStatus, ...rows } = situation
  const registration = registrationRows({
    ...{ dttp_id: CONTACT, placement_assignment_dttp_id: ASSIGNMENT, submitted_for_trn_at: SUBMITTED, trn: null },
    ...trainee,
  })
  if (schoolStatus) for (const school of registration.dttpSchools) school.status_code = schoolStatus
  return reRegister.situation(
    {
      ...{ trainee: registration.trainee, registration, submission: submission(user(201)), named: null },
      ...{ colleagues: ['201', '203'], live: [], failed: [], unsettled: null, taken: [], namesakes: [] },
      ...{ takesOver: true, own: null, mirror: null },
      history: { lastAudit: '17', audits: 3, events: 2, timeline: 'f'.repeat(64) },
      ...rows,
    },
    { ...GONE, ...inDttp },
    { subject: 'slug', submitter, reason: 'Contract', ticket: '' },
    around({ ...REGISTER, ...register }),
  )
}

function user(id: number, columns: Partial<User> = {}): User {
  const known = { dttp_id: `e0000000-0000-4000-8000-000000000${id}`, provider_id: '1', discarded_at: null }
  return Object.assign(new User(), { id: String(id), ...known, ...columns })
}

function submission(by: User | null): NonNullable<Rows['submission']> {
  return { audit: audit({}), user: by, reinstated: null }
}

function audit(columns: Partial<Audit>): Audit {
  return Object.assign(new Audit(), { id: '17', created_at: SUBMITTED, ...columns })
}

function job(columns: Partial<SeenJob>): SeenJob {
  return Object.assign(new SeenJob(), {
    id: 'job',
    name: 'update-trainee',
    status: 'waiting',
    failure: null,
    ...columns,
  })
}

function attempt(): RegistrationAttempt {
  const sent = { jobId: 'job', sentAt: new Date('2021-10-27T13:14:00Z'), outcome: 'unknown' as const, ids: null }
  return Object.assign(new RegistrationAttempt(), sent)
}
