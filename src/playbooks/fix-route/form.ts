import { reason, select, ticket, traineeRef } from '../../contract/fields.ts'
import { ROUTE_NAMES, TRAINING_ROUTES } from '../../register/training-routes.ts'

const routeOptions = ROUTE_NAMES.map((name) => ({ value: name, label: TRAINING_ROUTES[name].label })).sort((a, b) =>
  a.label.localeCompare(b.label),
)

export const form = {
  trainee: traineeRef(),
  route: select('New route', routeOptions),
  reason: reason(),
  ticket: ticket(),
}

export type Form = typeof form
