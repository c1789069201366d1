// Workers die by `kill -9` at every named point of an execution; afterwards every request is done once, and none is half.

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import type { ExecutionStep } from '../../src/changes/execute/execute.ts'
import { loadConfig } from '../../src/config/index.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { startServices } from '../../src/services.ts'
import { nodeRuns } from '../support/built.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'
import type { Place } from './approvals.ts'
import { lookAround } from './around.ts'
import { crowdEnvironment, startCrowdSlack, userIds } from './crowd.ts'
import { type Kill, summarise } from './kills-result.ts'
import { startNode, startService } from './process.ts'
import { watchRows } from './rows-watch.ts'
import { lookAtRequests, ROUTE, seedTrainees } from './trainees.ts'

/** Two minutes is longer than any lease: BullMQ's locks 15 s, a sweeper's hint 30 s, a dead relay's rows 60 s. */
const RECOVERY_MS = 150_000
const DOOMED = 'test/proof/doomed-worker.ts'
const CROWD = { requesters: ['U1ASKS'], approvers: userIds('U2DEV', 5), others: [] }

type Options = {
  say: (progress: string) => void
  /** What the ordinary workers find: as the dead left it, or an empty queue after a minute has passed. */
  afterwards?: { queueLost: string | null }
}

/** Kills one worker for each step, dealing them out to the queues in turn; the queues' own kills follow each other. */
export async function proveKills(queues: Readonly<Record<string, Place>>, steps: ExecutionStep[], options: Options) {
  const names = Object.keys(queues)
  const runs = await Promise.all(
    Object.entries(queues).map(async ([name, place], turn) => {
      const own = steps.filter((_, index) => index % names.length === turn)
      return [name, await killOn(place, own, { ...options, say: (text) => options.say(`${name}: ${text}`) })] as const
    }),
  )
  const around = Object.fromEntries(runs.map(([name, run]) => [name, run.around]))
  return summarise(
    runs.flatMap(([, { kills }]) => kills),
    around,
  )
}

async function killOn(place: Place, steps: ExecutionStep[], { say, afterwards }: Options) {
  const slack = await startCrowdSlack(CROWD)
  const settings = (ROLES: string, redisUrl = place.redisUrl) =>
    crowdEnvironment(slack, CROWD, { ...place, redisUrl }, { ROLES })
  const bot = await startServices(loadConfig(settings('bot')), pino({ level: 'silent' }))
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const slugs = await seedTrainees(place.adminUrl, steps.length)
  const requests = await inTurn(slugs, (trainee) =>
    sendRequest(bot.changes, 'fix-route', { subject: trainee, route: ROUTE, reason: 'Proof', ticket: '' }, 'U1ASKS'),
  )
  const watcher = watchRows(admin, requests, await lookAtRequests(admin))
  try {
    const killed = await inTurn(steps, async (step, index) => {
      const request = requests[index] as ChangeRequest
      await approveRequest(bot.changes, request, CROWD.approvers[index % CROWD.approvers.length])
      const signal = await killWorkerAt(step, request.id, settings('worker'))
      const rightAfter = (await watcher.look()).get(request.id)?.whole ?? 'half: the request is gone'
      say(`${index + 1} of ${steps.length}: killed at ${step}, ${rightAfter}`)
      return { step, changeRequest: request.id, signal, rightAfter }
    })
    if (afterwards) await letAMinutePass(admin)
    const began = performance.now()
    const redisUrl = afterwards ? afterwards.queueLost : place.redisUrl
    const workers = await Promise.all([1, 2].map(() => startService(settings('worker', redisUrl))))
    await isOver(admin)
    const recoveredAfterMs = Math.round(performance.now() - began)
    await Promise.all(workers.map((worker) => worker.stop()))
    await watcher.stop()
    const last = await watcher.look()
    const kills = killed.map((kill): Kill => {
      const { whole = 'half: the request is gone', status = 'gone' } = last.get(kill.changeRequest) ?? {}
      return { ...kill, inTheEnd: whole, status }
    })
    const around = { ...watcher.seen, recoveredAfterMs, ...(await lookAround(admin, bot, slack, requests)) }
    return { kills, around }
  } finally {
    await watcher.stop()
    await admin.end()
    await bot.stop()
    await slack.stop()
  }
}

async function killWorkerAt(step: ExecutionStep, id: string, env: Record<string, string>): Promise<string | null> {
  const { child, ended } = startNode([...nodeRuns(DOOMED), step, id], env)
  const impatient = setTimeout(() => child.kill('SIGTERM'), 60_000)
  const { signal } = await ended
  clearTimeout(impatient)
  return signal
}

/** Moves the leases back, as if a minute had passed: nobody needs to wait for it. */
async function letAMinutePass(admin: pg.Client): Promise<void> {
  await admin.query(`UPDATE chatops.outbox SET claimed_at = claimed_at - interval '61 seconds'`)
  await admin.query(`UPDATE chatops.change_requests SET hinted_at = hinted_at - interval '61 seconds',
    next_verify_at = next_verify_at - interval '61 seconds'`)
}

async function isOver(admin: pg.Client): Promise<void> {
  const deadline = performance.now() + RECOVERY_MS
  while (performance.now() < deadline) {
    const { rows } = await admin.query(`
      SELECT 1 FROM chatops.change_requests WHERE status IN ('approved', 'verifying')
      UNION ALL SELECT 1 FROM chatops.outbox WHERE status IN ('queued', 'sending')`)
    if (rows.length === 0) return
    await sleep(200)
  }
}

async function inTurn<T, R>(items: readonly T[], act: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const [index, item] of items.entries()) results.push(await act(item, index))
  return results
}
