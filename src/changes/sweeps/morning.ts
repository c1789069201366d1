import { inLondon, londonDay } from '../../calendar/london.ts'
import { isWorkingDay } from '../../calendar/working-time.ts'
import { addToOutbox } from '../../outbox/add.ts'
import type { World } from '../../world.ts'

// On each working day, at 9am in London, each channel is told what waits in it; where nothing waits, nothing is said.

const SAID_AT = 9
/** A bot that was not running by then says it late, in the same morning. Later than that, it says nothing. */
const SAID_UNTIL = 12

/** Has each channel told what waits in it, once a day. Returns how many. */
export async function sayMorning({ database, channels, closedDays, now }: World): Promise<number> {
  const at = now()
  const { hour } = inLondon(at)
  const day = londonDay(at)
  if (hour < SAID_AT || hour >= SAID_UNTIL || !isWorkingDay(day, closedDays)) return 0
  let told = 0
  for (const channel of channels) {
    await database.transaction(async (sql) => {
      const [first] = await sql.query<unknown[]>(FIRST_TODAY, [channel, day])
      if (!first) return
      await addToOutbox(sql, {
        stream: `morning:${channel}`,
        kind: 'morning',
        changeRequest: null,
        payload: { channel, day },
      })
      told++
    })
  }
  return told
}

const FIRST_TODAY = `INSERT INTO chatops.mornings (channel, day) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1`
