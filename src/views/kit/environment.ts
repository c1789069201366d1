import type { types } from '@slack/bolt'
import { type Block, header, type Message, note } from './blocks.ts'
import { escapeText } from './text.ts'

/** The message with the environment it comes from, which nobody must take for production; that itself is not named. */
export function markEnvironment<M extends Partial<Message>>(message: M, environment: string): M {
  if (environment === 'production') return message
  const { text, blocks } = message
  return {
    ...message,
    ...(text === undefined ? {} : { text: `[${environment}] ${text}` }),
    ...(blocks === undefined ? {} : { blocks: markBlocks(blocks, environment) }),
  }
}

/** The same for a modal or Home tab. It stands above what is shown, since a modal's title has no room for it. */
export function markView<V extends types.View>(view: V, environment: string): V {
  return environment === 'production' ? view : { ...view, blocks: markBlocks(view.blocks as Block[], environment) }
}

function markBlocks(blocks: Block[], environment: string): Block[] {
  const [first, ...rest] = blocks
  if (!first) return blocks
  return first.type === 'header'
    ? [header(`[${environment}] ${first.text.text}`), ...rest]
    : [note(`*${escapeText(environment)}*, not production`), ...blocks]
}
