/** What Slack adds to blocks it stores, so that payloads carry what real ones carry. */
import { randomBytes } from 'node:crypto'
import type { Block } from '../types.ts'
import { isObject } from './rules.ts'

/** Returns a copy with generated block ids and action ids, `emoji` on plain text and `verbatim` on mrkdwn. */
export function normaliseBlocks(blocks: Block[]): Block[] {
  return blocks.map((block) => {
    const copy = fill(block) as Block
    for (const element of [copy.element, copy.accessory, ...(copy.type === 'actions' ? (copy.elements ?? []) : [])]) {
      if (element && element.type !== 'image') element.action_id ??= shortId()
    }
    return { ...copy, block_id: copy.block_id ?? shortId() }
  })
}

/** Returns a copy of any Block Kit value with the defaults of its text objects filled in. */
export function fill(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fill)
  if (!isObject(value)) return value
  const copy = Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, fill(entry)]))
  if (copy['type'] === 'plain_text') return { emoji: true, ...copy }
  if (copy['type'] === 'mrkdwn') return { verbatim: false, ...copy }
  return copy
}

function shortId(): string {
  return randomBytes(4).toString('base64url').slice(0, 5)
}
