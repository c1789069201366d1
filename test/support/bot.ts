// The whole bot against the strict fake Slack: real Bolt over signed HTTP, real Postgres, a real queue.

import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import pg from 'pg'
import { pino } from 'pino'
import { afterEach, beforeEach, expect } from 'vitest'
import { parse } from 'yaml'
import { insertDemoRows } from '../../sandbox/register/seed.ts'
import { loadConfig } from '../../src/config/index.ts'
import { type Services, startServices } from '../../src/services.ts'
import { UNDERSTOOD } from '../../src/views/request/review.ts'
import type { World } from '../../src/world.ts'
import { scratchDatabase } from './database.ts'
import { extent } from './extent.ts'
import { loadGias } from './gias.ts'
import { CHANNEL, DEVELOPER, REGISTER_URL, SECOND_DEVELOPER, STRANGER, SUPPORT, TEAM } from './lifecycle.ts'
import { redisDatabase } from './redis-database.ts'
import { type FakeSlack, startFakeSlack } from './slack/index.ts'
import { isUnderWay } from './under-way.ts'

export const OTHER_CHANNEL = 'C02RANDOM'
export const GUEST = 'U08GUEST'
const SIGNING_SECRET = '0123456789abcdef0123456789abcdef'
const BOT_TOKEN = 'xoxb-test'
const BOT_USER = 'U00BOT'

const manifest = parse(readFileSync(new URL('../../manifest.yml', import.meta.url), 'utf8')) as {
  oauth_config: { scopes: { bot: string[] } }
  settings: { event_subscriptions: { bot_events: string[] } }
}

/** A Slack with the people of the story, and further channels, granting exactly the scopes of our manifest. */
export function startStorySlack(channels: readonly string[] = []): Promise<FakeSlack> {
  const people = [SUPPORT, DEVELOPER, SECOND_DEVELOPER, STRANGER]
  return startFakeSlack({
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    teamId: TEAM,
    // Slack waits for three seconds. A busy machine may take as long for what takes milliseconds elsewhere, but nobody who
    // waits for another system before answering would be in time.
    ackTimeoutMs: 8_000,
    isUnderWay,
    botUserId: BOT_USER,
    scopes: manifest.oauth_config.scopes.bot,
    botEvents: manifest.settings.event_subscriptions.bot_events,
    users: [...people.map((id) => ({ id, teamId: TEAM })), { id: GUEST, teamId: TEAM, isRestricted: true }],
    channels: [
      { id: CHANNEL, name: 'register-support', members: [...people, GUEST, BOT_USER] },
      { id: OTHER_CHANNEL, name: 'random', members: [...people, BOT_USER] },
      ...channels.map((id) => ({ id, name: id.toLowerCase(), members: [BOT_USER] })),
    ],
  })
}

/** Settings of a bot as an operator would write them. */
export function botEnvironment(
  slack: FakeSlack,
  appUrl: string,
  extra: Record<string, string> = {},
): Record<string, string> {
  return {
    SLACK_MODE: 'http',
    SLACK_BOT_TOKEN: BOT_TOKEN,
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    SLACK_TEAM_ID: TEAM,
    SLACK_API_URL: slack.apiUrl,
    ALLOWED_CHANNELS: CHANNEL,
    ALERT_HOURS: 'any',
    REQUESTERS: [SUPPORT, DEVELOPER, GUEST].join(','),
    APPROVERS: [DEVELOPER, SECOND_DEVELOPER].join(','),
    VERIFY_AGAIN_AFTER: '0s',
    REGISTER_URL,
    REGISTER_FEATURES: 'persist_to_dttp=true,sync_from_dttp=true,routes=all',
    DTTP_URL: 'http://127.0.0.1:9',
    DTTP_TOKEN_URL: 'http://127.0.0.1:9/token',
    DTTP_CLIENT_ID: 'test-client',
    DTTP_CLIENT_SECRET: 'test-secret',
    GIAS_URL: 'http://127.0.0.1:9/{yyyymmdd}.csv',
    DATABASE_URL: appUrl,
    QUEUE_BACKEND: 'postgres',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    LOG_LEVEL: 'silent',
    ...extra,
  }
}

/** Starts a bot in this process and has Slack deliver to it. */
export async function startBot(
  slack: FakeSlack,
  appUrl: string,
  options: { env?: Record<string, string>; overrides?: Partial<Pick<World, 'now' | 'onStep'>> } = {},
): Promise<Services> {
  const config = loadConfig(botEnvironment(slack, appUrl, { ...frugality(), ...options.env }))
  await leaveMornings(appUrl, config.ALLOWED_CHANNELS)
  const services = await startServices(config, pino({ level: 'silent' }), options.overrides)
  if (config.ROLES.includes('bot')) slack.addReplica(`http://127.0.0.1:${services.port}/slack/events`)
  return services
}

/** At whatever time of day the tests run, nothing is posted but what they ask for. */
async function leaveMornings(appUrl: string, channels: readonly string[]): Promise<void> {
  const client = new pg.Client(appUrl)
  await client.connect()
  await client.query(
    `INSERT INTO chatops.mornings SELECT channel, current_date + n FROM unnest($1::text[]) channel, generate_series(-1, 1) n
     ON CONFLICT DO NOTHING`,
    [channels],
  )
  await client.end()
}

/** Slack, a database and one bot on it; `stop` ends them all. */
async function startStory(options: { env?: Record<string, string>; overrides?: Partial<Pick<World, 'now'>> } = {}) {
  const scratch = await scratchDatabase()
  const slack = await startStorySlack()
  await forgetJobs()
  const bot = await startBot(slack, scratch.appUrl, options)
  return {
    scratch,
    slack,
    bot,
    async stop() {
      await this.bot.stop()
      await slack.stop()
      await scratch.drop()
    },
  }
}

/**
 * A story for each test of a file, with seeded trainees, today's GIAS, and a superuser's connection to look behind the
 * scenes. After each test Slack must have found nothing to object to.
 * @param environment further settings of the bot, asked for before each test
 */
export function useStory(environment: () => Record<string, string> = () => ({})) {
  const use = {} as { story: Awaited<ReturnType<typeof startStory>>; admin: pg.Client }
  beforeEach(async () => {
    use.story = await startStory({ env: environment() })
    use.admin = new pg.Client(use.story.scratch.adminUrl)
    await use.admin.connect()
    await insertDemoRows(use.admin)
    await loadGias(use.admin)
  })
  afterEach(async () => {
    expect(use.story.slack.takeViolations()).toEqual([])
    await use.admin.end()
    await use.story.stop()
  })
  return use
}

/** What somebody sends who approves what their review shows: with the tick, where it asks for one. */
export function approval(slack: FakeSlack, user: string): { user: string; values: Record<string, string[]> } {
  const isAsked = slack.view(user)?.blocks.some((block) => block.block_id === UNDERSTOOD)
  return { user, values: isAsked ? { [UNDERSTOOD]: [UNDERSTOOD] } : {} }
}

/**
 * Where a bot's jobs are kept, and how many sessions of Postgres it has, unless a test says so. Each session costs the
 * tests more than what is done in it, so a sample is tried with few.
 */
function frugality(): Record<string, string> {
  return extent === 'sample' ? { ...onRedis(), DATABASE_POOL: '4' } : {}
}

/** What an earlier story left in Redis is about requests and jobs of another database. */
async function forgetJobs(): Promise<void> {
  const redis = new Redis(redisDatabase(0))
  await redis.flushdb()
  redis.disconnect()
}

/** The run's Redis, for a bot whose jobs are kept there. */
export function onRedis(): Record<string, string> {
  return { QUEUE_BACKEND: 'redis', REDIS_URL: redisDatabase(0) }
}
