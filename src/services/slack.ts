import { webApi } from '@slack/bolt'
import type { Logger } from 'pino'
import type { DataSource } from 'typeorm'
import { createPermalinks... } 
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

/** Null unless the bot is told which channels to watch, and for whom. */
function postsOf({ REGISTER_POSTS_IN: channels, REGISTER_POSTS_BY: authors }: Config) {
  return channels && authors ? { channels, authors } : null
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
