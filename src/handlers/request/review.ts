// The review: the whole request for one person who may decide on it.

import { findAlertsAbout } from '../../alerts/sight/about.ts'
import { getReviewed, openReview, reveal } from '../../changes/decide/review.ts'
import { findKnown } from '../../changes/lists/known.ts'
import { readSchoolNames } from '../../changes/lists/school-names.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { getPlaybook } from '../../playbooks/index.ts'
import type { KnownBeside } from '../../views/request/known.ts'
import { CHECKS, PERSONAL, renderOpeningReview, renderReview, TEXTS } from '../../views/request/review.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Click } from '../entry-points.ts'
import { inWords, openModal, type Shown, show } from '../modal.ts'

/** "Review": the full request for this one person, or why they may not see it. */
export async function reviewRequest(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  const viewId = await openModal(context, click, renderOpeningReview())
  if (!viewId) return
  try {
    const request = await openReview(context.changes, { id: action.value ?? '', actor: body.user.id, viewId })
    await show(context, click, viewId, await showPage(context, click, request, { page: 0 }))
  } catch (error) {
    await show(context, click, viewId, inWords(wordsOfError(context, error)))
  }
}

/** "Next page" and "Previous page" of a long review, "Show checks", and "Show personal details". */
export async function turnReviewPage(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  const [id = '', page = '0', ...also] = (action.value ?? '').split(':')
  const viewId = body.view?.root_view_id ?? body.view?.id
  if (!viewId) return
  try {
    const shown = { id, actor: body.user.id, viewId }
    const isRevealed = also.includes(PERSONAL)
    const request = await (isRevealed ? reveal : getReviewed)(context.changes, shown)
    const what = {
      page: Number(page) || 0,
      isRevealed,
      isUnfolded: also.includes(CHECKS),
      hasTexts: also.includes(TEXTS),
    }
    await show(context, click, viewId, await showPage(context, click, request, what))
  } catch (error) {
    await show(context, click, viewId, inWords(wordsOfError(context, error)))
  }
}

type What = { page: number; isRevealed?: boolean; isUnfolded?: boolean; hasTexts?: boolean }

async function showPage(
  context: HandlerContext,
  click: Click,
  changeRequest: ChangeRequest,
  { page, isRevealed = false, isUnfolded = false, hasTexts = false }: What,
): Promise<Shown> {
  const { changes } = context
  const { view } = renderReview({
    changeRequest,
    playbook: getPlaybook(changeRequest.playbook),
    registerUrl: changes.register.url,
    ticketUrl: changes.tickets.url,
    personal: isRevealed ? 'shown' : changes.reveals ? 'offered' : 'hidden',
    schools: await readSchoolNames(changes.database, changeRequest),
    known: await gatherKnown(context, click, changeRequest),
    isUnfolded,
    hasTexts,
    page,
  })
  const title = `We could not show you CR-${changeRequest.id}`
  const text = 'Slack did not let us. Nothing has changed.\nClose the window and select “Review” again.'
  return { view, instead: { title, text } }
}

async function gatherKnown(
  { changes: { database } }: HandlerContext,
  { client }: Click,
  request: ChangeRequest,
): Promise<KnownBeside> {
  const { channel, cardTs } = request
  const known = await findKnown(database, request)
  const alerts = await findAlertsAbout(database, known.about)
  const isAsked = known.questions > 0 && cardTs !== null
  const thread = isAsked ? await client.chat.getPermalink({ channel, message_ts: cardTs }).catch(() => null) : null
  return { ...known, alerts, threadUrl: thread?.permalink ?? null }
}
