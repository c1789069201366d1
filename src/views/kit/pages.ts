import { actions, type Block, button, note } from './blocks.ts'

/** Where one is in a list that has pages, and the buttons that lead on and back; nothing where there is one page. */
export function pageBlocks(
  { page, pages }: { page: number; pages: number },
  action: string,
  turnTo: (page: number) => string,
): Block[] {
  const buttons = [
    ...(page > 1 ? [button('Previous page', action, turnTo(page - 1))] : []),
    ...(page < pages ? [button('Next page', action, turnTo(page + 1))] : []),
  ]
  if (buttons.length === 0) return []
  const where = note(`Page ${page.toLocaleString('en-GB')} of ${pages.toLocaleString('en-GB')}`)
  // Two buttons of one block may not share an action.
  return [where, ...buttons.map((one) => actions([one]))]
}
