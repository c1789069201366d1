import { createHash } from 'node:crypto'
import type { webApi } from '@slack/bolt'
import { type DataSource, LessThan } from 'typeorm'
import * as z from 'zod'
import { isOpen } from '../changes/transitions.ts'
import { postedCard } from '../changes/trello-cards.ts'
import type { AnyPlaybook } from '../contract/playbook.ts'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import { LedgerEntry } from '../entities/chatops/ledger-entry.ts'
import { OutboxRow } from '../entities/chatops/outbox-row.ts'
import { SchoolWait } from '../entities/chatops/school-wait.ts'
import { postedNews } from '../jobs/news.ts'
import { addToOutbox, announcement, type Claimed, readPayload, Undeliverable } from '../outbox/outbox.ts'
import { findPlaybook } from '../playbooks/index.ts'
import { postedSync } from '../schools/sync-news.ts'
import { waitMessage } from '../schools/waits.ts'
import { renderJobNews } from '../views/jobs/news.ts'
import { renderCard } from '../views/request/card.ts'
import { findPlan } from '../views/request/request.ts'
import { renderAdvice, renderManualStep, renderNotice, renderReceipt } from '../views/request/thread.ts'
import { renderSchoolSync, renderTrelloCard } from '../views/school/news.ts'
import { renderWaitNews } from '../views/school/wait.ts'
import { ChannelClosed, createPoster, type Message, retryLater } from './poster.ts'

/** @property databaseIdentity keeps apart what is posted from one database and from a copy of it */
type Projection = { registerUrl: string; approverGroup: string | null; databaseIdentity: string }

/** A channel that is closed to the bot is tried again this often: somebody may have invited the bot. */
const CLOSED_AGAIN_AFTER_MS = 5 * 60_000

const threadPart = z.discriminatedUnion('part', [announcement, postedNews, postedCard, postedSync])

const unpostedMessage = z.object({ user: z.string(), channel: z.string(), because: z.string() })
const directMessage = z.union([waitMessage, unpostedMessage])

/**
 * Shows change requests in Slack. A message is drawn from the database at the moment it is sent, never from the message
 * that was clicked. Each is sent once, even if Slack's answer was lost.
 */
export function createCards(database: DataSource, client: webApi.WebClient, projection: Projection) {
  const { registerUrl, approverGroup } = projection
  const poster = createPoster(client)
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
      const cardTs = await draw(row, request).catch((error: unknown) => cannotPost(request, error))
      drawn = request.cardVersion
      const { affected } = await database.manager.update(
        ChangeRequest,
        { id: request.id, renderedVersion: LessThan(drawn) },
        { cardTs, renderedVersion: drawn },
      )
      if (affected) return
    }
  }

  async function draw(row: Claimed, request: ChangeRequest): Promise<string> {
    const message = renderCard({ changeRequest: request, playbook: playbookOf(request), registerUrl, approverGroup })
    const key = `${ours}-card-${request.id}`
    const { channel, cardTs: ts } = request
    return poster.put({ channel, ts, message, key, again: row.again, since: row.createdAt })
  }

  /**
   * Tells the requester once, in a direct message, that the card could not be posted: they would wait for an approval
   * of something that nobody sees. If the channel is closed to the bot, the card is tried again later.
   */
  async function cannotPost(request: ChangeRequest, error: unknown): Promise<never> {
    if (!(error instanceof Undeliverable) || request.cardTs) throw error
    if (request.status === 'pending') await tellRequester(request, error.message)
    if (error instanceof ChannelClosed && isOpen(request.status)) {
      throw retryLater(CLOSED_AGAIN_AFTER_MS, error.message)
    }
    throw error
  }

  async function tellRequester({ id, requester, channel }: ChangeRequest, because: string): Promise<void> {
    if (await database.manager.existsBy(OutboxRow, { kind: 'direct', changeRequestId: id })) return
    const payload = { user: requester, channel, because }
    await addToOutbox(database.manager, { stream: `direct:${id}`, kind: 'direct', changeRequest: id, payload })
  }

  async function thread(row: Claimed): Promise<void> {
    const request = await getRequest(database, row)
    if (!request.cardTs) throw new Undeliverable('there is no card to reply to')
    const messages = await renderPart(request, row)
    for (const [index, message] of messages.entries()) {
      const key = `${ours}-${row.id}-${index}`
      await poster.reply({
        channel: request.channel,
        thread: request.cardTs,
        message,
        key,
        again: row.again,
        since: row.createdAt,
      })
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
      case 'receipt':
        return [renderReceipt({ changeRequest: request, playbook, ledgerHash: await executionHash(request.id) })]
      case 'advice':
        return request.outcome.advice ? [renderAdvice(request.outcome.advice)] : []
      case 'notice':
        return [renderNotice({ changeRequest: request })]
      case 'manual-steps':
        return (findPlan(request)?.effects ?? []).flatMap((effect) =>
          effect.kind === 'manual-step' ? [renderManualStep(effect)] : [],
        )
    }
  }

  async function executionHash(changeRequest: string): Promise<string> {
    const entry = await database.manager.findOneByOrFail(LedgerEntry, {
      changeRequestId: changeRequest,
      event: 'executed',
    })
    return entry.hash
  }

  /**
   * If Slack's answer is lost, the message may be sent twice: the bot cannot read direct messages to look for it, and
   * it would be worse if the person were not told at all.
   */
  async function direct(row: Claimed): Promise<void> {
    const told = readPayload(directMessage, row)
    await poster.put({
      channel: told.user,
      ts: null,
      message: 'wait' in told ? await waitNews(told) : unposted(row, told),
      key: `${ours}-${row.id}`,
      again: false,
      since: row.createdAt,
    })
  }

  async function waitNews({ wait: id, part }: z.output<typeof waitMessage>): Promise<Message> {
    const wait = await database.manager.findOneBy(SchoolWait, { id })
    if (!wait) throw new Undeliverable('there is no such wait')
    return renderWaitNews(wait, part)
  }

  return { card, thread, direct }
}

/** Tells the requester that the card could not be posted. */
function unposted({ changeRequest }: Claimed, { channel, because }: z.output<typeof unpostedMessage>): Message {
  const { why, remedy } = obstacle(because)
  const text = `We could not post CR-${changeRequest} in <#${channel}>: ${why}. It waits for approval, but nobody can see it. ${remedy} the request with /trainee requests.`
  return { text, blocks: [] }
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

/** Why a card could not be posted, and what its requester can do about it. */
function obstacle(because: string): { why: string; remedy: string } {
  switch (because) {
    case 'not_in_channel':
    case 'channel_not_found':
      return { why: 'the bot is not in that channel', remedy: 'Add the bot to the channel, or cancel' }
    case 'is_archived':
      return { why: 'that channel is archived', remedy: 'Unarchive the channel, or cancel' }
    case 'unknown playbook':
      return { why: 'the bot no longer knows this kind of change', remedy: 'Cancel' }
    default:
      return { why: `Slack refused it (${because})`, remedy: 'Cancel' }
  }
}
