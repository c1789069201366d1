import { asInteraction, type Deliver, type Delivery } from '../delivery.ts'
import type { Pick } from '../replicas.ts'
import type { View } from '../types.ts'
import { entryFor, type Given, holders, keyOf, objection, stateOf } from '../view-state.ts'
import type { OpenView } from '../views.ts'
import type { World } from '../world.ts'
import { lateAnswer, type Outcome, settle } from './acknowledgement.ts'
import { actor } from './payloads.ts'

export interface SubmitOptions {
  user: string
  /** By block id (or `block_id/action_id` where a block holds several inputs). What is not given keeps what it held. */
  values?: Record<string, Given>
  /** Send it even if Slack's own client would not: required fields empty, text too short or too long, no submit button. */
  force?: boolean
  /** Submit this view as read before, even if it has been closed or replaced since. Needs `force`. */
  view?: View
  /** Go on although the modal says that the answer takes longer. */
  isHasty?: boolean
  to?: Pick
}

export type Submission = Delivery & {
  outcome: Outcome
  /** By block id: from the app, or (`refused-by-client`) from Slack's client, which then sent nothing. */
  errors: Record<string, string>
}

export async function sendSubmission(world: World, deliver: Deliver, options: SubmitOptions): Promise<Submission> {
  const open = viewToSubmit(world, options)
  if (!open.view.submit && !options.force) throw new Error(`"${open.view.title?.text}" has no submit button`)
  type(open, options.values ?? {})
  const errors = options.force ? {} : objections(open)
  if (Object.keys(errors).length > 0) return refusedByClient(errors)
  const payload = {
    type: 'view_submission',
    ...actor(world, options.user),
    trigger_id: world.triggers.issue(options.user, true),
    view: structuredClone(open.view),
    response_urls: [],
  }
  const delivery = await deliver(asInteraction(payload), options.to)
  const seen = { ...delivery, ...settle(world, open, delivery) }
  return options.isHasty ? seen : { ...seen, ...(await lateAnswer(world, open)) }
}

/** Types into the top modal without submitting it. Throws if an input is not there or does not offer the option. */
export function type(open: OpenView, values: Record<string, Given>): void {
  const places = holders(open.view.blocks)
  for (const [key, given] of Object.entries(values)) {
    const matches = places.filter((place) => place.block.block_id === key || keyOf(place) === key)
    const [place] = matches
    if (!place || matches.length > 1) {
      const there = places.map((holder) => holder.block.block_id).join(', ') || 'none'
      throw new Error(`${matches.length} inputs for "${key}" in "${open.view.title?.text}"; it has ${there}`)
    }
    open.typed.set(keyOf(place), entryFor(place.element, given))
  }
  open.view.state = { values: stateOf(open.view.blocks, open.typed) }
}

function viewToSubmit(world: World, { user, view, force }: SubmitOptions): OpenView {
  if (view && force) return world.views.find(view.id) ?? { user, view: structuredClone(view), typed: new Map() }
  const top = world.views.top(user)
  if (!top) throw new Error(`${user} has no modal open`)
  return top
}

function objections(open: OpenView): Record<string, string> {
  const found: Record<string, string> = {}
  for (const place of holders(open.view.blocks).filter(({ block }) => block.type === 'input')) {
    const entry = open.view.state.values[String(place.block.block_id)]?.[String(place.element.action_id)]
    const problem = entry && objection(place, entry)
    if (problem) found[String(place.block.block_id)] = problem
  }
  return found
}

function refusedByClient(errors: Record<string, string>): Submission {
  const nothing = {
    payload: {},
    body: '',
    contentType: '',
    replica: '',
    status: null,
    ackBody: '',
    ack: undefined,
    headers: {},
  }
  return {
    kind: 'view_submission',
    ...nothing,
    tookMs: 0,
    timedOut: false,
    error: null,
    outcome: 'refused-by-client',
    errors: { ...errors },
  }
}
