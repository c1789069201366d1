import { setTimeout as sleep } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import { renderWorking } from '../views/kit/notice.ts'
import { type HandlerContext, wordsOfError } from './context.ts'
import type { Submission } from './entry-points.ts'
import { inWords, type Shown, show } from './modal.ts'

/** What a submission comes to: words that take the modal's place, or what is wrong with its fields. */
type Answer = { title: string; text: string } | { errors: Record<string, string> }

/**
 * Slack waits three seconds for the acknowledgement, and then tells people to try again, whether or not what they asked for
 * was done. Our database may take longer: a lock is waited for up to five seconds.
 */
const ACKNOWLEDGED_AFTER_MS = 2_000

/** An acknowledgement and a call go different ways to Slack: one right behind the other could be shown first. */
const ACKNOWLEDGEMENT_FIRST_MS = 500

/** What comes of `work`, or null if that takes longer than Slack can be left waiting. Rejects as it does. */
export function inTimeForSlack<T>(work: Promise<T>): Promise<T | null> {
  return pTimeout(work, { milliseconds: ACKNOWLEDGED_AFTER_MS, fallback: () => null })
}

/** Answers a submission once, with words or with what is wrong with its fields; see `acknowledge`. */
export function answerOnce(context: HandlerContext, submission: Submission, act: () => Promise<Answer>): Promise<void> {
  return acknowledge(context, submission, async () => {
    const answer = await act()
    return 'errors' in answer ? answer : inWords(answer)
  })
}

/**
 * Does what was submitted, and answers Slack once. An answer that Slack did not get is not followed by one that says that
 * nothing was done. What takes longer than Slack waits is acknowledged as under way, and its answer takes that view's place,
 * or reaches the person directly once they have closed the modal.
 */
export async function acknowledge(
  context: HandlerContext,
  submission: Submission,
  act: () => Promise<{ errors: Record<string, string> } | Shown>,
): Promise<void> {
  const { ack, view } = submission
  const acting = act().catch((error: unknown) => inWords(wordsOfError(context, error)))
  const early = await inTimeForSlack(acting)
  if (!early) {
    await ack({ response_action: 'update', view: renderWorking() })
    const [late] = await Promise.all([acting, sleep(ACKNOWLEDGEMENT_FIRST_MS)])
    const shown = 'errors' in late ? inWords({ title: NOT_SENT, text: Object.values(late.errors).join('\n') }) : late
    return show(context, submission, view.id, { ...shown, mustBeHeard: true })
  }
  if ('errors' in early) await ack({ response_action: 'errors', ...early })
  else await ack({ response_action: 'update', view: early.view })
}

const NOT_SENT = 'This was not sent'
