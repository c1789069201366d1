// What takes the place of a form that was sent.
import { findAlertsAbout } from '../alerts/about-trainee.ts'
import { type Asking, type Proposal, propose, send } from '../changes/propose.ts'
import { getRequest, getVisible, refusalFor } from '../changes/requests.ts'
import { stands } from '../contract/check.ts'
import type { AnyPlaybook } from '../contract/playbook.ts'
import { formOf } from '../contract/stored.ts'
import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import { ChangeError } from '../errors.ts'
import { refuseUnless } from '../people/standing.ts'
import { findPlaybook, getPlaybook } from '../playbooks/index.ts'
import { demandOn } from '../playbooks/switched-on.ts'
import { actions, button, type Modal } from '../views/kit/blocks.ts'
import { ACTIONS } from '../views/kit/ids.ts'
import { renderBlocked, renderNothingToDo, renderPreview } from '../views/request/preview.ts'
import { renderWait } from '../views/school/wait.ts'
import { answerOnce } from './answer-once.ts'
import { channelFor, type HandlerContext, wordsFor } from './context.ts'
import type { Click, Submission } from './entry-points.ts'
import { formView, requestMetadata } from './form-metadata.ts'
import { inWords, openModal, type Shown, show } from './modal.ts'
import { parse } from './typed.ts'

/** The preview's "Ask for approval". */
export async function askForApproval(context: HandlerContext, submission: Submission): Promise<void> {
  const { view, body } = submission
  await answerOnce(context, submission, async () => {
    const { changeRequest } = requestMetadata.parse(JSON.parse(view.private_metadata))
    const sent = await send(context.changes, { id: changeRequest, requester: body.user.id })
    context.nudge()
    return wordsAfterSending(sent)
  })
}

/** "Preview again": a new request with the same form, whose requester is whoever clicked. */
export async function previewAgain(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  const viewId = await openModal(context, click)
  if (!viewId) return
  try {
    await refuseUnless(context.changes, 'mayRequest', body.user.id)
    const old = await getVisible(context.changes.database, action.value ?? '', body.user.id)
    const channel = channelFor(context, old.channel)
    const playbook = findPlaybook(old.playbook)
    if (!playbook || !old.form) return await show(context, click, viewId, inWords(FORGOTTEN))
    await demandOn(context.changes, playbook.name)
    const values = formOf(old.form)
    const parsed = await parse(context, playbook, values)
    if (!parsed.ok) {
      const problems = Object.values(parsed.errors)
      const view = formView(playbook, { channel, values, problems })
      return await show(context, click, viewId, { view, instead: NOT_SHOWN })
    }
    const asked = { playbook, form: parsed.values, requester: body.user.id, channel, follows: old.id }
    await show(context, click, viewId, await previewOrRefusal(context, asked))
  } catch (error) {
    await show(context, click, viewId, inWords(wordsFor(context, error)))
  }
}

/** Opens the preview of one's own unsent request, from the Home tab. */
export async function openUnsent(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  const viewId = await openModal(context, click)
  if (!viewId) return
  try {
    const request = await getRequest(context.changes.database, action.value ?? '')
    const mine = request.requester === body.user.id && request.status === 'unsent'
    await show(context, click, viewId, mine ? await showPreview(context, request) : inWords(NOT_WAITING))
  } catch (error) {
    await show(context, click, viewId, inWords(wordsFor(context, error)))
  }
}

/** What takes the place of a form that was sent: its preview, or why there is none. Throws ChangeError. */
export async function previewOrRefusal(context: HandlerContext, asked: Asking): Promise<Shown> {
  const proposal = await propose(context.changes, asked)
  if (proposal.kind === 'ready') return showPreview(context, proposal.changeRequest)
  return { view: askAgain(asked, proposal) ?? renderProposal(context, asked.playbook, proposal), instead: NOT_SHOWN }
}

/** The form once more, as it was filled in, since something in it could mean something else. */
export function doubted(playbook: AnyPlaybook, shown: Parameters<typeof formView>[1]): Shown {
  return { view: formView(playbook, shown), instead: NOT_SHOWN }
}

/** The form once more, if nothing but missing answers stands in the way; null if anything else does. */
function askAgain(asked: Asking, proposal: Proposal): Modal | null {
  if (proposal.kind !== 'blocked') return null
  const { playbook, form: values, channel, follows } = asked
  const blocking = proposal.checks.filter(stands)
  if (blocking.some(({ ask }) => !ask)) return null
  const problems = blocking.map(({ found, ask }) => `${playbook.form[ask?.field ?? '']?.label}: ${found}`)
  const choices = Object.fromEntries(blocking.flatMap(({ ask }) => (ask?.options ? [[ask.field, ask.options]] : [])))
  return formView(playbook, { channel, follows, values, problems, choices })
}

function renderProposal(
  context: HandlerContext,
  playbook: AnyPlaybook,
  proposal: Exclude<Proposal, { kind: 'ready' }>,
) {
  if (proposal.kind === 'waits') {
    return renderWait({ ...proposal, playbook, addsTrelloCards: context.changes.addsTrelloCards })
  }
  const { kind, checks, trainee } = proposal
  if (kind === 'nothing-to-do') return renderNothingToDo({ playbook, checks })
  return renderBlocked({ playbook, checks, trainee, registerUrl: context.changes.register.url })
}

/** The preview of a request; it is kept, whether or not Slack shows it. */
async function showPreview(context: HandlerContext, changeRequest: ChangeRequest): Promise<Shown> {
  const { traineeId } = changeRequest
  const alerts = traineeId === null ? [] : await findAlertsAbout(context.changes.database, traineeId)
  const registerUrl = context.changes.register.url
  const playbook = getPlaybook(changeRequest.playbook)
  const title = `The preview of CR-${changeRequest.id} is ready`
  const text = `Slack did not let us show it. We have kept it as “not sent yet”, and nothing has changed.\nClose the window, and open the preview here or on the bot’s Home tab.`
  const isSendable = context.changes.mode !== 'preview-only'
  const view = renderPreview({ changeRequest, playbook, registerUrl, isSendable, alerts })
  const opens = actions([button('Open', ACTIONS.openUnsent, changeRequest.id)])
  return { view, instead: { title, text }, opens }
}

/** A request that was discarded or decided meanwhile, perhaps in another window, is said to be so. */
function wordsAfterSending(request: ChangeRequest): { title: string; text: string } {
  const { id, status, channel, outcome, sentAt } = request
  if (status === 'pending') {
    const text = `It is posted in <#${channel}>. Nothing changes until a second person approves it there.`
    return { title: `CR-${id} is waiting for approval`, text }
  }
  if (status === 'stale' && sentAt === null) {
    const what = outcome.moved?.columns.length ? 'The record' : 'Something'
    const text = `${what} changed after the preview. We have not sent this request, and nothing has changed.\nUse the command again to see a new preview.`
    return { title: `CR-${id} is out of date`, text }
  }
  if (sentAt === null) {
    const text = 'It was discarded, or was not sent for a day.\nNothing has changed. Use the command to ask again.'
    return { title: `CR-${id} was not sent`, text }
  }
  const { code, facts } = refusalFor(request)
  return new ChangeError(code, { cr: `CR-${id}`, ...facts }).words
}

/** The checks are over, and what they found is nowhere to be read. */
export const NOT_SHOWN = {
  title: 'We could not show what we found',
  text: 'The checks are finished, but Slack did not let us show the result. Nothing has changed.\nClose the window and try again in a minute.',
}

export const FORGOTTEN = {
  title: 'We no longer hold what this request asked for',
  text: 'It was removed after its retention time.\nUse the command to ask again.',
}

const NOT_WAITING = {
  title: 'This request is not waiting to be sent',
  text: 'It was sent or discarded already.\nNothing has changed.',
}
