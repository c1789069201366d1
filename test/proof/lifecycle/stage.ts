// The real thing that a run of the model is compared with: a database, workers, a relay, and Rails on its own connection.
import pg from 'pg'
import { insertDemoRows } from '../../../sandbox/register/seed.ts'
import { execute } from '../../../src/changes/execute.ts'
import { createDataSource } from '../../../src/entities/data-source.ts'
import type { Effects } from '../../../src/outbox/relay.ts'
import type { World } from '../../../src/world.ts'
import { createLifecycle } from '../../support/lifecycle.ts'
import { type Loss, startLossyProxy } from '../../support/lossy-proxy.ts'
import { emptyDatabase } from '../../support/reset.ts'
import { EXPIRES_AFTER, type Model, VERIFY_AGAIN_AFTER } from './model.ts'

const TRAINEES = ['5901', '5903']

/** A worker that went to sleep in an execution; `wake` lets it go on and waits for its end. */
type Sleeper = { request: string; wake: () => Promise<void> }

export type Stage = {
  world: World
  admin: pg.Client
  appUrl: string
  /** A way to the database on which connections are lost. */
  proxy: LossyProxy
  /** Who sleeps, and requests whose hint the queue holds. */
  sleepers: Sleeper[]
  queue: Set<string>
  effects: Effects
  /** Outbox rows that reached the other side. */
  delivered: Set<string>
  /** A hash of every row that no request may write. */
  others: string
}

export type Home = { world: World; admin: pg.Client; appUrl: string; clock: { now: number }; proxy: LossyProxy }

type LossyProxy = Awaited<ReturnType<typeof startLossyProxy>>

/** What all runs share: the connections. */
export async function openHome({ appUrl, adminUrl }: { appUrl: string; adminUrl: string }): Promise<Home> {
  const clock = { now: Date.now() }
  const admin = new pg.Client(adminUrl)
  await admin.connect()
  const world = await createLifecycle(appUrl, {
    now: () => new Date(clock.now),
    expiryOf: (_, sentAt) => new Date(sentAt.getTime() + EXPIRES_AFTER),
    verifyAgainAfter: VERIFY_AGAIN_AFTER,
  })
  return { world, admin, appUrl, clock, proxy: await startLossyProxy(appUrl) }
}

export async function closeHome({ world, admin, proxy }: Home): Promise<void> {
  await world.database.destroy()
  await proxy.stop()
  await admin.end()
}

/** The ledger begins anew with each run, so that all of it can be verified after every step. */
const FORGET = `
  SET session_replication_role = replica;
  DELETE FROM chatops.reviews; DELETE FROM chatops.open_subjects; DELETE FROM chatops.ledger;
  DELETE FROM chatops.manual_steps; DELETE FROM chatops.change_requests;
  UPDATE chatops.brake SET paused_at = NULL, paused_by = NULL, reason = NULL, resume_asked_at = NULL, resume_asked_by = NULL;
  UPDATE chatops.ledger_head SET seq = 0,
    hash = (SELECT encode(sha256(convert_to('chatops ledger ' || id, 'UTF8')), 'hex') FROM chatops.identity);
  SET session_replication_role = origin;`

/** Sets both up for one run: the demo's rows and nothing else. */
export async function setUp(home: Home): Promise<{ model: Model; real: Stage }> {
  const { world, admin, appUrl, clock, proxy } = home
  await emptyDatabase(admin)
  await admin.query(FORGET)
  await insertDemoRows(admin)
  clock.now = Date.now()
  const { rows } = await admin.query(
    `SELECT slug, to_jsonb(t) AS row, (SELECT count(*)::int FROM audits WHERE auditable_id = t.id) AS audits
     FROM trainees t WHERE id = ANY ($1) ORDER BY id`,
    [TRAINEES],
  )
  const queue = new Set<string>()
  const delivered = new Set<string>()
  const real = { world, admin, appUrl, proxy, sleepers: [], queue, delivered, effects: recorder(queue, delivered) }
  const model: Model = {
    get clock() {
      return clock.now
    },
    set clock(now) {
      clock.now = now
    },
    isPaused: false,
    trainees: rows,
    requests: [],
  }
  return { model, real: { ...real, others: await hashOthers(admin) } }
}

/** The edges: what Slack, Trello and the queue are given is written down. */
function recorder(queue: Set<string>, delivered: Set<string>): Effects {
  const deliver = async ({ id }: { id: string }) => void delivered.add(id)
  return {
    ...{ card: deliver, thread: deliver, direct: deliver, alert: deliver, brake: deliver, morning: deliver },
    ...{ trello: deliver, job: deliver, sidekiq: deliver },
    async hint({ id, changeRequest }) {
      delivered.add(id)
      if (changeRequest) queue.add(changeRequest)
    },
  }
}

/** Every table of Register's but the rows that requests are about. */
export async function hashOthers(admin: pg.Client): Promise<string> {
  const part = (table: string, where = '') =>
    `(SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY id)), '') FROM public.${table} t ${where})`
  const others = ['degrees', 'providers', 'users', 'schools', 'dttp_schools', 'nationalities'].map((one) => part(one))
  const trainees = part('trainees', `WHERE id NOT IN (${TRAINEES})`)
  const audits = part('audits', `WHERE comment IS NULL OR comment NOT LIKE 'CR-%'`)
  const { rows } = await admin.query(`SELECT concat_ws('/', ${[...others, trainees, audits].join(', ')}) AS hash`)
  return rows[0].hash
}

/** Another process: the same database, and something that happens to it at one step. */
export function workerThat({ world }: Stage, at: string, happens: () => void | Promise<void>): World {
  return { ...world, onStep: (step) => (step === at ? happens() : undefined) }
}

/** A worker whose connection is lost at its COMMIT; answers how it ended. */
export async function loseCommit({ world, proxy }: Stage, request: string, loss: Loss): Promise<string> {
  const database = await createDataSource(proxy.url, 3).initialize()
  proxy.loseNext(loss)
  try {
    return await execute({ ...world, database }, request)
  } finally {
    proxy.loseNext(null)
    await database.destroy()
  }
}

/** A worker whose sessions are cut at one step. Killed, it never goes on; otherwise it lives to see the error. */
export async function cutAt(stage: Stage, request: string, at: string, isKilled: boolean): Promise<void> {
  const database = createDataSource(stage.appUrl, 3).setOptions({ applicationName: 'doomed' })
  await database.initialize()
  let die: () => void = () => {}
  const death = new Promise<void>((resolve) => {
    die = resolve
  })
  const doomed = workerThat({ ...stage, world: { ...stage.world, database } }, at, async () => {
    await stage.admin.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'doomed'`,
    )
    if (!isKilled) return
    die()
    return new Promise<void>(() => {})
  })
  await Promise.race([execute(doomed, request), death])
  const closed = database.destroy()
  if (!isKilled) await closed // a killed worker's session is never given back
}
