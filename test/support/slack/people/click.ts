import { fill } from '../block-kit/normalise.ts'
import { asInteraction, type Deliver, type Delivery } from '../delivery.ts'
import type { Pick } from '../replicas.ts'
import type { Block, Element, Ephemeral, JsonObject, Message, StateEntry, View } from '../types.ts'
import { entryFor, type Given, keyOf, offered, stateOf } from '../view-state.ts'
import type { OpenView } from '../views.ts'
import type { World } from '../world.ts'
import { actor, bareMessage, channelName, requireSight, responseUrl } from './payloads.ts'

export interface ClickOptions {
  user: string
  actionId: string
  /** Needed where the same action id stands in more than one block. */
  blockId?: string
  /** A button's value, where several share an action id; for a menu, the value of the option chosen. */
  value?: Given
  /** What is clicked in: a message as read before or by place, or else a view. */
  message?: Message | Ephemeral | { channel: string; ts: string }
  /** `modal` (the top one; the default) or `home`, or a view as read before. */
  view?: 'modal' | 'home' | View
  /**
   * Click what is not on the screen. `true` clicks in the copy of the message or view that is passed, as someone does
   * whose screen is out of date; an object is laid over the action, as someone hostile would send it.
   */
  force?: boolean | JsonObject
  to?: Pick
}

interface Surface {
  blocks: Block[]
  open?: OpenView
  payload: JsonObject
}

export function sendClick(world: World, deliver: Deliver, baseUrl: string, options: ClickOptions): Promise<Delivery> {
  const surface = options.message ? onMessage(world, baseUrl, options, options.message) : onView(world, options)
  const action = actionFor(world, surface, options)
  const payload = {
    type: 'block_actions',
    ...actor(world, options.user),
    ...surface.payload,
    trigger_id: world.triggers.issue(options.user, surface.open?.view.type === 'modal'),
    actions: [action],
  }
  return deliver(asInteraction(payload), options.to)
}

function onMessage(
  world: World,
  baseUrl: string,
  { user, force }: ClickOptions,
  at: NonNullable<ClickOptions['message']>,
): Surface {
  const channel = world.workspace.getChannel(at.channel)
  if (!force) requireSight(user, channel)
  const ephemeral = world.workspace.ephemerals.find((one) => one.ts === at.ts && one.user === user)
  const current = world.workspace.findMessage(channel.id, at.ts) ?? ephemeral
  const remembered = force && 'text' in at ? at : undefined
  const message = remembered ?? current
  if (!message) throw new Error(`${user} sees no message ${at.ts} in ${channel.id}`)
  const thread = message.thread_ts ? { thread_ts: message.thread_ts } : {}
  const hidden = message.type === 'ephemeral'
  return {
    blocks: message.blocks ?? [],
    payload: {
      container: { type: 'message', message_ts: message.ts, channel_id: channel.id, is_ephemeral: hidden, ...thread },
      channel: { id: channel.id, name: channelName(channel) },
      ...(!hidden && { message: bareMessage(message) }),
      state: { values: stateOf(message.blocks ?? [], new Map()) },
      response_url: responseUrl(world, baseUrl, user, channel.id, current ?? message),
    },
  }
}

function onView(world: World, { user, view: at = 'modal', force }: ClickOptions): Surface {
  const onTop = at === 'home' ? world.views.home(user) : world.views.top(user)
  const open = typeof at === 'string' ? onTop : at.type === 'home' ? world.views.home(user) : world.views.find(at.id)
  if (typeof at === 'object' && force) {
    const old = structuredClone(at)
    return { blocks: old.blocks, payload: { container: { type: 'view', view_id: old.id }, view: old } }
  }
  const visible = open && (open.view.type === 'home' || open === world.views.top(user))
  if (!visible) throw new Error(`${user} has no such view on the screen`)
  return {
    blocks: open.view.blocks,
    open,
    payload: { container: { type: 'view', view_id: open.view.id }, view: structuredClone(open.view) },
  }
}

function actionFor(world: World, { blocks, open, payload }: Surface, options: ClickOptions): JsonObject {
  const forced = typeof options.force === 'object' ? options.force : null
  const found = interactive(blocks).filter(
    ({ block, element }) =>
      element.action_id === options.actionId &&
      (options.blockId === undefined || block.block_id === options.blockId) &&
      (element.type !== 'button' || options.value === undefined || element.value === options.value),
  )
  const [target] = found
  if (!forced && (!target || found.length > 1)) {
    const there = interactive(blocks).map(
      ({ element }) => `${element.action_id}${element.value ? `=${element.value}` : ''}`,
    )
    const problem = target ? 'stands there more than once' : 'is not on the screen'
    throw new Error(`${options.actionId} ${problem}; there is ${there.join(', ') || 'nothing to click'}`)
  }
  const made = {
    type: 'button',
    action_id: options.actionId,
    block_id: options.blockId ?? 'forced',
    value: options.value,
  }
  const action = target ? chosen(target.element, options) : made
  const full = { block_id: target?.block.block_id, ...action, action_ts: world.workspace.nextTs(), ...forced }
  if (target && target.element.type !== 'button' && target.element.type !== 'overflow' && open) {
    open.typed.set(keyOf(target), entryFor(target.element, options.value ?? null))
    open.view.state = { values: stateOf(open.view.blocks, open.typed) }
    payload['view'] = structuredClone(open.view)
  }
  return full
}

function chosen(element: Element, { value }: ClickOptions): JsonObject {
  const { type, action_id } = element
  if (type === 'button') return { ...element }
  if (type === 'overflow') {
    const option = offered(element).find((offer) => offer.value === value)
    if (!option) throw new Error(`${action_id} does not offer "${value}"`)
    return { type, action_id, selected_option: fill(option) }
  }
  const entry: StateEntry = entryFor(element, value ?? null)
  return { action_id, ...entry }
}

function interactive(blocks: Block[]): { block: Block; element: Element }[] {
  return blocks.flatMap((block) =>
    [
      block.accessory,
      ...(block.type === 'actions' ? (block.elements ?? []) : []),
      block.dispatch_action ? block.element : undefined,
    ]
      .filter((element): element is Element => element !== undefined && element.type !== 'image')
      .map((element) => ({ block, element })),
  )
}
