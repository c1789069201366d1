import { webApi } from '@slack/bolt'
import type { Logger } from 'pino'
import type { DataSource } from 'typeorm'
import type { SlackSettings } from '../bot/app.ts'
import type { Speaker } from '../bot/naming.ts'
import type { Ourselves } from '../bot/own-payloads.ts'
import { createPermalinks, createRequestLinks, type Permalinks } from '../bot/permalinks.ts'
import { createReports } from '../bot/reports.ts'
import { createSlackLine, type SlackLine } from '../bot/slack/line.ts'
import { slackLogger } from '../bot/slack/log.ts'
import { watchChannels } from '../bot/watched-channels.ts'
import type { Config } from '../config/index.ts'
import { OperatorError } from '../error-facts.ts'
import type { HandlerContext } from '../handlers/context.ts'
import { wakeOutbox } from '../outbox/due.ts'
import { createNaming } from '../words.ts'
import type { Report } from '../world.ts'

/** What a process needs in order to speak with Slack, whichever roles it has. */
export type Slack = {
  client: webApi.WebClient
  line: SlackLine
  ourselves: Ourselves
  speaker: Speaker
  permalink: Permalinks
  /** Null unless the bot is told which channels to watch, and for whom. */
  posts: HandlerContext['posts']
  watched: ReturnType<typeof watchChannels>
}

/** @param found who we are, as `findOurselves` has it from this client */
export function openSlack(
  config: Config,
  database: DataSource,
  report: Report,
  client: webApi.WebClient,
  found: Awaited<ReturnType<typeof findOurselves>>,
): Slack {
  const { ourselves, hasAnswered, workspaceUrl } = found
  const permalink = createPermalinks(client, workspaceUrl)
  const wake = (waitsFor: string) => wakeOutbox(database.manager, waitsFor)
  const posts = postsOf(config)
  return {
    client,
    line: createSlackLine(client, { report, wake }, hasAnswered),
    ourselves,
    speaker: speakerOf(config, createRequestLinks(database, permalink)),
    permalink,
    posts,
    watched: watchChannels(client, posts?.channels ?? [], report),
  }
}

/** Tells the operators' channel where there is one. */
export function openReports(config: Config, log: Logger, database: DataSource): Report {
  return createReports(database, log, config.OPERATORS_CHANNEL ?? null)
}

export function createClient(config: Config, log: Logger, timeout: number): webApi.WebClient {
  return new webApi.WebClient(config.SLACK_BOT_TOKEN, {
    slackApiUrl: config.SLACK_API_URL,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout,
    logger: slackLogger(log),
  })
}

/**
 * Finds out who we are in Slack. No process runs with a token of another workspace. A worker may start while Slack is away, a
 * bot may not. Throws OperatorError.
 */
export async function findOurselves(
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

function postsOf({ REGISTER_POSTS_IN: channels, REGISTER_POSTS_BY: authors }: Config): Slack['posts'] {
  return channels && authors ? { channels, authors } : null
}

export function slackSettings(config: Config, { ourselves, speaker }: Slack): SlackSettings {
  return {
    mode: config.SLACK_MODE,
    botToken: config.SLACK_BOT_TOKEN,
    appToken: config.SLACK_APP_TOKEN,
    signingSecret: config.SLACK_SIGNING_SECRET,
    apiUrl: config.SLACK_API_URL,
    ourselves,
    command: config.COMMAND,
    speaker,
  }
}

function speakerOf(config: Config, link: Speaker['link']): Speaker {
  const { COMMAND: command, REQUEST_PREFIX: requestPrefix, ENVIRONMENT: environment } = config
  return { naming: createNaming({ command, requestPrefix }), link, environment }
}
