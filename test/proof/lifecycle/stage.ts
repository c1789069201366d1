// The real thing that a run of the model is compared with: a database, workers, a relay, and Rails on its own connection.
import pg from 'pg'
import type { DttpSimulator } from '../../../sandbox/dttp/index.ts'
import { insertDemoRows } from '../../../sandbox/register/seed.ts'
import { execute } from '../../../src/changes/execute/execute.ts'
import { createDttpClient } from '../../../src/dttp/client/index.ts'
import { createDataSource } from '../../../src/entities/data-source.ts'
import type { Effects } from '../../../src/outbox/relay.ts'
import type { World } from '../../../src/world.ts'
import { createLifecycle } from '../../support/lifecycle.ts'
import { type Loss, startLossyProxy } from '../../support/lossy-proxy.ts'
import { emptyDatabase } from '../../support/reset.ts'
import { addSubmissions } from '../re-register-stage.ts'
import { addUnregistered, startFilledDttp } from '../registrations-stage.ts'
import { EXPIRES_AFTER, type Model, VERIFY_AGAIN_AFTER } from './model.ts'

/** Who is registered with DTTP, and polled for. */
export const JOBS_TRAINEE = '5999'
const TRAINEES = ['5901', '5903', JOBS_TRAINEE]

/** A worker that went to sleep, in the execution of a request or in a job; `wake` lets it go on and waits for its end. */
type Sleeper = { request: string | null; wake: () => Promise<void> }

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
  dttp: DttpSimulator
  /** The ids of the records of JOBS_TRAINEE in DTTP: now, and of all that there ever were in this run. */
  recordsNow: () => string[]
  recordsEver: () => ReadonlySet<string>
  /** Whether a job may have written something in this step. */
  haveJobsRun: boolean
  /** Outbox rows that reached the other side. */
  delivered: Set<string>
  /** A hash of every row that no request may write. */
  others: string
}

export type Home = {
  world: World
  admin: pg.Client
  appUrl: string
  clock: { now: number }
  proxy: LossyProxy
  dttp: DttpSimulator
}

type LossyProxy = Awaited<ReturnType<typeof startLossyProxy>>

/** What all runs share: the connections. */
export async function openHome({ appUrl, adminUrl }: { appUrl: string; adminUrl: string }): Promise<Home> {
  const clock = { now: Date.now() }
  const admin = new pg.Client(adminUrl)
  await admin.connect()
  const dttp = await startFilledDttp()
  const { url: organisation, tokenUrl, clientId, clientSecret } = dttp
  const client = createDttpClient({ organisation, tokenUrl, clientId, clientSecret, sleep: async () => {} })
  const world = await createLifecycle(appUrl, {
    upstreams: { dttp: client },
    now: () => new Date(clock.now),
    expiryOf: (_, sentAt) => new Date(sentAt.getTime() + EXPIRES_AFTER),
    verifyAgainAfter: VERIFY_AGAIN_AFTER,
  })
  return { world, admin, appUrl, clock, dttp, proxy: await startLossyProxy(appUrl) }
}

export async function closeHome({ world, admin, proxy, dttp }: Home): Promise<void> {
  await world.database.destroy()
  await dttp.stop()
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
  const { world, admin, appUrl, clock, proxy, dttp } = home
  await emptyDatabase(admin)
  await admin.query(FORGET)
  await insertDemoRows(admin)
  await addLost(admin)
  const { contacts, dfe_placementassignments: assignments } = dttp.state
  clock.now = Date.now()
  const { rows } = await admin.query(
    `SELECT slug, to_jsonb(t) AS row, (SELECT count(*)::int FROM audits WHERE auditable_id = t.id) AS audits
     FROM trainees t WHERE id = ANY ($1) ORDER BY id`,
    [TRAINEES],
  )
  const queue = new Set<string>()
  const delivered = new Set<string>()
  const ever = new Set<string>()
  const recordsNow = () => {
    const own = [...contacts].filter(([, record]) => record['dfe_traineeid'] === `21/22-${JOBS_TRAINEE}`)
    for (const [id] of own) ever.add(id)
    return own.map(([id]) => id)
  }
  removeRecords(dttp, recordsNow())
  ever.clear()
  const real = {
    ...{ world, admin, appUrl, proxy, sleepers: [], queue, delivered, effects: recorder(admin, queue, delivered) },
    ...{ dttp, recordsNow, recordsEver: () => ever, haveJobsRun: false },
  }
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
    inDttp: (id) => contacts.has(String(id)) || assignments.has(String(id)),
    isPolled: false,
    registration: null,
  }
  return { model, real: { ...real, others: await hashOthers(admin) } }
}

/** Takes trainees' records out of DTTP, with all that belongs to them. */
export function removeRecords({ state }: DttpSimulator, ids: readonly string[]): void {
  for (const set of [state.contacts, state.dfe_placementassignments, state.dfe_degreequalifications]) {
    for (const [id, record] of set) {
      if (ids.includes(id) || ids.includes(String(record['_dfe_contactid_value']))) set.delete(id)
    }
  }
}

/** Register names a record of this trainee that DTTP has lost. */
async function addLost(admin: pg.Client): Promise<void> {
  await addUnregistered(admin, [JOBS_TRAINEE])
  await addSubmissions(admin, [JOBS_TRAINEE])
  await admin.query(
    `UPDATE trainees SET dttp_id = gen_random_uuid(), placement_assignment_dttp_id = gen_random_uuid() WHERE id = $1`,
    [JOBS_TRAINEE],
  )
}

/** The edges: what Slack, Trello and the queue are given is written down. */
function recorder(admin: pg.Client, queue: Set<string>, delivered: Set<string>): Effects {
  const deliver = async ({ id }: { id: string }) => void delivered.add(id)
  return {
    ...{ thread: deliver, direct: deliver, alert: deliver, brake: deliver, morning: deliver },
    ...{ trello: deliver, job: deliver, sidekiq: deliver },
    async card({ id, changeRequest }) {
      delivered.add(id)
      await admin.query('UPDATE chatops.change_requests SET rendered_version = card_version WHERE id = $1', [
        changeRequest,
      ])
    },
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
  const others = ['providers', 'users', 'schools', 'dttp_schools', 'nationalities'].map((one) => part(one))
  const degrees = part('degrees', `WHERE trainee_id <> ${JOBS_TRAINEE}`)
  const trainees = part('trainees', `WHERE id NOT IN (${TRAINEES.join()})`)
  const audits = part(
    'audits',
    `WHERE comment IS NULL OR comment NOT LIKE 'CR-%' AND comment NOT LIKE 'trainee-chatops job %'`,
  )
  const { rows } = await admin.query(
    `SELECT concat_ws('/', ${[...others, degrees, trainees, audits].join(', ')}) AS hash`,
  )
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

/** A worker with connections of its own, which it loses for good when it dies. */
export async function withDoomed<T>(
  { admin, appUrl }: Stage,
  act: (database: World['database'], die: () => Promise<never>) => Promise<T>,
): Promise<T> {
  const database = createDataSource(appUrl, 3).setOptions({ applicationName: 'doomed' })
  await database.initialize()
  const die = async () => {
    const closed = database.destroy()
    await endDoomed(admin)
    await closed.catch(() => {})
    throw new Error('killed')
  }
  try {
    return await act(database, die)
  } finally {
    if (database.isInitialized) await database.destroy()
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
    await endDoomed(stage.admin)
    if (!isKilled) return
    die()
    return new Promise<void>(() => {})
  })
  await Promise.race([execute(doomed, request), death])
  const closed = database.destroy()
  if (!isKilled) await closed // a killed worker's session is never given back
}

async function endDoomed(admin: pg.Client): Promise<void> {
  await admin.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'doomed'`,
  )
}
