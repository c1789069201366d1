// The local Slack: Slack's Web API, Socket Mode and a page to click in, on this machine, for the demo and for
// end-to-end checks. It asks nobody who they are: give it no real token and no real data.
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { freePort, isPortFree } from './ports.ts'
import { endProcess, isRunning, markProcess, type ProcessMark } from './processes.ts'
import { openSlackFront, type SlackFront } from './slack-front/index.ts'

/** What local-slack reads from its configuration file. */
export interface SlackWorkspace {
  workspace: { name: string; domain: string; teamId: string }
  apps: {
    appId: string
    botUserId: string
    botName: string
    botToken: string
    appToken: string
    signingSecret: string
    mode: 'socket' | 'events'
    requestUrl?: string
  }[]
  users: { id: string; name: string; real_name: string; email?: string; tz?: string }[]
  channels: { id: string; name: string; members: string[]; topic?: string; purpose?: string }[]
}

export interface LocalSlackOptions {
  /** A random one unless given; a taken one is an error. */
  port?: number
  filesDir: string
  /** Where to write the configuration; local-slack's own output goes to `<configPath>.log`. */
  configPath: string
  workspace: SlackWorkspace
}

export interface LocalSlack {
  /** The page to open, and in front of `/api/` the Web API. Without a slash at the end. */
  url: string
  process: ProcessMark
  stop(): Promise<void>
}

/**
 * Starts local-slack in a process group of its own (Ctrl-C does not reach it), waits until it answers, and opens our front
 * before it: people and the bot use that.
 */
export async function startLocalSlack(options: LocalSlackOptions): Promise<LocalSlack> {
  const port = options.port ?? (await freePort())
  if (!(await isPortFree(port))) throw new Error(`Port ${port} is taken by another program.`)
  const behind = await freePort()
  const program = await startProgram(options, behind)
  let front: SlackFront
  try {
    front = await openSlackFront(port, behind)
  } catch (error) {
    await endProcess(program, 'SIGTERM', 3_000)
    throw error
  }
  return {
    url: `http://127.0.0.1:${port}`,
    process: program,
    async stop() {
      await front.stop()
      await endProcess(program, 'SIGTERM', 3_000)
    },
  }
}

async function startProgram(options: LocalSlackOptions, port: number): Promise<ProcessMark> {
  const program = localSlackProgram()
  mkdirSync(options.filesDir, { recursive: true })
  mkdirSync(dirname(options.configPath), { recursive: true })
  writeFileSync(options.configPath, stringify(options.workspace), { mode: 0o600 })
  const logFile = `${options.configPath}.log`
  const log = openSync(logFile, 'w')
  const place = ['--port', String(port), '--base-host', '127.0.0.1', '--files-dir', options.filesDir]
  const child = spawn(program, ['--config', options.configPath, ...place], {
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  child.on('error', () => {})
  const mark = markProcess(child.pid ?? 0)
  if (!mark || !(await waitUntilAnswers(mark, `http://127.0.0.1:${port}`, options.workspace.workspace.teamId))) {
    if (mark) await endProcess(mark, 'SIGTERM', 2_000)
    throw new Error(`The local Slack did not start:\n${readFileSync(logFile, 'utf8').trim()}`)
  }
  return mark
}

/** The only platform that npm has a local Slack for, as of November 2026. */
const PLATFORM = 'linux-x64'
const PACKAGE = `local-slack-${PLATFORM}`

/** Why there is no local Slack on this machine, for people; null if there is one. */
export function whyNoLocalSlack(platform = `${process.platform}-${process.arch}`): string | null {
  if (platform !== PLATFORM) return `The local Slack runs only on Linux x64 for now, and this is ${platform}.`
  return findProgram() ? null : `The local Slack is not installed (npm package ${PACKAGE}). Run "npm ci".`
}

function localSlackProgram(): string {
  const program = findProgram()
  if (program) return program
  throw new Error(whyNoLocalSlack() ?? 'The local Slack has just been removed.')
}

function findProgram(): string | null {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)), 'bin', 'local-slack')
  } catch {
    return null
  }
}

async function waitUntilAnswers(mark: ProcessMark, url: string, teamId: string): Promise<boolean> {
  const deadline = Date.now() + 15_000
  while (Date.now() < deadline && isRunning(mark)) {
    if ((await teamAt(url)) === teamId) return true
    await sleep(50)
  }
  return false
}

async function teamAt(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/_control/state`, { signal: AbortSignal.timeout(2_000) })
    const state = (await response.json()) as { workspace?: { teamId?: string } }
    return state.workspace?.teamId
  } catch {
    return undefined
  }
}
