import type { JsonObject } from './types.ts'

/** An `ok: false` answer, in Slack's own error codes. */
export class SlackError extends Error {
  readonly code: string
  readonly details: JsonObject

  constructor(code: string, details: JsonObject = {}) {
    super(code)
    this.code = code
    this.details = details
  }

  body(): JsonObject {
    return { ok: false, error: this.code, ...this.details }
  }
}

/** Builds the error Slack sends for content it finds malformed: the code, and one line per problem. */
export function malformed(code: string, problems: string[]): SlackError {
  return new SlackError(code, { errors: problems, response_metadata: { messages: problems } })
}

/** Codes that mean the app sent something wrong, as against the world having moved on (closed view, deleted message). */
const APP_IS_WRONG = new Set([
  'cant_update_message',
  'duplicate_external_id',
  'exchanged_trigger_id',
  'expired_trigger_id',
  'expired_url',
  'invalid_arguments',
  'invalid_auth',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'invalid_trigger_id',
  'metadata_too_large',
  'missing_scope',
  'msg_too_long',
  'no_text',
  'not_authed',
  'not_enabled',
  'push_limit_reached',
  'unknown_method',
  'used_url',
  'view_too_large',
])

export function isViolation(error: SlackError): boolean {
  return APP_IS_WRONG.has(error.code)
}
