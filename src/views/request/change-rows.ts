import type { types } from '@slack/bolt'
import { type Block, type BlockGroup, heading, LIMITS, plainSections, tenToABlock } from '../kit/blocks.ts'
import { plain, shorten, size, strong } from '../kit/text.ts'
import { type DescribedChange, EMPTY } from './values.ts'

/**
 * Changes as a table of two columns, the name beside "from before to after", five to a block; then what is emptied or filled
 * in, where that is much. Longer values are shortened.
 */
export function renderChangeRows(changes: readonly DescribedChange[], maxValue: number): BlockGroup[] {
  const { rows, lists } = sorted(changes.map((change) => shortened(change, maxValue)))
  return [...inRows(rows.map(toFields)), ...lists]
}

/** Changes whole: those too long for a row of the table get sections of their own. */
export function renderWholeChanges(changes: readonly DescribedChange[]): BlockGroup[] {
  const { rows: changed, lists } = sorted(changes)
  const groups: BlockGroup[] = []
  let rows: [types.TextObject, types.TextObject][] = []
  for (const change of changed) {
    if (size(change.label) <= 500 && size(wordsOf(change)) <= LIMITS.fieldText) {
      rows.push(toFields(change))
      continue
    }
    groups.push(...inRows(rows), ...wholeValue(change))
    rows = []
  }
  return [...groups, ...inRows(rows), ...lists]
}

/** So many columns that are emptied, or filled in, are told together. */
const MANY = 3

/** What is emptied apart from what else changes, where that is much. */
export function apart(changes: readonly DescribedChange[]): Record<'changed' | 'emptied', DescribedChange[]> {
  const emptied = changes.filter(isEmptied)
  if (emptied.length < MANY) return { changed: [...changes], emptied: [] }
  return { changed: changes.filter((change) => !isEmptied(change)), emptied }
}

/** What has a row of its own, and the lists of what is emptied and of what is filled in, as an undo does. */
function sorted(changes: readonly DescribedChange[]): { rows: DescribedChange[]; lists: BlockGroup[] } {
  const { changed, emptied } = apart(changes)
  const filled = changed.filter(isFilled)
  const isMuch = filled.length >= MANY
  return {
    rows: isMuch ? changed.filter((change) => !isFilled(change)) : changed,
    lists: [
      ...listOf(`Emptied (${emptied.length}), each with its value before`, emptied, 'before'),
      ...(isMuch ? listOf(`Filled in (${filled.length}), empty before`, filled, 'after') : []),
    ],
  }
}

function isFilled({ before, after }: DescribedChange): boolean {
  return before === EMPTY && after !== null
}

function isEmptied({ before, after }: DescribedChange): boolean {
  return before !== null && after === EMPTY
}

/** One heading for all, in place of "from … to empty" beside each. */
function listOf(words: string, changes: readonly DescribedChange[], which: 'before' | 'after'): BlockGroup[] {
  const lines = tenToABlock(changes.map((change) => `${change.label}: ${change[which]}`))
  return lines.map(({ blocks, shows }, index) => ({
    blocks: [...(index === 0 ? [heading(words)] : []), ...blocks],
    shows,
  }))
}

/** Whether a row leaves anything out at this length. */
export function isShortened(change: DescribedChange, maxValue: number): boolean {
  return wordsOf(shortened(change, maxValue)) !== wordsOf(change)
}

function shortened(change: DescribedChange, max: number): DescribedChange {
  const shortenOne = (text: string | null) => text && shorten(text, max)
  return {
    label: shorten(change.label, 200),
    before: shortenOne(change.before),
    after: shortenOne(change.after),
    note: shortenOne(change.note),
  }
}

function wordsOf({ before, after, note }: DescribedChange): string {
  if (before === null || after === null) return note ?? 'changed'
  return `from ${before} to ${after}${note ? ` (${note})` : ''}`
}

function toFields(change: DescribedChange): [types.TextObject, types.TextObject] {
  return [strong(change.label), plain(wordsOf(change))]
}

function inRows(rows: readonly [types.TextObject, types.TextObject][]): BlockGroup[] {
  const perBlock = LIMITS.fields / 2
  return Array.from({ length: Math.ceil(rows.length / perBlock) }, (_, index) => {
    const some = rows.slice(index * perBlock, (index + 1) * perBlock)
    return { blocks: [{ type: 'section', fields: some.flat() }], shows: some.length }
  })
}

/** One group per block, so that a value can run over several pages. */
function wholeValue({ label, before, after, note }: DescribedChange): BlockGroup[] {
  const blocks: Block[] = size(label) <= LIMITS.fieldText ? [heading(label)] : plainSections(label)
  const part = (name: string, text: string | null) => (text === null ? [] : [heading(name), ...plainSections(text)])
  blocks.push(...part('Before', before), ...part('After', after), ...plainSections(note ?? ''))
  return blocks.map((block, index) => ({ blocks: [block], shows: index === 0 ? 1 : 0 }))
}
