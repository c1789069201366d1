import type { types } from '@slack/bolt'
import type { Block } from '../views/kit/blocks.ts'
import { renderNoticeBlocks, renderNoticeView, type Words } from '../views/kit/notice.ts'
import { renderChecking } from '../views/request/preview.ts'
import { type Asked, answer, persist, tell } from './answer.ts'
import { type HandlerContext, wordsOfError } from './context.ts'
import type { Click } from './entry-points.ts'

/**
 * What a modal shows; and what its person is told outside it where Slack will not show it. `opens`: the button of that
 * message, by which they get there all the same; Slack opens nothing without a new click. `mustBeHeard`: it is told directly
 * also to a person who has closed the modal meanwhile.
 */
export type Shown = { view: types.ModalView; instead: Words; opens?: Block; mustBeHeard?: boolean }

/** For so long someone looks at a modal that does not change before they are told outside it. */
const TOLD_AFTER_MS = 5_000

/** Opens a modal at once; answers its id, or null once the person was told why it could not be opened. */
export async function openModal(
  context: HandlerContext,
  click: Click,
  view: types.ModalView = renderChecking(null),
): Promise<string | null> {
  try {
    const opened = await click.client.views.open({ trigger_id: click.body.trigger_id ?? '', view })
    return opened.view?.id ?? null
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
    return null
  }
}

/**
 * Shows a view in a modal that is open. Slack may not let us for a moment: then it is tried again, and whoever waits is
 * told outside the modal. A view that Slack does not take gives way to words. Never rejects.
 */
export async function show(
  context: HandlerContext,
  asked: Asked,
  viewId: string,
  { view, instead, opens, mustBeHeard = false }: Shown,
): Promise<void> {
  const put = (shown: types.ModalView) => asked.client.views.update({ view_id: viewId, view: shown })
  try {
    await persist(context, () => put(view), TOLD_AFTER_MS)
  } catch (error) {
    const refusal = context.readRefusal(error)
    const isClosed = refusal?.code === 'not_found'
    if (isClosed) context.changes.log.info('a modal was closed before its answer came')
    else context.changes.log.error({ slack: refusal?.code }, 'a modal could not be drawn')
    if (isClosed && !mustBeHeard) return
    const told = renderNoticeBlocks(instead)
    await answer(context, asked, opens ? { ...told, blocks: [...told.blocks, opens] } : told)
    if (!isClosed)
      await persist(context, () => put(refusal?.isForNow ? view : renderNoticeView(instead))).catch(() => {})
  }
}

/** Words in the place of a modal, which are all there is to say. */
export function inWords(words: Words): Shown {
  return { view: renderNoticeView(words), instead: words }
}
