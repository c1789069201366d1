import type { Refusal } from '../../handlers/context.ts'

// What every answer of Slack's Web API means for what we wanted to say. docs/slack-errors.md is this table, drawn out.

/** What to do about a code: see `REMEDIES`. */
export type Remedy = 'again' | 'anew' | 'closed' | 'mend' | 'token' | 'late' | 'never'

/** What we say: a message in a channel, its new version, a reply in its thread, a direct message, a modal or Home tab. */
export const KINDS = ['post', 'edit', 'reply', 'direct', 'modal'] as const
export type Kind = (typeof KINDS)[number]

/** Each remedy in a sentence, as the documentation has it. */
export const REMEDIES: Readonly<Record<Remedy, string>> = {
  again: 'Slack is in trouble or busy. We try again: after `Retry-After`, or after pauses growing to 30 seconds.',
  anew: 'The message can no longer be changed or replied to. We post it anew, and remove the old one if Slack lets us.',
  closed:
    'The channel is closed to us. We wait for it with pauses growing to five minutes, and tell the requester once by direct message.',
  mend: 'The fault is ours. It is logged, operators are told, and we try again with pauses growing to an hour.',
  token: 'The bot’s token is no good. All sending stops and `/readyz` is red until Slack takes the token again.',
  late: 'The click is too old for Slack to open anything. The person is told that it took too long.',
  never: 'There is nobody to say it to. It is given up, and logged.',
}

/** The one person whom it is for is not there to read it. */
const NOBODY = ['user_disabled', 'user_not_found', 'user_not_visible', 'user_not_in_channel', 'messages_tab_disabled']

/** The codes by what mends them, whatever we wanted to say. */
const BY_REMEDY: Readonly<Record<Exclude<Remedy, 'late' | 'never'>, readonly string[]>> = {
  again: [
    ...['fatal_error', 'internal_error', 'request_timeout', 'service_unavailable', 'update_failed'],
    ...['ratelimited', 'rate_limited', 'message_limit_exceeded', 'hash_conflict', 'streaming_state_conflict'],
    ...['org_login_required', 'team_added_to_org', 'external_channel_migrating'],
    ...['duplicate_channel_not_found', 'duplicate_message_not_found'],
  ],
  anew: [
    ...['message_not_found', 'thread_not_found', 'cannot_reply_to_message'],
    ...['cant_update_message', 'edit_window_closed', 'block_mismatch'],
    ...['cant_delete_message', 'compliance_exports_prevent_deletion'],
  ],
  closed: [
    ...['channel_not_found', 'not_in_channel', 'is_archived', 'is_inactive', 'team_access_not_granted'],
    ...['restricted_action', 'restricted_action_non_threadable_channel', 'restricted_action_read_only_channel'],
    ...['restricted_action_thread_locked', 'restricted_action_thread_only_channel'],
    ...['ekm_access_denied', 'slack_connect_canvas_sharing_blocked', 'slack_connect_file_link_sharing_blocked'],
    ...['method_not_supported_for_channel_type'],
  ],
  mend: [
    ...['access_denied', 'accesslimited', 'enterprise_is_restricted', 'missing_scope', 'no_permission'],
    ...['as_user_not_supported', 'deprecated_endpoint', 'method_deprecated'],
    ...['upgrade_required', 'upgrade_require', 'plan_upgrade_required', 'no_such_subteam'],
    ...['invalid_arg_name', 'invalid_arguments', 'invalid_array_arg', 'invalid_charset', 'invalid_form_data'],
    ...['invalid_json', 'json_not_object', 'invalid_post_type', 'missing_post_type', 'missing_charset'],
    ...['superfluous_charset', 'invalid_ts_latest', 'invalid_ts_oldest', 'users_list_not_supplied'],
    ...['invalid_user_combination', 'not_enough_users', 'too_many_users', 'user_is_bot', 'user_is_restricted'],
    ...['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'no_text', 'too_many_attachments'],
    ...['too_many_contact_cards', 'invalid_metadata_format', 'invalid_metadata_schema', 'metadata_too_large'],
    ...['metadata_must_be_sent_from_app', 'duplicate_external_id', 'not_enabled', 'push_limit_reached'],
    ...['view_too_large', ...NOBODY],
  ],
  token: [
    ...['account_inactive', 'invalid_auth', 'not_authed', 'token_expired', 'token_revoked'],
    ...['not_allowed_token_type', 'two_factor_setup_required'],
  ],
}

/** Where a code means something else for one kind of message than for the others. */
const OF_KIND: Readonly<Partial<Record<Kind, Readonly<Record<string, Remedy>>>>> = {
  direct: Object.fromEntries<Remedy>([
    ...BY_REMEDY.closed.map((code) => [code, 'again'] as const), // nobody there can let us in: it may be Slack's slip
    ...NOBODY.map((code) => [code, 'never'] as const),
  ]),
  modal: {
    ...{ expired_trigger_id: 'late', exchanged_trigger_id: 'late', invalid_trigger_id: 'late' },
    not_found: 'never', // the person has closed it
  },
}

const TABLE: ReadonlyMap<string, Remedy> = new Map(
  Object.entries(BY_REMEDY).flatMap(([remedy, codes]) => codes.map((code) => [code, remedy as Remedy] as const)),
)

/** What to do about this code; null for one we do not know, which is tried again and reported. */
export function findRemedy(code: string, kind: Kind): Remedy | null {
  return OF_KIND[kind]?.[code] ?? TABLE.get(code) ?? null
}

/** What went wrong with a call. `unsure`: Slack may have done it all the same. */
export type SlackTrouble = { code: string; retryAfterMs: number | null; unsure: boolean; isSilent: boolean }

/** Codes with which, as Slack's documentation says, part of what was asked for may have been done. */
const HALF_DONE = new Set(['fatal_error', 'internal_error', 'request_timeout', 'service_unavailable'])

/** The connection was never made. */
const NOT_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

type Thrown = {
  code?: string
  retryAfter?: number
  statusCode?: number
  data?: { error?: string; response_metadata?: { messages?: string[] } }
  original?: Error & { code?: string; cause?: { code?: string } }
}

/** Reads what the Web API client throws; null for an error that is not Slack's. Slack's own words are left behind. */
export function readTrouble(error: unknown): SlackTrouble | null {
  const { code, retryAfter, statusCode, data, original } = (error ?? {}) as Thrown
  if (code === 'slack_webapi_rate_limited_error') {
    return { code: 'ratelimited', retryAfterMs: (retryAfter ?? 1) * 1000, unsure: false, isSilent: false }
  }
  if (code === 'slack_webapi_http_error') {
    return { code: `http_${statusCode}`, retryAfterMs: null, unsure: true, isSilent: true }
  }
  if (code === 'slack_webapi_request_error') {
    const unsure = !NOT_REACHED.has(original?.code ?? original?.cause?.code ?? '')
    return { code: 'no_answer', retryAfterMs: null, unsure, isSilent: true }
  }
  if (!data?.error) return null
  const slackCode = isAboutTrigger(data) ? 'expired_trigger_id' : /^\w{1,80}$/.test(data.error) ? data.error : 'no_code'
  return { code: slackCode, retryAfterMs: null, unsure: HALF_DONE.has(slackCode), isSilent: false }
}

/** Slack has several spellings for a click that is too old; one of them hides in the messages of another code. */
function isAboutTrigger({ error, response_metadata }: NonNullable<Thrown['data']>): boolean {
  if (error === 'trigger_expired' || error === 'trigger_exchanged') return true
  const says = (response_metadata?.messages ?? []).join(' ')
  return error === 'invalid_arguments' && /trigger/i.test(says) && /expired|exchanged/i.test(says)
}

/** What Slack refused a handler's call with: opening or changing a modal, or answering someone. Null if it is not Slack's. */
export function readRefusal(error: unknown): Refusal | null {
  const trouble = readTrouble(error)
  if (!trouble) return null
  const { code, retryAfterMs } = trouble
  const remedy = findRemedy(code, 'modal')
  return { code, retryAfterMs, isTooLate: remedy === 'late', isForNow: remedy === 'again' || remedy === null }
}
