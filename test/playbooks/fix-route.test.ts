import { describe, expect, test } from 'vitest'
import { runChecks } from '../../src/contract/check.ts'
import { isEmpty } from '../../src/contract/plan.ts'
import { Audit } from '../../src/entities/register/audit.ts'
import { DttpSchool } from '../../src/entities/register/dttp-school.ts'
import { Provider } from '../../src/entities/register/provider.ts'
import { School } from '../../src/entities/register/school.ts'
import { Trainee } from '../../src/entities/register/trainee.ts'
import { fixRoute } from '../../src/playbooks/fix-route/index.ts'
import type { Rows, SchoolRows } from '../../src/playbooks/fix-route/rows.ts'
import { TRAINING_ROUTES, type TrainingRoute } from '../../src/register/trainees/training-routes.ts'
import { around, plannedIn } from './around.ts'

const URL = 'https://register.example.test'
const ACTIVE = 1
const INACTIVE = 2

type Situation = Partial<Omit<Rows, 'trainee'>> & { trainee?: Partial<Trainee>; flags?: (flag: string) => boolean }

describe('checks', () => {
  test.each<[check: string, when: string, Situation, TrainingRoute, verdict: string, found: string]>([
    ['provider', 'the route is open to all', {}, 'assessment_only', 'holds', 'Demo University (D10)'],
    [
      'provider',
      'HPITT’s trainee goes to its route',
      { provider: provider('HPITT') },
      'hpitt_postgrad',
      'holds',
      'HPITT',
    ],
    [
      'provider',
      'another’s trainee would go there',
      {},
      'hpitt_postgrad',
      'blocks',
      'Only trainees with the provider code HPITT',
    ],
    [
      'provider',
      'HPITT’s trainee would leave its route',
      { provider: provider('HPITT') },
      'assessment_only',
      'blocks',
      'can only be on the HPITT route',
    ],
    ['provider', 'a provider has no code', { provider: provider(null) }, 'assessment_only', 'holds', 'no code'],

    ['route', 'it is another', {}, 'assessment_only', 'holds', 'from Provider-led (postgrad) to Assessment only'],
    ['route', 'it is the same', {}, 'provider_led_postgrad', 'warns', 'already on Provider-led (postgrad)'],
    ['route', 'there was none', { trainee: { training_route: null } }, 'assessment_only', 'holds', 'from no route'],

    ['route-enabled', 'its flag is on', {}, 'hpitt_postgrad', 'holds', 'Providers can choose it'],
    ['route-enabled', 'its flag is off', { flags: () => false }, 'hpitt_postgrad', 'warns', 'switched off in Register'],
    ['route-enabled', 'it has no flag', { flags: () => false }, 'assessment_only', 'holds', 'Providers can choose it'],

    ['state', 'pending', { trainee: { state: 1 } }, 'assessment_only', 'holds', 'Pending TRN'],
    ['state', 'TRN received', { trainee: { state: 2 } }, 'assessment_only', 'holds', 'TRN received'],
    ['state', 'deferred', { trainee: { state: 5 } }, 'assessment_only', 'holds', 'Deferred'],
    ['state', 'a draft', { trainee: { state: 0 } }, 'assessment_only', 'warns', 'The provider can change its route'],
    ['state', 'withdrawn', { trainee: { state: 4 } }, 'assessment_only', 'warns', 'This record is finished'],
    ['state', 'recommended', { trainee: { state: 3 } }, 'assessment_only', 'warns', 'QTS recommended'],
    ['state', 'awarded', { trainee: { state: 6 } }, 'assessment_only', 'warns', 'QTS awarded'],

    [
      'lead-school',
      'none is sent and none is set',
      {},
      'assessment_only',
      'holds',
      'sends no lead school, and none is set',
    ],
    [
      'lead-school',
      'one is sent and set, and active',
      { leadSchool: school(ACTIVE) },
      'school_direct_tuition_fee',
      'holds',
      'is active in DTTP',
    ],
    [
      'lead-school',
      'one is sent and none is set',
      {},
      'school_direct_tuition_fee',
      'warns',
      'The provider must add it',
    ],
    [
      'lead-school',
      'none is sent and one is set',
      { leadSchool: school(ACTIVE) },
      'assessment_only',
      'warns',
      'will no longer be used',
    ],
    [
      'lead-school',
      'one is sent and “not applicable” is ticked',
      { leadSchool: school(ACTIVE), trainee: { lead_school_not_applicable: true } },
      'school_direct_tuition_fee',
      'warns',
      '“not applicable” is ticked',
    ],
    [
      'lead-school',
      'it is not in DTTP',
      { leadSchool: school() },
      'school_direct_tuition_fee',
      'warns',
      'not among the DTTP schools',
    ],
    [
      'lead-school',
      'it is inactive in DTTP',
      { leadSchool: school(INACTIVE) },
      'school_direct_tuition_fee',
      'warns',
      'sending it to DTTP will fail',
    ],
    [
      'lead-school',
      'it is new in DTTP',
      { leadSchool: school(300000007) },
      'school_direct_tuition_fee',
      'holds',
      'new',
    ],
    [
      'lead-school',
      'the playbook’s typo is no status',
      { leadSchool: school(300000008) },
      'school_direct_tuition_fee',
      'warns',
      'proposed to open',
    ],
    [
      'lead-school',
      'it has no status',
      { leadSchool: school(null) },
      'school_direct_tuition_fee',
      'warns',
      'no status',
    ],
    [
      'lead-school',
      'it is in DTTP twice, active once',
      { leadSchool: school(INACTIVE, ACTIVE) },
      'school_direct_tuition_fee',
      'holds',
      'inactive and active',
    ],
    [
      'lead-school',
      'it is in DTTP twice, both active',
      { leadSchool: school(ACTIVE, ACTIVE) },
      'school_direct_tuition_fee',
      'warns',
      'more than once',
    ],
    [
      'lead-school',
      'the route’s flag is off, so none is sent',
      { flags: () => false },
      'school_direct_tuition_fee',
      'holds',
      'sends no lead school',
    ],

    [
      'employing-school',
      'the route sends only a lead school',
      {},
      'school_direct_tuition_fee',
      'holds',
      'sends no employing school',
    ],
    [
      'employing-school',
      'one is sent and none is set',
      {},
      'school_direct_salaried',
      'warns',
      'The provider must add it',
    ],
    [
      'employing-school',
      'one is sent and set, and active',
      { employingSchool: school(ACTIVE) },
      'pg_teaching_apprenticeship',
      'holds',
      'active',
    ],
    [
      'employing-school',
      'it is inactive in DTTP',
      { employingSchool: school(INACTIVE) },
      'pg_teaching_apprenticeship',
      'warns',
      'will fail',
    ],
    [
      'employing-school',
      '“not applicable” is ticked',
      { trainee: { employing_school_not_applicable: true } },
      'school_direct_salaried',
      'warns',
      '“not applicable” is ticked',
    ],

    ['degree', 'one is needed and there', { degrees: 1 }, 'assessment_only', 'holds', '1 degree.'],
    ['degree', 'one is needed and missing', { degrees: 0 }, 'assessment_only', 'warns', 'no degree'],
    ['degree', 'none is needed', { degrees: 0 }, 'opt_in_undergrad', 'holds', 'asks for none'],

    ['award', 'it stays QTS', {}, 'assessment_only', 'holds', 'The award is QTS'],
    ['award', 'it becomes EYTS', {}, 'early_years_postgrad', 'warns', 'from QTS to EYTS'],
    [
      'award',
      'it stays EYTS',
      { trainee: { training_route: 8 } },
      'early_years_salaried',
      'holds',
      'The award is EYTS',
    ],
    ['award', 'it becomes QTS', { trainee: { training_route: 8 } }, 'assessment_only', 'warns', 'from EYTS to QTS'],
    ['award', 'it becomes none', {}, 'hpitt_postgrad', 'warns', 'has no award'],
    [
      'award',
      'it is none and stays so',
      { trainee: { training_route: 11, state: 6 } },
      'hpitt_postgrad',
      'holds',
      'no award',
    ],
    [
      'award',
      'it becomes none, recommended',
      { trainee: { state: 3 } },
      'hpitt_postgrad',
      'blocks',
      'pages for it would fail',
    ],
    ['award', 'it becomes none, awarded', { trainee: { state: 6 } }, 'hpitt_postgrad', 'blocks', 'is QTS awarded'],
    ['award', 'it becomes none, withdrawn', { trainee: { state: 4 } }, 'hpitt_postgrad', 'warns', 'has no award'],
    ['award', 'it was none', { trainee: { training_route: 11 } }, 'assessment_only', 'warns', 'from none to QTS'],
    ['award', 'there was no route', { trainee: { training_route: null } }, 'early_years_salaried', 'holds', 'EYTS'],

    ['dttp', 'there is no record', {}, 'assessment_only', 'holds', 'no DTTP record yet'],
    [
      'dttp',
      'there is one, and the route changes',
      { trainee: { dttp_id: 'c1', state: 5 } },
      'assessment_only',
      'warns',
      'does not reach DTTP by itself',
    ],
    [
      'dttp',
      'there is one, and the route stays',
      { trainee: { dttp_id: 'c1' } },
      'provider_led_postgrad',
      'holds',
      'not affected',
    ],

    ['last-change', 'there is no history', {}, 'assessment_only', 'holds', 'no history'],
    [
      'last-change',
      'a user changed it',
      { lastAudit: audit(201) },
      'assessment_only',
      'holds',
      '20 October 2021 at 10:15am, by somebody in Register (user 201)',
    ],
    [
      'last-change',
      'a job changed it',
      { lastAudit: audit(null) },
      'assessment_only',
      'holds',
      'by Register itself, or at its console',
    ],
  ])('%s, when %s', (id, _, situation, route, verdict, found) => {
    const check = checkOf(id, situation, route)
    expect(check).toMatchObject({ verdict, found: expect.stringContaining(found) })
  })

  test('each has a sentence that should hold, and no two the same id', () => {
    const checks = runChecks(fixRoute.checks, facts({}, 'assessment_only'))
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length)
    for (const { sentence } of checks) expect(sentence).toMatch(/^[A-Z][^.?]+$/)
  })

  test.each([1, 2])('nightly updates are said to fail for a trainee in state %s only', (state) => {
    const nightly = 'Nightly updates of this trainee to DTTP fail until'
    expect(checkOf('dttp', { trainee: { dttp_id: 'c1', state } }, 'assessment_only')?.found).toContain(nightly)
    for (const other of [0, 3, 4, 5, 6])
      expect(checkOf('dttp', { trainee: { dttp_id: 'c1', state: other } }, 'assessment_only')?.found).not.toContain(
        nightly,
      )
  })

  test('none names the trainee or shows anything personal', () => {
    const trainee = {
      first_names: 'Secretfirst',
      last_name: 'Secretlast',
      email: 'secret@example.test',
      trn: '7654321',
    }
    const checks = runChecks(fixRoute.checks, facts({ trainee }, 'school_direct_salaried'))
    expect(JSON.stringify(checks)).not.toMatch(/secret|7654321/i)
  })
})

describe('the plan', () => {
  test('of a route change empties what the record holds of course and funding', () => {
    const trainee = { course_subject_one: 'mathematics', study_mode: 1, bursary_tier: 0, applying_for_bursary: false }
    const plan = planFor({ trainee }, 'assessment_only')
    expect(plan.updates).toHaveLength(1)
    expect(plan.updates[0]).toMatchObject({ table: 'trainees', id: '5901', save: 'audited' })
    expect(plan.updates[0]?.changes).toEqual({
      training_route: [1, 0],
      course_subject_one: ['mathematics', null],
      study_mode: [1, null],
      bursary_tier: [0, null],
      applying_for_bursary: [false, null],
    })
  })

  test('for the same route is nothing to do', () => {
    expect(isEmpty(planFor({}, 'provider_led_postgrad'))).toBe(true)
    expect(planFor({ trainee: { dttp_id: 'c1' } }, 'provider_led_postgrad').effects).toEqual([])
  })

  test('for the same early-years route sets what Register fixes on every save', () => {
    const plan = planFor(
      { trainee: { training_route: 8, dttp_id: 'c1', course_subject_one: 'maths' } },
      'early_years_postgrad',
    )
    expect(plan.updates[0]?.changes).toEqual({
      course_subject_one: ['maths', 'early years teaching'],
      course_min_age: [null, 0],
      course_max_age: [null, 5],
    })
    expect(plan.effects).toEqual([])
  })

  test('tidies names and schools as every save does', () => {
    const trainee = { first_names: ' Demo  One', lead_school_id: '701', lead_school_not_applicable: true }
    expect(planFor({ trainee }, 'assessment_only').updates[0]?.changes).toMatchObject({
      first_names: [' Demo  One', 'Demo One'],
      lead_school_id: ['701', null],
    })
  })

  test('has a manual step only for a trainee with a DTTP record whose route changes', () => {
    const trainee = { dttp_id: 'c0ffee', placement_assignment_dttp_id: 'bead' }
    expect(planFor({}, 'assessment_only').effects).toEqual([])
    expect(planFor({ trainee }, 'provider_led_postgrad').effects).toEqual([])
    const [step, ...others] = planFor({ trainee }, 'assessment_only').effects
    expect(others).toEqual([])
    expect(step).toMatchObject({ kind: 'manual-step' })
    const text = step?.kind === 'manual-step' ? step.text : ''
    for (const part of ['Assessment only', 'c0ffee', 'bead', `${URL}/trainees/slug5901`]) expect(text).toContain(part)
  })

  test('leaves an unknown placement out of the manual step', () => {
    const [step] = planFor({ trainee: { dttp_id: 'c0ffee' } }, 'assessment_only').effects
    expect(JSON.stringify(step)).not.toMatch(/placement|null/i)
  })
})

describe('the advice', () => {
  const complete: Partial<Trainee> = {
    course_education_phase: 1,
    course_subject_one: 'mathematics',
    course_min_age: 11,
    course_max_age: 16,
    course_start_date: '2021-09-06',
    course_end_date: '2022-07-15',
    study_mode: 1,
    training_initiative: 4,
    applying_for_bursary: false,
  }
  const schools = { leadSchool: school(ACTIVE), employingSchool: school(ACTIVE) }

  test('is none when nothing is missing', () => {
    expect(adviceFor({ trainee: complete, ...schools }, 'school_direct_salaried')).toBeNull()
  })

  test.each<[string, Situation, TrainingRoute, string[]]>([
    ['a subject', { trainee: { ...complete, course_subject_one: null } }, 'assessment_only', ['course subject']],
    ['one of two ages', { trainee: { ...complete, course_max_age: null } }, 'assessment_only', ['age range']],
    [
      'dates',
      { trainee: { ...complete, course_start_date: null, course_end_date: null } },
      'assessment_only',
      ['course start date', 'course end date'],
    ],
    [
      'an education phase',
      { trainee: { ...complete, course_education_phase: null } },
      'assessment_only',
      ['education phase'],
    ],
    [
      'an education phase that early years do not have',
      { trainee: { ...complete, course_education_phase: null } },
      'early_years_salaried',
      [],
    ],
    [
      'a study mode',
      { trainee: { ...complete, study_mode: null } },
      'provider_led_undergrad',
      ['full time or part time'],
    ],
    [
      'a study mode that the route does not ask for',
      { trainee: { ...complete, study_mode: null } },
      'assessment_only',
      [],
    ],
    [
      'a study mode, whatever flags are off',
      { trainee: { ...complete, study_mode: null }, flags: () => false },
      'provider_led_undergrad',
      ['full time or part time'],
    ],
    [
      'an initiative',
      { trainee: { ...complete, training_initiative: null } },
      'assessment_only',
      ['training initiative'],
    ],
    [
      'all funding',
      { trainee: { ...complete, applying_for_bursary: null } },
      'assessment_only',
      ['bursary, scholarship or grant, if there is one'],
    ],
    [
      'a bursary, but not a grant',
      { trainee: { ...complete, applying_for_bursary: null, applying_for_grant: false } },
      'assessment_only',
      [],
    ],
    ['both schools', { trainee: complete }, 'school_direct_salaried', ['lead school', 'employing school']],
    ['a lead school', { trainee: complete }, 'school_direct_tuition_fee', ['lead school']],
    ['schools that the route does not send', { trainee: complete }, 'assessment_only', []],
    ['a degree', { trainee: complete, degrees: 0 }, 'assessment_only', ['degree']],
    ['a degree that the route does not ask for', { trainee: complete, degrees: 0 }, 'provider_led_undergrad', []],
  ])('for a record that lacks %s lists that, and nothing else', (_, situation, route, items) => {
    const listed =
      adviceFor(situation, route)
        ?.message?.split('\n')
        .filter((line) => line.startsWith('- ')) ?? []
    expect(listed).toEqual(items.map((item) => `- ${item}`))
  })

  test('lists what the change of route empties, and not what it fills in', () => {
    const trainee = { ...complete, training_route: TRAINING_ROUTES.provider_led_postgrad.code }
    const lists = (route: TrainingRoute) => adviceFor({ trainee }, route)?.message?.match(/^- .*/gm)
    const ofFunding = ['- training initiative', '- bursary, scholarship or grant, if there is one']
    const dates = ['- course start date', '- course end date']
    const course = ['- education phase', '- course subject', '- age range', ...dates]
    expect(lists('assessment_only')).toEqual([...course, ...ofFunding])
    expect(lists('early_years_assessment_only')).toEqual([...dates, ...ofFunding])
  })

  test('is a message with the new route and the link, and nothing personal', () => {
    const message = adviceFor(
      { trainee: { first_names: 'Secretfirst', email: 'secret@example.test' } },
      'assessment_only',
    )?.message
    expect(message).toContain(`to Assessment only: ${URL}/trainees/slug5901`)
    expect(message).not.toMatch(/secret/i)
  })
})

function checkOf(id: string, situation: Situation, route: TrainingRoute) {
  return runChecks(fixRoute.checks, facts(situation, route)).find((check) => check.id === id)
}

function planFor(situation: Situation, route: TrainingRoute) {
  return plannedIn(fixRoute.outcome(facts(situation, route)))
}

/** For a record that is on the route already, so that nothing is emptied, unless it says which it is on. */
function adviceFor({ trainee, ...situation }: Situation, route: TrainingRoute) {
  const on = { training_route: TRAINING_ROUTES[route].code, ...trainee }
  const outcome = fixRoute.outcome(facts({ ...situation, trainee: on }, route))
  return 'advice' in outcome ? outcome.advice : null
}

/** What fix-route sees: a trainee on Provider-led (postgrad), Pending TRN, with one degree, and what the situation adds. */
function facts({ trainee, flags = () => true, ...rows }: Situation, route: TrainingRoute) {
  return fixRoute.situation(
    {
      trainee: traineeWith(trainee ?? {}),
      provider: provider('D10'),
      leadSchool: null,
      employingSchool: null,
      degrees: 1,
      lastAudit: null,
      ...rows,
    },
    null,
    { subject: 'slug5901', route, reason: 'Wrong route', ticket: '' },
    around({ url: URL, runsJobs: true, isEnabled: flags }),
  )
}

/** Every column empty, but for those given and what no record is without. */
function traineeWith(columns: Partial<Trainee>): Trainee {
  const basics = { id: '5901', slug: 'slug5901', training_route: 1, state: 1, first_names: 'Demo', last_name: 'One' }
  const empty: Partial<Trainee> = {
    dttp_id: null,
    placement_assignment_dttp_id: null,
    progress: null,
    course_uuid: null,
    course_education_phase: null,
    course_subject_one: null,
    course_subject_two: null,
    course_subject_three: null,
    course_min_age: null,
    course_max_age: null,
    course_start_date: null,
    course_end_date: null,
    study_mode: null,
    training_initiative: null,
    applying_for_bursary: null,
    applying_for_scholarship: null,
    applying_for_grant: null,
    bursary_tier: null,
    lead_school_id: null,
    employing_school_id: null,
    lead_school_not_applicable: null,
    employing_school_not_applicable: null,
  }
  return Object.assign(new Trainee(), empty, basics, columns)
}

function provider(code: string | null): Provider {
  return Object.assign(new Provider(), { id: '101', name: 'Demo University', code })
}

/** A school with one row in DTTP for each status. */
function school(...statuses: (number | null)[]): SchoolRows {
  const inDttp = statuses.map((status_code, index) =>
    Object.assign(new DttpSchool(), { id: String(index), status_code }),
  )
  return { school: Object.assign(new School(), { id: '701', urn: '900001' }), inDttp }
}

function audit(user_id: number | null): Audit {
  return Object.assign(new Audit(), { id: '1', version: 3, user_id, created_at: '2021-10-20T09:15:27.123456' })
}
