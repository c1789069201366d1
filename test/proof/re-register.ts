// Trainees are registered again while DTTP fails and workers die, and what nobody knows is settled by people: nobody is
// registered twice, no time of submission is lost, and none is ever seen half-way.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import type { DttpSimulator } from '../../sandbox/dttp/index.ts'
import { loadConfig } from '../../src/config/index.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { type Services, startServices } from '../../src/services.ts'
import { nodeRuns } from '../support/built.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'
import type { Place } from './approvals.ts'
import { crowdEnvironment, startCrowdSlack } from './crowd.ts'
import { startNode, startService } from './process.ts'
import type { End, Point } from './re-register-points.ts'
import { endOf, type Lost, lookAtLost, lookInDttp, seedLost, type Whole } from './re-register-stage.ts'
import { startFilledDttp } from './registrations-stage.ts'

const DOOMED = 'test/proof/doomed-re-register.ts'
const CROWD = { requesters: ['U1ASKS'], approvers: ['U2DEV'], others: [] }
/** Longer than any lease: a job's 45 s, a sweeper's hint 30 s, a dead relay's rows 60 s. */
const RECOVERY_MS = 180_000

type Run = {
  point: Point
  lost: Lost
  request: string
  rightAfter: Whole
  before: End | null
  settledBy: string | null
}
type InDttp = Awaited<ReturnType<typeof lookInDttp>>
type Stage = { admin: pg.Client; bot: Services; dttp: DttpSimulator; workerSettings: Record<string, string> }

/** Each point once, dealt out to the queues in turn; the queues go side by side. */
export async function proveReRegister(
  queues: Readonly<Record<string, Place>>,
  points: readonly Point[],
  { say }: { say: (progress: string) => void },
) {
  const names = Object.keys(queues)
  const runs = await Promise.all(
    Object.entries(queues).map(async ([name, place], turn) => {
      const own = points.filter((_, index) => index % names.length === turn)
      return [name, await proveOn(place, own, (text) => say(`${name}: ${text}`))] as const
    }),
  )
  const all = runs.flatMap(([, { ends }]) => ends)
  return {
    trainees: all.length,
    endedFirst: tally(all.map(({ before }) => before ?? 'not at all')),
    settled: tally(all.flatMap(({ settledBy }) => settledBy ?? [])),
    registeredOnce: all.filter(({ records, isNamed }) => records === 1 && isNamed).length,
    queues: Object.fromEntries(runs.map(([name, { ends: _, problems: __, ...rest }]) => [name, rest])),
    problems: runs.flatMap(([name, { problems }]) => problems.map((problem) => `${name}: ${problem}`)),
  }
}

async function proveOn(place: Place, points: readonly Point[], say: (progress: string) => void) {
  const slack = await startCrowdSlack(CROWD)
  const dttp = await startFilledDttp()
  const settings = (ROLES: string) =>
    crowdEnvironment(slack, CROWD, place, {
      ...{ ROLES, REGISTER_JOBS: 'own', DTTP_URL: dttp.url, DTTP_TOKEN_URL: dttp.tokenUrl },
      ...{ DTTP_CLIENT_ID: dttp.clientId, DTTP_CLIENT_SECRET: dttp.clientSecret, DTTP_ASK_AGAIN_AFTER: '1s' },
    })
  const bot = await startServices(loadConfig(settings('bot')), pino({ level: 'silent' }))
  const [admin, watching] = [new pg.Client(place.adminUrl), new pg.Client(place.adminUrl)]
  await Promise.all([admin.connect(), watching.connect()])
  const stage: Stage = { admin, bot, dttp, workerSettings: settings('worker') }
  const everyone = await seedLost(place.adminUrl, points.length)
  const watcher = watch(watching, everyone)
  try {
    const runs: Run[] = []
    for (const [index, lost] of everyone.entries()) {
      const point = points[index] as Point
      const request = await ask(stage, 're-register', { subject: lost.slug, submitter: '' })
      await goWrong(stage, point, request)
      const rightAfter = (await watcher.look()).get(lost.id) ?? 'half: gone'
      runs.push({ point, lost, request, rightAfter, before: null, settledBy: null })
      say(`${index + 1} of ${points.length}: ${point.name}, ${rightAfter}`)
      await setAside(admin)
    }
    const recoveredAfterMs = await recoverAndSettle(stage, runs)
    await watcher.stop()
    const last = await watcher.look()
    const ends: (Run & InDttp)[] = []
    for (const run of runs) ends.push({ ...run, ...(await lookInDttp(admin, dttp, run.lost)) })
    const ledger = await verifyLedger(bot.changes.database)
    const problems = [
      ...ends.flatMap((run) => problemsOf(run, last.get(run.lost.id))),
      ...watcher.seen.half,
      ...(ledger.broken === null ? [] : ['the ledger is broken']),
      ...slack.takeViolations().map(({ where, what }) => `${where}: ${what}`),
    ]
    return { ends, problems, recoveredAfterMs, looks: watcher.seen.looks, ledgerEntries: ledger.entries }
  } finally {
    await watcher.stop()
    await Promise.all([admin.end(), watching.end()])
    await bot.stop()
    await dttp.stop()
    await slack.stop()
  }
}

/** Asked for by one person, and approved by another. */
async function ask({ bot }: Stage, playbook: string, form: Record<string, string>): Promise<string> {
  const request = await sendRequest(bot.changes, playbook, { ...form, reason: 'Proof', ticket: '' }, 'U1ASKS')
  await approveRequest(bot.changes, request, 'U2DEV')
  return request.id
}

async function goWrong(stage: Stage, point: Point, request: string): Promise<void> {
  const { dttp, workerSettings, admin } = stage
  if (point.kind === 'killed') return dieAt(stage, request, point)
  if (point.kind === 'killed in flight') return dieInFlight(stage, request, point.carriedOut)
  if (point.kind === 'away') dttp.faults.add({ kind: 'server-error', status: 503, times: Number.POSITIVE_INFINITY })
  else for (const fault of point.faults) dttp.faults.add(fault)
  const worker = await startService(workerSettings)
  try {
    if (point.kind === 'away') {
      await until(async () => isTrue(admin, 'upstream_failing_since IS NOT NULL', request))
      dttp.faults.clear()
      await admin.query(`UPDATE chatops.change_requests SET hinted_at = now() - interval '1 minute' WHERE id = $1`, [
        request,
      ])
    }
    await until(async () => (await endOf(admin, request)) !== null)
  } finally {
    await worker.stop()
    dttp.faults.clear()
  }
}

type Death = Extract<Point, { kind: 'killed' }>

async function dieAt({ workerSettings }: Stage, request: string, { in: where, step }: Death): Promise<void> {
  const { child, ended } = startNode([...nodeRuns(DOOMED), request, where, step], workerSettings)
  const impatient = setTimeout(() => child.kill('SIGTERM'), 90_000)
  const { signal, output } = await ended
  clearTimeout(impatient)
  if (signal !== 'SIGKILL')
    throw new Error(`CR-${request}: the worker was not killed at ${step}: ${output.slice(-500)}`)
}

async function dieInFlight({ dttp, workerSettings }: Stage, request: string, carriedOut: boolean): Promise<void> {
  const before = dttp.requestsTo('$batch').length
  dttp.faults.add({ path: '$batch', ...(carriedOut ? { kind: 'slow', ms: 500 } : { kind: 'hang' }) })
  const { child, ended } = startNode([...nodeRuns(DOOMED), request, 'nowhere', ''], workerSettings)
  while (child.exitCode === null && dttp.requestsTo('$batch').length === before) await sleep(2)
  child.kill('SIGKILL')
  await ended
  await sleep(carriedOut ? 700 : 0)
}

// Polls are due in an hour, and no part of this.
const UNDER_WAY = `name <> 'retrieve-trn' AND status`

/** No later worker that is to die of its own takes up what this one has left of a registration. */
async function setAside(admin: pg.Client): Promise<void> {
  await admin.query(`UPDATE chatops.jobs SET lease_until = now() + interval '1 day' WHERE ${UNDER_WAY} = 'running'`)
  await admin.query(`UPDATE chatops.jobs SET due_at = now() + interval '1 day' WHERE ${UNDER_WAY} = 'waiting'`)
}

/** A minute has passed, and ordinary workers go on; then people settle what is left, until everyone is registered. */
async function recoverAndSettle(stage: Stage, runs: Run[]): Promise<number> {
  const { admin } = stage
  await admin.query(`UPDATE chatops.jobs SET lease_until = now() - interval '1 second' WHERE ${UNDER_WAY} = 'running'`)
  await admin.query(`UPDATE chatops.jobs SET due_at = now() - interval '1 minute' WHERE ${UNDER_WAY} = 'waiting'`)
  await admin.query(`UPDATE chatops.jobs SET hinted_at = NULL`)
  await admin.query(`UPDATE chatops.outbox SET claimed_at = claimed_at - interval '61 seconds'`)
  const began = performance.now()
  const workers = await Promise.all([1, 2].map(() => startService(stage.workerSettings)))
  try {
    await until(async () => (await openRequests(admin)) === 0)
    for (const run of runs) run.before = await endOf(admin, run.request)
    const recoveredAfterMs = Math.round(performance.now() - began)
    for (const run of runs) {
      if (run.before === 'registered') continue
      await ask(stage, 're-register', { subject: run.lost.slug, submitter: '' })
      run.settledBy = 're-register'
    }
    await until(async () => (await openRequests(admin)) === 0)
    return recoveredAfterMs
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}

function problemsOf(run: Run & InDttp, whole: Whole | undefined): string[] {
  const { point, lost, before, records, isNamed } = run
  const what = `trainee ${lost.id}, ${point.name}`
  return [
    ...(run.rightAfter.startsWith('half') ? [`${what}: right after, ${run.rightAfter}`] : []),
    ...(before === point.ends ? [] : [`${what}: ended ${before}`]),
    ...(whole === 'registered' ? [] : [`${what}: in the end ${whole}`]),
    ...(records === 1 && isNamed ? [] : [`${what}: ${records} records in DTTP`]),
  ]
}

/** Looks at everyone ten times a second, so that nothing half is missed. */
function watch(admin: pg.Client, everyone: readonly Lost[]) {
  const seen = { looks: 0, half: [] as string[] }
  let stopped = false
  async function look() {
    const now = await lookAtLost(admin, everyone)
    seen.looks++
    for (const [id, whole] of now) if (whole.startsWith('half')) seen.half.push(`trainee ${id} ${whole}`)
    return now
  }
  let looking = Promise.resolve(new Map<string, Whole>())
  const next = () => {
    looking = looking.then(look)
    return looking
  }
  const round = (async () => {
    for (; !stopped; await sleep(100)) await next()
  })()
  return {
    seen,
    /** Looks now. */
    look: next,
    async stop() {
      stopped = true
      await round
    },
  }
}

async function openRequests(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query(`SELECT 1 FROM chatops.change_requests WHERE status IN ('approved', 'verifying')`)
  return rows.length
}

async function isTrue(admin: pg.Client, condition: string, request: string): Promise<boolean> {
  const { rows } = await admin.query(`SELECT 1 FROM chatops.change_requests WHERE id = $1 AND ${condition}`, [request])
  return rows.length > 0
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + RECOVERY_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) return // what is missing then is a problem of its own
    await sleep(200)
  }
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
