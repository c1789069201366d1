import { createHash } from 'node:crypto'
import { type DataSource, LessThan } from 'typeorm'
import * as z from 'zod'
import { findAlertSight } from '../alerts/read.ts'
import type { AlertSight } from '../alerts/sight.ts'
import { Alert } from '../entities/chatops/alert.ts'
import { type Claimed, readPayload, Undeliverable } from '../outbox/outbox.ts'
import { renderAlert } from '../views/alert/alert.ts'
import type { Places } from '../views/alert/links.ts'
import type { Poster } from './poster.ts'

/** @property databaseIdentity keeps apart what is posted from one database and from a copy of it */
type Projection = Places & { databaseIdentity: string }

/** Shows alerts in Slack, with one post for each. A post is drawn from the database at the moment it is sent. */
export function createAlertPosts(database: DataSource, poster: Poster, projection: Projection) {
  const ours = createHash('sha256').update(projection.databaseIdentity).digest('hex').slice(0, 16)

  /**
   * Draws the post and then looks whether it is still the newest: a relay that stalled may have sent an older drawing
   * after a newer one. In that case the post is drawn again. The version on record never goes back.
   */
  async function alert(row: Claimed): Promise<void> {
    for (let drawn = Number.POSITIVE_INFINITY; ; ) {
      const sight = await getSight(row)
      const { id, cardTs, cardVersion, renderedVersion } = sight.alert
      const isCurrent = cardTs !== null && renderedVersion >= cardVersion
      if (isCurrent && drawn >= renderedVersion) return
      const ts = await draw(row, sight)
      drawn = cardVersion
      const { affected } = await database.manager.update(
        Alert,
        { id, renderedVersion: LessThan(drawn) },
        { cardTs: ts, renderedVersion: drawn },
      )
      if (affected) return
    }
  }

  async function getSight(row: Claimed): Promise<AlertSight> {
    const sight = await findAlertSight(database, readPayload(z.object({ alert: z.string() }), row).alert)
    if (!sight) throw new Undeliverable('there is no such alert')
    return sight
  }

  function draw(row: Claimed, sight: AlertSight): Promise<string> {
    const { id, channel, cardTs: ts } = sight.alert
    const message = renderAlert(sight, projection)
    const key = `${ours}-alert-${id}`
    return poster.put({ channel, ts, message, key, row })
  }

  return { alert }
}
