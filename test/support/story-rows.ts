// What a story of the whole bot begins with beside the demo rows: today's GIAS, and mornings on which all has been said.
import type pg from 'pg'
import { loadGias } from './gias.ts'

/** The channel in which stories happen. */
export const CHANNEL = 'C01SUPPORT'

export async function insertStoryRows(admin: pg.Client): Promise<void> {
  await loadGias(admin)
  await leaveMornings(admin, [CHANNEL])
}

/** At whatever time of day the tests run, nothing is posted but what they ask for. */
export async function leaveMornings(client: pg.Client, channels: readonly string[]): Promise<void> {
  await client.query(
    `INSERT INTO chatops.mornings SELECT channel, current_date + n FROM unnest($1::text[]) channel, generate_series(-1, 1) n
     ON CONFLICT DO NOTHING`,
    [channels],
  )
}
