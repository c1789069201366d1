/** A view's `state.values`: what each input holds, from initial values and from what a person typed or chose. */
import { STATEFUL } from './block-kit/elements.ts'
import { fill } from './block-kit/normalise.ts'
import type { Block, Element, Option, StateEntry, StateValues } from './types.ts'

/** What a test gives for an input: text, an option's value, a list of them, or null to leave it empty. */
export type Given = string | number | string[] | null

export interface Holder {
  block: Block
  element: Element
}

/** Every element of these blocks that holds a value, in reading order. */
export function holders(blocks: Block[]): Holder[] {
  return blocks.flatMap((block) => {
    const elements = [block.element, block.accessory, ...(block.type === 'actions' ? (block.elements ?? []) : [])]
    return elements
      .filter((element) => element && STATEFUL.has(element.type))
      .map((element) => ({ block, element: element as Element }))
  })
}

export function keyOf({ block, element }: Holder): string {
  return `${block.block_id}/${element.action_id}`
}

/** Builds `state.values` for every holder: what was typed if anything was, else the initial value. */
export function stateOf(blocks: Block[], typed: ReadonlyMap<string, StateEntry>): StateValues {
  const values: StateValues = {}
  for (const holder of holders(blocks)) {
    const blockId = String(holder.block.block_id)
    const before = typed.get(keyOf(holder))
    const entry = before?.type === holder.element.type ? before : initial(holder.element)
    values[blockId] = { ...values[blockId], [String(holder.element.action_id)]: entry }
  }
  return values
}

/** Where each element type keeps its value in `state.values`, and where its initial value comes from. */
const KEPT: Record<string, [key: string, from: keyof Element]> = {
  static_select: ['selected_option', 'initial_option'],
  radio_buttons: ['selected_option', 'initial_option'],
  multi_static_select: ['selected_options', 'initial_options'],
  checkboxes: ['selected_options', 'initial_options'],
  datepicker: ['selected_date', 'initial_date'],
  timepicker: ['selected_time', 'initial_time'],
  users_select: ['selected_user', 'initial_user'],
  multi_users_select: ['selected_users', 'initial_users'],
  conversations_select: ['selected_conversation', 'initial_conversation'],
  channels_select: ['selected_channel', 'initial_channel'],
}

function kept(element: Element): [key: string, from: keyof Element] {
  return KEPT[element.type] ?? ['value', 'initial_value']
}

function initial(element: Element): StateEntry {
  const [key, from] = kept(element)
  return { type: element.type, [key]: fill(element[from] ?? (key.endsWith('s') ? [] : null)) }
}

export function offered(element: Element): Option[] {
  return [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((group) => group.options)]
}

/** Turns what a test gives into a state entry. Throws if the screen does not offer it: that is a mistake in the test. */
export function entryFor(element: Element, given: Given): StateEntry {
  const [key] = kept(element)
  const choose = (value: unknown): Option => {
    const option = offered(element).find((offer) => offer.value === String(value))
    if (option) return fill(option) as Option
    const list = offered(element).map((offer) => offer.value)
    throw new Error(`${element.action_id} does not offer "${value}"; it offers ${list.join(', ')}`)
  }
  if (key === 'selected_option') return { type: element.type, [key]: given === null ? null : choose(given) }
  if (key.endsWith('s')) {
    const list = given === null ? [] : [given].flat()
    return { type: element.type, [key]: key === 'selected_options' ? list.map(choose) : list }
  }
  return { type: element.type, [key]: given === null || given === '' ? null : String(given) }
}

/** What Slack's own client says about an input before it sends anything, or null if it is content. */
export function objection({ block, element }: Holder, entry: StateEntry): string | null {
  const value = entry[kept(element)[0]]
  const empty = value === null || value === undefined || (Array.isArray(value) && value.length === 0)
  if (empty) return block.optional ? null : 'Please complete this required field.'
  if (Array.isArray(value)) {
    const most = element.max_selected_items ?? Number.POSITIVE_INFINITY
    return value.length > most ? `You can choose at most ${most}.` : null
  }
  return typeof value === 'string' ? objectionToText(element, value) : null
}

function objectionToText(element: Element, value: string): string | null {
  if (element.type === 'number_input') {
    const wanted = element.is_decimal_allowed ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/
    if (!wanted.test(value)) return 'Please enter a number.'
    if (element.min_value !== undefined && Number(value) < Number(element.min_value))
      return `Must be ${element.min_value} or more.`
    if (element.max_value !== undefined && Number(value) > Number(element.max_value))
      return `Must be ${element.max_value} or less.`
    return null
  }
  if (element.type === 'email_text_input' && !/^\S+@\S+\.\S+$/.test(value)) return 'Please enter an email address.'
  if (element.type === 'url_text_input' && !URL.canParse(value)) return 'Please enter a link.'
  if (element.type !== 'plain_text_input') return null
  if (value.length < (element.min_length ?? 0)) return `Must be at least ${element.min_length} characters.`
  return value.length > (element.max_length ?? 3000)
    ? `Must be at most ${element.max_length ?? 3000} characters.`
    : null
}
