/** Block elements and their limits (Slack, "Block elements"). Only those a bot like ours uses; any other is refused. */
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../types.ts'
import {
  boxOption,
  confirm,
  dispatchActionConfig,
  optionGroup,
  overflowOption,
  plainText,
  selectOption,
} from './objects.ts'
import {
  flag,
  integer,
  isObject,
  listOf,
  matching,
  oneOf,
  only,
  type Report,
  type Rule,
  shape,
  string,
} from './rules.ts'

const actionId = string(255)
const input = { action_id: actionId, placeholder: plainText(150), focus_on_load: flag }
const menu = { ...input, confirm }
const typed = { ...input, initial_value: string(3000), dispatch_action_config: dispatchActionConfig }
const number = matching(/^-?\d+(\.\d+)?$/, 'a number as a string')
const options = { options: listOf(selectOption, 100), option_groups: listOf(optionGroup, 100) }

const ELEMENTS: Record<string, Rule> = {
  button: shape({
    required: { text: plainText(75) },
    optional: {
      action_id: actionId,
      url: string(3000),
      value: string(2000, 0),
      style: oneOf('primary', 'danger'),
      confirm,
      accessibility_label: string(75),
    },
  }),
  static_select: shape({ optional: { ...menu, ...options, initial_option: selectOption }, also: optionsHold }),
  multi_static_select: shape({
    optional: {
      ...menu,
      ...options,
      initial_options: listOf(selectOption, 100),
      max_selected_items: integer(1, 100),
    },
    also: optionsHold,
  }),
  overflow: shape({ required: { options: listOf(overflowOption, 5) }, optional: { action_id: actionId, confirm } }),
  radio_buttons: shape({
    required: { options: listOf(boxOption, 10) },
    optional: { action_id: actionId, initial_option: boxOption, confirm, focus_on_load: flag },
    also: initialIsOffered,
  }),
  checkboxes: shape({
    required: { options: listOf(boxOption, 10) },
    optional: { action_id: actionId, initial_options: listOf(boxOption, 10), confirm, focus_on_load: flag },
    also: initialIsOffered,
  }),
  plain_text_input: shape({
    optional: { ...typed, multiline: flag, min_length: integer(0, 3000), max_length: integer(1, 3000) },
    also: lengthsHold,
  }),
  email_text_input: shape({ optional: typed }),
  url_text_input: shape({ optional: typed }),
  number_input: shape({
    required: { is_decimal_allowed: flag },
    optional: { ...typed, initial_value: number, min_value: number, max_value: number },
  }),
  datepicker: shape({ optional: { ...menu, initial_date: matching(/^\d{4}-\d{2}-\d{2}$/, 'YYYY-MM-DD') } }),
  timepicker: shape({ optional: { ...menu, initial_time: matching(/^\d{2}:\d{2}$/, 'HH:mm'), timezone: string(100) } }),
  users_select: shape({ optional: { ...menu, initial_user: string(255) } }),
  multi_users_select: shape({
    optional: { ...menu, initial_users: listOf(string(255), 100), max_selected_items: integer(1, 100) },
  }),
  conversations_select: shape({ optional: { ...menu, initial_conversation: string(255) } }),
  channels_select: shape({ optional: { ...menu, initial_channel: string(255) } }),
  image: shape({ required: { image_url: string(3000), alt_text: string(2000) } }),
}

const CLICKED = ['button', 'overflow']
const CHOSEN = [
  'static_select',
  'multi_static_select',
  'radio_buttons',
  'checkboxes',
  'datepicker',
  'timepicker',
  'users_select',
  'multi_users_select',
  'conversations_select',
  'channels_select',
]
const TYPED = ['plain_text_input', 'email_text_input', 'url_text_input', 'number_input']
const NOT_IN_ACTIONS = ['multi_static_select', 'multi_users_select']

export const inActions: Rule = only(ELEMENTS, ...CLICKED, ...CHOSEN.filter((type) => !NOT_IN_ACTIONS.includes(type)))
export const inSection: Rule = only(ELEMENTS, ...CLICKED, ...CHOSEN, 'image')
export const inInput: Rule = only(ELEMENTS, ...CHOSEN, ...TYPED)

/** Element types that hold a value, and so appear in a view's `state.values`. */
export const STATEFUL: ReadonlySet<string> = new Set([...CHOSEN, ...TYPED])

function optionsHold(element: JsonObject, path: string, report: Report): void {
  const has = (key: string) => element[key] !== undefined
  if (has('options') === has('option_groups')) report('exactly one of options and option_groups is required', path)
  initialIsOffered(element, path, report)
}

function initialIsOffered(element: JsonObject, path: string, report: Report): void {
  const listed = (key: string) => (Array.isArray(element[key]) ? element[key] : [])
  const grouped = listed('option_groups').flatMap((group) => (isObject(group) ? group['options'] : []))
  const offered = [...listed('options'), ...grouped].filter(isObject)
  const initial = element['initial_option'] === undefined ? listed('initial_options') : [element['initial_option']]
  for (const option of initial) {
    if (!offered.some((offer) => isDeepStrictEqual(offer, option)))
      report('initial option must be one of the options', path)
  }
  if (new Set(offered.map((offer) => offer['value'])).size < offered.length)
    report('option values must be unique', path)
}

function lengthsHold(element: JsonObject, path: string, report: Report): void {
  const { initial_value: initial, min_length: min, max_length: max } = element
  if (typeof min === 'number' && typeof max === 'number' && min > max) report('min_length exceeds max_length', path)
  if (typeof initial === 'string' && typeof max === 'number' && initial.length > max) {
    report('initial_value is longer than max_length', path)
  }
}
