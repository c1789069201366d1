import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { JobQueue } from './bull-queue.ts'

/** The name of a job that only wakes a worker. */
export const WAKE = 'wake'

/** What was committed within this time is told together. */
const TOGETHER_MS = 20

export type Waker = { wake: () => void; stop: () => Promise<void> }

/**
 * For a process without a worker: tells a worker in another one that there is something in the outbox. A worker that is
 * not told looks by itself, at the latest after two seconds.
 */
export function createWaker(queue: JobQueue, log: Logger): Waker {
  let timer: NodeJS.Timeout | null = null
  const tell = () => {
    timer = null
    const options = { jobId: `${WAKE}-${randomUUID()}`, removeOnComplete: true, removeOnFail: true }
    queue.add(WAKE, {}, options).catch(() => log.warn('no worker was woken'))
  }
  return {
    wake() {
      timer ??= setTimeout(tell, TOGETHER_MS)
    },
    async stop() {
      if (timer) clearTimeout(timer)
      await queue.close()
    },
  }
}
