import * as z from 'zod'
import { londonDay } from '../../calendar/london.ts'
import { type InChannels, listWaiting } from '../../changes/requests.ts'
import { listOpenSteps } from '../../changes/steps/manual-steps.ts'
import { type Claimed, readPayload } from '../../outbox/claim.ts'
import { MOST_IN_MORNING, renderMorning } from '../../views/request/morning.ts'
import type { World } from '../../world.ts'
import type { Poster } from '../slack/poster.ts'
import { ownPrefix } from './requests.ts'

const posted = z.object({ channel: z.string(), day: z.string() })

/** Tells a channel in the morning what waits in it. Nothing is said where nothing waits, or once that day is over. */
export function createMorningPosts({ database, databaseIdentity, register, channels, now }: World, poster: Poster) {
  const ours = ownPrefix({ databaseIdentity })
  /** The first channel is also told what waits in channels where the bot may no longer post. */
  const placeOf = (channel: string): InChannels =>
    channel === channels[0] ? { notIn: channels.filter((one) => one !== channel) } : { channel }
  return {
    async morning(row: Claimed): Promise<void> {
      const { channel, day } = readPayload(posted, row)
      if (londonDay(now()) !== day) return
      const [requests, steps] = await Promise.all([
        listWaiting(database, { place: placeOf(channel), take: MOST_IN_MORNING }),
        listOpenSteps(database, { place: placeOf(channel), take: MOST_IN_MORNING }),
      ])
      if (requests.inAll + steps.inAll === 0) return
      const message = renderMorning({ requests, steps, registerUrl: register.url, now: now() })
      await poster.put({ channel, ts: null, message, key: `${ours}-${row.id}`, row })
    },
  }
}
