// Workers are stopped (SIGSTOP) at every point of a registration with DTTP, until others have done what they were about
// to do, or people have approved it anew; then they are woken. DTTP ends with one record of each trainee.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { DataSource } from 'typeorm'
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

const STEPS = ['begun', 'read', 'noted', 'sending', 'answered', 'kept', 'locked', 'saved', 'status-sent'] as const

/** Where a worker sleeps; and whether others have registered the trainee meanwhile, or given up and been asked again. */
export type Sleep = { step: (typeof STEPS)[number]; meanwhile: 'registered' | 'given up, and asked for again' }

const POINTS: readonly Sleep[] = [
  ...STEPS.map((step): Sleep => ({ step, meanwhile: 'registered' })),
  ...(['noted', 'sending'] as const).map((step): Sleep => ({ step, meanwhile: 'given up, and asked for again' })),
]

type Slept = Registration & Sleep & { woken: boolean; before: Became; inTheEnd: Became; followedUp: boolean }

const SLEEPER = 'test/proof/sleeper.ts'
const CROWD = { requesters: ['U1ASKS'], approvers: userIds('U2DEV', 1), others: [] }
/** Longer than any lease: BullMQ's locks 15 s, a late job's hint 30 s. */
const PATIENCE_MS = 180_000

/** Every point as often. */
export function everyPoint(times: number): Sleep[] {
  return Array.from({ length: times }, () => POINTS).flat()
}

/** Everybody sleeps at once on each queue; the queues go one after the other. */
export async function proveSleeps(
  queues: Readonly<Record<string, Place>>,
  points: readonly Sleep[],
  { say }: { say: (progress: string) => void },
) {
  const problems: string[] = []
  const slept: Record<string, number> = {}
  let refused = 0
  for (const [queue, place] of Object.entries(queues)) {
    const run = await sleepOn(place, points, (text) => say(`${queue}: ${text}`))
    for (const one of run.slept) {
      const what = `${one.step}, ${one.meanwhile}`
      slept[what] = (slept[what] ?? 0) + 1
      problems.push(...problemsOf(one).map((problem) => `${queue}, “${what}”: ${problem}`))
    }
    refused += run.refused
    if (run.mostOfOneTrainee > 1) problems.push(`${queue}: a trainee is ${run.mostOfOneTrainee} times in DTTP`)
  }
  return { registrations: Object.values(slept).reduce((sum, count) => sum + count, 0), slept, refused, problems }
}

function problemsOf({ woken, before, inTheEnd, followedUp }: Slept): string[] {
  return [
    ...(woken ? [] : ['the worker did not sleep, or never ended']),
    ...(before === 'registered' ? [] : [`before it woke, ${before}`]),
    ...(inTheEnd === 'registered' ? [] : [`in the end, ${inTheEnd}`]),
    ...(followedUp ? [] : ['the status changes are not done']),
  ]
}

type Stage = { admin: pg.Client; dttp: DttpSimulator; database: DataSource; settings: Record<string, string> }

async function sleepOn(place: Place, points: readonly Sleep[], say: (progress: string) => void) {
  const [slack, dttp] = [await startCrowdSlack(CROWD), await startFilledDttp()]
  const settings = crowdEnvironment(slack, CROWD, place, {
    ...{ ROLES: 'worker', REGISTER_JOBS: 'own', DTTP_URL: dttp.url, DTTP_TOKEN_URL: dttp.tokenUrl },
    ...{ DTTP_CLIENT_ID: dttp.clientId, DTTP_CLIENT_SECRET: dttp.clientSecret },
    ...{ DTTP_ASK_AGAIN_AFTER: '1s', JOB_LEASE: '4s', DATABASE_POOL: '4' },
  })
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const database = await createDataSource(place.appUrl, 2).initialize()
  try {
    const trainees = await seedUnregistered(place.adminUrl, points.length)
    const slept: Slept[] = []
    for (let first = 0; first < points.length; first += TOGETHER) {
      const round = points.slice(first, first + TOGETHER).map((point, index) => ({
        ...{ ...point, trainee: trainees[first + index] ?? '' },
      }))
      slept.push(...(await sleepTogether({ admin, dttp, database, settings }, round)))
      say(`${slept.length} of ${points.length} have slept`)
    }
    const refused = dttp.requestsTo('$batch').filter(({ status }) => status === 400).length
    return { slept, mostOfOneTrainee: mostOfOneTrainee(dttp), refused }
  } finally {
    await database.destroy()
    await admin.end()
    await dttp.stop()
    await slack.stop()
  }
}

/** As many as sleep at the same time: each is a process, with connections of its own to the database. */
const TOGETHER = 6

async function sleepTogether(stage: Stage, round: readonly (Sleep & { trainee: string })[]): Promise<Slept[]> {
  const { admin, dttp, database, settings } = stage
  const register = async (trainee: string) => {
    const job = { name: 'register-for-trn', trainee, dueAt: new Date(), args: { submitted_by: SUBMITTER } } as const
    return String(await enqueueJob(database.manager, job))
  }
  const sleepers: { worker: ReturnType<typeof startNode>; one: Slept }[] = []
  for (const point of round) {
    const job = await register(point.trainee)
    const worker = startNode([...nodeRuns(SLEEPER), point.step], { LOG_LEVEL: 'warn', ...settings })
    await until(() => isStopped(worker.child.pid))
    sleepers.push({ worker, one: { ...point, job, woken: false, ...(await look(stage, { ...point, job })) } })
  }
  const all = sleepers.map(({ one }) => one)
  await giveUp(stage, all)
  for (const one of all) if (one.meanwhile !== 'registered') one.job = await register(one.trainee)
  await whileWorking(admin, settings, () => isOver(admin))
  for (const one of all) one.before = await judge(admin, dttp, one)
  await Promise.all(
    sleepers.map(async ({ worker, one }) => {
      worker.child.kill('SIGCONT')
      await sleep(1_000) // it goes on from where it was, and then drains
      worker.child.kill('SIGTERM')
      one.woken = (await worker.ended).code === 0
    }),
  )
  await whileWorking(admin, settings, () => isOver(admin))
  for (const one of all) Object.assign(one, await look(stage, one), { before: one.before })
  return all
}

async function look({ admin, dttp }: Stage, one: Registration) {
  const became = await judge(admin, dttp, one)
  return { before: became, inTheEnd: became, followedUp: await isFollowedUp(admin, dttp, one) }
}

const ALL = `name IN ('register-for-trn', 'change-trainee-status')`

/** Those to be given up are asked about in vain, until a working day after they were added is over. */
async function giveUp({ admin, dttp, settings }: Stage, sleepers: readonly (Registration & Sleep)[]): Promise<void> {
  const ids = sleepers.flatMap(({ job, meanwhile }) => (meanwhile === 'registered' ? [] : [job]))
  if (ids.length === 0) return
  const others = `${ALL} AND id <> ALL($1)`
  await admin.query(`UPDATE chatops.jobs SET lease_until = now() + interval '1 day' WHERE ${others}`, [ids])
  await admin.query(`UPDATE chatops.jobs SET created_at = created_at - interval '7 days' WHERE id = ANY($1)`, [ids])
  dttp.faults.add({ kind: 'lost-request', path: '$batch', times: Number.POSITIVE_INFINITY })
  await whileWorking(admin, settings, async () => {
    const { rows } = await admin.query(`SELECT 1 FROM chatops.jobs WHERE id = ANY($1) AND status <> 'failed'`, [ids])
    return rows.length === 0
  })
  dttp.faults.clear()
  await admin.query(`UPDATE chatops.jobs SET lease_until = now() WHERE ${others} AND status = 'running'`, [ids])
}

async function isOver(admin: pg.Client): Promise<boolean> {
  const { rows } = await admin.query(`SELECT 1 FROM chatops.jobs WHERE ${ALL} AND status IN ('waiting', 'running')`)
  return rows.length === 0
}

/** An ordinary worker, until it is so. What they do not hear of soon they are told again. */
async function whileWorking(
  admin: pg.Client,
  settings: Record<string, string>,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const worker = await startService(settings)
  const late = `hinted_at < now() - interval '5 seconds' AND status IN ('waiting', 'running')`
  await until(async () => {
    await admin.query(`UPDATE chatops.jobs SET hinted_at = NULL, due_at = least(due_at, now() - interval '1 minute')
      WHERE ${ALL} AND ${late}`)
    return isSo()
  })
  await worker.stop()
}

/** Whether a process has been stopped by a signal (proc(5): state T). */
function isStopped(pid: number | undefined): Promise<boolean> {
  return Promise.resolve(/^\d+ \(.*\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) return // what is missing then is a problem of its own
    await sleep(100)
  }
}
