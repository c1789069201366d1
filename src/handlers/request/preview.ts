// What takes the place of a form that was sent.

import type { types } from '@slack/bolt'
import { findAlertsAbout } from '../../alerts/sight/about.ts'
import { readSchoolNames } from '../../changes/lists/school-names.ts'
import { type Asking, type Proposal, propose } from '../../changes/propose/propose.ts'
import { send } from '../../changes/propose/send.ts'
import { refusalFor } from '../../changes/requests.ts'
import { findAbout } from '../../contract/about.ts'
import { type CheckResult, stands } from '../../contract/check.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { ChangeError, type ErrorCode } from '../../errors.ts'
import { getPlaybook } from '../../playbooks/index.ts'
import { actions, button, type Modal } from '../../views/kit/blocks.ts'
import { ACTIONS } from '../../views/kit/ids.ts'
import { renderBlocked, renderKept, renderNothingToDo, renderPreview } from '../../views/request/preview.ts'
import { renderWait } from '../../views/school/wait.ts'
import { answerOnce } from '../answer-once.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Submission } from '../entry-points.ts'
import { formView, previewMetadata } from '../form/form-metadata.ts'
import { inWords, type Shown } from '../modal.ts'

/** The preview's "Ask for approval". */
export async function askForApproval(context: HandlerContext, submission: Submission): Promise<void> {
  const { view, body } = submission
  await answerOnce(context, submission, async () => {
    const { changeRequest: id, digest = '' } = previewMetadata.parse(JSON.parse(view.private_metadata))
    const sent = await send(context.changes, { id, requester: body.user.id, digest })
    context.nudge()
    return wordsAfterSending(sent)
  })
}

/** What takes the place of a form that was sent: its preview, or why there is none. Throws ChangeError. */
export async function previewOrRefusal(context: HandlerContext, asked: Asking): Promise<Shown> {
  try {
    const proposal = await propose(context.changes, asked)
    if (proposal.kind === 'ready') return await showPreview(context, proposal.changeRequest)
    if (proposal.kind === 'goes-on') return { view: askOn(context, asked, proposal.checks), instead: NOT_SHOWN }
    const form = askAgain(context, asked, proposal)
    return {
      view: form ?? withKept(renderProposal(context, asked.playbook, proposal), asked),
      instead: NOT_SHOWN,
    }
  } catch (error) {
    if (!asked.draft || (error instanceof ChangeError && MOVED_ON.has(error.code))) throw error
    const { view, instead } = inWords(wordsOfError(context, error))
    return { view: withKept(view, asked), instead }
  }
}

/** What other answers to an unsent request came to, and that it is kept as it was. */
function withKept(view: types.ModalView, { draft }: Asking): types.ModalView {
  return draft ? { ...view, blocks: [...view.blocks, ...renderKept(draft)] } : view
}

/** The request is not a draft any more, or has other answers than those that the form was opened with. */
const MOVED_ON: ReadonlySet<ErrorCode> = new Set(['not-a-draft', 'draft-changed'])

/** The form once more, as it was filled in, since something in it could mean something else. */
export function doubted(context: HandlerContext, playbook: AnyPlaybook, shown: Parameters<typeof formView>[2]): Shown {
  return { view: formView(context, playbook, shown), instead: NOT_SHOWN }
}

/** The form once more, if nothing but missing answers stands in the way; null if anything else does. */
function askAgain(context: HandlerContext, asked: Asking, proposal: Proposal): Modal | null {
  if (proposal.kind !== 'blocked') return null
  const isAll = proposal.checks.filter(stands).every(({ ask }) => ask)
  return isAll ? askOn(context, asked, proposal.checks) : null
}

/** The form once more, with what the checks ask for. */
function askOn(context: HandlerContext, asked: Asking, checks: readonly CheckResult[]): Modal {
  const { playbook, form: values, channel, follows, draft } = asked
  const blocking = checks.filter(stands)
  const problems = blocking.map(({ found }) => found)
  const choices = Object.fromEntries(blocking.flatMap(({ ask }) => (ask?.options ? [[ask.field, ask.options]] : [])))
  const asks = blocking.flatMap(({ ask }) => (ask ? [ask.field] : []))
  return formView(context, playbook, { channel, follows, draft, values, problems, choices, asks })
}

function renderProposal(
  context: HandlerContext,
  playbook: AnyPlaybook,
  proposal: Exclude<Proposal, { kind: 'ready' | 'goes-on' }>,
) {
  if (proposal.kind === 'waits') {
    const { addsTrelloCards, mode } = context.changes
    return renderWait({ ...proposal, playbook, addsTrelloCards, previewOnly: mode === 'preview-only' })
  }
  const { kind, checks, trainee } = proposal
  if (kind === 'nothing-to-do') return renderNothingToDo({ playbook, checks })
  return renderBlocked({ playbook, checks, trainee, registerUrl: context.changes.register.url })
}

/** The preview of a request; it is kept, whether or not Slack shows it. */
export async function showPreview(context: HandlerContext, changeRequest: ChangeRequest): Promise<Shown> {
  const { database } = context.changes
  const alerts = await findAlertsAbout(database, await findAbout(database.manager, changeRequest))
  const schools = await readSchoolNames(database, changeRequest)
  const registerUrl = context.changes.register.url
  const playbook = getPlaybook(changeRequest.playbook)
  const title = `The preview of CR-${changeRequest.id} is ready`
  const text = `Slack did not let us show it. We have kept it as “not sent yet”, and nothing has changed.\nClose the window, and open the preview here or on the bot’s Home tab.`
  const isSendable = context.changes.mode !== 'preview-only'
  const view = renderPreview({ changeRequest, playbook, registerUrl, isSendable, alerts, schools })
  const opens = actions([button('Open', ACTIONS.openUnsent, changeRequest.id)])
  return { view, instead: { title, text }, opens }
}

/** A request that was discarded or decided meanwhile, perhaps in another window, is said to be so. */
export function wordsAfterSending(request: ChangeRequest): { title: string; text: string } {
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
