import { createHash } from 'node:crypto'
import type { DataSource } from 'typeorm'
import * as z from 'zod'
import { findPause } from '../../brake/brake.ts'
import { announce, announcement, noteDrawnCard } from '../../changes/announce.ts'
import { postedQuestion } from '../../changes/decide/question.ts'
import { readSchoolNames } from '../../changes/lists/school-names.ts'
import { claimCall } from '../../changes/propose/call.ts'
import { listSteps } from '../../changes/steps/manual-steps.ts'
import { postedCard } from '../../changes/verify/trello-cards.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { LedgerEntry } from '../../entities/chatops/ledger-entry.ts'
import { OutboxRow } from '../../entities/chatops/outbox-row.ts'
import { postedNews } from '../../jobs/news.ts'
import { addToOutbox } from '../../outbox/add.ts'
import { type Claimed, readPayload } from '../../outbox/claim.ts'
import { wakeOutbox } from '../../outbox/due.ts'
import { RetryLater, Undeliverable } from '../../outbox/not-sent.ts'
import { findPlaybook } from '../../playbooks/index.ts'
import { postedSync } from '../../schools/sync-news.ts'
import { renderJobNews } from '../../views/jobs/news.ts'
import type { Message } from '../../views/kit/blocks.ts'
import { renderCard } from '../../views/request/card.ts'
import { renderQuestion } from '../../views/request/question.ts'
import { renderSteps } from '../../views/request/steps.ts'
import { renderEnd, renderReminder } from '../../views/request/thread.ts'
import { renderSchoolSync, renderTrelloCard } from '../../views/school/news.ts'
import { ChannelClosed, MessageGone } from '../slack/line.ts'
import type { Poster } from '../slack/poster.ts'

/** @property databaseIdentity keeps apart what is posted from one database and from a copy of it */
type Projection = {
  registerUrl: string
  databaseIdentity: string
  previewOnly?: boolean
  now?: () => Date
}

/** A reply looks for its card again after at most this many milliseconds; the card's being posted has it sent at once. */
const LOOK_FOR_CARD_MS = 5 * 60_000

const reminder = z.object({ part: z.literal('reminder'), calls: z.string().nullable() })

const threadPart = z.union([announcement, reminder, postedQuestion, postedNews, postedCard, postedSync])

/**
 * Shows change requests in Slack. A message is drawn from the database at the moment it is sent, never from the message
 * that was clicked. Each is sent once, even if Slack's answer was lost.
 */
export function createCards(database: DataSource, poster: Poster, projection: Projection) {
  const { registerUrl, previewOnly = false, now = () => new Date() } = projection
  const ours = createHash('sha256').update(projection.databaseIdentity).digest('hex').slice(0, 16)

  /**
   * Draws the card and then looks whether it is still the newest: a relay that stalled may have sent an older drawing
   * after a newer one. In that case the card is drawn again. The version on record never goes back.
   */
  async function card(row: Claimed): Promise<void> {
    for (let drawn = Number.POSITIVE_INFINITY; ; ) {
      const request = await getRequest(database, row)
      const isCurrent = request.cardTs !== null && request.renderedVersion >= request.cardVersion
      if (isCurrent && drawn >= request.renderedVersion) return
      const cardTs = await draw(row, request).catch((error: unknown) => cannotShow(request, error))
      drawn = request.cardVersion
      const isNewest = await noteDrawnCard(database.manager, { id: request.id, version: drawn, cardTs })
      // What waits for a card gains nothing by one that is where it was.
      if (cardTs !== request.cardTs) await wakeOutbox(database.manager, waitsForCard(request.id))
      if (isNewest) return
    }
  }

  async function draw(row: Claimed, request: ChangeRequest): Promise<string> {
    const standstill = { pause: await findPause(database.manager), previewOnly }
    const shown = {
      playbook: playbookOf(request),
      registerUrl,
      standstill,
      schools: await readSchoolNames(database, request),
      steps: request.executedAt ? await listSteps(database.manager, request.id) : [],
    }
    const message = renderCard({ ...shown, changeRequest: request })
    const drawAnew = async () =>
      renderCard({ ...shown, changeRequest: { ...request, calls: await callAgain(request) } })
    const key = `${ours}-card-${request.id}`
    const { channel, cardTs: ts, renderedVersion } = request
    return poster.put({ channel, ts, message, key, row, ...(renderedVersion > 0 ? { drawAnew } : {}) })
  }

  /** A card that was posted before has called already; posted anew, it does so only where its channel may be called now. */
  async function callAgain({ calls, channel, status }: ChangeRequest): Promise<string | null> {
    if (calls === null || status !== 'pending') return null
    return (await claimCall(database.manager, channel, now())) ? calls : null
  }

  /** The requester is told directly, once, of a request that nobody sees, and once of one that cannot be brought up to date. */
  async function cannotShow(request: ChangeRequest, error: unknown): Promise<never> {
    const isClosed = error instanceof ChannelClosed
    const isUnseen = request.cardTs === null && request.status === 'pending'
    if (isUnseen && (isClosed || error instanceof Undeliverable))
      await tellOfTrouble(request, 'unposted', error.message)
    else if (isClosed && request.cardTs !== null) await tellOfTrouble(request, 'behind', error.message)
    throw error
  }

  async function tellOfTrouble(request: ChangeRequest, part: string, because: string): Promise<void> {
    const { id, requester, channel } = request
    const payload = { user: requester, channel, because, part }
    const stream = `direct:${id}:${part}`
    await database.transaction(async (sql) => {
      await sql.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [stream])
      if (await sql.existsBy(OutboxRow, { kind: 'direct', changeRequestId: id, stream })) return
      await addToOutbox(sql, { stream, kind: 'direct', changeRequest: id, payload })
    })
  }

  /** Replies once there is a card to reply to; one that has gone is posted anew first. */
  async function thread(row: Claimed): Promise<void> {
    const request = await getRequest(database, row)
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
      return cannotShow(request, error)
    }
  }

  async function renderPart(request: ChangeRequest, row: Claimed): Promise<Message[]> {
    const playbook = playbookOf(request)
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
    const executed = await database.manager.findOneBy(LedgerEntry, { changeRequestId, event: 'executed' })
    return executed?.hash ?? null
  }

  return { card, thread }
}

async function getRequest(database: DataSource, row: Claimed): Promise<ChangeRequest> {
  const request = row.changeRequest && (await database.manager.findOneBy(ChangeRequest, { id: row.changeRequest }))
  if (!request) throw new Undeliverable('there is no such request')
  return request
}

/** A request is still in the database when its playbook has gone from the bot. Then it has no card. */
function playbookOf({ playbook }: ChangeRequest): AnyPlaybook {
  const found = findPlaybook(playbook)
  if (!found) throw new Undeliverable('unknown playbook')
  return found
}

function waitsForCard(id: string): string {
  return `card:${id}`
}

/** The thread looks again once there is a card. */
function untilCard(id: string, isBlameless: boolean): RetryLater {
  const reason = 'there is no card to reply to'
  const waitsFor = waitsForCard(id)
  return new RetryLater(null, { reason, unsure: false, isBlameless, longest: LOOK_FOR_CARD_MS, waitsFor })
}
