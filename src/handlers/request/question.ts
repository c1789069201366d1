import { checkDecision, findPersonalDataIn } from '../../changes/decide/decide.ts'
import { askQuestion } from '../../changes/decide/question.ts'
import { readFormValues } from '../../views/form.ts'
import { wordsAfterQuestion } from '../../views/request/answers.ts'
import { QUESTION_MAX, renderQuestionForm } from '../../views/request/question.ts'
import { tell } from '../answer.ts'
import { answerOnce } from '../answer-once.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Click, Submission } from '../entry-points.ts'
import { requestMetadata } from '../form/form-metadata.ts'
import { recordRevealing } from '../form/typed.ts'
import { show } from '../modal.ts'

/** "Ask a question" in the review, which stays open below. */
export async function openQuestion(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body, client } = click
  await ack()
  try {
    const request = await checkDecision(context.changes, { id: action.value ?? '', actor: body.user.id })
    const view = renderQuestionForm(request)
    const pushed = client.views.push({ trigger_id: body.trigger_id ?? '', view })
    const review = body.view?.root_view_id ?? body.view?.id
    // Where Slack lays no window over the review, the question takes its place.
    await pushed.catch((error: unknown) => {
      if (!review) throw error
      return show(context, click, review, { view, instead: wordsOfError(context, error) })
    })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}

/** The question's "Ask". */
export async function sendQuestion(context: HandlerContext, submission: Submission): Promise<void> {
  const { view, body } = submission
  await answerOnce(context, submission, async () => {
    const { changeRequest: id } = requestMetadata.parse(JSON.parse(view.private_metadata))
    const text = (readFormValues(view.state.values)['question'] ?? '').trim()
    if (!text) return { errors: { question: 'Enter a question.' } }
    await checkDecision(context.changes, { id, actor: body.user.id }) // others must not learn what the field says
    const personal = await findPersonalDataIn(context.changes, id, text)
    if (personal) {
      await recordRevealing(context.changes, body.user.id, ['question'])
      return { errors: { question: `Remove the trainee’s ${personal}: everyone in the channel can read this.` } }
    }
    const { requester } = await askQuestion(context.changes, {
      id,
      actor: body.user.id,
      text: text.slice(0, QUESTION_MAX),
      view: view.id,
    })
    context.nudge()
    return wordsAfterQuestion({ id }, requester)
  })
}
