// What a year leaves in our tables: stories are told, everything is made a year older, the sweeps purge, and what is left is
// measured.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import type { DttpSimulator } from '../../sandbox/dttp/index.ts'
import { askQuestion } from '../../src/changes/decide/question.ts'
import { openReview } from '../../src/changes/decide/review.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { loadConfig } from '../../src/config/index.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { type Services, startServices } from '../../src/services.ts'
import type { World } from '../../src/world.ts'
import { approveRequest, CHANNEL, sendRequest } from '../support/lifecycle.ts'
import type { Place } from './approvals.ts'
import { crowdEnvironment, startCrowdSlack } from './crowd.ts'
import { seedLost } from './re-register-stage.ts'
import { startFilledDttp } from './registrations-stage.ts'
import { ROUTE } from './trainees.ts'
import { fillAround, makeOlder, OVER } from './year-rows.ts'

const [REQUESTER, APPROVER] = ['U1ASKS', 'U2DEV']
const CROWD = { requesters: [REQUESTER], approvers: [APPROVER], others: [] }
const WAIT_MS = 180_000
/** Requests a day that a busy installation has; most have a handful. */
const A_DAY = 50
/** One request in so many registers a trainee again, with its jobs; the others move one to another route. */
const REGISTERED_EVERY = 4

type Sizes = Record<string, { rows: number; bytes: number }>

/** `bytes` of a table that is packed, with its indexes; `megabytes` is what a year of `A_DAY` requests leaves. */
export async function proveYear(place: Place, stories: number, say: (text: string) => void) {
  const [slack, dttp] = [await startCrowdSlack(CROWD), await startFilledDttp()]
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const trainees = await seedLost(place.adminUrl, stories)
  const settings = loadConfig(
    crowdEnvironment(slack, CROWD, place, {
      ...{ REGISTER_JOBS: 'own', DTTP_URL: dttp.url, DTTP_TOKEN_URL: dttp.tokenUrl },
      ...{ DTTP_CLIENT_ID: dttp.clientId, DTTP_CLIENT_SECRET: dttp.clientSecret },
    }),
  )
  const log = pino({ level: 'silent' })
  let bot: Services | null = null
  try {
    const empty = await measure(admin)
    bot = await startServices(settings, log)
    for (const [index, { slug }] of trainees.entries()) await tell(bot.changes, slug, index)
    await finish(admin, dttp, stories)
    await fillAround(admin, stories)
    await makeOlder(admin, 2)
    await until(admin, `SELECT count(*) = 0 AS over FROM chatops.change_requests WHERE status = 'unsent'`)
    await bot.stop()
    const then = await measure(admin)
    say('a year passes')
    await makeOlder(admin, 366)
    // Each sweep runs at the start of a bot, and jobs go once the plans of their requests are forgotten.
    for (const gone of ['SELECT 1 FROM chatops.change_requests WHERE plan IS NOT NULL', OVER]) {
      bot = await startServices(settings, log)
      await until(admin, `SELECT NOT EXISTS (${gone}) AS over`)
      await bot.stop()
      bot = null
    }
    const later = await measure(admin)
    const perStory = (sizes: Sizes) =>
      Object.values(sizes).reduce((sum, { bytes }) => sum + bytes, 0) / stories -
      Object.values(empty).reduce((sum, { bytes }) => sum + bytes, 0) / stories
    const kept = perStory(later)
    const problems = kept < perStory(then) ? [] : ['nothing was purged']
    const megabytes = Math.round((kept * A_DAY * 365) / 1e6)
    return {
      stories,
      before: filled(then),
      later: filled(later),
      bytesAStory: Math.round(kept),
      requestsADay: A_DAY,
      megabytes,
      problems,
    }
  } finally {
    await bot?.stop()
    await admin.end()
    await slack.stop()
    await dttp.stop()
  }
}

/** A request with what is around it on a real day: a preview that nobody sends, a question, and somebody who may not decide. */
async function tell(world: World, subject: string, index: number): Promise<void> {
  const route = { subject, route: 'assessment_only', reason: 'Proof', ticket: '' }
  await propose(world, { playbook: getPlaybook('fix-route'), form: route, requester: REQUESTER, channel: CHANNEL })
  const [playbook, form] =
    index % REGISTERED_EVERY === 0
      ? (['re-register', { subject, submitter: '', reason: 'Proof', ticket: '' }] as const)
      : (['fix-route', { ...route, route: ROUTE }] as const)
  const request = await sendRequest(world, playbook, form, REQUESTER)
  await askQuestion(world, { id: request.id, actor: APPROVER, text: 'Why?', view: `V${request.id}` })
  await openReview(world, { id: request.id, actor: REQUESTER, viewId: 'V' }).catch(() => {}) // refused, and on record
  await approveRequest(world, request, APPROVER)
}

/** Every request comes to its end, DTTP gives the TRNs, and everything is said. */
async function finish(admin: pg.Client, { state }: DttpSimulator, stories: number): Promise<void> {
  await until(admin, `SELECT count(*) = ${stories} AS over FROM chatops.change_requests WHERE status = 'done'`)
  for (const contact of state.contacts.keys()) state.giveTrn(contact)
  const polls = `chatops.jobs WHERE name = 'retrieve-trn' AND status IN ('waiting', 'running')`
  await admin.query(`UPDATE chatops.jobs SET due_at = now() - interval '1 minute', hinted_at = NULL
    WHERE name = 'retrieve-trn' AND status = 'waiting'`)
  await until(admin, `SELECT NOT EXISTS (SELECT FROM ${polls}) AS over`)
  await until(admin, `SELECT count(*) = 0 AS over FROM chatops.outbox WHERE status <> 'sent'`)
}

/** Each table of ours; an empty one has the first pages of its indexes. */
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
    sizes[name] = size
  }
  return sizes
}

function filled(sizes: Sizes): Sizes {
  return Object.fromEntries(Object.entries(sizes).filter(([, { rows }]) => rows > 0))
}

async function until(admin: pg.Client, condition: string): Promise<void> {
  const deadline = performance.now() + WAIT_MS
  while (!(await admin.query(condition)).rows[0].over) {
    if (performance.now() > deadline) throw new Error(`it never came true: ${condition}`)
    await sleep(200)
  }
}
