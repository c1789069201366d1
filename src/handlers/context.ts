import { randomUUID } from 'node:crypto'
import { CommitUnknown } from '../entities/sure-transaction.ts'
import { isOfSchema, isTransient } from '../entities/transient.ts'
import { ChangeError } from '../errors.ts'
import type { World } from '../world.ts'

/** What every handler works with. */
export type HandlerContext = {
  changes: World
  allowedChannels: readonly string[]
  /** Where Register posts, and under which ids; null where the bot answers no posts. */
  posts: { channels: readonly string[]; authors: readonly string[] } | null
  /** Has what was just committed sent to Slack and the queue at once. */
  nudge: () => void
  /** The link to a message in Slack, such as a card; null where it is not known. */
  permalink: (channel: string, ts: string | null) => string | null
  /** What Slack's Web API refused a call with; null for an error that is not Slack's. */
  readRefusal: (error: unknown) => Refusal | null
}

/** Why Slack would not show something. */
export type Refusal = {
  code: string
  /** The click is too old for Slack to open anything. */
  isTooLate: boolean
  /** The same call may work in a moment; after `retryAfterMs` if Slack said so. */
  isForNow: boolean
  retryAfterMs: number | null
}

/** Where the card goes of a request that was not started in an allowed channel. */
export function firstChannel({ allowedChannels, changes }: HandlerContext): string {
  return allowedChannels[0] ?? changes.alertChannel
}

/** Where a request is posted that was started elsewhere: in that channel, unless it is not one of ours any more. */
export function channelFor(context: HandlerContext, wanted: string | undefined): string {
  return context.changes.channels.find((channel) => channel === wanted) ?? firstChannel(context)
}

/**
 * Any error as words for the person who clicked. An error that is not in the catalogue is logged with a reference,
 * which the person is given, too.
 */
export function wordsOfError(context: HandlerContext, error: unknown): { title: string; text: string } {
  if (error instanceof ChangeError) return error.words
  if (error instanceof CommitUnknown) {
    context.changes.log.error('a click was answered without knowing whether its transaction was committed')
    return new ChangeError('outcome-unknown').words
  }
  const refusal = context.readRefusal(error)
  if (refusal?.isTooLate) return new ChangeError('too-slow').words
  const reference = randomUUID().slice(0, 8)
  const slack = refusal?.code
  context.changes.log.error({ reference, slack, err: error }, 'a handler failed')
  return new ChangeError(codeFor(error, refusal), { detail: reference }).words
}

/** A transaction whose COMMIT was sent throws only if it is known that it did not take place; see sureTransaction. */
function codeFor(error: unknown, refusal: Refusal | null) {
  if (refusal) return refusal.isForNow ? 'slack-busy' : 'unexpected'
  if (isOfSchema(error)) return 'register-changed'
  return isTransient(error) ? 'database-busy' : 'unexpected'
}
