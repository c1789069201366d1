// The whole bot against the strict fake Slack: real Bolt over signed HTTP, real Postgres, a real queue.

import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterEach, beforeEach, expect } from 'vitest'
import { parse } from 'yaml'
import { withClient } from '../../sandbox/register/database.ts'
import { loadConfig } from '../../src/config/index.ts'
import { type Services, startServices } from '../../src/services.ts'
import { UNDERSTOOD } from '../../src/views/request/review.ts'
import type { World } from '../../src/world.ts'
import type { ScratchDatabase } from './database.ts'
import { extent } from './extent.ts'
import { CHANNEL, DEVELOPER, REGISTER_URL, SECOND_DEVELOPER, STRANGER, SUPPORT, TEAM } from './lifecycle.ts'
import { redisDatabase } from './redis-database.ts'
import { type FakeSlack, startFakeSlack } from './slack/index.ts'
import { leaveMornings } from './story-rows.ts'
import { isUnderWay } from './under-way.ts'
import { useScratch } from './world.ts'

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
  options: {
    env?: Record<string, string>
    overrides?: Partial<Pick<World, 'now' | 'onStep'>>
    isMorningOver?: true
  } = {},
): Promise<Services> {
  const config = loadConfig(botEnvironment(slack, appUrl, { ...frugality(), ...options.env }))
  if (!options.isMorningOver) await withClient(appUrl, (client) => leaveMornings(client, config.ALLOWED_CHANNELS))
  const services = await startServices(config, pino({ level: 'silent' }), options.overrides)
  if (config.ROLES.includes('bot')) slack.addReplica(`http://127.0.0.1:${services.port}/slack/events`)
  return services
}

type Story = Awaited<ReturnType<typeof startStory>>

/** Slack, and one bot on a database; `stop` ends both. */
async function startStory(scratch: ScratchDatabase, env: Record<string, string>) {
  const slack = await startStorySlack()
  await forgetJobs()
  const bot = await startBot(slack, scratch.appUrl, {
    env,
    ...(env['ALLOWED_CHANNELS'] ? {} : { isMorningOver: true }),
  })
  return {
    scratch,
    slack,
    bot,
    async stop() {
      await this.bot.stop()
      await slack.stop()
    },
  }
}

/**
 * A story for each test of a file, with seeded trainees, today's GIAS, and a superuser's connection to look behind the
 * scenes. After each test Slack must have found nothing to object to.
 * @param environment further settings of the bot, asked for before each test
 */
export function useStory(environment: () => Record<string, string> = () => ({})) {
  const use = Object.assign(useScratch({ rows: 'story', forEach: 'test, put back' }), {} as { story: Story })
  beforeEach(async () => {
    use.story = await startStory(use.scratch, environment())
  })
  afterEach(async () => {
    expect(use.story.slack.takeViolations()).toEqual([])
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
