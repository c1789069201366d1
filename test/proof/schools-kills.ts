// Schools are synchronised while DTTP fails in every way, and workers die by `kill -9`.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { DttpSimulator } from '../../sandbox/dttp/index.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { enqueueJob, hintJob } from '../../src/jobs/start/enqueue.ts'
import type { Place } from './approvals.ts'
import { crowdEnvironment, startCrowdSlack } from './crowd.ts'
import { type Service, startService } from './process.ts'
import type { FaultPlan } from './schools-faults.ts'
import { countWritten } from './schools-rows.ts'

const CROWD = { requesters: ['U1ASKS'], approvers: ['U2DEV001'], others: [] }
const PATIENCE_MS = 120_000

/** A job as it stands. */
type Looked = {
  status: string
  run: number
  result: { rows: number } | null
  progress: { pages: number; inserted: number; updated: number; startedOver: boolean } | null
}

/** How the job ended, and what was seen on the way. */
export type Survived = {
  seconds: number
  signals: (string | null)[]
  /** What was kept right after the second kill: pages, and rows that no page accounts for. */
  atSecondKill: { pages: number; surplusRows: number }
  job: Looked
}

export type Scene = {
  place: Place
  dttp: DttpSimulator
  plan: FaultPlan
  /** A school of the page at which the second worker dies that is to be written. */
  victim: string
  /** Where the workers after a kill find their queue; the same unless given. */
  nextQueues: readonly string[]
  say: (progress: string) => void
}

export async function synchroniseUnderKills(scene: Scene): Promise<Survived> {
  const { place, plan, say } = scene
  const slack = await startCrowdSlack(CROWD)
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const job = await addSync(place.appUrl)
  const queues = [place.redisUrl, ...scene.nextQueues]
  const startWorker = (turn: number): Promise<Service> => {
    const redisUrl = queues[Math.min(turn, queues.length - 1)] ?? null
    const settings = { ROLES: 'worker', REGISTER_JOBS: 'own', ...dttpEnvironment(scene.dttp) }
    return startService(crowdEnvironment(slack, CROWD, { ...place, redisUrl }, settings))
  }
  try {
    const began = performance.now()
    const first = await startWorker(0)
    await until('the page that is never answered', () => scene.dttp.requests.some(({ fault }) => fault === 'hang'))
    const signals = [await kill(first)]
    say(`killed while page ${plan.firstKill} was asked for`)

    await endLease(admin, job)
    const second = await startWorker(1)
    await until('the page that cannot be read', async () => (await lookAt(admin, job)).status === 'waiting')
    const release = await holdSchool(place.adminUrl, scene.victim)
    await hurry(place.appUrl, job)
    await until('a page half written', () => isWriting(admin, `wait_event_type = 'Lock'`))
    signals.push(await kill(second))
    await release()
    await until('the end of what was half written', async () => !(await isWriting(admin, `state <> 'idle'`)))
    const atSecondKill = await lookAtKept(admin, job)
    say(`killed while page ${plan.secondKill} was written`)

    await endLease(admin, job)
    const others = await Promise.all([startWorker(2), startWorker(2)])
    await until('the end', async () => ['done', 'failed'].includes((await lookAt(admin, job)).status))
    const seconds = Math.round(performance.now() - began) / 1000
    await Promise.all(others.map((worker) => worker.stop()))
    return { seconds, signals, atSecondKill, job: await lookAt(admin, job) }
  } finally {
    await admin.end()
    await slack.stop()
  }
}

/** Settings of whoever asks this DTTP. */
export function dttpEnvironment({ url, tokenUrl, clientId, clientSecret }: DttpSimulator): Record<string, string> {
  return { DTTP_URL: url, DTTP_TOKEN_URL: tokenUrl, DTTP_CLIENT_ID: clientId, DTTP_CLIENT_SECRET: clientSecret }
}

async function addSync(appUrl: string): Promise<string> {
  const database = await createDataSource(appUrl, 1).initialize()
  const job = { name: 'sync-schools' as const, trainee: null, dueAt: new Date() }
  const id = await database.transaction((sql) => enqueueJob(sql, job))
  await database.destroy()
  return id ?? ''
}

async function lookAt(admin: pg.Client, job: string): Promise<Looked> {
  const { rows } = await admin.query<Looked>('SELECT status, run, result, progress FROM chatops.jobs WHERE id = $1', [
    job,
  ])
  if (!rows[0]) throw new Error('The job is gone')
  return rows[0]
}

async function lookAtKept(admin: pg.Client, job: string): Promise<Survived['atSecondKill']> {
  const { pages = 0, inserted = 0, updated = 0 } = (await lookAt(admin, job)).progress ?? {}
  return { pages, surplusRows: (await countWritten(admin)) - inserted - updated }
}

async function kill(worker: Service): Promise<string | null> {
  process.kill(worker.pid, 'SIGKILL')
  return (await worker.stop()).signal
}

/** As if the dead worker had not been heard of for a minute: nobody needs to wait for it. */
async function endLease(admin: pg.Client, job: string): Promise<void> {
  await admin.query(
    `UPDATE chatops.jobs SET lease_until = now() - interval '1 second', hinted_at = NULL WHERE id = $1`,
    [job],
  )
}

/** As if the pause after a failure were over. */
async function hurry(appUrl: string, job: string): Promise<void> {
  const database = await createDataSource(appUrl, 1).initialize()
  await database.query('UPDATE chatops.jobs SET due_at = now() WHERE id = $1', [job])
  await hintJob(database.manager, job)
  await database.destroy()
}

/** Locks a school's row, so that the transaction which writes it cannot go on; the answer lets go. */
async function holdSchool(adminUrl: string, id: string): Promise<() => Promise<void>> {
  const holder = new pg.Client(adminUrl)
  await holder.connect()
  await holder.query('BEGIN')
  const { rowCount } = await holder.query('SELECT 1 FROM public.dttp_schools WHERE dttp_id = $1 FOR UPDATE', [id])
  if (rowCount !== 1) throw new Error('There is no such school to hold')
  return () => holder.end()
}

/** Whether a worker is writing a page, and so that this holds for its session. */
async function isWriting(admin: pg.Client, how: string): Promise<boolean> {
  const { rowCount } = await admin.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = 'chatops_app'
     AND query LIKE '%INTO public.dttp_schools%' AND ${how}`,
  )
  return rowCount !== 0
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain for ${what}`)
    await sleep(10)
  }
}
