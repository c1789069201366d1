// A worker is stopped (SIGSTOP) before every statement and request of every job and of everything that the outbox sends,
// until another has done what it was about to do, and then something newer; then it is woken. Nothing is there twice,
// and nothing newer is undone.

import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { pino } from 'pino'
import { announce } from '../../src/changes/announce.ts'
import { loadConfig } from '../../src/config/index.ts'
import { runJob } from '../../src/jobs/run/run-job.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import { type Services, startServices } from '../../src/services.ts'
import { spread } from '../support/extent.ts'
import type { Place } from './approvals.ts'
import { JOBS } from './stops/jobs.ts'
import { MESSAGES } from './stops/messages.ts'
import { openStage, type Stage } from './stops/stage.ts'
import { type Stopped, startStopped } from './stops/stopped.ts'
import type { Kind } from './stops/work.ts'

const KINDS: Readonly<Record<string, Kind>> = {
  ...JOBS,
  ...Object.fromEntries(Object.entries(MESSAGES).map(([name, kind]) => [`outbox: ${name}`, kind])),
}
const TRAINEES = 3_000
/** As many of a kind are under way together: a queue does 10 jobs at a time, a relay sends 8 rows or more. */
const AT_ONCE = { job: 3, message: 2 }
/** It is not stopped at all. */
const NEVER = 1e6
const PATIENCE_MS = 10 * 60_000

/** `times`: how often at each step; `only`: at how many steps of each kind, evenly spread. */
export type Extent = { times: number; only?: number; say: (progress: string) => void }

export async function proveStops(queues: Readonly<Record<string, Place>>, extent: Extent) {
  const problems: string[] = []
  const stopped: Record<string, { steps: number; times: number }> = {}
  for (const [queue, place] of Object.entries(queues)) {
    const say = (text: string) => extent.say(`${queue}: ${text}`)
    const stage = await openStage(place, TRAINEES)
    const worker = await startStopped(stage.settings)
    try {
      await stopAll({ stage, worker, problems, stopped, queue }, { ...extent, say })
    } finally {
      await worker.end()
      await stage.stop()
    }
  }
  return { stops: Object.values(stopped).reduce((sum, { times }) => sum + times, 0), stopped, problems }
}

type Run = {
  stage: Stage
  worker: Stopped
  problems: string[]
  stopped: Record<string, { steps: number; times: number }>
  queue: string
}

async function stopAll(run: Run, { times, only = Number.POSITIVE_INFINITY, say }: Extent): Promise<void> {
  await postFirstCard(run.stage)
  const undisturbed = await inRound(
    run,
    Object.entries(KINDS).map(([name, kind]) => ({ name, kind, at: NEVER })),
  )
  const unseen = undisturbed.filter(({ after }) => 'shown' in after.shape && after.shape.shown !== 1)
  run.problems.push(...unseen.map(({ name, after }) => `${name}, undisturbed: ${JSON.stringify(after.shape)}`))
  const shapes = new Map(undisturbed.map(({ name, after }) => [name, after.shape]))
  const left = new Map(undisturbed.map(({ name, steps }) => [name, stopsAt(steps, times, only)]))
  for (const { name, steps } of undisturbed) {
    run.stopped[name] = { steps: steps.length, times: run.stopped[name]?.times ?? 0 }
  }
  for (let round = 1; [...left.values()].some((stops) => stops.length > 0); round++) {
    const chosen = [...left].flatMap(([name, stops]) => {
      const kind = KINDS[name] as Kind
      return stops.splice(0, kind.atOnce ?? AT_ONCE[name in JOBS ? 'job' : 'message']).map((at) => ({ name, kind, at }))
    })
    for (const one of await inRound(run, chosen)) {
      const tally = run.stopped[one.name]
      if (tally && one.steps.length > one.at) tally.times++
      const where = `${run.queue}, ${one.name}, stopped before “${one.steps[one.at] ?? 'its end'}”`
      run.problems.push(...problemsOf(one, shapes.get(one.name)).map((problem) => `${where}: ${problem}`))
    }
    say(`round ${round}, ${Math.max(...[...left.values()].map(({ length }) => length))} left of the longest`)
  }
}

/** The same statement over and over is a step at its first and at its last time. */
function stopsAt(steps: readonly string[], times: number, only: number): number[] {
  const places = steps.flatMap((step, at) => {
    const same = steps.flatMap((one, index) => (one === step ? [index] : []))
    return [same[0], same.at(-1)].includes(at) ? [at] : []
  })
  const chosen = spread(places, only)
  return Array.from({ length: times }, () => chosen).flat()
}

type Chosen = { name: string; kind: Kind; at: number }
type Seen = Awaited<ReturnType<Kind['look']>>
type Done = Chosen & { about: string; work: string; steps: string[]; before: Seen | null; after: Seen }

function problemsOf({ before, after }: Done, shape: object | undefined): string[] {
  const shown = (seen: object | undefined) => JSON.stringify(seen)
  return [
    ...(before && !isDeepStrictEqual(before.shape, shape)
      ? [`others left ${shown(before.shape)}, not ${shown(shape)}`]
      : []),
    ...(isDeepStrictEqual(after.shape, shape) ? [] : [`in the end ${shown(after.shape)}, not ${shown(shape)}`]),
    ...(!before || isDeepStrictEqual(before.all, after.all) ? [] : ['it was changed by the sleeper']),
  ]
}

async function inRound({ stage, worker }: Run, chosen: readonly Chosen[]): Promise<Done[]> {
  await stage.keepTime()
  const works: (Chosen & { about: string; work: string })[] = []
  for (const one of chosen) works.push({ ...one, about: await one.kind.prepare(stage), work: '' })
  await stage.world.database.transaction(async (sql) => {
    for (const one of works) one.work = await one.kind.add(stage, sql, one.about)
    await worker.tell(Object.fromEntries(works.map(({ work, at }) => [work, at])))
  })
  await worker.isAsleep()
  await endIdleSessions(stage)
  const others = await startServices(loadConfig(stage.settings), pino({ level: 'silent' }))
  const look = (one: (typeof works)[number]) => one.kind.look(stage, one.about, one.work)
  try {
    const jobs = works.map(({ work }) => work).filter((work) => work.startsWith('job:'))
    const waiting = jobs.filter((job) => works.some(({ work, kind }) => work === job && kind.waits))
    await takeOver(stage, others, jobs, waiting)
    for (const { kind, about } of works) await kind.newer?.(stage, about)
    await takeOver(stage, others, jobs, waiting)
    const before: (Seen | null)[] = []
    for (const one of works) before.push(one.kind.waits ? null : await look(one))
    const steps = await worker.wake(works.map(({ work }) => work))
    await takeOver(stage, others, jobs, [])
    const done: Done[] = []
    for (const [index, one] of works.entries()) {
      done.push({ ...one, steps: steps.get(one.work) ?? [], before: before[index] ?? null, after: await look(one) })
    }
    return done
  } finally {
    await others.stop()
  }
}

/** What Postgres does by itself after a while (`idle_in_transaction_session_timeout`). */
async function endIdleSessions({ admin }: Stage): Promise<void> {
  await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'`)
}

/** Time passes until the sleeper counts as dead, and others do everything that can be done but for `except`. */
async function takeOver(
  { admin }: Stage,
  others: Services,
  jobs: readonly string[],
  except: readonly string[],
): Promise<void> {
  const ids = jobs.map((job) => job.slice(4))
  const waiting = except.map((job) => job.slice(4))
  await admin.query(
    `UPDATE chatops.jobs SET lease_until = now() - interval '1 second' WHERE status = 'running' AND id = ANY($1)`,
    [ids],
  )
  await admin.query(`UPDATE chatops.outbox SET claimed_at = now() - interval '61 seconds' WHERE status = 'sending'`)
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    // Whoever found another load under way looks again only in a minute.
    await admin.query(
      `UPDATE chatops.jobs SET due_at = now(), hinted_at = NULL WHERE status = 'waiting' AND NOT id = ANY($1)`,
      [waiting],
    )
    await admin.query(`UPDATE chatops.outbox SET due_at = now() WHERE status = 'queued'`)
    const { rows } = await admin.query(`SELECT id FROM chatops.jobs WHERE status IN ('waiting', 'running')`)
    for (const { id } of rows) await runJob(others.changes, jobRunner, id)
    const open = await admin.query(
      `SELECT name || ' ' || status || ' ' || coalesce(failure ->> 'code', '') AS what FROM chatops.jobs WHERE status IN ('waiting', 'running') AND NOT id = ANY($1)
       UNION ALL SELECT kind || ' ' || status || ' ' || coalesce(last_error, '') FROM chatops.outbox WHERE status IN ('queued', 'sending')
       UNION ALL SELECT status FROM chatops.change_requests WHERE status = 'approved' AND hinted_at < now()`,
      [waiting],
    )
    if (open.rows.length === 0) return
    if (Date.now() > deadline) throw new Error(`left undone: ${open.rows.map(({ what }) => what).join(', ')}`)
    await sleep(100)
  }
}

/** One card, for replies to be in its thread. */
async function postFirstCard({ admin, world, settings, takeRequest }: Stage): Promise<void> {
  const id = await takeRequest('pending')
  await world.database.transaction((sql) => announce(sql, id))
  const others = await startServices(loadConfig(settings), pino({ level: 'silent' }))
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(50)) {
    const { rows } = await admin.query('SELECT 1 FROM chatops.change_requests WHERE card_ts IS NOT NULL')
    if (rows.length > 0) break
  }
  await others.stop()
}
