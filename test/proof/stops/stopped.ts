// The worker that is stopped, as the process that tells it when sees it.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeRuns } from '../../support/built.ts'
import { startNode } from '../process.ts'

/** What it is told: before which step to stop each piece of work. */
export type Told = 'end' | { stops: Record<string, number> }

/** What it says: it has heard; all are held, apart from those that were over before; one is over. */
export type Heard = { ready: true } | { asleep: string[] } | { over: string; steps: string[] }

const WORKER = 'test/proof/stops/stopped-worker.ts'
const PATIENCE_MS = 120_000

export type Stopped = Awaited<ReturnType<typeof startStopped>>

export async function startStopped(settings: Record<string, string>) {
  const { child, ended, output } = startNode(nodeRuns(WORKER), settings)
  const heard: Heard[] = []
  child.on('message', (one: Heard) => heard.push(one))

  async function until<T>(what: string, find: () => T | undefined): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (Date.now() > deadline || child.exitCode !== null) throw new Error(`The worker is not ${what}: ${output()}`)
      await sleep(20)
    }
  }
  const isReady = () => heard.find((one) => 'ready' in one)
  await until('ready', isReady)

  return {
    /** Has it begin and be stopped so. */
    async tell(stops: Record<string, number>): Promise<void> {
      heard.length = 0
      child.send({ stops } satisfies Told)
      await until('ready', isReady)
    },
    /** Waits until it is stopped; answers what was over before. */
    async isAsleep(): Promise<string[]> {
      const { asleep } = await until('asleep', () => heard.find((one) => 'asleep' in one))
      await until('stopped', () => /^\d+ \(.*\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')) || undefined)
      return asleep
    },
    /** Wakes it, and waits until it has done these; answers what steps each came to. */
    async wake(whats: readonly string[]): Promise<Map<string, string[]>> {
      child.kill('SIGCONT')
      const over = () => new Map(heard.flatMap((one) => ('over' in one ? [[one.over, one.steps] as const] : [])))
      await until('through', () => whats.every((what) => over().has(what)) || undefined)
      return over()
    },
    async end(): Promise<void> {
      child.kill('SIGCONT')
      child.send('end' satisfies Told)
      await ended
    },
  }
}
