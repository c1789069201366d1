import type { DataSource } from 'typeorm'
import { findPause } from '../../brake/brake.ts'
import { noteDrawnCard } from '../../changes/announce.ts'
import { readSchoolNames } from '../../changes/lists/school-names.ts'
import { claimCall } from '../../changes/propose/call.ts'
import { listSteps } from '../../changes/steps/manual-steps.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { Claimed } from '../../outbox/claim.ts'
import { wakeOutbox } from '../../outbox/due.ts'
import { renderCard } from '../../views/request/card.ts'
import type { Poster } from '../slack/poster.ts'
import { cannotShow, getRequestOf, ownPrefix, type Projection, playbookOf, waitsForCard } from './requests.ts'

/**
 * Shows change requests in Slack. A message is drawn from the database at the moment it is sent, never from the message
 * that was clicked. Each is sent once, even if Slack's answer was lost.
 */
export function createCards(database: DataSource, poster: Poster, projection: Projection) {
  const { registerUrl, previewOnly = false, now = () => new Date() } = projection
  const ours = ownPrefix(projection)

  /**
   * Draws the card and then looks whether it is still the newest: a relay that stalled may have sent an older drawing
   * after a newer one. In that case the card is drawn again. The version on record never goes back.
   */
  async function card(row: Claimed): Promise<void> {
    for (let drawn = Number.POSITIVE_INFINITY; ; ) {
      const request = await getRequestOf(database, row)
      const isCurrent = request.cardTs !== null && request.renderedVersion >= request.cardVersion
      if (isCurrent && drawn >= request.renderedVersion) return
      const cardTs = await draw(row, request).catch((error: unknown) => cannotShow(database, request, error))
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
      playbook: playbookOf(request, row),
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

  return { card }
}
