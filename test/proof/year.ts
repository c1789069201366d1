// What a year leaves in our tables: stories are told, a year passes, the sweeps purge, and what is left is measured.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import { loadConfig } from '../../src/config/index.ts'
import { type Services, startServices } from '../../src/services.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'
import type { Place } from './approvals.ts'
import { crowdEnvironment, startCrowdSlack } from './crowd.ts'
import { ROUTE, seedTrainees } from './trainees.ts'

const CROWD = { requesters: ['U1ASKS'], approvers: ['U2DEV'], others: [] }
const WAIT_MS = 180_000
const YEAR_MS = 366 * 86_400_000
/** Requests a day that a busy installation has; most have a handful. */
const A_DAY = 50

type Sizes = Record<string, { rows: number; bytes: number }>

/** `bytes` of a table that is packed, with its indexes; `megabytes` is what a year of `A_DAY` requests leaves. */
export async function proveYear(place: Place, stories: number, say: (text: string) => void) {
  const slack = await startCrowdSlack(CROWD)
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const slugs = await seedTrainees(place.adminUrl, stories)
  const settings = loadConfig(crowdEnvironment(slack, CROWD, place))
  const log = pino({ level: 'silent' })
  let bot: Services | null = null
  try {
    const empty = await measure(admin)
    bot = await startServices(settings, log)
    for (const subject of slugs) {
      const form = { subject, route: ROUTE, reason: 'Proof', ticket: '' }
      await approveRequest(bot.changes, await sendRequest(bot.changes, 'fix-route', form, 'U1ASKS'), 'U2DEV')
    }
    await until(admin, `SELECT count(*) = ${stories} AS over FROM chatops.change_requests WHERE status = 'done'`)
    await until(admin, `SELECT count(*) = 0 AS over FROM chatops.outbox WHERE status <> 'sent'`)
    await bot.stop()
    const then = await measure(admin)
    say('a year passes')
    bot = await startServices(settings, log, { now: () => new Date(Date.now() + YEAR_MS) })
    await until(admin, 'SELECT count(*) = 0 AS over FROM chatops.change_requests WHERE plan IS NOT NULL')
    await bot.stop()
    bot = null
    const later = await measure(admin)
    const perStory = (sizes: Sizes) =>
      Object.values(sizes).reduce((sum, { bytes }) => sum + bytes, 0) / stories -
      Object.values(empty).reduce((sum, { bytes }) => sum + bytes, 0) / stories
    const kept = perStory(later)
    const problems = kept < perStory(then) ? [] : ['nothing was purged']
    const megabytes = Math.round((kept * A_DAY * 365) / 1e6)
    return { stories, then, later, bytesAStory: Math.round(kept), requestsADay: A_DAY, megabytes, problems }
  } finally {
    await bot?.stop()
    await admin.end()
    await slack.stop()
  }
}

/** Our tables that hold anything. */
async function measure(admin: pg.Client): Promise<Sizes> {
  const { rows } = await admin.query(`SELECT oid::regclass::text AS name FROM pg_class
    WHERE relnamespace = 'chatops'::regnamespace AND relkind = 'r' ORDER BY 1`)
  const sizes: Sizes = {}
  for (const { name } of rows) {
    await admin.query(`VACUUM FULL ${name}`)
    const sized = await admin.query(
      `SELECT count(*)::int AS rows, pg_total_relation_size('${name}')::int AS bytes FROM ${name}`,
    )
    const [size] = sized.rows
    if (size.rows > 0) sizes[name] = size
  }
  return sizes
}

async function until(admin: pg.Client, condition: string): Promise<void> {
  const deadline = performance.now() + WAIT_MS
  while (!(await admin.query(condition)).rows[0].over) {
    if (performance.now() > deadline) throw new Error(`it never came true: ${condition}`)
    await sleep(200)
  }
}
