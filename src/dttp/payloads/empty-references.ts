import type { Trainee } from '../../entities/register/trainee.ts'
import { routeLabel } from '../../register/trainees/training-routes.ts'
import type { Problem } from '../problems.ts'
import type { Draft } from './draft.ts'

// Where Register has no code for something that follows from a route, it sends an empty reference, such as
// `/dfe_routes()`. DTTP refuses that. The drafts contain empty references too, so that they are found here before
// anything is sent.

const WHAT: Readonly<Record<string, (route: string) => string>> = {
  'dfe_RouteId@odata.bind': (route) => `The training route (“${route}”)`,
  'dfe_ITTQualificationAimId@odata.bind': (route) => `The qualification aim of the training route (“${route}”)`,
  'dfe_BursaryDetailsId@odata.bind': (route) => `The bursary or grant on the training route (“${route}”)`,
}

/** The references of a draft that name nothing, each as a problem. */
export function emptyReferences(draft: Draft, { training_route }: Pick<Trainee, 'training_route'>): Problem[] {
  return Object.entries(draft)
    .filter(([, value]) => typeof value === 'string' && /^\/\w+\(\)$/.test(value))
    .map(([key]) => {
      const what = WHAT[key]?.(routeLabel(training_route)) ?? `What belongs in ${key.replace(/@.*/, '')}`
      return { code: 'name-unknown', message: `${what} is not one that DTTP has a code for.` }
    })
}
