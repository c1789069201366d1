import { wakeOutbox } from './outbox/due.ts'
import { webApi } from '@slack/bolt'
import type { Application } from 'express'
import type { Logger } from 'pino'
import { forgetDismissal } from './alerts/alerts.ts'
import { type RunningBot, startBot } from './bot/app.ts'
import { mountDashboard } from './bot/dashboard.ts'
import { createDirectory } from './bot/directory.ts'
import { namedClient, type Speaker } from './bot/naming.ts'
import type { Ourselves } from './bot/own-payloads.ts'
import { createPermalinks, createRequestLinks, type Link } from './bot/permalinks.ts'
import { createAlertPosts } from './bot/posts/alerts.ts'
import { createBrakePosts } from './bot/posts/brake.ts'
import { createCards } from './bot/posts/cards.ts'
import { createDirectMessages } from './bot/posts/direct-messages.ts'
import { createMorningPosts } from './bot/posts/morning.ts'
import { createReports, type Report } from './bot/reports.ts'
import { readRefusal } from './bot/slack/errors.ts'
import { createSlackLine } from './bot/slack/line.ts'
import { slackLogger } from './bot/slack/log.ts'
import { createPoster, type Poster } from './bot/slack/poster.ts'
import { createReceipts, withReceipts } from './bot/slack/receipts.ts'
import { createRestoredLook } from './bot/slack/restored.ts'
import { watchChannels } from './bot/watched-channels.ts'
import { createWeb, listen, type Probes } from './bot/web.ts'
import { withBrake } from './brake/dttp.ts'
import { demandEnvironment } from './pausing/environment.ts'
import { endOfSpan } from './calendar/working-time.ts'
import { createTrelloCards, type TrelloClient } from './changes/verify/trello-cards.ts'
import { findOff } from './compatibility/look.ts'
import { createWatch } from './compatibility/watch.ts'
import { approverMentionOf, type Config } from './config/index.ts'
import { createDttpClient, type DttpClient } from './dttp/client/index.ts'
import { createDataSource } from './entities/data-source.ts'
import { startDatabaseClock } from './entities/database-clock.ts'
import { demandMigrated } from './entities/demand-migrated.ts'
import { demandPrimary } from './entities/demand-primary.ts'
import { demandLeastPrivilege, findLooseRights } from './entities/least-privilege.ts'
import { OperatorError } from './error-facts.ts'
import { createHomeRound } from './handlers/app-home.ts'
import { answerPosted } from './handlers/messages.ts'
import { createPeople } from './people/people.ts'
import { findPlaybook } from './playbooks/index.ts'
import { createQueueBackend, demandQueue, type QueueBackend, type QueueSettings } from './queue/backend.ts'
import { openJobQueues } from './queue/job-queues.ts'
import { type Loop, STEADY, startLoop } from './queue/loop.ts'
import { createWaker, type Waker } from './queue/waker.ts'
import { CHANGES_QUEUE, type RunningWorker, startWorker } from './queue/worker.ts'
import { createSidekiqClient, type SidekiqClient } from './sidekiq/index.ts'
import { createTrelloClient } from './trello/index.ts'
import { createNaming } from './words.ts'
import { readDatabaseIdentity, type World } from './world.ts'

/** What a running process is made of. `stop` drains: no new work, what is in flight is finished, then all is closed. */
export type Services = { port: number; changes: World; stop: () => Promise<void> }

/** Builds every service once, passes them down, and starts the roles that are configured. */
export async function startServices(
  config: Config,
  log: Logger,
  overrides: Partial<Pick<World, 'now' | 'onStep' | 'onJobStep' | 'during' | 'schoolsPerPage'>> = {},
): Promise<Services> {
  const database = await createDataSource(config.DATABASE_URL, config.DATABASE_POOL).initialize()
  await demandLeastPrivilege(database)
  await demandMigrated(database)
  await demandEnvironment(database, config.ENVIRONMENT)
  await demandQueue(queueSettings(config))
  demandKnownPlaybooks(config)
  const client = createClient(config, log, 10_000)
  const report = createReports(database, log, config.OPERATORS_CHANNEL ?? null)
  const { ourselves, hasAnswered, workspaceUrl } = await findOurselves(client, config, log)
  const permalink = createPermalinks(client, workspaceUrl)
  const speaker = speakerOf(config, createRequestLinks(database, permalink))
  const clock = await startDatabaseClock(database, log)
  const changes: World = { ...(await createChanges(config, log, database, report, clock.now)), ...overrides }
  const lookForLater = createRestoredLook(changes, client)
  const unread = await lookForLater().catch(() => changes.channels)
  if (unread.length > 0) {
    log.warn({ channels: unread }, 'Slack did not say yet whether it knows of anything later than this database')
  }
  const again = { interval: LOOK_FOR_LATER_MS, pace: STEADY, isFirstLater: true }
  const later = startLoop(log, 'the look for later messages', again, () => lookForLater().then(() => false))
  const look = createWatch(database, log, report)
  const hourly = { interval: REGISTER_LOOK_MS, pace: STEADY }
  const watch = startLoop(log, 'the look at Register’s database', hourly, () => look().then(() => false))
  const backend = createQueueBackend(queueSettings(config), log, changes.now)

  let bot: RunningBot | null = null
  let homes: Loop | null = null
  let worker: RunningWorker | null = null
  let waker: Waker | null = null
  let trello: TrelloClient | null = null
  let reading: Loop | null = null
  const wake = (waitsFor: string) => wakeOutbox(database.manager, waitsFor)
  const line = createSlackLine(client, { report, wake }, hasAnswered)
  const probes: Probes = {
    database: () => demandPrimary(database),
    queue: () => backend.ping(),
    slack: async () => {
      line.demandToken()
      if (config.ROLES.includes('bot') && !bot?.isConnected()) throw new Error('not connected')
    },
  }
  const warnings = async () => [...(await findLooseRights(database)), ...(await backend.warnings())]
  const posts = postsOf(config)
  const watched = watchChannels(client, posts?.channels ?? [], report)
  const web = createWeb(probes, async () => {
    const found = await warnings()
    return { ...(await findOff(database)), ...watched.missing(), ...(found.length > 0 ? { warnings: found } : {}) }
  })
  const closeDashboard = config.JOBS_DASHBOARD ? openDashboard(web, config.JOBS_DASHBOARD, backend) : null
  const server = await listen(web, config.HTTP_HOST, config.HTTP_PORT)
  void warnings().then(
    (found) => found.length > 0 && log.warn({ warnings: found }, 'something should be set up otherwise'),
    () => {}, // what does not answer is said elsewhere
  )

  if (config.ROLES.includes('worker')) {
    trello = createTrello(config, log)
    const speaking = withReceipts(namedClient(client, speaker), createReceipts(database))
    const poster = createPoster(speaking, line, [...changes.channels, ...(posts?.channels ?? [])])
    const effects = {
      ...createSlackEffects(config, changes, poster),
      trello: createTrelloCards(changes, trello),
    }
    worker = startWorker(changes, backend, effects, { retention: config.RETENTION, isSlackOpen: line.isOpen })
  }
  if (config.ROLES.includes('bot')) {
    if (!worker) waker = createWaker(backend.openQueue(CHANGES_QUEUE), log)
    const nudge = () => (worker ? worker.nudge() : waker?.wake())
    const context = { changes, allowedChannels: config.ALLOWED_CHANNELS, posts, nudge, readRefusal, permalink }
    bot = await startBot(context, { ...slackSettings(config, ourselves), speaker }, web, log)
    const hear = (message: object) => answerPosted(context, message)
    const often = { interval: WATCH_MS, pace: STEADY }
    reading = startLoop(log, 'the look at watched channels', often, () => watched.look(hear).then(() => false))
    const round = createHomeRound(context, namedClient(client, speaker))
    homes = startLoop(log, 'the Home tabs', { interval: HOME_LOOK_MS, pace: STEADY }, round)
  }

  return {
    port: server.port,
    changes,
    async stop() {
      await Promise.all([watch.stop(), later.stop(), reading?.stop()])
      await homes?.stop()
      await bot?.stop()
      await server.close()
      await waker?.stop()
      await worker?.stop()
      await closeDashboard?.()
      await backend.close()
      changes.upstreams.dttp.close()
      changes.upstreams.sidekiq?.close()
      clock.stop()
      trello?.close()
      await database.destroy()
    },
  }
}

/** How each kind of message reaches Slack. */
function createSlackEffects(config: Config, world: World, poster: Poster) {
  const { database, databaseIdentity, dttpUrl } = world
  const previewOnly = world.mode === 'preview-only'
  const { REGISTER_URL: registerUrl } = config
  return {
    ...createCards(database, poster, { registerUrl, databaseIdentity, previewOnly, now: world.now }),
    ...createAlertPosts(database, poster, { registerUrl, dttpUrl, databaseIdentity, channel: world.alertChannel }),
    ...createBrakePosts(poster, databaseIdentity),
    ...createMorningPosts(world, poster),
    ...createDirectMessages(database, poster, { databaseIdentity, registerUrl }),
  }
}

/** Opens every queue once more, for looking at; the answer closes them. */
function openDashboard(web: Application, credentials: string, backend: QueueBackend): () => Promise<void> {
  const queues = [backend.openQueue(CHANGES_QUEUE), ...openJobQueues(backend).all]
  mountDashboard(
    web,
    credentials,
    queues.map(({ bull }) => bull),
  )
  return async () => {
    await Promise.all(queues.map((queue) => queue.close()))
  }
}

async function createChanges(
  config: Config,
  log: Logger,
  database: World['database'],
  report: Report,
  now: World['now'],
): Promise<World> {
  const { standard, byPlaybook } = config.REQUEST_EXPIRY
  const closedDays = new Set(config.CLOSED_DAYS)
  const people = { teamId: config.SLACK_TEAM_ID, requesters: config.REQUESTERS, approvers: config.APPROVERS }
  const features = config.REGISTER_FEATURES
  const directory = createDirectory(createClient(config, log, DIRECTORY_TIMEOUT_MS), report)
  const mode = config.MODE === 'preview-only' ? config.MODE : undefined
  return {
    database,
    mode,
    playbooksOn: config.PLAYBOOKS && new Set(config.PLAYBOOKS),
    databaseIdentity: await readDatabaseIdentity(database),
    register: {
      url: config.REGISTER_URL,
      runsJobs: config.REGISTER_JOBS !== 'off',
      handsOverRegistrations: config.REGISTRATIONS === 'sidekiq',
      isEnabled: (flag) => features.get(flag) ?? (flag.startsWith('routes.') && features.get('routes') === true),
    },
    upstreams: {
      dttp: withBrake(createDttp(config, log), { database, mode }),
      sidekiq: createSidekiq(config, log),
    },
    people: createPeople(people, directory, now),
    log,
    now,
    reveals: config.REVEAL === 'on',
    tickets: { url: config.TICKET_URL ?? null, areRequired: config.TICKET_REQUIRED === 'on' },
    closedDays,
    expiryOf: (playbook, sentAt) => endOfSpan(byPlaybook.get(playbook) ?? standard, sentAt, closedDays),
    approverMention: approverMentionOf(config),
    verifyAgainAfter: config.VERIFY_AGAIN_AFTER,
    pollEvery: config.POLL_EVERY,
    schoolsPerPage: 5000,
    channels: [...new Set([...config.ALLOWED_CHANNELS, ...(config.ALERT_CHANNEL ? [config.ALERT_CHANNEL] : [])])],
    ownIds: config.DTTP_OWN_IDS,
    askAgainAfter: config.DTTP_ASK_AGAIN_AFTER,
    jobLease: config.JOB_LEASE,
    alertHours: config.ALERT_HOURS,
    alertChannel: config.ALERT_CHANNEL ?? config.ALLOWED_CHANNELS[0] ?? '',
    gias: { url: config.GIAS_URL, maxAgeMs: config.GIAS_MAX_AGE },
    addsTrelloCards: config.TRELLO_KEY !== undefined,
    onRetry: forgetDismissal,
    dttpUrl: config.DTTP_URL.replace(/\/+$/, ''),
  }
}

/** How soon a channel is looked at again that Slack did not let us read at the start. */
const LOOK_FOR_LATER_MS = 30_000
/** How soon a post of Register's is answered whose event was lost. */
const WATCH_MS = 10 * 60_000
/** How often it is looked whether a Home tab that is open is out of date. */
const HOME_LOOK_MS = 5_000

/** How often Register's database is looked at although nobody asks for anything. */
const REGISTER_LOOK_MS = 60 * 60_000

/** A shutdown waits for longer than this, so a write has ended by then. */
const DTTP_WRITE_TIMEOUT_MS = 20_000

function createDttp(config: Config, log: Logger): DttpClient {
  return createDttpClient({
    organisation: config.DTTP_URL,
    tokenUrl: config.DTTP_TOKEN_URL,
    clientId: config.DTTP_CLIENT_ID,
    clientSecret: config.DTTP_CLIENT_SECRET,
    timeouts: { write: DTTP_WRITE_TIMEOUT_MS },
    log,
  })
}

function createSidekiq(config: Config, log: Logger): SidekiqClient | undefined {
  const { REGISTER_JOBS, SIDEKIQ_REDIS_URL: url, SIDEKIQ_SENTINELS: sentinels, SIDEKIQ_SENTINEL_PASSWORD } = config
  if (REGISTER_JOBS !== 'sidekiq' || !url) return undefined
  return createSidekiqClient({ url, sentinels, sentinelPassword: SIDEKIQ_SENTINEL_PASSWORD }, log)
}

/** Null where Trello is not set up: then people are given the text of a card. */
function createTrello(config: Config, log: Logger): TrelloClient | null {
  const { TRELLO_KEY: key, TRELLO_TOKEN: token, TRELLO_LIST_ID: listId, TRELLO_API_URL: apiUrl } = config
  if (!key || !token || !listId) return null
  return createTrelloClient({ key, token, listId, ...(apiUrl ? { apiUrl } : {}), log })
}

/** Slack waits three seconds for an answer to a click, so the question who may click must be answered well before. */
const DIRECTORY_TIMEOUT_MS = 2_000

function createClient(config: Config, log: Logger, timeout: number): webApi.WebClient {
  return new webApi.WebClient(config.SLACK_BOT_TOKEN, {
    slackApiUrl: config.SLACK_API_URL,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout,
    logger: slackLogger(log),
  })
}

/** No process runs with a token of another workspace. A worker may start while Slack is away, a bot may not. */
async function findOurselves(
  client: webApi.WebClient,
  config: Config,
  log: Logger,
): Promise<{ ourselves: Ourselves; hasAnswered: boolean; workspaceUrl: string | null }> {
  const answer = await client.auth.test().catch((error: unknown) => {
    if (config.ROLES.includes('bot'))
      throw new OperatorError('Slack did not take SLACK_BOT_TOKEN, or did not answer', { cause: error })
    return null
  })
  if (!answer) log.warn('Slack did not say which workspace the bot token belongs to')
  else if (answer.team_id !== config.SLACK_TEAM_ID) {
    throw new OperatorError('SLACK_BOT_TOKEN belongs to another workspace than SLACK_TEAM_ID')
  }
  const [, ofToken] = /^xapp-\d+-(A[A-Z0-9]+)-/.exec(config.SLACK_APP_TOKEN ?? '') ?? []
  const ourselves = {
    teamId: config.SLACK_TEAM_ID,
    enterpriseId: answer?.enterprise_id ?? null,
    appId: answer?.app_id ?? ofToken ?? null,
  }
  return { ourselves, hasAnswered: answer !== null, workspaceUrl: answer?.url ?? null }
}

function demandKnownPlaybooks({ REQUEST_EXPIRY, PLAYBOOKS = [] }: Config): void {
  const named = { REQUEST_EXPIRY: [...REQUEST_EXPIRY.byPlaybook.keys()], PLAYBOOKS }
  for (const [setting, names] of Object.entries(named)) {
    if (!names.every(findPlaybook)) throw new OperatorError(`${setting} names a playbook that does not exist`)
  }
}

/** Null unless the bot is told which channels to watch, and for whom. */
function postsOf({ REGISTER_POSTS_IN: channels, REGISTER_POSTS_BY: authors }: Config) {
  return channels && authors ? { channels, authors } : null
}

function queueSettings(config: Config): QueueSettings {
  const { QUEUE_BACKEND: backend, REDIS_URL: url = '', REDIS_SENTINELS: sentinels, REDIS_SENTINEL_PASSWORD } = config
  return backend === 'redis'
    ? { backend, url, sentinels, sentinelPassword: REDIS_SENTINEL_PASSWORD }
    : { backend, url: config.QUEUE_DATABASE_URL ?? config.DATABASE_URL }
}

function slackSettings(config: Config, ourselves: Ourselves) {
  return {
    mode: config.SLACK_MODE,
    botToken: config.SLACK_BOT_TOKEN,
    appToken: config.SLACK_APP_TOKEN,
    signingSecret: config.SLACK_SIGNING_SECRET,
    apiUrl: config.SLACK_API_URL,
    ourselves,
    command: config.COMMAND,
  }
}

function speakerOf(config: Config, link: Link): Speaker {
  const { COMMAND: command, REQUEST_PREFIX: requestPrefix, ENVIRONMENT: environment } = config
  return { naming: createNaming({ command, requestPrefix }), link, environment }
}
