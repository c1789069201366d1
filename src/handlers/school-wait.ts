import * as z from 'zod'
import { getOwnWait, startWaiting, stopWaiting } from '../schools/waits.ts'
import { wordsAfterAsking, wordsAfterStopping } from '../views/school/wait.ts'
import { tell } from './answer.ts'
import { answerOnce } from './answer-once.ts'
import { publishHome } from './app-home.ts'
import { type HandlerContext, wordsOfError } from './context.ts'
import type { Click, Submission } from './entry-points.ts'
import { showAnew } from './request/preview-again.ts'

// What people do about a request that waits until DTTP has a school.

const waitMetadata = z.object({ wait: z.string().regex(/^\d{1,18}$/), adds: z.boolean().optional() })

/** "Ask support and wait". */
export async function waitForSchool(context: HandlerContext, submission: Submission): Promise<void> {
  const { view, body } = submission
  await answerOnce(context, submission, async () => {
    const { wait: id, adds } = waitMetadata.parse(JSON.parse(view.private_metadata))
    const wait = await startWaiting(context.changes, { id, requester: body.user.id, adds })
    context.nudge()
    return wordsAfterAsking(wait)
  })
}

/** "Continue": the same form once more, now that the school may be there; it asks for what it lacks. */
export async function continueWait(context: HandlerContext, click: Click): Promise<void> {
  await showAnew(context, click, async (id, user) => {
    const wait = await getOwnWait(context.changes.database, id, user)
    return { ...wait, areAnswersKept: false }
  })
}

/** "Stop waiting", one's own or a colleague's. The card in Trello stays. */
export async function stopWait(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  try {
    const before = await stopWaiting(context.changes, { id: action.value ?? '', actor: body.user.id })
    context.nudge()
    if (body.view?.type !== 'home') await tell(context, click, wordsAfterStopping(before, body.user.id))
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
  if (body.view?.type === 'home') await publishHome(context, click)
}
