import type { Advice } from '../../entities/chatops/change-request.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { schoolsSentBy } from '../../register/schools/sent-schools.ts'
import {
  isEarlyYears,
  requiresDegree,
  requiresStudyMode,
  TRAINING_ROUTES,
} from '../../register/trainees/training-routes.ts'
import type { Situation } from './situation.ts'

/**
 * What the provider must fill in: only what the new route needs and the record then lacks, as a message that support can
 * copy. Null if nothing is missing.
 */
export function adviseProvider(situation: Situation): Advice | null {
  const missing = findMissing(situation)
  if (missing.length === 0) return null
  const { trainee, route, register } = situation
  const link = `${register.url}/trainees/${trainee.slug}`
  return {
    step: `Ask the provider to complete the ${missing.some(isAboutCourse) ? 'course details' : 'record'}`,
    lead: 'Ask the provider to complete the record. You can copy this message:',
    message: [
      `We have changed the training route of this trainee to ${TRAINING_ROUTES[route].label}: ${link}`,
      '',
      'Please sign in to Register trainee teachers and fill in what this route needs:',
      ...missing.map((item) => `- ${item}`),
    ].join('\n'),
  }
}

/** Schools and degrees are in other parts of the record. */
function isAboutCourse(item: string): boolean {
  return !/school|degree/.test(item)
}

function findMissing(situation: Situation): string[] {
  const { after, degrees, route, register } = situation
  const sent = schoolsSentBy(route, register)
  const needs: [needed: boolean, lacking: boolean, item: string][] = [
    [!isEarlyYears(route), after.course_education_phase === null, 'education phase'],
    [true, after.course_subject_one === null, 'course subject'],
    [true, after.course_min_age === null || after.course_max_age === null, 'age range'],
    [true, after.course_start_date === null, 'course start date'],
    [true, after.course_end_date === null, 'course end date'],
    [requiresStudyMode(route), after.study_mode === null, 'full time or part time'],
    [true, after.training_initiative === null, 'training initiative'],
    [true, hasNoFunding(after), 'bursary, scholarship or grant, if there is one'],
    [sent.includes('lead'), lacksSchool(situation, 'lead'), 'lead school'],
    [sent.includes('employing'), lacksSchool(situation, 'employing'), 'employing school'],
    [requiresDegree(route), degrees === 0, 'degree'],
  ]
  return needs.filter(([needed, lacking]) => needed && lacking).map(([, , item]) => item)
}

/** A school goes, too, where the record says that it does not apply. */
function lacksSchool(situation: Situation, which: 'lead' | 'employing'): boolean {
  return situation[`${which}School`] === null || situation.changes[`${which}_school_id`]?.[1] === null
}

function hasNoFunding(trainee: Trainee): boolean {
  return (
    trainee.applying_for_bursary === null &&
    trainee.applying_for_scholarship === null &&
    trainee.applying_for_grant === null
  )
}
