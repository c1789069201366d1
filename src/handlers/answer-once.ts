import { renderNoticeView } from '../views/kit/notice.ts'
import { type HandlerContext, wordsFor } from './context.ts'
import type { Submission } from './entry-points.ts'

/** What a submission comes to: words that take the modal's place, or what is wrong with its fields. */
type Answer = { title: string; text: string } | { errors: Record<string, string> }

/**
 * Does what was submitted, and answers Slack once. An answer that Slack did not get is not followed by one that says that
 * nothing was done.
 */
export async function answerOnce(
  context: HandlerContext,
  { ack }: Pick<Submission, 'ack'>,
  act: () => Promise<Answer>,
): Promise<void> {
  const answer = await act().catch((error: unknown) => wordsFor(context, error))
  if ('errors' in answer) await ack({ response_action: 'errors', ...answer })
  else await ack({ response_action: 'update', view: renderNoticeView(answer) })
}
