import { type EnumName, findEnumName } from '../../entities/register/enums.ts'
import { awardOf, findRoute } from './training-routes.ts'

export type State = EnumName<'state'>

/** The state behind an enum's integer; null for one that Register added since. */
export function findState(code: number | null): State | null {
  return findEnumName('state', code)
}

/** Whether nobody works on the record any more. */
export function isFinished(code: number | null): boolean {
  return ['recommended_for_award', 'withdrawn', 'awarded'].includes(findState(code) ?? '')
}

/** Whether Register's pages name the award of the record's route. They fail if the route has no award. */
export function showsAward(code: number | null): boolean {
  return ['recommended_for_award', 'awarded'].includes(findState(code) ?? '')
}

/** The words Register shows for a state. Finished records are named after the award of their route. */
export function stateLabel(code: number | null, route: number | null): string {
  const routeName = findRoute(route)
  const award = (routeName && awardOf(routeName)) ?? 'Qualification'
  switch (findState(code)) {
    case 'draft':
      return 'Draft'
    case 'submitted_for_trn':
      return 'Pending TRN'
    case 'trn_received':
      return 'TRN received'
    case 'recommended_for_award':
      return `${award} recommended`
    case 'withdrawn':
      return 'Withdrawn'
    case 'deferred':
      return 'Deferred'
    case 'awarded':
      return `${award} awarded`
    default:
      return `Unknown state (${code})`
  }
}

/** The warning for somebody who changes a finished record. */
export function finishedWords({
  state,
  training_route,
}: {
  state: number | null
  training_route: number | null
}): string {
  return `This record is finished: ${stateLabel(state, training_route)}. Register lets us change it, but be sure that it should be changed.`
}
