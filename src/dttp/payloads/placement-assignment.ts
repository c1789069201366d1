import { findEnumName } from '../../entities/register/enums.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { codeOf } from '../code-sets.ts'
import type { Problem } from '../problems.ts'
import { providerAccount, traineeIdInDttp } from './contact.ts'
import { undergraduateDegree } from './degrees.ts'
import { type Draft, reference } from './draft.ts'
import { funding, initiative, qualificationAim, region, routeReference } from './funding.ts'
import { midnight, type RegistrationRows, type RouteRules } from './rows.ts'
import { schoolReferences } from './schools.ts'

// The training record, as Register's Dttp::Params::PlacementAssignment sends it.

const POSTGRADUATE = 12
const UNDERGRADUATE = 20

/** The academic year by the day a course starts, both days included. Register has no other years. */
const ACADEMIC_YEARS = [
  { from: '2020-08-01', to: '2021-07-31', id: '76bcaeca-2bd1-e711-80df-005056ac45bb' },
  { from: '2021-08-01', to: '2022-07-31', id: '21196925-17b9-e911-a863-000d3ab0dc71' },
  { from: '2022-08-01', to: '2023-07-31', id: 'ed0db9f4-eff5-eb11-94ef-000d3ab1e900' },
]

/** For the PATCH of a training record that exists: all but the route, which is sent once only. */
export function placementAssignmentUpdate(rows: RegistrationRows, rules: RouteRules): Draft {
  const { trainee, provider } = rows
  return {
    'dfe_CoursePhaseId@odata.bind': reference('dfe_coursephases', ageRange(trainee)),
    dfe_programmestartdate: dated(trainee.course_start_date, 'course-start-date-missing', 'The course start date'),
    dfe_programmeenddate: dated(trainee.course_end_date, 'course-end-date-missing', 'The course end date'),
    dfe_commencementdate: dated(
      trainee.commencement_date,
      'commencement-date-missing',
      'The date the trainee started (commencement date)',
    ),
    dfe_traineeid: traineeIdInDttp(trainee),
    'dfe_AcademicYearId@odata.bind': reference('dfe_academicyears', academicYear(trainee)),
    dfe_courselevel: rules.requiresDegree ? POSTGRADUATE : UNDERGRADUATE,
    dfe_sendforregistration: true,
    'dfe_ProviderId@odata.bind': reference('accounts', providerAccount(provider)),
    'dfe_ITTQualificationAimId@odata.bind': qualificationAim(trainee),
    dfe_programmeyear: 1,
    dfe_programmelength: 1,
    dfe_ebacc: trainee.ebacc,
    ...(rules.requiresDegree && undergraduateDegree(rows)),
    ...schoolReferences(rows, rules),
    ...subjects(trainee),
    ...studyMode(trainee),
    ...initiative(trainee),
    ...funding(trainee),
    ...region(trainee, provider.code),
  }
}

/** For the batch that creates it, next to its contact. */
export function placementAssignment(rows: RegistrationRows, rules: RouteRules, contactContentId: string): Draft {
  return {
    ...placementAssignmentUpdate(rows, rules),
    'dfe_ContactId@odata.bind': `$${contactContentId}`,
    'dfe_RouteId@odata.bind': routeReference(rows.trainee),
  }
}

function ageRange({ course_min_age, course_max_age }: Trainee): string | Problem {
  const ages = [course_min_age, course_max_age].filter((age) => age !== null)
  return codeOf('age_ranges', ages.length === 0 ? null : ages.join('-'), 'The age range of the course', 'shown')
}

function dated(date: string | null, code: Problem['code'], what: string): string | Problem {
  return date === null ? { code, message: `${what} is not set.` } : midnight(date)
}

function academicYear({ course_start_date: start }: Trainee): string | Problem {
  if (start === null) return { code: 'course-start-date-missing', message: 'The course start date is not set.' }
  const year = ACADEMIC_YEARS.find(({ from, to }) => from <= start && start <= to)
  const message = `The course starts on ${start}, in an academic year that Register cannot send to DTTP.`
  return year?.id ?? { code: 'academic-year-unknown', message }
}

function subjects(trainee: Trainee): Draft {
  const { course_subject_one: one, course_subject_two: two, course_subject_three: three } = trainee
  return {
    'dfe_ITTSubject1Id@odata.bind': subject(one, 'The course subject'),
    ...(two?.trim() && { 'dfe_ITTSubject2Id@odata.bind': subject(two, 'The second course subject') }),
    ...(three?.trim() && { 'dfe_ITTSubject3Id@odata.bind': subject(three, 'The third course subject') }),
  }
}

function subject(name: string | null, what: string): string | Problem {
  return reference('dfe_subjects', codeOf('course_subjects', name, what, 'shown'))
}

function studyMode(trainee: Trainee): Draft {
  const name = findEnumName('study_mode', trainee.study_mode)
  if (!name) return {}
  return {
    'dfe_StudyModeId@odata.bind': reference('dfe_studymodeses', codeOf('course_study_modes', name, 'The study mode')),
  }
}
