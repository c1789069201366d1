import type { types } from '@slack/bolt'
import { escapeText, mrkdwn, plain, shorten, size, split, strong, unformatted } from './text.ts'

/** The blocks we use; every client renders these. */
export type Block =
  | types.SectionBlock
  | types.HeaderBlock
  | types.ContextBlock
  | types.DividerBlock
  | types.ActionsBlock
  | types.InputBlock

export type Modal = types.ModalView
/** A message's blocks, with the text that notifications and screen readers use. */
export type Message = { text: string; blocks: Block[] }

/** Slack's limits, in characters or pieces. */
export const LIMITS = {
  messageBlocks: 50,
  viewBlocks: 100,
  sectionText: 3000,
  fieldText: 2000,
  fields: 10,
  headerText: 150,
  title: 24,
  button: 75,
  option: 75,
  options: 100,
  input: 3000,
} as const

export function header(text: string): types.HeaderBlock {
  return { type: 'header', text: plain(shorten(text, LIMITS.headerText)) }
}

/** A section of our own words, in mrkdwn. */
export function section(text: string): types.SectionBlock {
  return { type: 'section', text: mrkdwn(text) }
}

/** A section in bold, for a heading below the header. */
export function heading(text: string): types.SectionBlock {
  return { type: 'section', text: strong(shorten(text, LIMITS.fieldText)) }
}

/** Any text, uninterpreted and whole, in as many sections as it needs; none for an empty text. */
export function plainSections(text: string): types.SectionBlock[] {
  if (text === '') return []
  return split(text, LIMITS.sectionText).map((piece) => ({ type: 'section', text: plain(piece) }))
}

/** The same, in which the names of requests can become links to their cards: for what the bot itself has to say. */
export function linkableSections(text: string): types.SectionBlock[] {
  return NAMES_A_REQUEST.test(text)
    ? split(text, 1000).map((piece) => section(unformatted(piece)))
    : plainSections(text)
}

const NAMES_A_REQUEST = /\bCR-\d/

/** Lines of text that is not interpreted, a block each. */
export function plainLines(lines: readonly string[]): types.SectionBlock[] {
  return lines.flatMap(plainSections)
}

/** A small grey line of our own words. */
export function note(text: string): types.ContextBlock {
  return { type: 'context', elements: [mrkdwn(text)] }
}

/** A small line of text that is not interpreted. */
export function plainNote(text: string): types.ContextBlock {
  return { type: 'context', elements: [plain(shorten(text, LIMITS.fieldText))] }
}

/** Names of jobs, ids and codes: any text, small, uninterpreted and whole; none for an empty text. */
export function smallPrint(text: string): types.ContextBlock[] {
  return text === ''
    ? []
    : split(text, LIMITS.fieldText).map((piece) => ({ type: 'context', elements: [plain(piece)] }))
}

/** Lines that are not interpreted, ten to a block. */
export function tenToABlock(lines: readonly string[]): BlockGroup[] {
  return Array.from({ length: Math.ceil(lines.length / 10) }, (_, index) => {
    const some = lines.slice(index * 10, (index + 1) * 10)
    return { blocks: plainSections(some.join('\n')), shows: some.length }
  })
}

/** Any text as blocks that are easy to copy. Nothing in it is interpreted; its backticks become apostrophes. */
export function copyable(text: string): types.SectionBlock[] {
  const lines = text.replaceAll('`', '’')
  return split(lines, LIMITS.sectionText - 10).map((piece) => section(`\`\`\`${escapeText(piece)}\`\`\``))
}

export function divider(): types.DividerBlock {
  return { type: 'divider' }
}

export function actions(elements: types.Button[]): types.ActionsBlock {
  return { type: 'actions', elements }
}

export function button(
  label: string,
  actionId: string,
  value: string,
  more: Pick<types.Button, 'style' | 'confirm' | 'url' | 'accessibility_label'> = {},
): types.Button {
  return { type: 'button', text: plain(shorten(label, LIMITS.button)), action_id: actionId, value, ...more }
}

/** A modal's title. A title that is too long is replaced by another one, since half a title says little. */
export function modalTitle(title: string, otherwise: string): types.PlainTextElement {
  return plain(size(title) <= LIMITS.title ? title : otherwise)
}

/** Blocks that belong together, and how many things they show. */
export type BlockGroup = { blocks: Block[]; shows: number }

/** The first groups that fit into so many blocks and characters of JSON, and how many things were left out. */
export function takeWithin(groups: readonly BlockGroup[], room: { blocks: number; weight: number }) {
  const taken: Block[] = []
  let weight = 0
  for (const [index, group] of groups.entries()) {
    weight += weigh(group.blocks)
    if (taken.length + group.blocks.length > room.blocks || weight > room.weight) {
      return { blocks: taken, left: groups.slice(index).reduce((sum, { shows }) => sum + shows, 0) }
    }
    taken.push(...group.blocks)
  }
  return { blocks: taken, left: 0 }
}

/** The length of blocks as JSON. Slack takes views up to 250 KB, and a character can be six bytes of JSON. */
export function weigh(blocks: readonly Block[]): number {
  return JSON.stringify(blocks).length
}
