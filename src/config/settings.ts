import * as z from 'zod'
import { isDay } from '../calendar/london.ts'
import {
  CHANNEL,
  duration,
  environment,
  expiry,
  features,
  httpsUrl,
  listOf,
  postgresUrl,
  redisUrl,
  secret,
  sentinels,
  trelloSecret,
  USER_OR_GROUP,
} from './kinds.ts'

/** Every setting, and what it is for. */
export const settings = z.object({
  ROLES: z
    .string()
    .default('bot,worker')
    .transform((text) => text.split(',').map((role) => role.trim()))
    .refine(
      (roles) => roles.length > 0 && roles.every((role) => role === 'bot' || role === 'worker'),
      'must be bot, worker or bot,worker',
    )
    .describe('What this process does: bot (Slack), worker (queue), or both.'),
  ENVIRONMENT: environment
    .default('production')
    .describe(
      'Which environment this process and its database belong to. It stands on every card, modal, answer, notification and log line unless it is production.',
    ),
  MODE: z
    .enum(['full', 'preview-only'])
    .default('full')
    .describe('What the bot does: full, or preview-only, which shows everything and carries out nothing.'),
  PLAYBOOKS: listOf(/^[a-z]+(-[a-z]+)*$/, 'playbook')
    .optional()
    .describe('The playbooks that are on, such as fix-route,requeue-trn,undo; all of them unless set.'),
  COMMAND: z
    .string()
    .regex(/^\/[a-z][a-z0-9_-]{0,30}$/, 'must be a command such as /trainee')
    .default('/trainee')
    .describe('The command that people type, as the Slack app declares it. Two bots in one workspace need two.'),
  REQUEST_PREFIX: z
    .string()
    .regex(/^[A-Z][A-Z0-9]{0,9}$/, 'must be a few capital letters, such as CR')
    .default('CR')
    .describe('What stands before the number of a request: CR makes CR-12. Two bots in one workspace need two.'),
  SLACK_MODE: z
    .enum(['socket', 'http'])
    .describe('How Slack reaches the bot: socket (Socket Mode) or http (signed requests).'),
  SLACK_BOT_TOKEN: secret(/^xoxb-/, 'a bot token (xoxb-…)').describe('The bot token, from "OAuth & Permissions".'),
  SLACK_APP_TOKEN: secret(/^xapp-/, 'an app-level token (xapp-…)')
    .optional()
    .describe('The app-level token with connections:write; needed with SLACK_MODE=socket.'),
  SLACK_SIGNING_SECRET: secret(/^[0-9a-f]{32,}$/, 'the signing secret: 32 hexadecimal digits').describe(
    'The signing secret, from "Basic Information".',
  ),
  SLACK_TEAM_ID: secret(/^T[A-Z0-9]+$/, 'a workspace id (T…)').describe(
    'The only workspace whose members may use the bot.',
  ),
  SLACK_API_URL: httpsUrl
    .default('https://slack.com/api/')
    .describe('Where Slack’s Web API is; only the demo changes it.'),
  OPERATORS_CHANNEL: z
    .string()
    .regex(/^[CGUW][A-Z0-9]{2,}$/, 'must be a channel id (C…) or a user id (U…)')
    .optional()
    .describe('Where the bot says what only its operators can mend. It is logged as an error in any case.'),
  ALLOWED_CHANNELS: listOf(CHANNEL, 'channel').describe(
    'Channels in which the command may be used and cards are posted.',
  ),
  REQUESTERS: listOf(USER_OR_GROUP, 'user or user group').describe(
    'Who may ask for changes: user ids (U…) and user group ids (S…).',
  ),
  APPROVERS: listOf(USER_OR_GROUP, 'user or user group').describe(
    'Who may approve them: user ids (U…) and user group ids (S…).',
  ),
  REQUEST_EXPIRY: expiry
    .default({ standard: { unit: 'working-days', count: 1 }, byPlaybook: new Map() })
    .describe(
      'How long a request waits for approval: 1wd (a working day), 8wh (working hours) or 24h; 1wd,fix-route=8wh for one playbook.',
    ),
  CLOSED_DAYS: listOf(/^\d{4}-\d\d-\d\d$/, 'day')
    .refine((days) => days.every(isDay), 'must be days that exist, such as 2026-12-24')
    .default([])
    .describe('Days on which nobody works, besides weekends and bank holidays: 2026-12-24,2026-12-31.'),
  APPROVER_MENTION: z
    .string()
    .regex(USER_OR_GROUP, 'must be a user id (U…) or a user group id (S…)')
    .optional()
    .describe('Whom a waiting request calls; the first group among APPROVERS unless set.'),
  RETENTION: duration
    .default(90 * 864e5)
    .describe('How long forms and changes of finished requests are kept. The ledger is kept for good.'),
  REVEAL: z
    .enum(['on', 'off'])
    .default('off')
    .describe('Whether an approver may ask for the values of personal columns that change; each time is recorded.'),
  TICKET_URL: httpsUrl
    .refine((url) => url.includes('{ticket}'), 'must hold {ticket} where the number of the ticket goes')
    .optional()
    .describe('The address of a support ticket, such as https://example.zendesk.com/agent/tickets/{ticket}.'),
  TICKET_REQUIRED: z.enum(['on', 'off']).default('off').describe('Whether a request must name a support ticket.'),
  VERIFY_AGAIN_AFTER: duration.default(6e4).describe('When the result of a change is looked at a second time.'),
  REGISTER_URL: z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => !URL.canParse(url) || (!new URL(url).username && !new URL(url).password),
      'must not hold a user name or password',
    )
    .transform((url) => url.replace(/\/+$/, ''))
    .describe('Register’s base URL; trainee links begin with it.'),
  REGISTER_FEATURES: features.describe(
    'Register’s feature flags; production’s are persist_to_dttp=true,sync_from_dttp=true,routes=all,routes.hpitt_postgrad=false',
  ),
  REGISTER_JOBS: z
    .enum(['own', 'sidekiq', 'off'])
    .default('off')
    .describe(
      'Who runs Register’s five DTTP jobs: own (our workers), sidekiq (Register’s own Sidekiq, beside us), or off (nobody here; playbooks that need them say so).',
    ),
  REGISTRATIONS: z
    .enum(['own', 'sidekiq'])
    .default('own')
    .describe(
      'Who runs the registrations that two people approved, with REGISTER_JOBS=sidekiq: own (our workers, which register nobody twice), or sidekiq.',
    ),
  SIDEKIQ_REDIS_URL: redisUrl
    .optional()
    .describe(
      'Register’s Redis, with user, password and database: redis:// or, with TLS, rediss://. Needed with REGISTER_JOBS=sidekiq.',
    ),
  SIDEKIQ_SENTINELS: sentinels
    .optional()
    .describe('Its Sentinels, as host:port,host:port. The host in SIDEKIQ_REDIS_URL is the master’s name then.'),
  SIDEKIQ_SENTINEL_USER: z
    .string()
    .min(1)
    .optional()
    .describe('The bot’s user at the Sentinels, where they have users.'),
  SIDEKIQ_SENTINEL_PASSWORD: z.string().min(1).optional().describe('The Sentinels’ password, where they have one.'),
  POLL_EVERY: duration
    .refine((ms) => ms >= 1e3, 'must be at least 1s')
    .default(36e5)
    .describe('Time between two polls for a TRN; only the demo changes it.'),
  JOB_LEASE: duration
    .refine((ms) => ms >= 1e3, 'must be at least 1s')
    .default(45e3)
    .describe('Time after which a worker that is not heard of counts as dead; only tests change it.'),
  ALERT_HOURS: z
    .enum(['working', 'any'])
    .default('working')
    .describe(
      'When new posts about failed jobs appear: working (9am to 5pm on working days; duplicates and unknown outcomes at once), or any.',
    ),
  ALERT_CHANNEL: secret(CHANNEL, 'a channel id (C…)')
    .optional()
    .describe('Where the bot posts failed jobs by itself; the first of ALLOWED_CHANNELS unless set.'),
  REGISTER_POSTS_IN: listOf(CHANNEL, 'channel')
    .optional()
    .describe('Channels in which the bot answers Register’s own posts about time-outs, in their threads.'),
  REGISTER_POSTS_BY: listOf(/^[AB][A-Z0-9]{2,}$/, 'bot or app')
    .optional()
    .describe(
      'Who writes these posts: bot ids (B…) or app ids (A…) of Register. Names do not count: they can be forged.',
    ),
  DTTP_URL: httpsUrl.describe('DTTP’s organisation, such as https://org.crm4.dynamics.com'),
  DTTP_TOKEN_URL: httpsUrl.describe(
    'Where DTTP’s tokens come from: https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token',
  ),
  DTTP_CLIENT_ID: z.string().min(1).describe('The bot’s client id for DTTP.'),
  DTTP_CLIENT_SECRET: z.string().min(8, 'must have at least 8 characters').describe('Its secret.'),
  DTTP_OWN_IDS: z
    .enum(['on', 'off'])
    .default('on')
    .transform((value) => value === 'on')
    .describe('Whether we choose the ids of what a registration creates. Off only where DTTP does not take them.'),
  DTTP_ASK_AGAIN_AFTER: duration
    .refine((ms) => ms >= 1e3, 'must be at least 1s')
    .default(12e4)
    .describe('Time until DTTP is asked about a registration without an answer; only the demo and tests change it.'),
  GIAS_URL: httpsUrl
    .default('https://ea-edubase-api-prod.azurewebsites.net/edubase/downloads/public/edubasealldata{yyyymmdd}.csv')
    .describe('GIAS’s daily extract of all establishments; {yyyymmdd} stands for the day.'),
  GIAS_MAX_AGE: duration
    .default(3 * 864e5)
    .describe('How old the extract may be, counted from its day; what is older counts as “could not be checked”.'),
  TRELLO_KEY: trelloSecret
    .optional()
    .describe('Trello’s API key. Without Trello, people are given the text of a card.'),
  TRELLO_TOKEN: trelloSecret.optional().describe('The token that goes with it; it must be able to write.'),
  TRELLO_LIST_ID: z
    .string()
    .regex(/^[0-9a-f]{24}$/i, 'must be 24 hexadecimal digits')
    .optional()
    .describe('The list that cards for support are added to.'),
  TRELLO_API_URL: httpsUrl.optional().describe('Where Trello’s REST API is; only the demo changes it.'),
  JOBS_DASHBOARD: z
    .string()
    .regex(/^[^:\s]+:[^\s]{16,}$/, 'must be <user>:<password>, the password with at least 16 characters')
    .optional()
    .describe('User and password for the read-only queue dashboard at /jobs; there is none unless set.'),
  DATABASE_URL: postgresUrl.describe('Register’s database, as the role chatops_app.'),
  DATABASE_POOL: z.coerce.number().int().min(4).max(200).default(10).describe('Database connections at most.'),
  QUEUE_BACKEND: z
    .enum(['redis', 'postgres'])
    .describe('Where our own jobs are kept: redis, or postgres for small installations.'),
  QUEUE_DATABASE_URL: postgresUrl
    .optional()
    .describe(
      'The database itself for QUEUE_BACKEND=postgres, as the role chatops_app, where DATABASE_URL goes through PgBouncer.',
    ),
  REDIS_URL: redisUrl
    .optional()
    .describe(
      'Redis, with user, password and database: redis:// or, with TLS, rediss://. Needed with QUEUE_BACKEND=redis.',
    ),
  REDIS_SENTINELS: sentinels
    .optional()
    .describe('Its Sentinels, as host:port,host:port. The host in REDIS_URL is the master’s name then.'),
  REDIS_SENTINEL_USER: z.string().min(1).optional().describe('The bot’s user at the Sentinels, where they have users.'),
  REDIS_SENTINEL_PASSWORD: z.string().min(1).optional().describe('The Sentinels’ password, where they have one.'),
  HTTP_HOST: z
    .string()
    .min(1)
    .default('0.0.0.0')
    .describe('Address to listen on for health checks and, in http mode, Slack.'),
  HTTP_PORT: z.coerce.number().int().min(0).max(65535).default(3000).describe('Port to listen on.'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('How much is logged.'),
})

export type Config = z.output<typeof settings>

/** Whom a waiting request calls: one group or person; null for nobody. */
export function approverMentionOf({ APPROVER_MENTION, APPROVERS }: Config): string | null {
  return APPROVER_MENTION ?? APPROVERS.find((id) => id.startsWith('S')) ?? null
}
