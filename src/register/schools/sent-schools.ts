import type { Trainee } from '../../entities/register/trainee.ts'
import type { RegisterFeatures } from '../features.ts'
import { findRoute, type TrainingRoute } from '../trainees/training-routes.ts'

export type WhichSchool = 'lead' | 'employing'

const SENT: Readonly<Partial<Record<TrainingRoute, readonly WhichSchool[]>>> = {
  school_direct_salaried: ['lead', 'employing'],
  school_direct_tuition_fee: ['lead'],
  pg_teaching_apprenticeship: ['lead', 'employing'],
}

/**
 * The schools that a route sends to DTTP, while Register's flag for the route is on (Register's `requires_schools?` and
 * `requires_employing_school?`).
 */
export function schoolsSentBy(route: TrainingRoute | null, features: RegisterFeatures): readonly WhichSchool[] {
  return route !== null && features.isEnabled(`routes.${route}`) ? (SENT[route] ?? []) : []
}

/** The columns that decide it. */
export const SCHOOLS_OF = {
  training_route: true,
  lead_school_id: true,
  employing_school_id: true,
  lead_school_not_applicable: true,
  employing_school_not_applicable: true,
} as const satisfies Partial<Record<keyof Trainee, true>>

type SchoolsOf = Pick<Trainee, keyof typeof SCHOOLS_OF>

/** A school of a trainee's that the route sends: its id, or why there is none. */
export type SentSchool = { which: WhichSchool } & (
  | { is: 'set'; id: string }
  | { is: 'missing' | 'not-applicable'; id: null }
)

/** What a trainee's route sends of their schools. */
export function sentSchoolsOf(trainee: SchoolsOf, features: RegisterFeatures): SentSchool[] {
  return schoolsSentBy(findRoute(trainee.training_route), features).map((which): SentSchool => {
    if (trainee[`${which}_school_not_applicable`]) return { which, is: 'not-applicable', id: null }
    const id = trainee[`${which}_school_id`]
    return id === null ? { which, is: 'missing', id } : { which, is: 'set', id }
  })
}
