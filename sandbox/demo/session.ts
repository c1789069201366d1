// One run of something that starts other programs: one at a time per directory, and at its end nothing is left running.
import type { ProcessMark } from '../processes.ts'
import { claimDirectory, endNotedChildren, noteChild, releaseDirectory } from './running.ts'

export interface Session {
  /** Where this run keeps its files. */
  directory: string
  /** Aborts on the first Ctrl-C, request to terminate, or closed terminal. */
  interrupted: AbortSignal
  /** Has something stopped at the end, last first. */
  onStop(stop: () => unknown): void
  /** Notes down a child, so that the next run can end it if this one is killed. */
  note(child: ProcessMark): void
}

/** Does the work and then stops what it started, however it ended. The exit code; errors are told on stderr. */
export async function runSession(directory: string, work: (session: Session) => Promise<number>): Promise<number> {
  const stops: (() => unknown)[] = []
  const interrupted = whenInterrupted()
  try {
    claimDirectory(directory)
    stops.push(() => releaseDirectory(directory))
    await endNotedChildren(directory)
    stops.push(() => endNotedChildren(directory))
    const session = {
      directory,
      interrupted,
      onStop: (stop: () => unknown) => stops.push(stop),
      note: (child: ProcessMark) => noteChild(directory, child),
    }
    return await Promise.race([work(session), whenBroken()])
  } catch (error) {
    if (interrupted.aborted) return INTERRUPTED
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    return 1
  } finally {
    await stopAll(stops)
  }
}

/** What a shell says of a program that Ctrl-C ended. */
export const INTERRUPTED = 130

/** Resolves once the session is interrupted. */
export function untilInterrupted({ interrupted }: Pick<Session, 'interrupted'>): Promise<void> {
  return new Promise((resolve) => {
    if (interrupted.aborted) resolve()
    interrupted.addEventListener('abort', () => resolve(), { once: true })
  })
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Later signals change nothing: stopping is under way. */
function whenInterrupted(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!controller.signal.aborted) say('\nStopping ...')
      controller.abort()
    })
  }
  return controller.signal
}

/** Rejects when something that runs in this very process breaks, such as a simulator: the others are then stopped. */
function whenBroken(): Promise<never> {
  return new Promise((_, reject) => {
    process.on('uncaughtException', (error) => {
      reject(new Error(`Something in this program broke, so it stops: ${error.stack ?? error.message}`))
    })
  })
}

/** One that will not stop does not keep the others running. */
async function stopAll(stops: (() => unknown)[]): Promise<void> {
  for (const stop of stops.splice(0).reverse()) {
    try {
      await stop()
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    }
  }
}
