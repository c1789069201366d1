import { mayAct } from '../../brake/brake.ts'
import { approve, cancel, checkRejection, findPersonalDataIn, reject } from '../../changes/decide/decide.ts'
import { readFormValues } from '../../views/form.ts'
import { INPUT_ACTION } from '../../views/kit/ids.ts'
import { wordsAfterApproving, wordsAfterCancelling, wordsAfterRejecting } from '../../views/request/answers.ts'
import { renderReject } from '../../views/request/reject.ts'
import { UNDERSTOOD } from '../../views/request/review.ts'
import { tell, tellBeside } from '../answer.ts'
import { answerOnce } from '../answer-once.ts'
import { publishHome } from '../app-home.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Click, Submission } from '../entry-points.ts'
import { requestMetadata, reviewMetadata } from '../form/form-metadata.ts'
import { recordRevealing } from '../form/typed.ts'

/** The review's "Approve". Nothing else approves a request. */
export async function approveRequest(context: HandlerContext, submission: Submission): Promise<void> {
  const { view, body } = submission
  await answerOnce(context, submission, async () => {
    const { changeRequest: id, digest } = reviewMetadata.parse(JSON.parse(view.private_metadata))
    if (isTickMissing(view)) return { errors: { [UNDERSTOOD]: 'Tick this first, or close the window.' } }
    const viewId = view.root_view_id ?? view.id // the modal as it was opened; the local Slack renames it at every update
    const isHeld = !(await mayAct(context.changes))
    const request = await approve(context.changes, {
      id,
      actor: body.user.id,
      digest,
      viewId,
      understood: isTicked(view),
    })
    context.nudge()
    return wordsAfterApproving(request, isHeld)
  })
}

/** Whether the review asks for a tick that is not there. Slack asks for it, too. */
function isTickMissing({ blocks, state }: Pick<Submission['view'], 'blocks' | 'state'>): boolean {
  const isAsked = blocks.some((block) => block.block_id === UNDERSTOOD)
  return isAsked && !isTicked({ state })
}

function isTicked({ state }: Pick<Submission['view'], 'state'>): boolean {
  return (state.values[UNDERSTOOD]?.[INPUT_ACTION]?.selected_options?.length ?? 0) > 0
}

/** "Reject" on the card: asks for the reason. */
export async function openRejection(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body, client } = click
  await ack()
  try {
    const changeRequest = await checkRejection(context.changes, { id: action.value ?? '', actor: body.user.id })
    await client.views.open({ trigger_id: body.trigger_id ?? '', view: renderReject({ changeRequest }) })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}

/** The rejection's "Reject". */
export async function rejectRequest(context: HandlerContext, submission: Submission): Promise<void> {
  const { view, body } = submission
  await answerOnce(context, submission, async () => {
    const { changeRequest: id } = requestMetadata.parse(JSON.parse(view.private_metadata))
    const reason = (readFormValues(view.state.values)['reason'] ?? '').trim().slice(0, 500)
    if (!reason) return { errors: { reason: 'Enter a reason.' } }
    await checkRejection(context.changes, { id, actor: body.user.id, reason }) // others must not learn what the field says
    const personal = await findPersonalDataIn(context.changes, id, reason)
    if (personal) {
      await recordRevealing(context.changes, body.user.id, ['reason'])
      return { errors: { reason: `Remove the trainee’s ${personal}: everyone in the channel can read this.` } }
    }
    await reject(context.changes, { id, actor: body.user.id, reason })
    context.nudge()
    return wordsAfterRejecting({ id })
  })
}

/** "Cancel request": on the card, which then shows that it worked, on the Home tab, or in one's list of requests. */
export async function cancelRequest(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  try {
    const { id } = await cancel(context.changes, { id: action.value ?? '', actor: body.user.id })
    context.nudge()
    await tellBeside(context, click, wordsAfterCancelling({ id }))
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
  if (body.view?.type === 'home') await publishHome(context, click)
}
