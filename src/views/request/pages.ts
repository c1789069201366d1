import { type Block, type BlockGroup, LIMITS, weigh } from '../kit/blocks.ts'

/**
 * What may stand beside the content of the last of several pages, a block each: the environment, the page's number, the
 * fold of checks, two buttons, the tick and the closing note.
 */
const BESIDE = 7

/** Room for the content of a page; JSON of this length stays below 250 KB whatever the alphabet. */
const PAGE = { blocks: LIMITS.viewBlocks - BESIDE, weight: 36_000 }

/** Fills page after page; a group that is too large for a page of its own runs over. */
export function paginate(groups: readonly BlockGroup[]): Block[][] {
  const pages: Block[][] = [[]]
  let weight = 0
  for (const { blocks } of groups) {
    const whole = weigh(blocks)
    const parts = blocks.length > PAGE.blocks || whole > PAGE.weight ? blocks.map((block) => [block]) : [blocks]
    for (const part of parts) {
      const needed = weigh(part)
      const page = pages.at(-1) ?? []
      const isFull = page.length + part.length > PAGE.blocks || weight + needed > PAGE.weight
      if (isFull && page.length > 0) {
        pages.push([...part])
        weight = needed
      } else {
        page.push(...part)
        weight += needed
      }
    }
  }
  return pages
}
