import { asInteraction, type Deliver, type Delivery } from '../delivery.ts'
import type { Pick } from '../replicas.ts'
import type { World } from '../world.ts'
import { actor } from './payloads.ts'

export interface CloseOptions {
  user: string
  /** The cross closes the whole stack; the close button only the top view (all of it if that view clears on close). */
  all?: boolean
  to?: Pick
}

/** Closes the top modal. Resolves to the `view_closed` deliveries, one for each closed view that asked to be told. */
export function sendClose(
  world: World,
  deliver: Deliver,
  { user, all = false, to }: CloseOptions,
): Promise<Delivery[]> {
  const top = world.views.top(user)
  if (!top) throw new Error(`${user} has no modal open`)
  const whole = all || top.view.clear_on_close
  const closing = whole ? world.views.stack(user).toReversed() : [top]
  world.views.close(top, whole)
  return Promise.all(
    closing
      .filter((open) => open.view.notify_on_close)
      .map((open) => {
        const view = structuredClone(open.view)
        return deliver(asInteraction({ type: 'view_closed', ...actor(world, user), view, is_cleared: whole }), to)
      }),
  )
}
