// Processes of the bot, as an operator runs them: each with its own settings, ended when we end.
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../sandbox/ports.ts'
import { nodeRuns } from '../support/built.ts'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** How a process ended: an exit code, or the signal that killed it. */
export type Ending = { code: number | null; signal: NodeJS.Signals | null; output: string }

export type Service = {
  pid: number
  url: string
  /** Milliseconds from the start to the first 200 from /readyz. */
  readyAfterMs: number
  /** What it has written so far. */
  output: () => string
  /** Asks it to drain, and waits until it is gone. */
  stop: () => Promise<Ending>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts `node …` with these settings and nothing else of ours in its environment. */
export function startNode(args: readonly string[], env: Record<string, string>) {
  const { PATH, HOME, NODE_OPTIONS, NODE_EXTRA_CA_CERTS } = process.env
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH, HOME, NODE_OPTIONS, NODE_EXTRA_CA_CERTS, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-20_000)
    })
  }
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      running.delete(child)
      resolve({ code, signal, output })
    })
  })
  return { child, ended, output: () => output }
}

/** Starts the bot's own entry point and waits until it says that it is ready. Throws if it ends first. */
export async function startService(
  env: Record<string, string>,
  entry: readonly string[] = nodeRuns('src/main.ts'),
): Promise<Service> {
  const port = await freePort()
  const began = performance.now()
  const { child, ended, output } = startNode(entry, { LOG_LEVEL: 'warn', ...env, HTTP_PORT: String(port) })
  const url = `http://127.0.0.1:${port}`
  const gone = ended.then(({ output: said }): never => {
    throw new Error(`A process ended before it was ready: ${said.slice(-2000)}`)
  })
  await Promise.race([waitUntilReady(url), gone])
  gone.catch(() => {})
  return {
    pid: child.pid ?? 0,
    url,
    readyAfterMs: performance.now() - began,
    output,
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

async function waitUntilReady(url: string): Promise<void> {
  const deadline = Date.now() + 180_000
  while (!(await isReady(url))) {
    if (Date.now() > deadline) throw new Error('A process was not ready within three minutes.')
    await sleep(20)
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).status === 200
  } catch {
    return false
  }
}
