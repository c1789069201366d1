import { OperatorError } from '../error-facts.ts'
import { approverMentionOf, type Config, settings } from './settings.ts'

// The only reader of process.env. Everything is checked together, and every problem is reported at once.

export { approverMentionOf, type Config } from './settings.ts'

/** A setting, what it is for, and what is wrong with it or worth knowing, if anything. Never holds the value. */
export type SettingReport = {
  name: string
  about: string
  required: boolean
  problem: string | null
  notice: string | null
}

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
  const posts = ['REGISTER_POSTS_IN', 'REGISTER_POSTS_BY']
  if (posts.some((name) => given[name])) {
    for (const name of posts) if (!given[name]) problems.set(name, 'is missing: channels and authors go together')
  }
  const { ALERT_CHANNEL: alerts, ALLOWED_CHANNELS: channels = '' } = given
  if (alerts && !channels.split(',').some((channel) => channel.trim() === alerts.trim()))
    problems.set('ALERT_CHANNEL', 'is not one of ALLOWED_CHANNELS')
  const report = Object.entries(settings.shape).map(([name, schema]) => ({
    name,
    about: schema.description ?? '',
    required: !schema.safeParse(undefined).success,
    problem: problems.get(name) ?? null,
    notice: name === 'APPROVER_MENTION' && parsed.success ? whoIsCalled(parsed.data) : null,
  }))
  return { config: parsed.success && problems.size === 0 ? parsed.data : null, report }
}

function whoIsCalled(config: Config): string | null {
  if (config.APPROVER_MENTION) return null
  return approverMentionOf(config)
    ? 'The first group among APPROVERS is called.'
    : 'Nobody is called when a request waits for approval: there is no group among APPROVERS.'
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

/** The name of an environment, for a command that needs no other setting; production where none is given. */
export function readEnvironment(given: string | undefined): string {
  const parsed = settings.shape.ENVIRONMENT.safeParse(given)
  if (parsed.success) return parsed.data
  throw new ConfigError(`ENVIRONMENT ${parsed.error.issues[0]?.message}`)
}

export class ConfigError extends OperatorError {}
