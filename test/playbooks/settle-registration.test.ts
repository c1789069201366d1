import { describe, expect, test } from 'vitest'
import { isBlocked, runChecks } from '../../src/contract/check.ts'
import codeSets from '../../src/dttp/code-sets.json' with { type: 'json' }
import { RegistrationAttempt } from '../../src/entities/chatops/registration-attempt.ts'
import type { Degree } from '../../src/entities/register/degree.ts'
import type { Trainee } from '../../src/entities/register/trainee.ts'
import { settleRegistration } from '../../src/playbooks/settle-registration/index.ts'
import type { Rows } from '../../src/playbooks/settle-registration/rows.ts'
import type { Candidate } from '../../src/registration/traces.ts'
import { registrationRows } from '../dttp/registration-rows.ts'
import { around, plannedIn } from './around.ts'

const ONE = 'c0000000-0000-4000-8000-000000000001'
const TWO = 'c0000000-0000-4000-8000-000000000002'
const DEGREE = 'd0000000-0000-4000-8000-000000000001'
const USER = 'e0000000-0000-4000-8000-000000000201'
const JOB = 'f0000000-0000-4000-8000-000000000001'
const REGISTER = { url: 'https://register.example.test', runsJobs: true, isEnabled: () => true }

type Situation = Partial<Omit<Rows, 'trainee' | 'registration'>> & {
  named?: string
  degrees?: (first: Degree) => Degree[]
  trainee?: Partial<Trainee>
  inDttp?: Candidate[]
  isMore?: boolean
  decision?: 'use' | 'again'
  register?: Partial<typeof REGISTER>
}

describe('checks', () => {
  const again = { decision: 'again' } as const
  const two = { inDttp: [record(ONE), record(TWO)] }

  test.each<[check: string, when: string, Situation, verdict: string, found: string]>([
    ['jobs', 'the bot does not run them', { register: { runsJobs: false } }, 'blocks', 'not run by this bot'],
    ['flag', 'it is off', { register: { isEnabled: () => false } }, 'blocks', 'persist_to_dttp is off'],

    ['attempt', 'one was never answered', {}, 'holds', 'Sent on 27 October 2021 at 2:14pm.'],
    ['attempt', 'it was answered, but not saved', { attempt: attempt(ids(ONE)) }, 'holds', 'could not be saved'],
    ['attempt', 'there is none', { attempt: null }, 'blocks', 'There is nothing to settle.'],
    ['attempt', 'it is under way', { isUnderWay: true }, 'blocks', 'Wait until it has ended'],

    ['state', 'Pending TRN', {}, 'holds', 'Pending TRN.'],
    ['state', 'with a TRN', { trainee: { trn: '3000003' } }, 'warns', 'and has a TRN: only the ids are saved.'],
    ['state', 'withdrawn', { trainee: { state: 4 } }, 'warns', 'The record is Withdrawn: only the ids are saved.'],
    ['state', 'draft', { trainee: { state: 0 } }, 'blocks', 'The record is Draft. Only a trainee who is Pending TRN'],
    ['state', 'unknown', { trainee: { state: 99 } }, 'blocks', 'Unknown state (99). Only a trainee who is Pending TRN'],
    [
      'state',
      'withdrawn, to register again',
      { trainee: { state: 4 }, ...again },
      'blocks',
      'Only a trainee who is Pending TRN can be registered.',
    ],
    [
      'state',
      'another record by now',
      { trainee: { dttp_id: TWO }, ...two, named: ONE },
      'blocks',
      `another DTTP record meanwhile (${TWO}). Choose “Use these records” with that one`,
    ],
    [
      'state',
      'another record by now, which is another trainee’s, too',
      { trainee: { dttp_id: TWO }, taken: [TWO] },
      'blocks',
      `another DTTP record meanwhile (${TWO})`,
    ],
    [
      'state',
      'another record by now, which DTTP does not have',
      { trainee: { dttp_id: TWO } },
      'warns',
      `another record (${TWO}), which DTTP does not have: it is replaced`,
    ],
    [
      'state',
      'such a record, to register again',
      { trainee: { dttp_id: TWO }, inDttp: [], ...again },
      'blocks',
      `(${TWO}). DTTP does not have it. Ask a developer.`,
    ],
    [
      'state',
      'such a record of a trainee who was withdrawn',
      { trainee: { dttp_id: TWO, state: 4 } },
      'warns',
      'nothing asks for a TRN. Register names another record',
    ],
    ['state', 'this very record by now', { trainee: { dttp_id: ONE } }, 'holds', 'names this record already'],
    [
      'state',
      'this record, to register again',
      { trainee: { dttp_id: ONE }, ...again },
      'blocks',
      'another DTTP record',
    ],

    ['records', 'one, to use', {}, 'holds', `DTTP has record ${ONE} with 1 training record and 1 degree.`],
    [
      'records',
      'one that may be another trainee’s with the same id',
      { namesakes: ['5901'] },
      'blocks',
      'The same provider gave the same id to trainee 5901, so we cannot tell whose record it is.',
    ],
    [
      'records',
      'the same, named all the same',
      { namesakes: ['5901', '5902'], named: ONE },
      'blocks',
      'trainees 5901 and 5902',
    ],
    ['records', 'the same, to register again', { namesakes: ['5901'], ...again }, 'blocks', 'trainee 5901'],
    [
      'records',
      'none, to register again',
      { namesakes: ['5901'], inDttp: [], ...again },
      'holds',
      'DTTP has no record',
    ],
    [
      'records',
      'the one that DTTP answered with, whoever has the same id',
      { namesakes: ['5901'], attempt: attempt(ids(ONE)) },
      'holds',
      `DTTP has record ${ONE}`,
    ],
    [
      'records',
      'one that was merged',
      { inDttp: [{ ...record(ONE), gone: { mergedInto: TWO } }] },
      'blocks',
      `record ${ONE} (merged into ${TWO}) with 1 training record and 1 degree, so it must not be given to the trainee`,
    ],
    [
      'records',
      'one that was deactivated',
      { inDttp: [{ ...record(ONE), gone: { mergedInto: null } }] },
      'blocks',
      `record ${ONE} (not in use any more)`,
    ],
    ['records', 'none, to use', { inDttp: [] }, 'blocks', 'there is none to use. Wait a few minutes'],
    ['records', 'several, to use', two, 'blocks', 'DTTP has more than one such record. Enter the id of the one to use'],
    ['records', 'several, one named', { ...two, named: TWO }, 'warns', `You chose record ${TWO}`],
    [
      'records',
      'one that is not there is named',
      { named: TWO },
      'blocks',
      'That is not one of the records that DTTP has',
    ],
    [
      'records',
      'one that may be anybody’s, to use',
      { trainee: { trainee_id: null } },
      'blocks',
      `gave the trainee no id of theirs, so we cannot tell whose record this is. Enter the id of the one to use: record ${ONE}`,
    ],
    [
      'records',
      'one that may be anybody’s, and is named',
      { trainee: { trainee_id: null }, named: ONE },
      'warns',
      'so the record may be somebody else’s: look in DTTP',
    ],
    [
      'records',
      'one that may be anybody’s, but DTTP answered with it',
      { trainee: { trainee_id: null }, attempt: attempt(ids(ONE)) },
      'holds',
      `DTTP has record ${ONE}`,
    ],
    [
      'records',
      'one that was sent without an id, which the provider gave since',
      { attempt: { ...attempt(), sentAs: { traineeId: 'NOTPROVIDED', provider: USER } } },
      'blocks',
      'gave the trainee no id of theirs',
    ],
    ['records', 'more than can be looked at, to use', { isMore: true }, 'blocks', 'more records than we can look at'],
    [
      'records',
      'more than can be looked at, one named',
      { isMore: true, named: ONE },
      'warns',
      'more records than we can look at',
    ],
    [
      'records',
      'more than can be looked at, to register again',
      { ...again, isMore: true, inDttp: [{ ...record(ONE), placementAssignments: [] }] },
      'blocks',
      'Registering again may create a duplicate',
    ],
    [
      'records',
      'half of one, seconds after the sending, to register again',
      { ...again, isFresh: true, inDttp: [{ ...record(ONE), placementAssignments: [] }] },
      'blocks',
      'sent a few minutes ago',
    ],
    [
      'records',
      'without a training record',
      { inDttp: [{ ...record(ONE), placementAssignments: [] }] },
      'blocks',
      'exactly one training record',
    ],
    [
      'records',
      'none, to register again',
      { ...again, inDttp: [] },
      'holds',
      'no record that this registration could have created',
    ],
    [
      'records',
      'none yet, to register again',
      { ...again, inDttp: [], isFresh: true },
      'blocks',
      'may still be working on it',
    ],
    ['records', 'one, to register again', again, 'blocks', 'Choose “Use these records”, or have them deleted'],
    [
      'records',
      'half of one, to register again',
      { ...again, inDttp: [{ ...record(ONE), placementAssignments: [] }] },
      'warns',
      'creates a duplicate if that is this trainee',
    ],
    [
      'records',
      'one that may be anybody’s, to register again',
      { ...again, trainee: { trainee_id: null } },
      'warns',
      'creates a duplicate if that is this trainee',
    ],

    [
      'records',
      'of several, the one that DTTP answered with is used unless another is named',
      { ...two, attempt: attempt(ids(TWO)) },
      'warns',
      `DTTP answered with record ${TWO}`,
    ],
    [
      'records',
      'of several, the one that DTTP answered with is gone',
      { ...two, attempt: attempt(ids('c0000000-0000-4000-8000-000000000009')) },
      'blocks',
      'DTTP has more than one such record',
    ],
    [
      'records',
      'of several, one is named in place of the one that DTTP answered with',
      { ...two, attempt: attempt(ids(TWO)), named: ONE },
      'warns',
      `You chose record ${ONE}`,
    ],

    ['degrees', 'each is there', {}, 'holds', '1 of 1.'],
    [
      'degrees',
      'one is not',
      { inDttp: [{ ...record(ONE), degrees: [] }] },
      'warns',
      'which of DTTP’s degrees is degree 1',
    ],
    [
      'degrees',
      'there are more',
      { inDttp: [{ ...record(ONE), degrees: [degree(DEGREE), { ...degree(TWO), subjectId: null }] }] },
      'warns',
      'DTTP has 2 of them, and Register 1.',
    ],
    ['degrees', 'do not matter', again, 'not-looked-at', ''],

    ['preflight', 'to use, DTTP has been told', { trainee: { gender: null } }, 'holds', 'DTTP has been told already.'],
    ['preflight', 'to register again, nothing is missing', again, 'holds', 'Nothing is missing.'],
    [
      'preflight',
      'to register again, gender is',
      { ...again, trainee: { gender: null } },
      'blocks',
      'gender is not set',
    ],
    ['preflight', 'to register again, for nobody', { ...again, submittedBy: null }, 'blocks', 'names no user'],
  ])('%s: %s', (check, _when, situation, verdict, found) => {
    const result = runChecks(settleRegistration.checks, facts(situation)).find(({ id }) => id === check)
    expect(result).toMatchObject({ verdict, found: expect.stringContaining(found) })
  })

  test('ask which record to use where there are several', () => {
    const asking = runChecks(settleRegistration.checks, facts(two)).find(({ id }) => id === 'records')
    expect(asking?.ask).toMatchObject({ field: 'contact', options: [{ value: ONE }, { value: TWO }] })
  })
})

describe('the plan', () => {
  const planFor = (situation: Situation) => {
    const seen = facts(situation)
    expect(isBlocked(runChecks(settleRegistration.checks, seen))).toBe(false)
    return plannedIn(settleRegistration.outcome(seen))
  }
  const status = { trainee: '1', status: 'Prospective trainee - TREFNO requested' }
  const poll = { kind: 'enqueue', job: 'retrieve-trn', args: { trainee: '1', poll_for: '4 days' }, delaySeconds: 3600 }
  const settled = (outcome: string) => ({ kind: 'settle-registration', jobId: JOB, trainee: '1', outcome })

  test('to use the records does all that the registration itself would have done with the answer', () => {
    expect(planFor({})).toEqual({
      updates: [
        {
          ...{ table: 'trainees', id: '1', save: 'audited' },
          changes: { dttp_id: [null, ONE], placement_assignment_dttp_id: [null, assignmentOf(ONE)] },
        },
        { table: 'degrees', id: '1', save: 'audited', changes: { dttp_id: [null, DEGREE] } },
      ],
      inserts: [],
      effects: [
        settled('registered'),
        { kind: 'enqueue', job: 'change-trainee-status', args: { ...status, entity: 'contact' } },
        { kind: 'enqueue', job: 'change-trainee-status', args: { ...status, entity: 'placement_assignment' } },
        poll,
      ],
    })
  })

  test('to use one of several asks people to look at the others', () => {
    const { effects } = planFor({ inDttp: [record(ONE), record(TWO)], named: TWO })
    expect(effects.at(-1)).toMatchObject({ kind: 'manual-step', text: expect.stringContaining(`- record ${ONE} with`) })
  })

  test('to use what Register names already changes no row, and settles it', () => {
    const own = { dttp_id: ONE, placement_assignment_dttp_id: assignmentOf(ONE) }
    const { updates, effects } = planFor({ trainee: own })
    expect(updates.map(({ table }) => table)).toEqual(['degrees'])
    expect(effects[0]).toEqual(settled('registered'))
  })

  test('to register again settles it as never sent, and starts a registration on the same person’s behalf', () => {
    expect(planFor({ decision: 'again', inDttp: [] })).toEqual({
      updates: [],
      inserts: [],
      effects: [
        settled('not-sent'),
        { kind: 'enqueue', job: 'register-for-trn', args: { trainee: '1', submitted_by: USER } },
        poll,
      ],
    })
  })
})

describe('degrees', () => {
  const degreesIn = (situation: Situation) =>
    Object.fromEntries(
      plannedIn(settleRegistration.outcome(facts(situation)))
        .updates.filter(({ table }) => table === 'degrees')
        .map(({ id, changes }) => [id, changes['dttp_id']?.[1]]),
    )
  const other = { ...degree('d0000000-0000-4000-8000-000000000002'), gradeId: null, institutionId: null }

  test('are told apart by what they say', () => {
    expect(degreesIn({ inDttp: [{ ...record(ONE), degrees: [other, degree(DEGREE)] }] })).toEqual({ '1': DEGREE })
  })

  test('that say the same are as good as each other, if there are as many', () => {
    const twins = facts({
      inDttp: [{ ...record(ONE), degrees: [degree(DEGREE), degree(other.id)] }],
      degrees: (first) => [first, { ...first, id: '2' }],
    })
    expect(plannedIn(settleRegistration.outcome(twins)).updates.slice(1)).toMatchObject([
      { id: '1', changes: { dttp_id: [null, DEGREE] } },
      { id: '2', changes: { dttp_id: [null, other.id] } },
    ])
  })

  test('of which DTTP has more that say the same are left alone', () => {
    expect(degreesIn({ inDttp: [{ ...record(ONE), degrees: [degree(DEGREE), degree(other.id)] }] })).toEqual({})
  })

  test('are known where DTTP answered and only saving failed', () => {
    expect(degreesIn({ attempt: attempt(ids(ONE)), inDttp: [{ ...record(ONE), degrees: [] }] })).toEqual({
      '1': other.id,
    })
  })
})

function facts(situation: Situation) {
  const { trainee = {}, inDttp = [record(ONE)], isMore = false, decision = 'use', register = {}, ...more } = situation
  const { named = '', degrees = (first) => [first], ...rows } = more
  const known = registrationRows({
    ...{ trainee_id: '21/22-1', dttp_id: null, placement_assignment_dttp_id: null, trn: null, ...trainee },
  })
  const registration = { ...known, degrees: known.degrees.flatMap(degrees) }
  return settleRegistration.situation(
    {
      ...{ trainee: registration.trainee, registration, attempt: attempt(), isUnderWay: false, isFresh: false },
      ...{ submittedBy: USER, taken: [], namesakes: [], mirror: null },
      ...rows,
    },
    { records: inDttp, isMore },
    { subject: 'slug', decision, contact: named, reason: 'Contract', ticket: '' },
    around({ ...REGISTER, ...register }),
  )
}

function attempt(answered: RegistrationAttempt['ids'] = null): RegistrationAttempt {
  const sent = { jobId: JOB, sentAt: new Date('2021-10-27T13:14:00Z'), outcome: 'unknown' as const, ids: answered }
  return Object.assign(new RegistrationAttempt(), sent)
}

function ids(contact: string): NonNullable<RegistrationAttempt['ids']> {
  const degrees = { '1': 'd0000000-0000-4000-8000-000000000002' }
  return { contact, placementAssignment: assignmentOf(contact), degrees }
}

function assignmentOf(contact: string): string {
  return contact.replace('c', 'a')
}

function record(contact: string): Candidate {
  return { contact, gone: null, placementAssignments: [assignmentOf(contact)], degrees: [degree(DEGREE)] }
}

/** As DTTP shows the degree of the trainee with nothing missing. */
function degree(id: string): Candidate['degrees'][number] {
  return {
    id,
    subjectId: codeSets.degree_subjects.Mathematics,
    typeId: codeSets.degree_types['Bachelor of Science'],
    gradeId: codeSets.grades['First-class honours'],
    institutionId: codeSets.institutions['University of Lancaster'],
    countryId: null,
    isActive: true,
    createdOn: '2021-10-27T13:14:02Z',
  }
}
