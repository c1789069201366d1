/** Every person's modal stack and Home tab. A view keeps its id until it is closed; its hash changes at every update. */
import { randomBytes } from 'node:crypto'
import { fill, normaliseBlocks } from './block-kit/normalise.ts'
import { SlackError } from './slack-error.ts'
import type { Block, JsonObject, StateEntry, View } from './types.ts'
import { stateOf } from './view-state.ts'

const DEEPEST = 3

/** A view on somebody's screen, with what they have typed or chosen in it so far. */
export interface OpenView {
  user: string
  view: View
  typed: Map<string, StateEntry>
}

interface Identity {
  teamId: string
  appId: string
  botId: string
}

export function createViews(identity: Identity) {
  const stacks = new Map<string, OpenView[]>()
  const homes = new Map<string, OpenView>()
  let lastId = 0

  const stack = (user: string): OpenView[] => stacks.get(user) ?? []
  const everything = (): OpenView[] => [...[...stacks.values()].flat(), ...homes.values()]

  function render(content: JsonObject, known?: View): View {
    const id = known?.id ?? `V${String(++lastId).padStart(8, '0')}`
    const { blocks, ...rest } = content
    const view: View = {
      id,
      team_id: identity.teamId,
      type: 'modal',
      private_metadata: '',
      callback_id: '',
      external_id: '',
      clear_on_close: false,
      notify_on_close: false,
      close: null,
      submit: null,
      ...(fill(rest) as JsonObject),
      blocks: normaliseBlocks(blocks as Block[]),
      hash: `${Date.now()}.${randomBytes(4).toString('hex')}`,
      state: { values: {} },
      previous_view_id: known?.previous_view_id ?? null,
      root_view_id: known?.root_view_id ?? id,
      app_id: identity.appId,
      bot_id: identity.botId,
      app_installed_team_id: identity.teamId,
    }
    const taken =
      view.external_id && everything().some((open) => open.view.external_id === view.external_id && open.view.id !== id)
    if (taken) throw new SlackError('duplicate_external_id')
    view.state = { values: stateOf(view.blocks, new Map()) }
    return view
  }

  return {
    stack,
    top: (user: string): OpenView | undefined => stack(user).at(-1),
    home: (user: string): OpenView | undefined => homes.get(user),
    find: (id: string): OpenView | undefined => everything().find((open) => open.view.id === id),
    findByExternalId: (id: string): OpenView | undefined => everything().find((open) => open.view.external_id === id),

    /** Opens a modal; a person has one stack at a time, so whatever was open is replaced. */
    open(user: string, content: JsonObject): View {
      const view = render(content)
      stacks.set(user, [{ user, view, typed: new Map() }])
      return view
    },
    push(user: string, content: JsonObject): View {
      const below = stack(user)
      const top = below.at(-1)
      if (!top) throw new SlackError('not_found')
      if (below.length >= DEEPEST) throw new SlackError('push_limit_reached')
      const view = render(content)
      view.previous_view_id = top.view.id
      view.root_view_id = top.view.root_view_id
      stacks.set(user, [...below, { user, view, typed: new Map() }])
      return view
    },
    /** Replaces a view's content in place. What was typed stays where block and action ids are the same. */
    update(open: OpenView, content: JsonObject): View {
      open.view = render(content, open.view)
      open.view.state = { values: stateOf(open.view.blocks, open.typed) }
      return open.view
    },
    publish(user: string, content: JsonObject): View {
      const known = homes.get(user)
      const view = render(content, known?.view)
      homes.set(user, { user, view, typed: known?.typed ?? new Map() })
      return view
    },
    /** Takes one view off its stack, or the whole stack. Closing what is already closed changes nothing. */
    close(open: OpenView, whole = false): void {
      if (!stack(open.user).includes(open)) return
      const left = whole ? [] : stack(open.user).filter((other) => other !== open)
      if (left.length > 0) stacks.set(open.user, left)
      else stacks.delete(open.user)
    },
  }
}
