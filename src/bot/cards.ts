import type { webApi } from '@slack/bolt'
import type { DataSource } from 'typeorm'
import { addToOutbox, type Claimed, Undeliverable } from '../changes/outbox.ts'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import { LedgerEntry } from '../entities/chatops/ledger-entry.ts'
import { getPlaybook } from '../playbooks/index.ts'
import { planOf } from '../playbooks/plan.ts'
import { renderCard } from '../views/card.ts'
import { renderAdvice, renderManualStep, renderNotice, renderReceipt } from '../views/thread.ts'
import { createPoster, type Message } from './poster.ts'

type Projection = { registerUrl: string; approverGroup: string | null }

/**
 * Projects change requests to Slack. A message is always drawn from the database at the moment it is sent, never from
 * what was clicked; and each is sent once, also when an answer of Slack's was lost.
 */
export function createCards(database: DataSource, client: webApi.WebClient, projection: Projection) {
  const poster = createPoster(client)

  async function card(row: Claimed): Promise<void> {
    const request = await getRequest(database, row)
    if (request.cardTs && request.renderedVersion >= request.cardVersion) return
    const message = {
      ...renderCard({ changeRequest: request, playbook: getPlaybook(request.playbook), ...projection }),
    }
    const key = `card-${request.id}`
    const ts = await poster
      .put({ channel: request.channel, ts: request.cardTs, message, key, again: row.again, since: row.createdAt })
      .catch((error: unknown) => tellRequester(request, error))
    await database.manager.update(
      ChangeRequest,
      { id: request.id },
      { cardTs: ts, renderedVersion: request.cardVersion },
    )
  }

  /** The requester would wait for a card that can never be posted, so is told directly. */
  async function tellRequester(request: ChangeRequest, error: unknown): Promise<never> {
    if (error instanceof Undeliverable && !request.cardTs) {
      const payload = { user: request.requester, channel: request.channel }
      await addToOutbox(database.manager, {
        stream: `direct:${request.id}`,
        kind: 'direct',
        changeRequest: request.id,
        payload,
      })
    }
    throw error
  }

  async function thread(row: Claimed): Promise<void> {
    const request = await getRequest(database, row)
    if (!request.cardTs) throw new Undeliverable('there is no card to reply to')
    const messages = await renderPart(request, String(row.payload['part']))
    for (const [index, message] of messages.entries()) {
      const key = `${row.id}-${index}`
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

  async function renderPart(request: ChangeRequest, part: string): Promise<Message[]> {
    const playbook = getPlaybook(request.playbook)
    if (part === 'receipt')
      return [renderReceipt({ changeRequest: request, playbook, ledgerHash: await executionHash(request.id) })]
    if (part === 'advice') return request.outcome.advice ? [renderAdvice(request.outcome.advice)] : []
    if (part === 'notice') return [renderNotice({ changeRequest: request })]
    return planOf(request).effects.flatMap((effect) =>
      effect.kind === 'manual-step' ? [renderManualStep(effect)] : [],
    )
  }

  async function executionHash(changeRequest: string): Promise<string> {
    const entry = await database.manager.findOneByOrFail(LedgerEntry, {
      changeRequestId: changeRequest,
      event: 'executed',
    })
    return entry.hash
  }

  async function direct(row: Claimed): Promise<void> {
    const { user, channel } = row.payload as { user: string; channel: string }
    const text = `We could not post CR-${row.changeRequest} in <#${channel}>. It is waiting for approval, but nobody can see it. Add the bot to that channel, then use the command again.`
    await poster.put({
      channel: user,
      ts: null,
      message: { text, blocks: [] },
      key: row.id,
      again: row.again,
      since: row.createdAt,
    })
  }

  return { card, thread, direct }
}

async function getRequest(database: DataSource, row: Claimed): Promise<ChangeRequest> {
  const request = row.changeRequest && (await database.manager.findOneBy(ChangeRequest, { id: row.changeRequest }))
  if (!request) throw new Undeliverable('there is no such request')
  return request
}
