import { readFileSync } from 'node:fs'
import { getMetadataArgsStorage } from 'typeorm'
import { describe, expect, it } from 'vitest'
import { contact, contactUpdate } from '../../src/dttp/payloads/contact.ts'
import { degreeQualifications, undergraduateDegree } from '../../src/dttp/payloads/degrees.ts'
import { problemsIn, settle } from '../../src/dttp/payloads/draft.ts'
import { placementAssignment, placementAssignmentUpdate } from '../../src/dttp/payloads/placement-assignment.ts'
import { preflight, preflightUpdate } from '../../src/dttp/payloads/preflight.ts'
import type { RegistrationRows } from '../../src/dttp/payloads/rows.ts'
import { isRefusedByUs } from '../../src/dttp/problems.ts'
import { updateSha } from '../../src/dttp/update-sha.ts'
import { Degree } from '../../src/entities/register/degree.ts'
import { Disability } from '../../src/entities/register/disability.ts'
import { Nationality } from '../../src/entities/register/nationality.ts'
import { Trainee } from '../../src/entities/register/trainee.ts'
import { NO_SCHOOLS_NO_DEGREE, registrationRows, rules } from './registration-rows.ts'

const SUBMITTER = '00000000-0000-4000-8000-00000000000b'
const NOW = new Date('2021-10-27T15:06:47Z')
const codes = (rows: RegistrationRows) => preflight(rows, rules, SUBMITTER).map(({ code }) => code)
const first = <T>(list: readonly T[]): T => {
  const [item] = list
  if (item === undefined) throw new Error('the list is empty')
  return item
}

describe('preflight', () => {
  it('finds nothing wrong with a complete trainee', () => {
    expect(preflight(registrationRows(), rules, SUBMITTER)).toEqual([])
    expect(preflightUpdate(registrationRows(), rules)).toEqual([])
  })

  it('names everything that is missing, each thing once', () => {
    const rows = registrationRows({
      ...{ course_start_date: null, course_end_date: null, commencement_date: null, date_of_birth: null },
      ...{ gender: null, training_route: null, lead_school_id: null, course_min_age: null, course_max_age: null },
    })
    const provider = { ...rows.provider, dttp_id: null }
    const found = preflight({ ...rows, provider, nationalities: [], degrees: [], dttpSchools: [] }, rules, null)
    expect(found.map(({ code }) => code).sort()).toEqual([
      'commencement-date-missing',
      'course-end-date-missing',
      'course-start-date-missing',
      'date-of-birth-missing',
      'degree-missing',
      'employing-school-not-active-in-dttp',
      'gender-missing',
      'lead-school-missing',
      'name-missing', // nationality
      'name-missing', // age range
      'provider-without-dttp-id',
      'route-missing',
      'submitter-without-dttp-id',
    ])
  })

  it('tells what Register would send incomplete, which only we refuse, from what it dies of', () => {
    const rows = registrationRows({ date_of_birth: null, course_end_date: null })
    const degrees = rows.degrees.map((degree) => ({ ...degree, graduation_year: null, subject: 'Nothing' }))
    const found = preflight({ ...rows, degrees }, rules, SUBMITTER)
    const ours = found.filter(isRefusedByUs).map(({ code }) => code)
    expect(new Set(ours)).toEqual(new Set(['date-of-birth-missing', 'graduation-year-missing', 'name-unknown']))
    expect(found.filter((problem) => !isRefusedByUs(problem)).map(({ code }) => code)).toEqual([
      'course-end-date-missing',
    ])
  })

  it('asks an update neither for the submitter nor for the degrees that are sent once', () => {
    const rows = registrationRows()
    const later = { ...first(rows.degrees), id: '2', created_at: '2021-11-01T00:00:00.000000', institution: 'Nowhere' }
    const withTwo = { ...rows, degrees: [...rows.degrees, later] }
    expect(codes(withTwo)).toEqual(['name-unknown'])
    expect(preflightUpdate(withTwo, rules)).toEqual([])
  })

  it('asks for no degree and no school where the route sends none', () => {
    const rows = registrationRows({ lead_school_id: null, employing_school_id: null })
    expect(preflight({ ...rows, degrees: [] }, NO_SCHOOLS_NO_DEGREE, SUBMITTER)).toEqual([])
  })
})

describe('a name without a code', () => {
  it.each([
    'underwater basket weaving',
    'Mathematics',
    'constructor',
    '__proto__',
    '<b>mathematics</b>',
    'mathé\u200bmatics',
  ])('is a problem that names the course subject %s', (subject) => {
    expect(preflight(registrationRows({ course_subject_one: subject }), rules, SUBMITTER)).toEqual([
      { code: 'name-unknown', message: `The course subject (“${subject}”) is not one that DTTP has a code for.` },
    ])
  })

  it('is a problem where the optional subjects have one, and none where they are blank', () => {
    expect(codes(registrationRows({ course_subject_two: 'alchemy', course_subject_three: 'augury' }))).toHaveLength(2)
    const draft = placementAssignment(registrationRows({ course_subject_two: ' ' }), rules, 'id')
    expect(draft).not.toHaveProperty('dfe_ITTSubject2Id@odata.bind')
  })

  it('is not repeated where it says something about the person', () => {
    const rows = registrationRows({ diversity_disclosure: 0, ethnic_group: 0, ethnic_background: 'Atlantean' })
    const degree = { ...first(rows.degrees), institution: 'Ångström & <script>', subject: 'Thaumaturgy' }
    const found = preflight(
      { ...rows, nationalities: [{ ...first(rows.nationalities), name: 'lilliputian' }], degrees: [degree] },
      rules,
      SUBMITTER,
    )
    expect(found).toHaveLength(4)
    expect(JSON.stringify(found)).not.toMatch(/Atlantean|ngstr|Thaumaturgy|lilliputian/)
  })

  it('never becomes an empty reference', () => {
    const rows = registrationRows()
    const degrees = [{ ...first(rows.degrees), institution: null, uk_degree: '', grade: 'Cum laude' }]
    const draft = undergraduateDegree({ ...rows, degrees })
    expect(problemsIn(draft)).toHaveLength(2)
    expect(() => settle(draft)).toThrow('dfe_AwardingInstitutionId@odata.bind cannot be sent to DTTP (name-missing)')
  })

  it('is sent empty only where Register itself has no code: the HPITT route and what hangs on it', () => {
    const HPITT = 11
    const rows = registrationRows({ training_route: HPITT, region: 'London', applying_for_grant: true })
    const hpitt = { ...rows, provider: { ...rows.provider, code: 'HPITT' } }
    expect(preflight(hpitt, rules, SUBMITTER)).toEqual([])
    expect(settle(placementAssignment(hpitt, rules, 'id'))).toMatchObject({
      'dfe_RouteId@odata.bind': '/dfe_routes()',
      'dfe_ITTQualificationAimId@odata.bind': '/dfe_ittqualificationaims()',
      'dfe_BursaryDetailsId@odata.bind': '/dfe_bursarydetails()',
      'dfe_GovernmentOfficeRegionId@odata.bind': '/dfe_regions(724b1c3c-f272-e711-80d3-005056ac45bb)',
    })
    const nowhere = { ...hpitt, trainee: { ...hpitt.trainee, region: 'Atlantis' } }
    expect(codes(nowhere)).toEqual(['name-unknown'])
  })
})

describe('times', () => {
  it('are UTC in whole seconds, also when London’s clocks are an hour ahead', () => {
    const draft = contact(registrationRows(), SUBMITTER, new Date('2021-10-27T00:30:59.999+01:00'))
    expect(draft['dfe_trnassessmentdate']).toBe('2021-10-26T23:30:59Z')
  })

  it('of dates are midnight in UTC, in summer and in winter', () => {
    const rows = registrationRows({ course_start_date: '2021-10-31', course_end_date: '2022-07-15' })
    expect(placementAssignmentUpdate(rows, rules)).toMatchObject({
      dfe_programmestartdate: '2021-10-31T00:00:00Z',
      dfe_programmeenddate: '2022-07-15T00:00:00Z',
    })
  })

  it.each([
    ['2020-08-01', '76bcaeca-2bd1-e711-80df-005056ac45bb'],
    ['2021-07-31', '76bcaeca-2bd1-e711-80df-005056ac45bb'],
    ['2021-08-01', '21196925-17b9-e911-a863-000d3ab0dc71'],
    ['2022-08-01', 'ed0db9f4-eff5-eb11-94ef-000d3ab1e900'],
    ['2023-07-31', 'ed0db9f4-eff5-eb11-94ef-000d3ab1e900'],
  ])('a course that starts on %s is in the right academic year', (start, year) => {
    const draft = placementAssignmentUpdate(registrationRows({ course_start_date: start }), rules)
    expect(draft['dfe_AcademicYearId@odata.bind']).toBe(`/dfe_academicyears(${year})`)
  })

  it.each(['2020-07-31', '2023-08-01'])('a course that starts on %s is in no year that Register knows', (start) => {
    expect(codes(registrationRows({ course_start_date: start }))).toEqual(['academic-year-unknown'])
  })
})

describe('the contact', () => {
  it('holds what people typed, as they typed it', () => {
    const typed = { first_names: 'Zoë  <b>Ann</b>', last_name: 'O’Neil & 李', address_line_two: null, trainee_id: '' }
    expect(settle(contactUpdate(registrationRows(typed)))).toMatchObject({
      firstname: 'Zoë  <b>Ann</b>',
      lastname: 'O’Neil & 李',
      address1_line2: null,
      dfe_traineeid: '',
    })
  })

  it('calls a disabled trainee without any listed disability multiply disabled, as Register does', () => {
    const rows = registrationRows({ diversity_disclosure: 0, ethnic_group: 5, disability_disclosure: 0 })
    expect(contactUpdate(rows)['dfe_DisibilityId@odata.bind']).toContain('d398eae7-4ba5-e711-80da-005056ac45bb')
  })

  it('takes the first nationality by id, British or not', () => {
    const rows = registrationRows()
    const nationalities = [
      { ...first(rows.nationalities), id: '10', name: 'british' },
      { ...first(rows.nationalities), id: '9', name: 'french' },
    ]
    const french = contactUpdate({ ...rows, nationalities })['dfe_Nationality@odata.bind']
    expect(french).toBe(contactUpdate({ ...rows, nationalities: nationalities.slice(1) })['dfe_Nationality@odata.bind'])
  })
})

describe('the schools', () => {
  const lead = (dttpSchools: RegistrationRows['dttpSchools']) =>
    placementAssignmentUpdate({ ...registrationRows(), dttpSchools }, rules)['dfe_LeadSchoolId@odata.bind']
  const row = first(registrationRows().dttpSchools)

  it('of one URN: the older of the active ones', () => {
    const rows = [
      { ...row, id: '10', dttp_id: 'newer' },
      { ...row, id: '9', dttp_id: 'older', status_code: 300000007 },
      { ...row, id: '8', dttp_id: 'closed', status_code: 300000002 },
    ]
    expect(lead(rows)).toBe('/accounts(older)')
  })

  it.each([
    ['closed', { status_code: 300000002 }],
    ['without a status', { status_code: null }],
    ['without a DTTP id', { dttp_id: null }],
    ['of another URN', { urn: '900011' }],
  ])('a row that is %s does not count', (_, change) => {
    expect(lead([{ ...row, ...change }])).toEqual({
      code: 'lead-school-not-active-in-dttp',
      message: 'The lead school (URN 900010) is not an active school in DTTP.',
    })
  })
})

describe('the degrees', () => {
  const rows = registrationRows()
  const british = first(rows.degrees)
  const german = {
    ...british,
    ...{ id: '10', locale_code: 1, non_uk_degree: 'non_enic', country: 'Germany', graduation_year: 1999 },
    created_at: '2021-10-19T09:15:27.123456',
  }

  it('in the training record: the one entered first, with the year of the one with the lowest id', () => {
    const draft = undergraduateDegree({ ...rows, degrees: [german, british] })
    expect(draft).toHaveProperty('dfe_CountryofStudyId@odata.bind')
    expect(draft).not.toHaveProperty('dfe_ClassofUGDegreeId@odata.bind')
    expect(draft['dfe_undergraddegreedateobtained']).toBe('2012-01-01T00:00:00+00:00')
  })

  it('are all sent, by id, from abroad without a grade', () => {
    const sent = degreeQualifications(
      { ...rows, degrees: [german, british] },
      { contact: 'c', placementAssignment: 'p' },
    )
    expect(sent.map(({ degree }) => degree.id)).toEqual(['1', '10'])
    expect(Object.keys(sent[1]?.draft ?? {})).toEqual([
      'dfe_ContactId@odata.bind',
      'dfe_TrainingRecordId@odata.bind',
      'dfe_DegreeSubjectId@odata.bind',
      'dfe_name',
      'dfe_DegreeTypeId@odata.bind',
      'dfe_DegreeCountryId@odata.bind',
    ])
  })
})

describe('dttp_update_sha', () => {
  it('does not depend on the order in which rows were read', () => {
    const rows = registrationRows()
    const degrees = [...rows.degrees, { ...first(rows.degrees), id: '2' }]
    expect(updateSha({ ...rows, degrees })).toBe(updateSha({ ...rows, degrees: degrees.toReversed() }))
  })

  it('leaves out what Register leaves out: its own times, progress, and another grade of a degree with a grade', () => {
    const rows = registrationRows()
    const later = { ...rows.trainee, updated_at: '2022-01-01T00:00:00.000000', progress: {}, dttp_update_sha: 'old' }
    const degrees = [{ ...first(rows.degrees), other_grade: 'Distinction' }]
    expect(updateSha({ ...rows, trainee: later, degrees })).toBe(updateSha(rows))
  })

  it('changes with a degree’s other grade where the grade is “Other”', () => {
    const rows = registrationRows()
    const other = { ...first(rows.degrees), grade: 'Other' }
    const withGrade = { ...other, other_grade: 'Distinction' }
    expect(updateSha({ ...rows, degrees: [withGrade] })).not.toBe(updateSha({ ...rows, degrees: [other] }))
  })

  it('rests on entities whose columns stand in the schema’s order', () => {
    const schema: { table: string; columns: { name: string }[] }[] = JSON.parse(
      readFileSync(new URL('../../sandbox/register/schema.json', import.meta.url), 'utf8'),
    )
    for (const [entity, table] of [
      [Trainee, 'trainees'],
      [Degree, 'degrees'],
      [Nationality, 'nationalities'],
      [Disability, 'disabilities'],
    ] as const) {
      const columns = getMetadataArgsStorage().columns.filter(({ target }) => target === entity)
      const wanted = schema.find((candidate) => candidate.table === table)?.columns
      expect(columns.map(({ propertyName }) => propertyName)).toEqual(wanted?.map(({ name }) => name))
    }
  })
})

it('an update sends neither the route nor what only a new record gets', () => {
  const rows = registrationRows()
  const created = { ...contact(rows, SUBMITTER, NOW), ...placementAssignment(rows, rules, 'id') }
  const updated = { ...contactUpdate(rows), ...placementAssignmentUpdate(rows, rules) }
  expect(Object.keys(created).filter((key) => !(key in updated))).toEqual([
    'dfe_ContactTypeId@odata.bind',
    'dfe_CreatedById@odata.bind',
    'dfe_trnassessmentdate',
    'dfe_ContactId@odata.bind',
    'dfe_RouteId@odata.bind',
  ])
})
