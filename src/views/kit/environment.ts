import { type Block, header, type Message, note } from './blocks.ts'
import { escapeText } from './text.ts'

/** The message with the environment it comes from, which nobody must take for production; that itself is not named. */
export function markEnvironment({ text, blocks }: Message, environment: string): Message {
  if (environment === 'production') return { text, blocks }
  const mark = `[${environment}] `
  const [first, ...rest] = blocks
  const marked: Block[] =
    first?.type === 'header'
      ? [header(`${mark}${first.text.text}`), ...rest]
      : [note(`*${escapeText(environment)}*, not production`), ...blocks]
  return { text: `${mark}${text}`, blocks: blocks.length > 0 ? marked : [] }
}
