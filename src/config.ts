import * as z from 'zod'

// The only reader of process.env. Everything is checked together, and every problem is reported at once.

const USER_OR_GROUP = /^[UWS][A-Z0-9]{2,}$/
const CHANNEL = /^[CG][A-Z0-9]{2,}$/

/** A duration such as "90s", "15m", "24h" or "7d", in milliseconds. */
const duration = z
  .string()
  .regex(/^\d{1,5}(s|m|h|d)$/, 'must be a number with s, m, h or d, such as 24h')
  .transform(
    (text) =>
      Number(text.slice(0, -1)) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[text.slice(-1) as 's' | 'm' | 'h' | 'd'],
  )

function listOf(pattern: RegExp, what: string) {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    )
    .refine((items) => items.length > 0, `must name at least one ${what}`)
    .refine((items) => items.every((item) => pattern.test(item)), `must be a comma-separated list of ${what} ids`)
}

/** What is wrong with an item of a list, without repeating it: it could be a secret in the wrong place. */
function unlike(item: number, example: string): string {
  return `has an item that does not look like ${example}: number ${item}`
}

/** "24h" for every playbook, or "24h,fix-route=8h": name=duration after the default. */
const expiry = z.string().transform((text, issues) => {
  const [first = '', ...rest] = text.split(',').map((item) => item.trim())
  const standard = duration.safeParse(first)
  const byPlaybook = new Map<string, number>()
  for (const [index, item] of rest.entries()) {
    const [name = '', value = ''] = item.split('=')
    const parsed = duration.safeParse(value)
    if (!name || !parsed.success) issues.addIssue({ code: 'custom', message: unlike(index + 2, 'fix-route=8h') })
    else byPlaybook.set(name, parsed.data)
  }
  if (standard.success) return { standard: standard.data, byPlaybook }
  issues.addIssue({ code: 'custom', message: 'must begin with a duration such as 24h' })
  return z.NEVER
})

/** "persist_to_dttp=true,routes.hpitt_postgrad=false,…"; "routes=all" stands for every route that is not named. */
const features = z.string().transform((text, issues) => {
  const flags = new Map<string, boolean>()
  const items = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
  for (const [index, item] of items.entries()) {
    const [name = '', value = ''] = item.split('=')
    if (item === 'routes=all') flags.set('routes', true)
    else if (!/^[a-z_.]+$/.test(name) || !['true', 'false'].includes(value)) {
      issues.addIssue({ code: 'custom', message: unlike(index + 1, 'persist_to_dttp=true') })
    } else flags.set(name, value === 'true')
  }
  for (const needed of ['persist_to_dttp', 'sync_from_dttp']) {
    if (!flags.has(needed)) issues.addIssue({ code: 'custom', message: `must say whether ${needed} is true or false` })
  }
  const named = [...flags.keys()].some((name) => name.startsWith('routes'))
  if (!named)
    issues.addIssue({
      code: 'custom',
      message: 'must say which routes are on: routes=all, or routes.<name>=true for each',
    })
  return flags
})

/** https, or plain http to this very machine: credentials are sent there. */
const httpsUrl = z.url({ protocol: /^https?$/ }).refine((url) => {
  if (!URL.canParse(url)) return true
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}, 'must be an https:// URL')

const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL')
const redisUrl = z.string().regex(/^rediss?:\/\//, 'must be a redis:// URL')

const sentinels = z.string().transform((text, issues) => {
  const found = text.split(',').map((item) => /^\[?([\w.:-]+?)\]?:(\d{1,5})$/.exec(item.trim()))
  for (const [index, item] of found.entries()) {
    if (!item) issues.addIssue({ code: 'custom', message: unlike(index + 1, 'sentinel.example:26379') })
  }
  return found.map((item) => ({ host: item?.[1] ?? '', port: Number(item?.[2]) }))
})

const secret = (prefix: RegExp, what: string) => z.string().regex(prefix, `must be ${what}`)

const environment = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,29}$/, 'must be a short name in lower case, such as production or staging')

const trelloSecret = secret(/^[\w-]{1,256}$/, 'letters and digits')

const settings = z.object({
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
      'Which environment this process and its database belong to. It stands on every card, notification and log line unless it is production.',
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
    .default({ standard: 864e5, byPlaybook: new Map() })
    .describe('How long a request waits for approval: 24h, or 24h,fix-route=8h.'),
  RETENTION: duration
    .default(90 * 864e5)
    .describe('How long forms and changes of finished requests are kept. The ledger is kept for good.'),
  REVEAL: z
    .enum(['on', 'off'])
    .default('off')
    .describe('Whether an approver may ask for the values of personal columns that change; each time is recorded.'),
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
  SIDEKIQ_REDIS_URL: redisUrl
    .optional()
    .describe(
      'Register’s Redis, with user, password and database: redis:// or, with TLS, rediss://. Needed with REGISTER_JOBS=sidekiq.',
    ),
  SIDEKIQ_SENTINELS: sentinels
    .optional()
    .describe('Its Sentinels, as host:port,host:port. The host in SIDEKIQ_REDIS_URL is the master’s name then.'),
  SIDEKIQ_SENTINEL_PASSWORD: z.string().min(1).optional().describe('The Sentinels’ password, where they have one.'),
  POLL_EVERY: duration
    .refine((ms) => ms >= 1e3, 'must be at least 1s')
    .default(36e5)
    .describe('Time between two polls for a TRN; only the demo changes it.'),
  JOB_LEASE: duration
    .refine((ms) => ms >= 1e3, 'must be at least 1s')
    .default(45e3)
    .describe('Time after which a worker that is not heard of counts as dead; only tests change it.'),
  ALERT_CHANNEL: secret(CHANNEL, 'a channel id (C…)')
    .optional()
    .describe('Where the bot posts failed jobs by itself; the first of ALLOWED_CHANNELS unless set.'),
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
  REDIS_URL: redisUrl.optional().describe('Redis; needed with QUEUE_BACKEND=redis.'),
  HTTP_HOST: z
    .string()
    .min(1)
    .default('0.0.0.0')
    .describe('Address to listen on for health checks and, in http mode, Slack.'),
  HTTP_PORT: z.coerce.number().int().min(0).max(65535).default(3000).describe('Port to listen on.'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('How much is logged.'),
})

export type Config = z.output<typeof settings>

/** A setting, what it is for, and what is wrong with it, if anything. Never holds the value. */
export type SettingReport = { name: string; about: string; required: boolean; problem: string | null }

/** Looks at every setting. `config` is null if anything is missing or unsafe; `problems` then say what. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): { config: Config | null; report: SettingReport[] } {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const parsed = settings.safeParse(given)
  const problems = new Map<string, string>()
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0])
    if (!problems.has(name)) problems.set(name, name in given ? issue.message : 'is missing')
  }
  if (given['SLACK_MODE'] === 'socket' && !given['SLACK_APP_TOKEN'])
    problems.set('SLACK_APP_TOKEN', 'is missing: SLACK_MODE is socket')
  if (given['QUEUE_BACKEND'] === 'redis' && !given['REDIS_URL'])
    problems.set('REDIS_URL', 'is missing: QUEUE_BACKEND is redis')
  if (given['REGISTER_JOBS'] === 'sidekiq' && !given['SIDEKIQ_REDIS_URL'])
    problems.set('SIDEKIQ_REDIS_URL', 'is missing: REGISTER_JOBS is sidekiq')
  const trello = ['TRELLO_KEY', 'TRELLO_TOKEN', 'TRELLO_LIST_ID']
  if (trello.some((name) => given[name])) {
    for (const name of trello) if (!given[name]) problems.set(name, 'is missing: key, token and list go together')
  }
  const { ALERT_CHANNEL: alerts, ALLOWED_CHANNELS: channels = '' } = given
  if (alerts && !channels.split(',').some((channel) => channel.trim() === alerts.trim()))
    problems.set('ALERT_CHANNEL', 'is not one of ALLOWED_CHANNELS')
  const report = Object.entries(settings.shape).map(([name, schema]) => ({
    name,
    about: schema.description ?? '',
    required: !schema.safeParse(undefined).success,
    problem: problems.get(name) ?? null,
  }))
  return { config: parsed.success && problems.size === 0 ? parsed.data : null, report }
}

/** The configuration, or an error that names every problem at once. */
export function loadConfig(env?: NodeJS.ProcessEnv): Config {
  const { config, report } = readConfig(env)
  if (config) return config
  const problems = report.filter(({ problem }) => problem).map(({ name, problem }) => `  ${name} ${problem}`)
  throw new ConfigError(
    `The configuration is not complete:\n${problems.join('\n')}\nRun bin/chatops check-config to see what each setting is for.`,
  )
}

/** The name of an environment, for a command that needs no other setting. */
export function readEnvironment(given: string): string {
  const parsed = environment.safeParse(given)
  if (parsed.success) return parsed.data
  throw new ConfigError(`ENVIRONMENT ${parsed.error.issues[0]?.message}`)
}

export class ConfigError extends Error {}
