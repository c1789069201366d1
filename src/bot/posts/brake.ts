import * as z from 'zod'
import { type Claimed, readPayload } from '../../outbox/claim.ts'
import { renderBrakeNews } from '../../views/brake.ts'
import type { Poster } from '../slack/poster.ts'
import { ownPrefix } from './requests.ts'

const posted = z.object({
  channel: z.string(),
  event: z.enum(['paused', 'resume-asked', 'resumed']),
  by: z.string(),
  reason: z.string(),
})

/** Tells the channel that the bot was paused or goes on. */
export function createBrakePosts(poster: Poster, databaseIdentity: string) {
  const ours = ownPrefix({ databaseIdentity })
  return {
    async brake(row: Claimed): Promise<void> {
      const { channel, ...news } = readPayload(posted, row)
      await poster.put({ channel, ts: null, message: renderBrakeNews(news), key: `${ours}-${row.id}`, row })
    },
  }
}
