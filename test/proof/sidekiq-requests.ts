// Whole requests beside a real Sidekiq, while our worker is killed and Sidekiq is stopped and killed: every one of them
// ends, and what its card says is so.
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import { pino } from 'pino'
import type { DttpSimulator } from '../../sandbox/dttp/index.ts'
import { startSidekiq } from '../../sandbox/sidekiq/index.ts'
import { startWorks } from '../../sandbox/sidekiq/works.ts'
import { loadConfig } from '../../src/config/index.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { type Services, startServices } from '../../src/services.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'
import type { Place } from './approvals.ts'
import { crowdEnvironment, startCrowdSlack } from './crowd.ts'
import { startService } from './process.ts'
import { type Lost, seedLost } from './re-register-stage.ts'
import { mostOfOneTrainee, startFilledDttp } from './registrations-stage.ts'

const CROWD = { requesters: ['U1ASKS'], approvers: ['U2DEV'], others: [] }
const WITHIN_MS = 10 * 60_000
/** A registration waits up to five seconds for Sidekiq's heartbeat: blows fall before, in and after that. */
const LONGEST_PAUSE_MS = 8_000
/** What Sidekiq takes to end, as good as always. */
const LONGEST_ENDING_MS = 1_000

/** Where both are struck, our worker's kill falls while Sidekiq ends, or just after it. */
const BLOWS = [
  { how: 'the worker killed', ours: true, theirs: null },
  { how: 'Sidekiq stopped', ours: false, theirs: 'stop' },
  { how: 'Sidekiq killed', ours: false, theirs: 'kill' },
  { how: 'both killed', ours: true, theirs: 'kill' },
  { how: 'the worker killed, Sidekiq stopped', ours: true, theirs: 'stop' },
] as const

export type RequestBlows = {
  sidekiqUrl: string
  notesUrl: string
  /** Before each blow, a trainee is registered again and one is polled for; they fall in turn on ours, on Sidekiq and on both. */
  blows: number
  say: (progress: string) => void
}

/** A request, as its row and the systems around it have it in the end. */
type Ended = { id: string; playbook: string; trainee: string; status: string; failed: number; dttp_id: string | null }

export async function proveSidekiqRequests(place: Place, { sidekiqUrl, notesUrl, blows, say }: RequestBlows) {
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const redis = new Redis(sidekiqUrl)
  await redis.flushdb()
  const [slack, dttp, everyone] = [
    await startCrowdSlack(CROWD),
    await startFilledDttp(),
    await seedLost(place.adminUrl, 2 * blows),
  ]
  const works = await startWorks(place.appUrl, dttp, { pollSeconds: 3_600 })
  const start = () => startSidekiq({ redisUrl: sidekiqUrl, notesUrl, graceSeconds: 3, worksUrl: works.url })
  const settings = (ROLES: string) =>
    crowdEnvironment(slack, CROWD, place, {
      ...{ ROLES, REGISTER_JOBS: 'sidekiq', SIDEKIQ_REDIS_URL: sidekiqUrl, VERIFY_AGAIN_AFTER: '1s' },
      ...{ DTTP_URL: dttp.url, DTTP_TOKEN_URL: dttp.tokenUrl, DTTP_ASK_AGAIN_AFTER: '1s' },
      ...{ DTTP_CLIENT_ID: dttp.clientId, DTTP_CLIENT_SECRET: dttp.clientSecret },
    })
  const bot = await startServices(loadConfig(settings('bot')), pino({ level: 'silent' }))
  let [sidekiq, worker] = [await start(), await startService(settings('worker'))]
  const struck: Record<string, number> = {}
  try {
    for (let blow = 0; blow < blows; blow++) {
      await untilRead(admin)
      await ask(bot, dttp, everyone[2 * blow] as Lost, everyone[2 * blow + 1] as Lost)
      await sleep(randomInt(0, LONGEST_PAUSE_MS))
      const { how, ours, theirs } = BLOWS[blow % BLOWS.length] ?? BLOWS[0]
      const ending = theirs ? sidekiq[theirs]() : null
      if (ours) {
        if (ending) await sleep(randomInt(0, LONGEST_ENDING_MS))
        process.kill(worker.pid, 'SIGKILL')
        await admin.query(
          `UPDATE chatops.outbox SET claimed_at = claimed_at - interval '61 s' WHERE status = 'sending'`,
        )
      }
      await ending
      ;[worker, sidekiq] = await Promise.all([
        ours ? startService(settings('worker')) : worker,
        theirs ? start() : sidekiq,
      ])
      struck[how] = (struck[how] ?? 0) + 1
      say(`${how}: blow ${blow + 1} of ${blows}`)
    }
    await untilAllEnded(admin, redis)
    const ended = (await admin.query<Ended>(ENDED)).rows
    const ledger = await verifyLedger(bot.changes.database)
    const wrong = await Promise.all(ended.map((one) => findUntrue(one, dttp, redis)))
    return {
      ...{ requests: ended.length, struck, ends: tally(ended) },
      problems: [
        ...wrong.flat(),
        ...(mostOfOneTrainee(dttp) > 1 ? ['DTTP has a trainee twice'] : []),
        ...(ledger.broken === null ? [] : ['the ledger is broken']),
      ],
    }
  } finally {
    await worker.stop()
    await bot.stop()
    await sidekiq.stop()
    await works.stop()
    await Promise.all([slack.stop(), dttp.stop()])
    redis.disconnect()
    await admin.end()
  }
}

/** One trainee whose record DTTP has lost, and one whom it has. */
async function ask(bot: Services, dttp: DttpSimulator, lost: Lost, known: Lost): Promise<void> {
  dttp.state.add('contacts', { id: known.contact, dfe_traineeid: `21/22-${known.id}`, dfe_trn: null })
  const why = { reason: 'Proof', ticket: '' }
  for (const [playbook, form] of [
    ['re-register', { subject: lost.slug, submitter: '', ...why }],
    ['requeue-trn', { subject: known.slug, duration: '1 day', replace: '', ...why }],
  ] as const) {
    const request = await sendRequest(bot.changes, playbook, form, 'U1ASKS')
    await approveRequest(bot.changes, request, 'U2DEV')
  }
}

/** Until the worker has read this Sidekiq: without that nothing can be previewed. */
async function untilRead(admin: pg.Client): Promise<void> {
  await until(
    async () => (await admin.query(`SELECT FROM chatops.mirror WHERE read_at > now() - interval '1 min'`)).rowCount,
  )
}

/**
 * Turns the clock once Sidekiq has nothing left to do: what is missing by then has run or is lost, for which the bot
 * otherwise looks for half an hour.
 */
async function untilAllEnded(admin: pg.Client, redis: Redis): Promise<void> {
  await until(async () => {
    const isIdle = (await redis.exists('queue:default', 'queue:dttp')) === 0
    if (isIdle) {
      await admin.query(
        `UPDATE chatops.mirrored_jobs SET missing_since = now() - interval '31 minutes' WHERE place = 'missing'
           AND missing_since < now() - interval '5 s'`,
      )
    }
    return (
      (await admin.query(`SELECT FROM chatops.change_requests WHERE status IN ('approved', 'verifying')`)).rowCount ===
      0
    )
  })
}

async function until(isSo: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + WITHIN_MS
  while (!(await isSo()) && Date.now() < deadline) await sleep(500)
}

const ENDED = `
  SELECT request.id, playbook, request.trainee_id AS trainee, request.status, trainee.dttp_id,
    (SELECT count(*)::int FROM chatops.seen_jobs job WHERE job.change_request_id = request.id AND job.status = 'failed') AS failed
  FROM chatops.change_requests request JOIN public.trainees trainee ON trainee.id = request.trainee_id ORDER BY request.id`

/** What the card says and what is so, where they differ. */
async function findUntrue(ended: Ended, { state }: DttpSimulator, redis: Redis): Promise<string[]> {
  const { id, playbook, trainee, status, failed, dttp_id } = ended
  const about = `CR-${id} (${playbook}) is ${status}`
  if (status === 'needs-attention') return failed > 0 ? [] : [`${about}, and none of its jobs has failed`]
  if (status !== 'done') return [`${about} after ${WITHIN_MS / 60_000} minutes`]
  if (playbook === 'requeue-trn') {
    const scheduled = await redis.zrange('schedule', 0, -1)
    return scheduled.some((member) => member.includes(`/Trainee/${trainee}"`)) ? [] : [`${about}, and nothing polls`]
  }
  const contact = dttp_id === null ? undefined : state.contacts.get(dttp_id)
  return contact ? [] : [`${about}, and DTTP does not have the record that Register names`]
}

function tally(ended: readonly Ended[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { playbook, status } of ended) counts[`${playbook} ${status}`] = (counts[`${playbook} ${status}`] ?? 0) + 1
  return counts
}
