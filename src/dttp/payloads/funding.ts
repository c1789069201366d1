import { findEnumName } from '../../entities/register/enums.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { codeOf, findCode } from '../code-sets.ts'
import type { Problem } from '../problems.ts'
import { type Draft, reference } from './draft.ts'
import { unknownValueOf } from './unknown-values.ts'

// Route, initiative and money of a training record (Dttp::Params::PlacementAssignment). Register has no code for the
// HPITT route, for its qualification aim, nor for a bursary on half of the routes, and sends those references empty.

const SCHOLARSHIP = '188375c2-7722-e711-80c8-0050568902d3'
const PLACE = 1
const NO_PLACE = 2

/** Future teaching scholars are an initiative in Register but a route in DTTP. */
export function routeReference(trainee: Trainee): string | Problem {
  const route = findEnumName('training_route', trainee.training_route)
  if (!route) return routeMissing(trainee)
  const initiative = findEnumName('training_initiative', trainee.training_initiative)
  return reference('dfe_routes', findCode('routes', initiative === 'future_teaching_scholars' ? initiative : route))
}

export function qualificationAim(trainee: Trainee): string | Problem {
  const route = findEnumName('training_route', trainee.training_route)
  if (!route) return routeMissing(trainee)
  return reference('dfe_ittqualificationaims', findCode('qualification_aims', route))
}

/** Only the initiatives that DTTP knows are sent. */
export function initiative(trainee: Trainee): Draft {
  const name = findEnumName('training_initiative', trainee.training_initiative)
  const code = name && findCode('training_initiatives', name)
  return code ? { 'dfe_Initiative1Id@odata.bind': reference('dfe_initiatives', code) } : {}
}

/**
 * A scholarship comes before a bursary tier, and a tier before the route's own bursary. A grant is sent as a bursary
 * is.
 */
export function funding(trainee: Trainee): Draft {
  if (!(trainee.applying_for_bursary || trainee.applying_for_grant || trainee.applying_for_scholarship)) {
    return { dfe_allocatedplace: NO_PLACE }
  }
  return {
    dfe_allocatedplace: PLACE,
    'dfe_BursaryDetailsId@odata.bind': reference('dfe_bursarydetails', fundingDetails(trainee)),
  }
}

/** HPITT's trainees are sent with the region they train in. */
export function region(trainee: Trainee, providerCode: string | null): Draft {
  if (providerCode !== 'HPITT') return {}
  const code = codeOf('regions', trainee.region, 'The trainee’s region', 'shown')
  return { 'dfe_GovernmentOfficeRegionId@odata.bind': reference('dfe_regions', code) }
}

function routeMissing({ training_route }: Trainee): Problem {
  const missing = { code: 'route-missing', message: 'The trainee’s training route is not set.' } as const
  return unknownValueOf('training_route', training_route) ?? missing
}

function fundingDetails(trainee: Trainee): string | Problem | null {
  if (trainee.applying_for_scholarship) return SCHOLARSHIP
  const name =
    findEnumName('bursary_tier', trainee.bursary_tier) ?? findEnumName('training_route', trainee.training_route)
  return name ? findCode('bursary_details', name) : routeMissing(trainee)
}
