import { type EnumName, findEnumName } from '../../entities/register/enums.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { padProgress } from '../saves/progress.ts'

/** Register's routes: the enum's integer and the label people see (config/locales, "training_routes"). */
export const TRAINING_ROUTES = {
  assessment_only: { code: 0, label: 'Assessment only' },
  provider_led_postgrad: { code: 1, label: 'Provider-led (postgrad)' },
  early_years_undergrad: { code: 2, label: 'Early years (undergrad)' },
  school_direct_tuition_fee: { code: 3, label: 'School direct (fee funded)' },
  school_direct_salaried: { code: 4, label: 'School direct (salaried)' },
  pg_teaching_apprenticeship: { code: 5, label: 'Teaching apprenticeship (postgrad)' },
  early_years_assessment_only: { code: 6, label: 'Early years (assessment only)' },
  early_years_salaried: { code: 7, label: 'Early years (salaried)' },
  early_years_postgrad: { code: 8, label: 'Early years (postgrad)' },
  provider_led_undergrad: { code: 9, label: 'Provider-led (undergrad)' },
  opt_in_undergrad: { code: 10, label: 'Opt-in (undergrad)' },
  hpitt_postgrad: { code: 11, label: 'HPITT' },
} as const satisfies Record<EnumName<'training_route'>, { code: number; label: string }>

export type TrainingRoute = keyof typeof TRAINING_ROUTES

export const ROUTE_NAMES = Object.keys(TRAINING_ROUTES) as TrainingRoute[]

export function isTrainingRoute(name: string): name is TrainingRoute {
  return Object.hasOwn(TRAINING_ROUTES, name)
}

/** The route behind an enum's integer; null for none, or for one that Register added since. */
export function findRoute(code: number | null): TrainingRoute | null {
  return findEnumName('training_route', code)
}

export function routeLabel(code: number | null): string {
  const route = findRoute(code)
  if (route) return TRAINING_ROUTES[route].label
  return code === null ? 'no route' : `an unknown route (${code})`
}

/** The provider code that is tied to the HPITT route. */
const HPITT_PROVIDER = 'HPITT'

/** Register's model validation: HPITT's trainees are on its route, and nobody else's are. */
export function isRouteAllowed(route: TrainingRoute, providerCode: string | null): boolean {
  return (route === 'hpitt_postgrad') === (providerCode === HPITT_PROVIDER)
}

export function isEarlyYears(route: TrainingRoute): boolean {
  return route.startsWith('early_years_')
}

/** QTS, or EYTS for the early-years routes; the HPITT route has no award. */
export function awardOf(route: TrainingRoute): 'QTS' | 'EYTS' | null {
  if (route === 'hpitt_postgrad') return null
  return isEarlyYears(route) ? 'EYTS' : 'QTS'
}

/** Undergraduate routes ask for no degree (Register's TrainingRouteManager). */
export function requiresDegree(route: TrainingRoute): boolean {
  return !['early_years_undergrad', 'provider_led_undergrad', 'opt_in_undergrad'].includes(route)
}

/** Study mode is asked for on every route except the two assessment-only ones, whatever the feature flags say. */
export function requiresStudyMode(route: TrainingRoute): boolean {
  return route !== 'assessment_only' && route !== 'early_years_assessment_only'
}

/** What Register empties when the route changes (RouteDataManager). */
export const EMPTIED_BY_ROUTE_CHANGE = [
  'course_uuid',
  'course_education_phase',
  'course_subject_one',
  'course_subject_two',
  'course_subject_three',
  'course_min_age',
  'course_max_age',
  'course_start_date',
  'course_end_date',
  'study_mode',
  'training_initiative',
  'applying_for_bursary',
  'applying_for_scholarship',
  'applying_for_grant',
  'bursary_tier',
] as const satisfies readonly (keyof Trainee)[]

/**
 * The columns Register sets when it changes a trainee's route (RouteDataManager#update_training_route!), before the
 * rules of every save. Early-years routes get their fixed subject and ages, also when the route does not change.
 */
export function applyRoute(trainee: Trainee, route: TrainingRoute): Partial<Trainee> {
  const { code } = TRAINING_ROUTES[route]
  const after: Partial<Trainee> = { training_route: code }
  if (trainee.training_route !== code) {
    for (const column of EMPTIED_BY_ROUTE_CHANGE) after[column] = null
    after.progress = { ...padProgress(trainee.progress), course_details: false, funding: false }
  }
  if (isEarlyYears(route)) {
    after.course_subject_one = 'early years teaching'
    after.course_min_age = 0
    after.course_max_age = 5
  }
  return after
}
