// What happens without people: sweeps, workers, crashes and sleep; and what Rails does meanwhile.

import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { EXECUTION_STEPS, type ExecutionStep, execute } from '../../../src/changes/execute/execute.ts'
import { getRequest } from '../../../src/changes/requests.ts'
import { createDriftSweep } from '../../../src/changes/sweeps/drift.ts'
import { expireRequests, hintAgain, VERIFY_BATCH, verifyDue } from '../../../src/changes/sweeps/sweep.ts'
import { claimOutbox } from '../../../src/outbox/claim.ts'
import { createRelay } from '../../../src/outbox/relay.ts'
import type { World } from '../../../src/world.ts'
import { letGoOn } from './brake.ts'
import { type Command, step, stepOn, type Tally } from './command.ts'
import { endLeases, runDue } from './jobs.ts'
import { look } from './look.ts'
import { changesOf, MINUTE, type Model, type ModelRequest, move, railsWrites } from './model.ts'
import { carryOut, drift, expire, factsFor, lookAtResults } from './rules.ts'
import { cutAt, loseCommit, type Stage, workerThat } from './stage.ts'

const which = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(3) })
const at = fc.constantFrom(...EXECUTION_STEPS)
/** Asleep here, a worker holds no lock, so that anything can happen before it wakes. */
const UNLOCKED = ['begun', 'asked', 'committed'] as const
const LOCKED = EXECUTION_STEPS.filter((one) => !UNLOCKED.some((unlocked) => unlocked === one))
/** Rails writes what a plan writes or a registration sends, what a check reads, or what nothing of ours looks at. */
const MOVES = {
  'a planned column': ['course_min_age', [7, 11]],
  'a checked column': ['state', [2, 3]],
  'another column': ['region', ['London', 'Leeds']],
} as const
/** A trainee whom jobs are about must be waiting for a TRN again at some time. */
const JOBS_MOVES = { ...MOVES, 'a checked column': ['state', [2, 1]] } as const
type Move = keyof typeof MOVES
const moved = fc.constantFrom(...(Object.keys(MOVES) as Move[]))
const PAUSES = { '31 seconds': 31_000, '2 minutes': 2 * MINUTE, '31 minutes': 31 * MINUTE, '25 hours': 1500 * MINUTE }

/** Everything that happens by itself, by name. */
export function machinerySteps(tally: Tally): Record<string, fc.Arbitrary<Command>> {
  const simple = (name: string, act: (model: Model, stage: Stage) => Promise<unknown>) =>
    fc.constant(step(name, tally, act))
  return {
    wait: fc
      .constantFrom(...(Object.keys(PAUSES) as (keyof typeof PAUSES)[]))
      .map((pause) => step(`${pause} pass`, tally, (model, stage) => wait(model, stage, PAUSES[pause]))),
    move: fc
      .record({ what: moved, trainee: fc.nat(2), value: fc.nat(1) })
      .map(({ what, trainee, value }) =>
        step(`Rails writes ${what} (trainee ${trainee}, value ${value})`, tally, async (model, stage) =>
          write(model, stage, { what, trainee: model.trainees[trainee], value }),
        ),
      ),
    'sweep expiry': simple('the sweep of expired requests', async (model, { world }) => {
      await expireRequests(world)
      expire(model)
    }),
    'sweep drift': simple('the sweep of moved rows', async (model, { world }) => {
      await createDriftSweep(world)()
      drift(model)
    }),
    'sweep hints': simple('the sweep of approved requests', async (_, { world }) => void (await hintAgain(world))),
    verify: simple('the sweep of results', async (model, { world }) => {
      await lookAtAll(world)
      lookAtResults(model)
    }),
    relay: simple('the relay sends', async (_, stage) => relayAll(stage)),
    'relay dies': simple('a relay dies with what it claimed', async (_, { world }) => {
      await claimOutbox(world.database, 5)
    }),
    work: simple('a worker takes what is queued', work),
    settle: simple('two minutes pass, and what happens by itself happens', (model, stage) =>
      settle(model, stage, 2 * MINUTE),
    ),
    'queue lost': simple('the queue is lost', async (_, { queue }) => queue.clear()),
    execute: which.map((one) => executeStep(tally, one, 1)),
    'execute at once': which.map((one) => executeStep(tally, one, 3)),
    crash: fc.record({ which, at }).map(({ which, at }) => cutStep(tally, which, at, true)),
    'connection lost': fc.record({ which, at }).map(({ which, at }) => cutStep(tally, which, at, false)),
    'commit lost': fc
      .record({ which, loss: fc.constantFrom('before-commit', 'after-commit') })
      .map(({ which, loss }) => lostStep(tally, which, loss)),
    fault: fc.record({ which, at }).map(({ which, at }) => faultStep(tally, which, at)),
    sleep: fc.record({ which, at: fc.constantFrom(...UNLOCKED) }).map(({ which, at }) => sleepStep(tally, which, at)),
    wake: simple('the sleeping workers wake', wakeAll),
    meanwhile: fc
      .record({ which, at: fc.constantFrom(...LOCKED), what: moved })
      .map(({ which, at, what }) => meanwhileStep(tally, which, at, what)),
  }
}

async function wait(model: Model, { admin }: Stage, ms: number): Promise<void> {
  model.clock += ms
  await admin.query(
    `UPDATE chatops.outbox SET claimed_at = claimed_at - make_interval(secs => $1), due_at = least(due_at, now())
     WHERE status <> 'sent'`,
    [ms / 1000],
  )
  const late = `UPDATE chatops.jobs SET lease_until = lease_until - make_interval(secs => $1) WHERE status = 'running'`
  await admin.query(late, [ms / 1000])
}

/** A sweep takes a few at a time. */
async function lookAtAll(world: World): Promise<void> {
  while ((await verifyDue(world)) === VERIFY_BATCH);
}

type Written = { what: Move; trainee: Model['trainees'][number] | undefined; value: number }

async function write(model: Model, { admin }: Stage, { what, trainee, value }: Written): Promise<void> {
  if (!trainee || !model.trainees.includes(trainee)) throw new Error('there is no such trainee')
  const [column, values] = movesOf(model, trainee)[what]
  const written = values[value] ?? values[0]
  await admin.query(`UPDATE trainees SET ${column} = $1 WHERE slug = $2`, [written, trainee.slug])
  railsWrites(model, trainee, column, written)
}

function movesOf({ trainees }: Model, trainee: Model['trainees'][number]) {
  return trainee === trainees.at(-1) ? JOBS_MOVES : MOVES
}

async function relayAll({ world, effects }: Stage): Promise<void> {
  const relay = createRelay(world, effects)
  while (await relay.sendDue(() => {})) await relay.settled()
}

async function work(model: Model, { world, queue }: Stage): Promise<void> {
  for (const id of queue) {
    queue.delete(id)
    await execute(world, id)
    const request = model.requests.find((one) => one.id === id)
    if (request) carryOut(model, request)
  }
}

function executeStep(tally: Tally, which: number, times: number) {
  const name = times === 1 ? 'a worker carries out' : `${times} workers carry out at once`
  return stepOn(which, name, tally, async (request, model, { world }) => {
    const ended = await Promise.all(Array.from({ length: times }, () => execute(world, request.id)))
    carryOut(model, request)
    return ended.sort().join(', ')
  })
}

/** Whether an execution of this request would get as far as this step. */
function reaches(model: Model, request: ModelRequest, at: ExecutionStep): boolean {
  if (request.status !== 'approved' || model.isPaused) return false
  return request.facts === factsFor(model, request) || ['begun', 'asked', 'claimed', 'locked', 'committed'].includes(at)
}

function cutStep(tally: Tally, which: number, at: ExecutionStep, isKilled: boolean) {
  const name = isKilled ? `a worker is killed at ${at}` : `a worker loses its connections at ${at}`
  return stepOn(which, name, tally, async (request, model, stage) => {
    if (request.status !== 'approved' || model.isPaused) return 'nothing to do'
    await cutAt(stage, request.id, at, isKilled)
    const { status } = await getRequest(stage.world.database, request.id)
    const isUnlocked = at === 'begun' || at === 'asked'
    const isOver =
      at === 'committed' || !reaches(model, request, at) || (!isKilled && isUnlocked && status !== 'approved')
    if (isOver && status !== 'needs-attention') carryOut(model, request)
    else if (!isKilled) postponed(model, request, status)
    return status
  })
}

/** The COMMIT reached Postgres, or not; the worker hears neither, and asks. */
function lostStep(tally: Tally, which: number, loss: 'before-commit' | 'after-commit') {
  const name = `a worker loses its connection ${loss}`
  return stepOn(which, name, tally, async (request, model, stage) => {
    if (request.status !== 'approved' || model.isPaused) return 'nothing to do'
    const ended = await loseCommit(stage, request.id, loss)
    const { status } = await getRequest(stage.world.database, request.id)
    if (loss === 'after-commit' || !['approved', 'needs-attention'].includes(status)) carryOut(model, request)
    else postponed(model, request, status)
    return ended
  })
}

/** What cannot be carried out for half an hour needs attention; until then it stays approved. */
function postponed(model: Model, request: ModelRequest, status: string): void {
  request.failingSince ??= model.clock
  if (status === 'needs-attention' && model.clock - request.failingSince >= 30 * MINUTE) move(request, status)
}

function faultStep(tally: Tally, which: number, at: ExecutionStep) {
  return stepOn(which, `a fault of ours at ${at}`, tally, async (request, model, stage) => {
    const isHit = reaches(model, request, at)
    const faulty = workerThat(stage, at, () => {
      throw new Error('a fault')
    })
    const ended = await execute(faulty, request.id)
    if (isHit && at !== 'committed') move(request, 'failed')
    else carryOut(model, request)
    return ended
  })
}

function sleepStep(tally: Tally, which: number, at: ExecutionStep) {
  return stepOn(which, `a worker falls asleep at ${at}`, tally, async (request, model, stage) => {
    if (request.status !== 'approved' || model.isPaused) return 'nothing to do'
    let wake: () => void = () => {}
    let running: Promise<unknown> = Promise.resolve()
    await new Promise<void>((fellAsleep) => {
      const dreamer = workerThat(stage, at, () => {
        fellAsleep()
        return new Promise<void>((go) => {
          wake = go
        })
      })
      running = execute(dreamer, request.id)
    })
    stage.sleepers.push({
      request: request.id,
      wake: async () => {
        wake()
        await running
      },
    })
    if (at === 'committed') carryOut(model, request)
    return 'asleep'
  })
}

async function wakeAll(model: Model, stage: Stage): Promise<void> {
  for (const sleeper of stage.sleepers.splice(0)) {
    await sleeper.wake()
    const request = model.requests.find(({ id }) => id === sleeper.request) ?? null
    if (request) carryOut(model, request)
  }
}

/** For how long a worker sleeps that holds locks, while others want them. */
const NAP_MS = 15

/** A worker sleeps inside its transaction, while another begins the same, and Rails writes the row. */
function meanwhileStep(tally: Tally, which: number, at: ExecutionStep, what: Move) {
  const name = `while a worker is at ${at}, another begins and Rails writes ${what}`
  return stepOn(which, name, tally, async (request, model, stage) => {
    const written = { what, trainee: request.trainee, value: 0 }
    if (!reaches(model, request, at)) {
      const ended = await execute(stage.world, request.id)
      carryOut(model, request)
      await write(model, stage, written)
      return ended
    }
    const [column, [value]] = movesOf(model, request.trainee)[what]
    const others: Promise<unknown>[] = []
    // Rails is first where the row is free: before it is locked, and where nothing of it is to be written.
    const isFirst = at === 'claimed' || (at === 'locked' && Object.keys(changesOf(request.plan)).length === 0)
    const sleepy = workerThat(stage, at, async () => {
      if (others.length > 0) return
      const { slug } = request.trainee
      others.push(stage.admin.query(`UPDATE trainees SET ${column} = $1 WHERE slug = $2`, [value, slug]))
      if (isFirst) await others[0]
      others.push(execute(stage.world, request.id))
      await sleep(NAP_MS)
    })
    const ended = await execute(sleepy, request.id)
    await Promise.all(others)
    if (isFirst) railsWrites(model, request.trainee, column, value)
    carryOut(model, request)
    if (!isFirst) railsWrites(model, request.trainee, column, value)
    return ended
  })
}

/** How soon all is over as a rule; a registration that DTTP did not answer may be asked about for long. */
const ROUNDS = 4
const MOST_ROUNDS = 40

/** The end of a run: nothing goes wrong any more, and everything comes to its end. */
export async function comeToRest(model: Model, stage: Stage): Promise<void> {
  if (model.isPaused) await letGoOn(model, stage.world)
  await wakeAll(model, stage)
  await endLeases(stage)
  for (let round = 0; round < ROUNDS || (round < MOST_ROUNDS && underWay(model).length > 0); round++) {
    await settle(model, stage, (round < ROUNDS ? 2 : 15) * MINUTE)
  }
  await relayAll(stage)
  const waiting = underWay(model)
  if (waiting.length > 0) throw new Error(`CR-${waiting[0]?.id} is still ${waiting[0]?.status}`)
  const { rows } = await stage.admin.query(`SELECT id, status FROM chatops.outbox`)
  const unsent = rows.filter(({ id, status }) => status !== 'sent' || !stage.delivered.has(id))
  if (unsent.length > 0) throw new Error(`${unsent.length} outbox rows were not sent`)
}

function underWay({ requests }: Model): ModelRequest[] {
  return requests.filter(({ status }) => status === 'approved' || status === 'verifying')
}

/** Time passes, and everything is done that happens by itself. */
async function settle(model: Model, stage: Stage, ms: number): Promise<void> {
  await wait(model, stage, ms)
  await hintAgain(stage.world)
  await relayAll(stage)
  await work(model, stage)
  await runDue(stage)
  await look(model, stage)
  await lookAtAll(stage.world)
  lookAtResults(model)
  await look(model, stage)
}
