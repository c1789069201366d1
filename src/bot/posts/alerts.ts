import type { DataSource } from 'typeorm'
import * as z from 'zod'
import { noteDrawnPost } from '../../alerts/live/entries.ts'
import { findMessageSight, leaveThread, type MessageAnswer, messageAnswer } from '../../alerts/message-answers.ts'
import { findAlertSight } from '../../alerts/sight/read.ts'
import type { AlertSight } from '../../alerts/sight/sight.ts'
import { type Claimed, readPayload } from '../../outbox/claim.ts'
import { RetryLater, Undeliverable } from '../../outbox/not-sent.ts'
import { renderAlert } from '../../views/alert/alert.ts'
import type { Places } from '../../views/alert/links.ts'
import { renderMessageAnswer } from '../../views/alert/message-answer.ts'
import { MessageGone } from '../slack/line.ts'
import type { Poster } from '../slack/poster.ts'
import { ownPrefix } from './requests.ts'

/**
 * @property databaseIdentity keeps apart what is posted from one database and from a copy of it
 * @property channel where an alert is posted whose thread is gone
 */
type Projection = Places & { databaseIdentity: string; channel: string }

/** For so long an answer waits until DTTP has been asked about its trainee; of many only a few are asked about. */
const WAIT_FOR_LOOK_MS = 20_000
const LOOK_AGAIN_MS = 2_000

/** Shows alerts in Slack, with one post for each. A post is drawn from the database at the moment it is sent. */
export function createAlertPosts(database: DataSource, poster: Poster, projection: Projection) {
  const ours = ownPrefix(projection)

  /**
   * Draws the post and then looks whether it is still the newest: a relay that stalled may have sent an older drawing
   * after a newer one. In that case the post is drawn again. The version on record never goes back.
   */
  async function post(row: Claimed): Promise<void> {
    for (let drawn = Number.POSITIVE_INFINITY; ; ) {
      const sight = await getSight(row)
      const { id, cardTs, cardVersion, renderedVersion } = sight.alert
      const isCurrent = cardTs !== null && renderedVersion >= cardVersion
      if (isCurrent && drawn >= renderedVersion) return
      const ts = await draw(row, sight)
      drawn = cardVersion
      if (await noteDrawnPost(database.manager, { id, version: drawn, cardTs: ts })) return
    }
  }

  async function getSight(row: Claimed): Promise<AlertSight> {
    const sight = await findAlertSight(database, readPayload(z.object({ alert: z.string() }), row).alert)
    if (!sight) throw new Undeliverable('there is no such alert')
    return sight
  }

  function draw(row: Claimed, sight: AlertSight): Promise<string> {
    const { id, channel, cardTs: ts, threadTs: thread } = sight.alert
    const message = renderAlert(sight, projection)
    const key = `${ours}-alert-${id}`
    return poster.put({ channel, thread, ts, message, key, row }).catch(async (error: unknown) => {
      if (thread === null || !(error instanceof MessageGone)) throw error
      await leaveThread(database, id, projection.channel)
      throw new RetryLater(0, { reason: 'the thread is gone', unsure: false })
    })
  }

  /** Answers a message in its thread, as soon as there is something to say. */
  async function answer(row: Claimed, { channel, thread, ...about }: MessageAnswer): Promise<void> {
    const sight = await findMessageSight(database, about)
    const isLooking = sight.sight !== null && sight.sight.found?.trainees[about.trainee] === undefined
    if (isLooking && Date.now() - row.createdAt.getTime() < WAIT_FOR_LOOK_MS)
      throw new RetryLater(LOOK_AGAIN_MS, { reason: 'nobody has looked yet', unsure: false, isBlameless: true })
    const message = renderMessageAnswer(sight, { ...about, places: projection })
    await poster.reply({ channel, thread, message, key: `${ours}-${row.id}`, row }).catch((error: unknown) => {
      throw error instanceof MessageGone ? new Undeliverable('the message is gone') : error
    })
  }

  return {
    async alert(row: Claimed): Promise<void> {
      const answered = messageAnswer.safeParse(row.payload)
      await (answered.success ? answer(row, answered.data.answers) : post(row))
    },
  }
}
