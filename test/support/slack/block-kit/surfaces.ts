/** What Slack refuses in a whole message or view, each with the error code it answers. */
import { malformed, SlackError } from '../slack-error.ts'
import type { Block, JsonObject, Metadata } from '../types.ts'
import { messageBlocks, viewBlocks } from './blocks.ts'
import { plainText } from './objects.ts'
import { flag, isObject, oneOf, problemsOf, type Rule, shape, string } from './rules.ts'

const VIEW_BYTES = 250_000
const METADATA_BYTES = 16_000

const either = { callback_id: string(255), external_id: string(255), private_metadata: string(3000, 0) }

const VIEWS: Record<'modal' | 'home', Rule> = {
  modal: shape({
    required: { type: oneOf('modal'), title: plainText(24), blocks: viewBlocks },
    optional: { ...either, submit: plainText(24), close: plainText(24), clear_on_close: flag, notify_on_close: flag },
    also: (view, path, report) => {
      const hasInput = Array.isArray(view['blocks']) && view['blocks'].some((block) => block?.type === 'input')
      if (hasInput && !view['submit']) report('missing required field: submit', path)
    },
  }),
  home: shape({ required: { type: oneOf('home'), blocks: viewBlocks }, optional: either }),
}

/** Returns the view if Slack would take it. Throws `view_too_large`, or `invalid_arguments` with every problem found. */
export function acceptView(view: unknown, kind: 'modal' | 'home'): JsonObject {
  if (!isObject(view)) throw malformed('invalid_arguments', ['[ERROR] view must be an object [json-pointer:/view]'])
  if (Buffer.byteLength(JSON.stringify(view)) > VIEW_BYTES) throw new SlackError('view_too_large')
  const problems = problemsOf(VIEWS[kind], view, '/view')
  if (problems.length > 0) throw malformed('invalid_arguments', problems)
  return view
}

export interface Content {
  text: string
  blocks?: Block[]
}

/**
 * Returns the text and blocks if Slack would take them as a message (blocks stay undefined if none were given).
 * Throws `invalid_blocks`, `msg_too_long` or `no_text`.
 */
export function acceptContent(args: JsonObject, maxText = 40_000): Content {
  const text = args['text'] ?? ''
  const blocks = args['blocks']
  if (typeof text !== 'string') throw malformed('invalid_arguments', ['[ERROR] must be a string [json-pointer:/text]'])
  if (args['attachments'] !== undefined)
    throw malformed('invalid_arguments', ['[ERROR] this fake takes no attachments'])
  if (text.length > maxText) throw new SlackError('msg_too_long')
  if (blocks !== undefined) {
    const problems = problemsOf(messageBlocks, blocks, '/blocks')
    if (problems.length > 0) throw malformed('invalid_blocks', problems)
  }
  if (text === '' && (!Array.isArray(blocks) || blocks.length === 0)) throw new SlackError('no_text')
  return blocks === undefined ? { text } : { text, blocks: blocks as Block[] }
}

/** Returns message metadata, or null for `{}` (which removes it). Throws `invalid_metadata_schema`, `metadata_too_large`. */
export function acceptMetadata(metadata: unknown): Metadata | null {
  if (!isObject(metadata)) throw new SlackError('invalid_metadata_format')
  const { event_type: type, event_payload: payload, ...rest } = metadata
  if (type === undefined && payload === undefined && Object.keys(rest).length === 0) return null
  const valid = typeof type === 'string' && type !== '' && type.length <= 255 && isObject(payload)
  if (!valid || Object.keys(rest).length > 0) throw new SlackError('invalid_metadata_schema')
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES) throw new SlackError('metadata_too_large')
  return { event_type: type, event_payload: payload }
}
