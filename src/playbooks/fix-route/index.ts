import type { Effect } from '../../contract/effect.ts'
import { reason, select, ticket } from '../../contract/fields.ts'
import { NOTHING, type Plan } from '../../contract/plan.ts'
import { definePlaybook } from '../../contract/playbook.ts'
import { trainee } from '../../contract/subject.ts'
import {
  isTrainingRoute,
  ROUTE_NAMES,
  routeLabel,
  TRAINING_ROUTES,
  type TrainingRoute,
} from '../../register/trainees/training-routes.ts'
import { adviseProvider } from './advice.ts'
import { checks } from './checks.ts'
import { lookAtResult } from './result.ts'
import { read } from './rows.ts'
import { says } from './says.ts'
import { type Situation, situationOf } from './situation.ts'

const routes = ROUTE_NAMES.map((name) => ({ value: name, label: TRAINING_ROUTES[name].label }))

/** Moves a trainee to another training route, as Register's RouteDataManager does. */
export const fixRoute = definePlaybook({
  name: 'fix-route',
  version: 2,
  title: 'Change training route',
  summary: 'Move a trainee to another training route. Course and funding details are emptied.',
  says,
  form: {
    subject: trainee(),
    route: select(
      'New route',
      routes.sort((a, b) => a.label.localeCompare(b.label)),
    ),
    reason: reason(),
    ticket: ticket(),
  },
  read: (sql, form) => read(sql, form.subject),
  situation: (rows, _, form, { register }) => situationOf(rows, newRoute(form), register),
  checks,
  outcome: (situation) => ({ plan: planFor(situation), advice: adviseProvider(situation) }),
  holds: async () => [],
  settles: { look: lookAtResult },
})

/** The route in a form, which its select has already checked. */
function newRoute({ route }: { route: string }): TrainingRoute {
  if (!isTrainingRoute(route)) throw new TypeError('not a training route')
  return route
}

function planFor(situation: Situation): Plan {
  const { trainee, changes } = situation
  if (Object.keys(changes).length === 0) return NOTHING
  return {
    updates: [{ table: 'trainees', id: trainee.id, changes, save: 'audited' }],
    inserts: [],
    effects: 'training_route' in changes ? askDttp(situation) : [],
  }
}

/** No update sends a changed route to DTTP, so people must ask for it there. */
function askDttp({ trainee, route, register }: Situation): Effect[] {
  if (trainee.dttp_id === null) return []
  const asking = (what: string) =>
    [
      `Please change the training route of this trainee in DTTP ${what}.`,
      `DTTP contact: ${trainee.dttp_id}`,
      ...(trainee.placement_assignment_dttp_id
        ? [`Placement assignment: ${trainee.placement_assignment_dttp_id}`]
        : []),
      `Register: ${register.url}/trainees/${trainee.slug}`,
    ].join('\n')
  const back = {
    title: 'Ask for the route to be changed back in DTTP',
    text: asking(`back to ${routeLabel(trainee.training_route)}`),
  }
  const text = asking(`to ${TRAINING_ROUTES[route].label}`)
  return [{ kind: 'manual-step', title: 'Ask for the route to be changed in DTTP', text, back }]
}
