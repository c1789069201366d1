import { randomUUID } from 'node:crypto'
import { ChangeError } from '../errors.ts'
import type { World } from '../world.ts'

/** What every handler works with. */
export type HandlerContext = {
  changes: World
  allowedChannels: readonly string[]
  /** Has what was just committed sent to Slack and the queue at once. */
  nudge: () => void
}

/** Where the card goes of a request that was not started in an allowed channel. */
export function firstChannel({ allowedChannels, changes }: HandlerContext): string {
  return allowedChannels[0] ?? changes.alertChannel
}

/**
 * Any error as words for the person who clicked. An error that is not in the catalogue is logged with a reference,
 * which the person is given, too.
 */
export function wordsFor(context: HandlerContext, error: unknown): { title: string; text: string } {
  if (error instanceof ChangeError) return error.words
  if (slackErrorOf(error) === 'expired_trigger_id') return new ChangeError('too-slow').words
  const reference = randomUUID().slice(0, 8)
  const slack = slackErrorOf(error)
  context.changes.log.error({ reference, slack, err: error }, 'a handler failed')
  return new ChangeError('unexpected', { detail: reference }).words
}

/** The code of an error that Slack's Web API answered with. */
export function slackErrorOf(error: unknown): string | undefined {
  return (error as { data?: { error?: string } }).data?.error
}
