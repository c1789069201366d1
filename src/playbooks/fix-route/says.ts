import type { Kept, Saying } from '../../contract/playbook.ts'
import { EMPTIED_BY_ROUTE_CHANGE, routeLabel } from '../../register/trainees/training-routes.ts'
import { count } from '../../words.ts'

/** Where the trainee moves from and to, and what that empties. */
export function says({ plan, trainee }: Kept): Saying {
  const who = `trainee ${trainee}`
  const changes = plan.updates[0]?.changes ?? {}
  const emptied = EMPTIED_BY_ROUTE_CHANGE.filter((column) => {
    const [before, after] = changes[column] ?? [null, null]
    return before !== null && after === null
  })
  const details = count(emptied.length, 'course and funding detail')
  const [from, to] = changes['training_route'] ?? []
  if (to === undefined) {
    return {
      asks: `save the record of ${who} again, without another route`,
      approving: `saving the record of ${who} again`,
      does: `It saves the record of ${who} again.`,
      also: emptied.length > 0 ? `This empties ${details}.` : '',
      done: `The record of ${who} is saved as approved.`,
    }
  }
  const route = routeLabel(Number(to))
  return {
    asks: `change ${who} from ${routeLabel(from === null ? null : Number(from))} to ${route}`,
    approving: `${who} moving to ${route}`,
    does: `It moves ${who} to ${route}.`,
    also: emptied.length > 0 ? `This empties ${details}.` : '',
    done: `Trainee ${trainee} is on ${route}.${emptied.length > 0 ? ` ${details} ${emptied.length === 1 ? 'is' : 'are'} empty.` : ''}`,
  }
}
