// Workers die by `kill -9` at every point of a registration with DTTP; afterwards nobody is registered twice, and each
// registration is either whole or known to be unknown.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { DttpSimulator } from '../../sandbox/dttp/index.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { enqueueJob } from '../../src/jobs/start/enqueue.ts'
import { nodeRuns } from '../support/built.ts'
import type { Place } from './approvals.ts'
import { crowdEnvironment, startCrowdSlack, userIds } from './crowd.ts'
import { startNode, startService } from './process.ts'
import {
  type Became,
  isFollowedUp,
  judge,
  mostOfOneTrainee,
  type Registration,
  SUBMITTER,
  seedUnregistered,
  startFilledDttp,
} from './registrations-stage.ts'

/**
 * Where a worker dies. Between `noted` and `kept` nobody can tell whether DTTP was told: it is asked by the ids that we
 * chose, and everybody is registered in the end.
 */
const POINTS = [
  ...['begun', 'read', 'noted', 'sending', 'in flight, and carried out', 'in flight, and not carried out'],
  ...['answered', 'kept', 'locked', 'saved', 'status-sent'],
] as const

export type Point = (typeof POINTS)[number]

type Kill = Registration & {
  point: Point
  signal: string | null
  rightAfter: Became
  inTheEnd: Became
  followedUp: boolean
}

/** Longer than any lease: BullMQ's locks 15 s, a late job's hint 30 s. */
const RECOVERY_MS = 180_000
const DOOMED = 'test/proof/doomed-registration.ts'
const CROWD = { requesters: ['U1ASKS'], approvers: userIds('U2DEV', 1), others: [] }

/** `count` points, each as often as the others. */
export function spreadOverPoints(count: number): Point[] {
  return Array.from({ length: count }, (_, index) => POINTS[index % POINTS.length] as Point)
}

/** Kills one worker at each point on each queue in turn; the queues go side by side. */
export async function proveRegistrations(
  queues: Readonly<Record<string, Place>>,
  points: readonly Point[],
  { say }: { say: (progress: string) => void },
) {
  const names = Object.keys(queues)
  const runs = await Promise.all(
    Object.entries(queues).map(async ([name, place], turn) => {
      const own = points.filter((_, index) => Math.floor(index / POINTS.length) % names.length === turn)
      return [name, await killOn(place, own, (text) => say(`${name}: ${text}`))] as const
    }),
  )
  const kills = runs.flatMap(([, run]) => run.kills)
  const around = Object.fromEntries(runs.map(([name, { kills: _, ...rest }]) => [name, rest]))
  return {
    registrations: kills.length,
    killed: kills.filter(({ signal }) => signal === 'SIGKILL').length,
    points: Object.fromEntries(POINTS.map((point) => [point, tally(kills, point)])),
    queues: around,
    problems: [...kills.flatMap(problemsOf), ...runs.flatMap(([name, run]) => problemsAround(name, run))],
  }
}

async function killOn(place: Place, points: readonly Point[], say: (progress: string) => void) {
  const slack = await startCrowdSlack(CROWD)
  const dttp = await startFilledDttp()
  const settings = crowdEnvironment(slack, CROWD, place, {
    ...{ ROLES: 'worker', REGISTER_JOBS: 'own', DTTP_URL: dttp.url, DTTP_TOKEN_URL: dttp.tokenUrl },
    ...{ DTTP_CLIENT_ID: dttp.clientId, DTTP_CLIENT_SECRET: dttp.clientSecret, DTTP_ASK_AGAIN_AFTER: '1s' },
  })
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const database = await createDataSource(place.appUrl, 2).initialize()
  try {
    const killed: Omit<Kill, 'inTheEnd' | 'followedUp'>[] = []
    for (const [index, trainee] of (await seedUnregistered(place.adminUrl, points.length)).entries()) {
      const point = points[index] as Point
      const job = await enqueueJob(database.manager, {
        ...{ name: 'register-for-trn', trainee, dueAt: new Date(), args: { submitted_by: SUBMITTER } },
      })
      const registration = { job: String(job), trainee }
      const signal = await killWorkerAt(point, dttp, settings)
      const rightAfter = await judge(admin, dttp, registration)
      killed.push({ ...registration, point, signal, rightAfter })
      say(`${index + 1} of ${points.length}: killed at “${point}”, ${rightAfter}`)
      await setAside(admin)
    }
    const began = performance.now()
    await takeUp(admin)
    const workers = await Promise.all([1, 2].map(() => startService(settings)))
    await isOver(admin)
    const recoveredAfterMs = Math.round(performance.now() - began)
    await Promise.all(workers.map((worker) => worker.stop()))
    const kills: Kill[] = []
    for (const kill of killed) {
      const inTheEnd = await judge(admin, dttp, kill)
      const followedUp = inTheEnd === 'registered' && (await isFollowedUp(admin, dttp, kill))
      kills.push({ ...kill, inTheEnd, followedUp })
    }
    const { rows } = await admin.query(`SELECT 1 FROM chatops.jobs WHERE ${UNDER_WAY} IN ('waiting', 'running')`)
    const batches = dttp.requestsTo('$batch').length
    return {
      kills,
      recoveredAfterMs,
      batches,
      mostOfOneTrainee: mostOfOneTrainee(dttp),
      unfinishedJobs: rows.length,
    }
  } finally {
    await database.destroy()
    await admin.end()
    await dttp.stop()
    await slack.stop()
  }
}

/** Starts a worker that is killed at this point; answers with the signal that it died of. */
async function killWorkerAt(point: Point, dttp: DttpSimulator, env: Record<string, string>): Promise<string | null> {
  const { child, ended } = startNode([...nodeRuns(DOOMED), point], env)
  const impatient = setTimeout(() => child.kill('SIGTERM'), 60_000)
  if (point.startsWith('in flight')) {
    const before = dttp.requestsTo('$batch').length
    const carriedOut = point === 'in flight, and carried out'
    dttp.faults.add({ path: '$batch', ...(carriedOut ? { kind: 'slow', ms: 500 } : { kind: 'hang' }) })
    while (child.exitCode === null && dttp.requestsTo('$batch').length === before) await sleep(2)
    child.kill('SIGKILL')
    await sleep(carriedOut ? 700 : 0)
  }
  const { signal } = await ended
  clearTimeout(impatient)
  return signal
}

// Whatever else the workers have to do, such as loading GIAS, is no part of this.
const UNDER_WAY = `name IN ('register-for-trn', 'change-trainee-status') AND status`

/** No later doomed worker takes up what this one has left: each is to die of its own. */
async function setAside(admin: pg.Client): Promise<void> {
  await admin.query(`UPDATE chatops.jobs SET lease_until = now() + interval '1 day' WHERE ${UNDER_WAY} = 'running'`)
  await admin.query(`UPDATE chatops.jobs SET due_at = now() + interval '1 day' WHERE ${UNDER_WAY} = 'waiting'`)
}

/** All leases have run out, and everything is late. */
async function takeUp(admin: pg.Client): Promise<void> {
  await admin.query(`UPDATE chatops.jobs SET lease_until = now() - interval '1 second' WHERE ${UNDER_WAY} = 'running'`)
  await admin.query(`UPDATE chatops.jobs SET due_at = now() - interval '1 minute' WHERE ${UNDER_WAY} = 'waiting'`)
  await admin.query(`UPDATE chatops.jobs SET hinted_at = NULL`)
  await admin.query(`UPDATE chatops.outbox SET claimed_at = claimed_at - interval '61 seconds'`)
}

async function isOver(admin: pg.Client): Promise<void> {
  const deadline = performance.now() + RECOVERY_MS
  while (performance.now() < deadline) {
    const { rows } = await admin.query(`SELECT 1 FROM chatops.jobs WHERE ${UNDER_WAY} IN ('waiting', 'running')
      UNION ALL SELECT 1 FROM chatops.outbox WHERE kind = 'job' AND status IN ('queued', 'sending')`)
    if (rows.length === 0) return
    await sleep(500)
  }
}

function tally(kills: readonly Kill[], point: string) {
  const own = kills.filter((kill) => kill.point === point)
  const counts = (words: readonly string[]) => {
    const counted: Record<string, number> = {}
    for (const word of words) counted[word] = (counted[word] ?? 0) + 1
    return counted
  }
  return {
    kills: own.length,
    rightAfter: counts(own.map(({ rightAfter }) => rightAfter)),
    inTheEnd: counts(own.map(({ inTheEnd }) => inTheEnd)),
  }
}

function problemsOf({ point, trainee, signal, rightAfter, inTheEnd, followedUp }: Kill): string[] {
  const what = `trainee ${trainee}, killed at “${point}”`
  const expectedAfter = point === 'status-sent' ? 'registered' : 'untouched'
  return [
    ...(signal === 'SIGKILL' ? [] : [`${what}: the worker was not killed`]),
    ...(rightAfter === expectedAfter ? [] : [`${what}: right after, ${rightAfter}`]),
    ...(inTheEnd === 'registered' ? [] : [`${what}: in the end ${inTheEnd}`]),
    ...(inTheEnd === 'registered' && !followedUp ? [`${what}: the status changes are not done`] : []),
  ]
}

function problemsAround(queue: string, seen: { unfinishedJobs: number; mostOfOneTrainee: number }): string[] {
  return [
    ...(seen.unfinishedJobs === 0 ? [] : [`${queue}: ${seen.unfinishedJobs} jobs were never finished`]),
    ...(seen.mostOfOneTrainee <= 1 ? [] : [`${queue}: a trainee is ${seen.mostOfOneTrainee} times in DTTP`]),
  ]
}
