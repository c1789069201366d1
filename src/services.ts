import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import pTimeout from 'p-timeout'
import type { Logger } from 'pino'
import type { DataSource } from 'typeorm'
import type { RunningBot } from './bot/app.ts'
import { createClicks } from './bot/clicks.ts'
import { createRestoredLook } from './bot/slack/restored.ts'
import { workingDaysAfter } from './calendar/working-time.ts'
import { createWatch } from './compatibility/watch.ts'
import type { Config } from './config/index.ts'
import { createDataSource } from './entities/data-source.ts'
import { startDatabaseClock } from './entities/database-clock.ts'
import { demandMigrated } from './entities/demand-migrated.ts'
import { demandLeastPrivilege } from './entities/least-privilege.ts'
import { LONGEST_SILENCE_MS } from './entities/lost-sessions.ts'
import { OperatorError } from './error-facts.ts'
import { findUnread } from './jobs/mirror/age.ts'
import { runsHere } from './jobs/start/runner.ts'
import { demandEnvironment } from './pausing/environment.ts'
import { foldingsOfName } from './personal-data/readings.ts'
import { findPlaybook } from './playbooks/index.ts'
import { createQueueBackend, demandQueue, type QueueBackend, type QueueSettings } from './queue/backend.ts'
import { STEADY, startLoop } from './queue/loop.ts'
import type { RunningWorker } from './queue/worker.ts'
import { startBotRole, startWorkerRole } from './services/roles.ts'
import { createClient, findOurselves, openReports, openSlack, type Slack } from './services/slack.ts'
import { openWeb, type Web } from './services/web.ts'
import { createWorld } from './services/world.ts'
import type { Report, World } from './world.ts'

/** What a running process is made of. `stop` drains: no new work, what is in flight is finished, then all is closed. */
export type Services = { port: number; changes: World; stop: () => Promise<void> }

/** For how long a start that came to nothing may take to close what it had opened: nothing may keep its reason from being told. */
const CLOSED_WITHIN_MS = 5_000

type Overrides = Partial<Pick<World, 'now' | 'onStep' | 'onJobStep' | 'during' | 'schoolsPerPage'>>

/**
 * Builds every service once, passes them down, and starts the roles that are configured. Where one of them cannot be had, those
 * that were opened are closed again before it throws.
 */
export async function startServices(config: Config, log: Logger, overrides: Overrides = {}): Promise<Services> {
  const opened: Opened = {}
  try {
    return await open(config, log, overrides, opened)
  } catch (error) {
    const closing = pTimeout(close(opened), { milliseconds: CLOSED_WITHIN_MS })
    await closing.catch(() => log.warn('what was opened could not be closed'))
    throw error
  }
}

async function open(config: Config, log: Logger, overrides: Overrides, opened: Opened): Promise<Services> {
  demandKnownPlaybooks(config)
  const client = createClient(config, log, SLACK_TIMEOUT_MS)
  // None of the three needs another. Each has ended before anything is closed.
  const first = [
    openDatabase(config, opened),
    findOurselves(client, config, log),
    demandQueue(queueSettings(config)),
  ] as const
  await Promise.allSettled(first)
  const [database, found] = await Promise.all(first)
  const report = openReports(config, log, database)
  const slack = openSlack(config, database, report, client, found)
  const clock = await startDatabaseClock(database, log)
  opened.clock = clock
  const clicks = createClicks()
  const made = await createWorld(config, log, database, report, clock.now)
  const world: World = { ...made, build: await findBuild(), clicksPassed: clicks.passed, ...overrides }
  opened.world = world
  opened.looks = await startLooks(world, slack, report)
  const backend = createQueueBackend(queueSettings(config), log, world.now)
  opened.backend = backend

  const isBot = config.ROLES.includes('bot')
  const isConnected = () => !isBot || opened.bot?.isConnected() === true
  const web = await openWeb(config, world, { slack, backend, isConnected })
  opened.web = web
  const worker = config.ROLES.includes('worker') ? startWorkerRole(config, world, slack, backend) : null
  opened.worker = worker
  if (isBot) opened.bot = await startBotRole(config, world, slack, { web, clicks, backend, worker })
  opened.loading = setTimeout(loadTables, LOAD_TABLES_AFTER_MS)
  return { port: web.port, changes: world, stop: () => close(opened) }
}

/** What there is to close, as far as the start has come. */
type Opened = {
  database?: DataSource
  clock?: { stop: () => void }
  world?: World
  looks?: { stop: () => Promise<void> }
  backend?: QueueBackend
  web?: Web
  worker?: RunningWorker | null
  bot?: RunningBot
  loading?: NodeJS.Timeout
}

/** Drains, and closes all there is. */
async function close({ database, clock, world, looks, backend, web, worker, bot, loading }: Opened): Promise<void> {
  clearTimeout(loading)
  await Promise.all([looks?.stop(), bot?.stop(), worker?.takeNoMore()])
  await web?.close()
  await worker?.stop()
  await web?.forget()
  await backend?.close()
  world?.upstreams.dttp.close()
  world?.upstreams.sidekiq?.close()
  clock?.stop()
  await database?.destroy()
}

const SLACK_TIMEOUT_MS = 10_000

const LOAD_TABLES_AFTER_MS = 2_000

/** Bank holidays and other alphabets are loaded when they are first needed, for which nobody's click should wait. */
function loadTables(): void {
  workingDaysAfter(new Date(), 1)
  foldingsOfName('Ж')
}

/** The hash of this file of the build, which names those that it needs by theirs; where nothing is built, it is always the same. */
async function findBuild(): Promise<string> {
  return createHash('sha256')
    .update(await readFile(new URL(import.meta.url)))
    .digest('hex')
}

/** Throws where the database is not as this version needs it, or belongs to another environment. */
async function openDatabase(config: Config, opened: Opened): Promise<DataSource> {
  const database = await createDataSource(config.DATABASE_URL, config.DATABASE_POOL, LONGEST_SILENCE_MS).initialize()
  opened.database = database
  await demandLeastPrivilege(database)
  await demandMigrated(database)
  await demandEnvironment(database, config.ENVIRONMENT)
  return database
}

/** How soon a channel is looked at again that Slack did not let us read at the start. */
const LOOK_FOR_LATER_MS = 30_000
/** How often it is looked whether Register's Sidekiq is still read. */
const MIRROR_LOOK_MS = 60_000
/** How often Register's database is looked at although nobody asks for anything. */
const REGISTER_LOOK_MS = 60 * 60_000

/** Looks whether Slack knows of anything later than this database, whether Register's is as it was, and its Sidekiq read. */
async function startLooks(world: World, { client }: Slack, report: Report): Promise<{ stop: () => Promise<void> }> {
  const { database, log } = world
  const lookForLater = createRestoredLook(world, client)
  const unread = await lookForLater().catch(() => world.channels)
  if (unread.length > 0) {
    log.warn({ channels: unread }, 'Slack did not say yet whether it knows of anything later than this database')
  }
  const again = { interval: LOOK_FOR_LATER_MS, pace: STEADY, isFirstLater: true }
  const later = startLoop(log, 'the look for later messages', again, () => lookForLater().then(() => false))
  const look = createWatch(database, runsHere(world), log, report)
  const hourly = { interval: REGISTER_LOOK_MS, pace: STEADY }
  const watch = startLoop(log, 'the look at Register’s database', hourly, () => look().then(() => false))
  const everyMinute = { interval: MIRROR_LOOK_MS, pace: STEADY, isFirstLater: true }
  const mirror = startLoop(log, 'the look at how old the mirror is', everyMinute, async () => {
    const unread = await findUnread(world)
    if (unread !== null) await report(unread, {})
    return false
  })
  return {
    async stop() {
      await Promise.all([watch.stop(), later.stop(), mirror.stop()])
    },
  }
}

function demandKnownPlaybooks({ REQUEST_EXPIRY, PLAYBOOKS = [] }: Config): void {
  const named = { REQUEST_EXPIRY: [...REQUEST_EXPIRY.byPlaybook.keys()], PLAYBOOKS }
  for (const [setting, names] of Object.entries(named)) {
    if (!names.every(findPlaybook)) throw new OperatorError(`${setting} names a playbook that does not exist`)
  }
}

function queueSettings(config: Config): QueueSettings {
  const { QUEUE_BACKEND: backend, REDIS_URL: url = '', REDIS_SENTINELS: sentinels } = config
  const { REDIS_SENTINEL_USER: sentinelUser, REDIS_SENTINEL_PASSWORD: sentinelPassword } = config
  return backend === 'redis'
    ? { backend, url, sentinels, sentinelUser, sentinelPassword }
    : { backend, url: config.QUEUE_DATABASE_URL ?? config.DATABASE_URL }
}
