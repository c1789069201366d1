// npm run bench -- --scale [--share=0.01]: the reads that must not grow with Register or with the bot's own past, as one JSON document:
// each beside the same read in a database that holds only the demo's records. Only figures: nothing passes or fails.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '../../sandbox/postgres.ts'
import { createRegisterDatabase, withClient } from '../../sandbox/register/database.ts'
import { createUnpolledSweep, findUnpolled } from '../../src/alerts/sweeps.ts'
import { pausedSince } from '../../src/brake/brake.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { createDriftSweep } from '../../src/changes/sweeps/drift.ts'
import { purge } from '../../src/changes/sweeps/sweep.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { openHome } from '../../src/handlers/app-home.ts'
import type { HomeOpened } from '../../src/handlers/entry-points.ts'
import { listJobs } from '../../src/jobs/list/list.ts'
import { endMirror } from '../../src/jobs/mirror/end.ts'
import { judgeMissing, noteMissing } from '../../src/jobs/mirror/missing.ts'
import { purgeMirror } from '../../src/jobs/mirror/purge.ts'
import { fixRoute } from '../../src/playbooks/fix-route/index.ts'
import { purgeOver } from '../../src/queue/purge.ts'
import { findMistake, resolveTrainee } from '../../src/register/trainees/trainee-reference.ts'
import type { SidekiqClient } from '../../src/sidekiq/index.ts'
import type { World } from '../../src/world.ts'
import { ROUTE, seedTrainees } from '../proof/trainees.ts'
import { approveRequest, CHANNEL, createLifecycle, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { openBareSql } from './bare-sql.ts'
import { FIRST_VERSION } from './first-version.ts'
import { machineFacts } from './machine.ts'
import {
  addFailedJobs,
  addKept,
  addMirrored,
  addMissing,
  addRequests,
  addTrainees,
  addWaiting,
  moveBeside,
  type Size,
} from './scale-rows.ts'
import { timesOf } from './statistics.ts'

const FULL: Size = {
  trainees: 1_000_000,
  audits: 5_000_000,
  requests: 100_000,
  failedJobs: 100_000,
  kept: 100_000,
  mirrored: 1_000_000,
}
const TIMES = 15
/** Jobs of Register's Sidekiq that are not to be found: as many as one sweep judges, and as many as a night has. */
const MISSING = { empty: 2_000, full: 100_000 }
const WAITING = 1_000
const RETENTION_MS = 90 * 86_400_000

type Figures = Record<string, number>

async function benchScale(size: Size) {
  const postgres = await startPostgres({
    dataDir: fileURLToPath(new URL('../../.sandbox/bench-postgres', import.meta.url)),
    fsync: true,
  })
  const names = { empty: `bench_empty_${process.pid}`, full: `bench_full_${process.pid}` }
  try {
    const empty = await inDatabase(postgres.adminUrl, names.empty, MISSING.empty, async () => {})
    const full = await inDatabase(postgres.adminUrl, names.full, MISSING.full, async (adminUrl) => {
      await addTrainees(adminUrl, size)
      await addRequests(adminUrl, size.requests)
      await addFailedJobs(adminUrl, size.failedJobs)
      await addKept(adminUrl, size.kept)
      await addMirrored(adminUrl, size.mirrored)
    })
    return {
      size,
      milliseconds: Object.fromEntries(Object.keys(empty).map((name) => [name, beside(empty, full, name)])),
      sectionC: Object.keys(FIRST_VERSION).map((what) => {
        const first = beside(empty, full, `${what}InFirstVersion`)
        const now = beside(empty, full, what)
        return { what, before: `${first.empty} → ${first.full}`, now: `${now.empty} → ${now.full}` }
      }),
    }
  } finally {
    for (const name of Object.values(names))
      await withClient(postgres.adminUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
    await postgres.stop()
  }
}

function beside(empty: Figures, full: Figures, name: string) {
  const [before, after] = [empty[name] ?? Number.NaN, full[name] ?? Number.NaN]
  return { empty: before, full: after, ratio: Math.round((after / before) * 10) / 10 }
}

async function inDatabase(
  adminUrl: string,
  name: string,
  missing: number,
  fill: (adminUrl: string) => Promise<void>,
): Promise<Figures> {
  const urls = await createRegisterDatabase(adminUrl, name)
  const slugs = await seedTrainees(urls.adminUrl, WAITING + TIMES * 4)
  await fill(urls.adminUrl)
  await withClient(urls.adminUrl, (client) => client.query('VACUUM ANALYZE'))
  const world = await createLifecycle(urls.appUrl)
  const bareSql = await openBareSql(urls.appUrl)
  try {
    return await measure(world, bareSql, urls.adminUrl, slugs, missing)
  } finally {
    await bareSql.close()
    await world.database.destroy()
  }
}

/** Milliseconds, the median of all times. */
async function measure(
  world: World,
  bareSql: BareSql,
  adminUrl: string,
  slugs: string[],
  missing: number,
): Promise<Figures> {
  const sql = world.database.manager
  const figures: Figures = {}
  const time = async (name: string, act: () => Promise<unknown>) => {
    const samples: number[] = []
    for (let turn = 0; turn < TIMES; turn++) {
      const began = performance.now()
      await act()
      samples.push(performance.now() - began)
    }
    figures[name] = timesOf(samples).p50
  }
  await time('traineeByNumber', () => resolveTrainee(sql, { by: 'number', number: '5901' }))
  await time('traineeByNumberMistake', () => findMistake(sql, { by: 'number', number: '5901' }))
  while ((await findUnpolled(world)) > 0) await sleep(0)
  await time('unpolledTraineesNoneNew', () => findUnpolled(world))
  await time('unpolledTraineesOnePart', createUnpolledSweep(world))
  await time('traineeJobs', () => listJobs(world, { name: null, trainee: null }))
  await time('home', () => drawHome(world))
  await time('purgeNothingDue', () => purge(world, RETENTION_MS))
  await time('purgeOverNothingDue', () => purgeOver(world, RETENTION_MS))
  await time('purgeMirrorNothingDue', () => purgeMirror(world))
  await time('mirrorNothingMissing', async () => {
    await noteMissing(world, sql, [], new Date())
    await judgeMissing(world, sql, new Date())
  })
  await time('mirrorLeft', () => endMirror(world))
  const findDrift = createDriftSweep(world)
  await time('driftNothingWaiting', findDrift)
  await time('pausedLately', () => pausedSince(sql, new Date()))
  const [steps, bareSteps] = [noSteps(), noSteps()]
  for (const slug of slugs.splice(0, TIMES)) await tell(world, slug, steps)
  for (const slug of slugs.splice(0, TIMES)) await tellBare(world, bareSql, slug, bareSteps)
  for (const name of ['preview', 'execution', 'verification'] as const) {
    figures[name] = timesOf(steps[name]).p50
    figures[`${name}InBareSql`] = timesOf(bareSteps[name]).p50
  }
  await addWaiting(adminUrl, await sendRequest(world, 'fix-route', formOf(slugs.shift() ?? '')), WAITING - 1)
  await time('driftOf1000Waiting', findDrift)
  await withClient(adminUrl, async (client) => {
    for (const [name, ask] of Object.entries(FIRST_VERSION)) await time(`${name}InFirstVersion`, () => ask(client))
  })
  await moveBeside(adminUrl)
  const isBeside = { ...world, upstreams: { ...world.upstreams, sidekiq: NOBODY_ASKS } }
  await time('unpolledBesideSidekiqOnePart', createUnpolledSweep(isBeside))
  await addMissing(adminUrl, missing)
  await time('mirrorOfThoseMissing', () => judgeMissing(world, sql, new Date()))
  return figures
}

/** Whether polls are made beside the bot is all that is looked at. */
const NOBODY_ASKS = {} as SidekiqClient

/** As far as Slack's door. */
async function drawHome(world: World): Promise<void> {
  const views: unknown[] = []
  const client = { views: { publish: async (view: unknown) => views.push(view) } }
  const context = {
    changes: world,
    allowedChannels: [CHANNEL],
    posts: null,
    nudge: () => {},
    readRefusal: () => null,
    permalink: () => null,
  }
  await openHome(context, { event: { tab: 'home', user: SUPPORT }, client } as unknown as HomeOpened)
  if (views.length !== 1) throw new Error('the Home tab was not drawn')
}

type BareSql = Awaited<ReturnType<typeof openBareSql>>
type Steps = Record<'preview' | 'execution' | 'verification', number[]>

function noSteps(): Steps {
  return { preview: [], execution: [], verification: [] }
}

async function timed<T>(samples: number[], act: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await act()
  samples.push(performance.now() - began)
  return result
}

async function tell(world: World, slug: string, steps: Steps) {
  const asked = { playbook: fixRoute, form: formOf(slug), requester: SUPPORT, channel: CHANNEL }
  await timed(steps.preview, () => propose(world, asked))
  const request = await sendRequest(world, 'fix-route', formOf(slug))
  await approveRequest(world, request)
  await timed(steps.execution, () => execute(world, request.id))
  await timed(steps.verification, () => verify(world, request.id))
}

/** What was approved is ours; what is measured is bare. */
async function tellBare(world: World, bareSql: BareSql, slug: string, steps: Steps) {
  const request = await sendRequest(world, 'fix-route', formOf(slug))
  await timed(steps.preview, () => bareSql.preview(slug, request))
  await approveRequest(world, request)
  await timed(steps.execution, () => bareSql.execute(slug, request))
  await timed(steps.verification, () => bareSql.verify(slug, request))
}

function formOf(subject: string) {
  return { subject, route: ROUTE, reason: 'Measured', ticket: '' }
}

/** All of it, or the share that `--share=0.01` asks for. */
export async function scale(words: readonly string[]): Promise<void> {
  const share = Number(words.find((word) => word.startsWith('--share='))?.slice('--share='.length) ?? 1)
  const size = Object.fromEntries(
    Object.entries(FULL).map(([name, count]) => [name, Math.round(count * share)]),
  ) as Size
  const machine = machineFacts()
  console.log(JSON.stringify({ machine, ...(await benchScale(size)) }, null, 2))
}
