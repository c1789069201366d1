import { setTimeout as sleep } from 'node:timers/promises'
import { isObject } from '../block-kit/rules.ts'
import { acceptView } from '../block-kit/surfaces.ts'
import type { Delivery } from '../delivery.ts'
import { SlackError } from '../slack-error.ts'
import type { JsonObject } from '../types.ts'
import type { OpenView } from '../views.ts'
import type { World } from '../world.ts'

/** What the person saw happen to the modal. `trouble` is Slack's "We had some trouble connecting. Try again?". */
export type Outcome = 'closed' | 'errors' | 'updated' | 'pushed' | 'cleared' | 'refused-by-client' | 'trouble'

/** Does to the stack what the acknowledgement says. Anything Slack cannot read leaves the modal open, in trouble. */
export function settle(
  world: World,
  open: OpenView,
  delivery: Delivery,
): { outcome: Outcome; errors: Record<string, string> } {
  const trouble = { outcome: 'trouble' as const, errors: {} }
  if (delivery.error) return trouble
  const body = delivery.ackBody.trim() === '' ? {} : delivery.ack
  try {
    if (!isObject(body))
      throw new SlackError('invalid_arguments', { errors: ['the acknowledgement is not a JSON object'] })
    return respond(world, open, body)
  } catch (error) {
    if (!(error instanceof SlackError)) throw error
    world.violate('acknowledgement of view_submission', `${error.code} ${JSON.stringify(error.details)}`)
    return trouble
  }
}

/**
 * What takes the place of an acknowledgement that says that the answer takes longer, as if it had been the acknowledgement:
 * a busy machine is slow with anything. Nothing if there is no such acknowledgement.
 */
export async function lateAnswer(world: World, open: OpenView): Promise<{ ack?: JsonObject; ackBody?: string }> {
  const isUnderWay = () => world.settings.isUnderWay?.(open.view) && world.views.stack(open.user).includes(open)
  if (!isUnderWay()) return {}
  const deadline = Date.now() + PATIENCE_MS
  while (isUnderWay()) {
    if (Date.now() > deadline) throw new Error(`${open.user} waited ${PATIENCE_MS} ms in vain for what takes longer`)
    await sleep(20)
  }
  const ack = { response_action: 'update', view: structuredClone(open.view) }
  return { ack, ackBody: JSON.stringify(ack) }
}

const PATIENCE_MS = 120_000

function respond(world: World, open: OpenView, body: JsonObject): { outcome: Outcome; errors: Record<string, string> } {
  switch (body['response_action']) {
    case undefined:
      if (Object.keys(body).length > 0) throw new SlackError('invalid_arguments', { errors: ['no response_action'] })
      world.views.close(open)
      return { outcome: 'closed', errors: {} }
    case 'clear':
      world.views.close(open, true)
      return { outcome: 'cleared', errors: {} }
    case 'update':
      world.views.update(open, acceptView(body['view'], 'modal'))
      return { outcome: 'updated', errors: {} }
    case 'push':
      pushAbove(world, open, acceptView(body['view'], 'modal'))
      return { outcome: 'pushed', errors: {} }
    case 'errors':
      return { outcome: 'errors', errors: fieldErrors(open, body['errors']) }
    default:
      throw new SlackError('invalid_arguments', {
        errors: [`unknown response_action ${String(body['response_action'])}`],
      })
  }
}

/** A view that has gone from the screen meanwhile takes nothing with it. */
function pushAbove(world: World, open: OpenView, view: JsonObject): void {
  if (world.views.stack(open.user).includes(open)) world.views.push(open.user, view)
}

function fieldErrors(open: OpenView, errors: unknown): Record<string, string> {
  const inputs = open.view.blocks.filter((block) => block.type === 'input').map((block) => block.block_id)
  const entries = isObject(errors) ? Object.entries(errors) : []
  const lost = entries.filter(([id, text]) => !inputs.includes(id) || typeof text !== 'string' || text === '')
  if (entries.length === 0 || lost.length > 0) {
    const what = lost.map(([id]) => id).join(', ') || 'none given'
    throw new SlackError('invalid_arguments', { errors: [`errors must name input blocks of the view: ${what}`] })
  }
  return Object.fromEntries(entries) as Record<string, string>
}
