import { describe, expect, test } from 'vitest'
import { diagnose } from '../../../src/alerts/sight/diagnosis.ts'
import { diagnoseRegisterJob } from '../../../src/alerts/sight/register-jobs.ts'
import type { FailureCode } from '../../../src/entities/chatops/job-failure.ts'
import type { About, Found, FoundTrainee } from '../../../src/failures/found.ts'
import { FAILURES } from '../../../src/failures/table.ts'
import { findPlaybook } from '../../../src/playbooks/index.ts'

const CODES = Object.keys(FAILURES) as FailureCode[]

const about = (given: Partial<About>): About => ({
  code: 'timed-out',
  job: 'retrieve-trn',
  trainee: '5913',
  trainees: 1,
  urn: null,
  found: null,
  ...given,
})

function found(trainee: Partial<FoundTrainee>, more: Partial<Found> = {}): Found {
  const whole: FoundTrainee = {
    ...{ state: 1, route: 1, hasTrn: false, contact: 'there', placementAssignment: 'there', trnInDttp: false },
    ...{ poll: null, schools: [], candidates: null },
    ...trainee,
  }
  return { at: '2021-10-27T09:02:00Z', dttp: null, statuses: null, trainees: { '5913': whole }, because: {}, ...more }
}

describe('a poll that timed out', () => {
  test('is a delay at DQT, and can be requeued', () => {
    const { title, meaning, why, todo, offer } = diagnose(about({}))
    expect(title).toBe('No TRN yet for trainee 5913')
    expect(diagnose(about({ after: '4 days' })).title).toBe('No TRN for trainee 5913 after 4 days')
    expect(meaning).toContain('usually a delay at DQT')
    expect(why).toBe('“Ask again for 1 day” is /trainee requeue-trn: the time for asking is up.')
    expect(todo).toBe(
      'Check the DTTP record. If it looks right, select “Ask again for 1 day”. A second person must approve it. If it looks wrong, contact the operations team.',
    )
    const values = { duration: '1 day' }
    expect(offer).toEqual({ playbook: 'requeue-trn', label: 'Ask again for 1 day', per: 'trainee', values })
  })

  test('needs no visit to DTTP once that holds the TRN', () => {
    const { meaning, todo } = diagnose(about({ found: found({ trnInDttp: true }) }))
    expect(meaning).toContain('nothing fetches it')
    expect(todo).not.toContain('Check the DTTP record')
  })

  test('is not offered again while the trainee is polled', () => {
    const { todo, offer } = diagnose(about({ found: found({ poll: { until: null } }) }))
    expect(todo).toBe('You do not need to do anything.')
    expect(offer).toBeNull()
  })

  test('is a lost record where DTTP has none: polling would not help', () => {
    const { title, offer } = diagnose(about({ found: found({ contact: 'missing' }) }))
    expect(title).toBe('DTTP no longer has the record of trainee 5913')
    expect(offer?.playbook).not.toBe('requeue-trn')
  })
})

test('trainees whom nobody polls are offered a poll, each their own', () => {
  const { title, offer } = diagnose(about({ code: 'not-polled', trainee: null, trainees: 3 }))
  expect(title).toBe('Nothing asks for the TRN of 3 trainees')
  expect(offer).toMatchObject({ playbook: 'requeue-trn', per: 'trainee' })
})

test('a school is named by its URN, and once it is active only the job is missing', () => {
  const school = { code: 'school-not-active', urn: '900002', trainee: null, trainees: 2 } as const
  expect(diagnose(about(school)).title).toBe('School 900002 is not active in DTTP')
  const active = diagnose(about({ ...school, found: found({}, { statuses: [2, 300000007] }) }))
  expect(active.meaning).toBe('The school is active now; the job can be retried.')
})

test.each([
  [[{ which: 'lead', urn: '900001', statuses: [1] }], 'trainee'],
  [[{ which: 'lead', urn: '900002', statuses: [2] }], 'alert'],
  [[], 'alert'],
] as const)('a trainee who sends %j is offered a repair by %s', (schools, per) => {
  const failed = { code: 'school-not-active', urn: '900002', job: 'register-for-trn' } as const
  const { title, offer } = diagnose(about({ ...failed, found: found({ schools }) }))
  expect(offer).toMatchObject({
    playbook: 'repair-school',
    per,
    values: per === 'trainee' ? {} : { subject: 'URN 900002' },
  })
  expect(title.includes('another school by now')).toBe(per === 'trainee')
})

test('an unanswered registration must not be repeated', () => {
  const { title, meaning } = diagnose(about({ code: 'outcome-unknown', job: 'register-for-trn' }))
  expect(title).toBe('We do not know if DTTP registered trainee 5913')
  expect(meaning).toBe('Do not register or retry this trainee. Trying again could create a duplicate.')
})

test('an unanswered update may be repeated', () => {
  const { meaning } = diagnose(about({ code: 'outcome-unknown', job: 'update-trainee' }))
  expect(meaning).toContain('Sending the same again does no harm')
})

describe.each(CODES)('%s', (code) => {
  const abouts = [
    about({ code }),
    about({ code, job: 'update-trainee', trainee: null, trainees: 12 }),
    about({ code, job: 'sync-schools', trainee: null, trainees: 0 }),
    about({ code, job: 'register-for-trn', urn: '900002', found: found({ contact: 'missing' }, { dttp: 'answers' }) }),
  ]

  test('says what it is, what it means and what to do, in words for people', () => {
    for (const { title, meaning, why, todo } of abouts.map(diagnose)) {
      for (const words of [title, meaning, todo]) expect(words).toMatch(/^\p{Lu}/u)
      const said = [title, meaning, why, todo].join(' ')
      expect(said).not.toMatch(/\b(null|undefined|enum|payload|outbox|digest|stale)\b/)
      expect(title).not.toMatch(/\b0 trainees|\b1 trainees/)
    }
  })

  test('names a playbook only if there is one, and otherwise whom to ask', () => {
    for (const { why, todo, offer } of abouts.map(diagnose)) {
      if (offer) {
        expect(findPlaybook(offer.playbook)?.form).toMatchObject(
          Object.fromEntries(Object.keys(offer.values).map((field) => [field, expect.anything()])),
        )
        expect(why).toContain(offer.playbook)
        expect(todo).toContain(`“${offer.label}”`)
      } else {
        expect(why).toBeNull()
        expect(todo).toMatch(/\b(Ask|ask|developers?|do not need)\b/)
      }
    }
  })
})

describe('a job of Register’s own', () => {
  const register = (className: string, message = 'x', trainee: string | null = '5913') =>
    diagnoseRegisterJob({ className, message, trainee })

  test('without a playbook is said with whom to ask', () => {
    const { title, todo, offer } = register('Dttp::RetrieveAwardJob')
    expect(title).toBe('Asking DTTP for an award failed for trainee 5913')
    expect(todo).toContain('Ask the operations team about the award')
    expect(offer).toBeNull()
    expect(register('Dttp::QueueTraineeUpdatesJob').todo).toContain('Ask the Register developers')
  })

  test.each(['Anything::ElseJob', 'constructor', '<!channel>'])('that nobody knows is the developers’: %s', (name) => {
    const { title, todo } = register(name, 'x', null)
    expect(title).not.toContain('<')
    expect(todo).toContain('Ask the Register developers')
  })

  test.each([
    [
      'Dttp::RetrieveTrnJob',
      'Dttp::RetrieveTrnJob for Trainee id: 5913 has timed out after 4 days.',
      'No TRN for trainee 5913 after 4 days',
    ],
    [
      'Dttp::UpdateTraineeJob',
      '400 {"message":"Cannot find record to be updated"}',
      'DTTP no longer has the record of trainee 5913',
    ],
    ['Dttp::RegisterForTrnJob', 'Unable to find DTTP school with URN: 900002', 'School 900002 is not active in DTTP'],
    [
      'Dttp::RegisterForTrnJob',
      'Unable to find DTTP school with URN',
      'A school of trainee 5913 is not active in DTTP',
    ],
    ['Dttp::SyncSchoolsJob', 'Zoë O’Neil', 'Fetching the schools from DTTP failed for trainee 5913'],
  ])('%s is read by its message, which is not repeated: %s', (className, message, title) => {
    const diagnosis = register(className, message)
    expect(diagnosis.title).toBe(title)
    expect(JSON.stringify(diagnosis)).not.toMatch(/Zoë|has timed out|"message/)
  })
})
