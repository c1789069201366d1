import type { Advice } from '../../entities/chatops/change-request.ts'
import { schoolsSentBy } from '../../register/sent-schools.ts'
import {
  isEarlyYears,
  requiresDegree,
  requiresStudyMode,
  TRAINING_ROUTES,
  type TrainingRoute,
} from '../../register/training-routes.ts'
import type { RegisterSettings } from '../../world.ts'
import type { Rows } from './rows.ts'

/**
 * What the provider must fill in: only what the new route needs and the record now lacks, as a message that support
 * can copy. Null if nothing is missing.
 */
export function adviseProvider(rows: Rows, route: TrainingRoute, register: RegisterSettings): Advice | null {
  const missing = findMissing(rows, route, register)
  if (missing.length === 0) return null
  const link = `${register.url}/trainees/${rows.trainee.slug}`
  return {
    lead: 'Ask the provider to complete the record. You can copy this message:',
    message: [
      `We have changed the training route of this trainee to ${TRAINING_ROUTES[route].label}: ${link}`,
      '',
      'Please sign in to Register trainee teachers and fill in what this route needs:',
      ...missing.map((item) => `- ${item}`),
    ].join('\n'),
  }
}

function findMissing(rows: Rows, route: TrainingRoute, register: RegisterSettings): string[] {
  const { trainee } = rows
  const sent = schoolsSentBy(route, register)
  const needs: [needed: boolean, lacking: boolean, item: string][] = [
    [!isEarlyYears(route), trainee.course_education_phase === null, 'education phase'],
    [true, trainee.course_subject_one === null, 'course subject'],
    [true, trainee.course_min_age === null || trainee.course_max_age === null, 'age range'],
    [true, trainee.course_start_date === null, 'course start date'],
    [true, trainee.course_end_date === null, 'course end date'],
    [requiresStudyMode(route), trainee.study_mode === null, 'full time or part time'],
    [true, trainee.training_initiative === null, 'training initiative'],
    [true, hasNoFunding(rows), 'bursary, scholarship or grant, if there is one'],
    [sent.includes('lead'), rows.leadSchool === null, 'lead school'],
    [sent.includes('employing'), rows.employingSchool === null, 'employing school'],
    [requiresDegree(route), rows.degrees === 0, 'degree'],
  ]
  return needs.filter(([needed, lacking]) => needed && lacking).map(([, , item]) => item)
}

function hasNoFunding({ trainee }: Rows): boolean {
  return (
    trainee.applying_for_bursary === null &&
    trainee.applying_for_scholarship === null &&
    trainee.applying_for_grant === null
  )
}
