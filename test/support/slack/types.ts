/** The shapes the fake stores and shows. Only keys the fake reads are named; the rest travels along untouched. */

export type JsonObject = Record<string, unknown>

export interface TextObject {
  type: 'plain_text' | 'mrkdwn'
  text: string
  emoji?: boolean
  verbatim?: boolean
}

export interface Option {
  text: TextObject
  value: string
  description?: TextObject
}

interface Confirm {
  title: TextObject
  text: TextObject
  confirm: TextObject
  deny: TextObject
}

export interface Element {
  type: string
  action_id?: string
  text?: TextObject | string
  value?: string
  url?: string
  style?: string
  confirm?: Confirm
  placeholder?: TextObject
  options?: Option[]
  option_groups?: { label: TextObject; options: Option[] }[]
  initial_value?: string
  initial_option?: Option
  initial_options?: Option[]
  initial_date?: string
  initial_time?: string
  initial_user?: string
  initial_users?: string[]
  initial_conversation?: string
  initial_channel?: string
  min_length?: number
  max_length?: number
  max_selected_items?: number
  is_decimal_allowed?: boolean
  min_value?: string
  max_value?: string
  alt_text?: string
}

export interface Block {
  type: string
  block_id?: string
  text?: TextObject
  fields?: TextObject[]
  accessory?: Element
  elements?: Element[]
  element?: Element
  label?: TextObject
  hint?: TextObject
  optional?: boolean
  dispatch_action?: boolean
  title?: TextObject
  alt_text?: string
}

export interface Metadata {
  event_type: string
  event_payload: JsonObject
}

/** A message as it stands now. What the fake hands out is a copy: keep one, and you have an old screen. */
export interface Message {
  type: 'message'
  channel: string
  ts: string
  user: string
  text: string
  blocks?: Block[]
  bot_id?: string
  app_id?: string
  team: string
  thread_ts?: string
  reply_broadcast?: boolean
  metadata?: Metadata
  edited?: { user: string; ts: string }
}

/** Something only one person was shown: `chat.postEphemeral`, `respond()`, or the body of a command's acknowledgement. */
export interface Ephemeral {
  type: 'ephemeral'
  channel: string
  ts: string
  user: string
  text: string
  blocks?: Block[]
  thread_ts?: string
  via: 'postEphemeral' | 'respond' | 'ack'
}

export interface View {
  id: string
  team_id: string
  type: 'modal' | 'home'
  blocks: Block[]
  private_metadata: string
  callback_id: string
  external_id: string
  hash: string
  state: { values: StateValues }
  title?: TextObject
  submit?: TextObject | null
  close?: TextObject | null
  clear_on_close: boolean
  notify_on_close: boolean
  previous_view_id: string | null
  root_view_id: string
  app_id: string
  bot_id: string
  app_installed_team_id: string
}

export type StateEntry = JsonObject & { type: string }
export type StateValues = Record<string, Record<string, StateEntry>>

export interface User {
  id: string
  name?: string
  realName?: string
  /** Null where `users.info` leaves it out, as it may on Enterprise Grid. */
  teamId?: string | null
  /** On Enterprise Grid: the person’s id there, and their workspaces. */
  enterprise?: { id: string; teams: string[] }
  isBot?: boolean
  isRestricted?: boolean
  isUltraRestricted?: boolean
  isStranger?: boolean
  deleted?: boolean
}

export interface Channel {
  id: string
  name: string
  /** Include the bot's user id where it is a member. */
  members: string[]
  isPrivate?: boolean
  isArchived?: boolean
  isExtShared?: boolean
}

export interface UserGroup {
  id: string
  handle: string
  users: string[]
}

/** One request the app made, whatever came of it. `method` is `response_url` for a post to a response URL. */
export interface Call {
  method: string
  args: JsonObject
  at: Date
  status: number
  result: JsonObject
  fault?: string
}

/** Something Slack would have refused, or would have shown its user as a failure. */
export interface Violation {
  at: Date
  where: string
  what: string
}
