import type { DataSource } from 'typeorm'
import * as z from 'zod'
import { announce, announcement, isOutcomeUnsaid } from '../../changes/announce.ts'
import { postedQuestion } from '../../changes/decide/question.ts'
import { listSteps } from '../../changes/steps/manual-steps.ts'
import { postedCard } from '../../changes/verify/trello-cards.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { LedgerEntry } from '../../entities/chatops/ledger-entry.ts'
import { selectRow } from '../../entities/select-rows.ts'
import { postedNews } from '../../jobs/news.ts'
import { type Claimed, readPayload } from '../../outbox/claim.ts'
import { RetryLater } from '../../outbox/not-sent.ts'
import { postedSync } from '../../schools/sync-news.ts'
import { renderJobNews } from '../../views/jobs/news.ts'
import type { Message } from '../../views/kit/blocks.ts'
import { renderQuestion } from '../../views/request/question.ts'
import { renderSteps } from '../../views/request/steps.ts'
import { renderEnd, renderReminder } from '../../views/request/thread.ts'
import { renderSchoolSync, renderTrelloCard } from '../../views/school/news.ts'
import { MessageGone } from '../slack/line.ts'
import type { Poster } from '../slack/poster.ts'
import { cannotShow, getRequestOf, ownPrefix, type Projection, playbookOf, waitsForCard } from './requests.ts'

/** A reply looks for its card again after at most this many milliseconds; the card's being posted has it sent at once. */
const LOOK_FOR_CARD_MS = 5 * 60_000

/** What is left by hand is said at most so much later than what came of the request. */
const LOOK_FOR_OUTCOME_MS = 60_000

const reminder = z.object({ part: z.literal('reminder'), calls: z.string().nullable() })

const threadPart = z.union([announcement, reminder, postedQuestion, postedNews, postedCard, postedSync])

/** Replies in the threads of cards: outcomes, steps, reminders, questions and news. Each is sent once. */
export function createThreads(database: DataSource, poster: Poster, projection: Projection) {
  const { registerUrl, now = () => new Date() } = projection
  const ours = ownPrefix(projection)

  /** Replies once there is a card to reply to; one that has gone is posted anew first. */
  async function thread(row: Claimed): Promise<void> {
    const request = await getRequestOf(database, row)
    if (!request.cardTs) throw untilCard(request.id, true)
    const messages = await renderPart(request, row)
    for (const [index, message] of messages.entries()) {
      await reply(row, request, { message, index, thread: request.cardTs })
    }
  }

  async function reply(
    row: Claimed,
    request: ChangeRequest,
    { message, index, thread }: { message: Message; index: number; thread: string },
  ): Promise<void> {
    const { channel } = request
    const key = `${ours}-${row.id}-${index}`
    try {
      await poster.reply({ channel, thread, message, key, row })
    } catch (error) {
      if (error instanceof MessageGone) {
        await announce(database.manager, request.id)
        throw untilCard(request.id, false)
      }
      // Some messages of this row are there already: the next attempt must look for them.
      if (index > 0 && error instanceof RetryLater) error.postponement.unsure = true
      return cannotShow(database, request, error)
    }
  }

  async function renderPart(request: ChangeRequest, row: Claimed): Promise<Message[]> {
    const playbook = playbookOf(request, row)
    const posted = readPayload(threadPart, row)
    switch (posted.part) {
      case 'job-news':
        return [renderJobNews({ ...posted, changeRequest: request, registerUrl })]
      case 'trello-card':
        return [renderTrelloCard(posted)]
      case 'school-sync':
        return [renderSchoolSync({ ...posted, changeRequest: request })]
      case 'question':
        return [renderQuestion(request, posted)]
      case 'outcome': {
        const ledgerHash = await findExecutionHash(request.id)
        return [renderEnd({ changeRequest: request, playbook, registerUrl, ledgerHash })]
      }
      case 'steps':
        if (posted.follows && (await isOutcomeUnsaid(database.manager, request))) throw untilOutcome(row, now())
        return renderSteps(request.id, await listSteps(database.manager, request.id))
      case 'reminder': {
        if (request.status !== 'pending') return []
        return [renderReminder(request, { ...posted, playbook, registerUrl, now: now() })]
      }
      case null:
        return []
    }
  }

  async function findExecutionHash(changeRequestId: string): Promise<string | null> {
    const executed = await selectRow(database.manager, LedgerEntry, EXECUTED, [changeRequestId])
    return executed?.hash ?? null
  }

  return { thread }
}

const EXECUTED = `WHERE change_request_id = $1 AND event = 'executed'`

/** Jobs decide when that is, after half an hour or more; as a rule it is now. */
function untilOutcome({ createdAt }: Claimed, now: Date): RetryLater {
  const delay = Math.min(Math.max((now.getTime() - createdAt.getTime()) / 10, 500), LOOK_FOR_OUTCOME_MS)
  return new RetryLater(delay, { reason: 'the outcome comes first', unsure: false, isBlameless: true })
}

/** The thread looks again once there is a card. */
function untilCard(id: string, isBlameless: boolean): RetryLater {
  const reason = 'there is no card to reply to'
  const waitsFor = waitsForCard(id)
  return new RetryLater(null, { reason, unsure: false, isBlameless, longest: LOOK_FOR_CARD_MS, waitsFor })
}
