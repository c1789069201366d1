// The bot itself, run as in production but for where its settings point.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { programArguments } from '../built.ts'
import { endProcess, markProcess, type ProcessMark } from '../processes.ts'
import { DEMO_TOKENS, PEOPLE, SUPPORT_CHANNEL, TEAM_ID } from './workspace.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface Bot {
  process: ProcessMark
  /** Resolves when the bot ends, for whatever reason. */
  ended: Promise<string>
  stop(): Promise<void>
}

/** The settings of the demo's bot; `upstreams` are those that lead to other systems. */
export function botSettings(places: {
  slackUrl: string
  databaseUrl: string
  signingSecret: string
  httpPort: number
  upstreams: Record<string, string>
}): Record<string, string> {
  const developers = `${PEOPLE.developer.id},${PEOPLE.secondDeveloper.id}`
  return {
    SLACK_MODE: 'socket',
    SLACK_BOT_TOKEN: DEMO_TOKENS.botToken,
    SLACK_APP_TOKEN: DEMO_TOKENS.appToken,
    SLACK_SIGNING_SECRET: places.signingSecret,
    SLACK_TEAM_ID: TEAM_ID,
    SLACK_API_URL: `${places.slackUrl}/api/`,
    ALLOWED_CHANNELS: SUPPORT_CHANNEL,
    REQUESTERS: `${PEOPLE.support.id},${developers}`,
    APPROVERS: developers,
    APPROVER_MENTION: PEOPLE.developer.id,
    VERIFY_AGAIN_AFTER: '3s',
    REGISTER_URL: 'https://register.example.test',
    REGISTER_FEATURES: 'persist_to_dttp=true,sync_from_dttp=true,routes=all',
    REGISTER_JOBS: 'own',
    ALERT_HOURS: 'any',
    POLL_EVERY: '10s',
    DTTP_ASK_AGAIN_AFTER: '10s',
    ...places.upstreams,
    DATABASE_URL: places.databaseUrl,
    QUEUE_BACKEND: 'postgres',
    ROLES: 'bot,worker',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(places.httpPort),
    LOG_LEVEL: 'info',
  }
}

/** Starts the bot, its output in `logFile`, in a process group of its own: we stop it, in our order. */
export function startBot(settings: Record<string, string>, logFile: string): Bot {
  const log = openSync(logFile, 'w')
  const { PATH, HOME, NODE_OPTIONS, NODE_EXTRA_CA_CERTS } = process.env
  const child = spawn(process.execPath, programArguments('src/main.ts'), {
    cwd: ROOT,
    detached: true,
    env: { PATH, HOME, NODE_OPTIONS, NODE_EXTRA_CA_CERTS, ...settings },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const ended = whenEnded(child)
  const mark = markProcess(child.pid ?? 0)
  if (!mark) throw new Error(`The bot could not be started; see ${logFile}.`)
  return { process: mark, ended, stop: () => endProcess(mark, 'SIGTERM', 15_000) }
}

/** Waits until the bot says that it is ready. Throws after a minute, or when interrupted. */
export async function waitUntilReady(httpPort: number, interrupted: AbortSignal): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await isReady(httpPort))) {
    interrupted.throwIfAborted()
    if (Date.now() > deadline) throw new Error('The bot was not ready within a minute.')
    await sleep(100)
  }
}

/** The last lines that the bot wrote. */
export function lastLines(logFile: string, count = 15): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
}

function whenEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`))
  })
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) })).status === 200
  } catch {
    return false
  }
}
