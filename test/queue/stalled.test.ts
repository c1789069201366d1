import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createQueueBackend, type QueueBackend, type WorkerSettings } from '../../src/queue/backend.ts'
import { nodeRuns } from '../support/built.ts'
import { useScratch } from '../support/world.ts'

// A lock lasts 15 seconds and is looked at every 10, so each of these takes about half a minute: they run side by side.
const GONE = { removeOnComplete: true, removeOnFail: true }

const backends = {} as Record<'redis' | 'postgres', QueueBackend>
const use = useScratch()

beforeAll(async () => {
  for (const kind of ['redis', 'postgres'] as const) {
    backends[kind] = createQueueBackend(settingsOf(kind), pino({ level: 'silent' }))
  }
})

afterAll(async () => {
  await Promise.all(Object.values(backends).map((backend) => backend.close()))
})

describe.concurrent.each(['redis', 'postgres'] as const)('on %s, a job whose worker was killed', (kind) => {
  test('is done by another worker', async ({ expect }) => {
    const { ran, close } = await killWorkerOf(kind, 'job', { concurrency: 1 })
    await expect.poll(() => ran).toEqual(['one'])
    await close()
  })

  test('is dropped, and can be added again, where it may not be started twice', async ({ expect }) => {
    const { queue, ran, close } = await killWorkerOf(kind, 'registration', { concurrency: 1, maxStalledCount: 0 })
    await expect.poll(() => queue.bull.getJob('one')).toBeUndefined()
    expect(ran).toEqual([])
    await queue.add('job', {}, { jobId: 'one', ...GONE })
    await expect.poll(() => ran).toEqual(['one'])
    await close()
  })
})

/** Kills the first worker of a queue in the middle of job `one`, and starts another. */
async function killWorkerOf(kind: 'redis' | 'postgres', prefix: string, options: WorkerSettings) {
  const name = `${prefix}-${randomUUID()}`
  const queue = backends[kind].openQueue(name)
  await queue.add('job', {}, { jobId: 'one', ...GONE })
  const program = [
    ...nodeRuns('test/queue/dying-worker.ts'),
    name,
    JSON.stringify(settingsOf(kind)),
    JSON.stringify(options),
  ]
  const child = spawn(process.execPath, program, { stdio: 'ignore' })
  const [, signal] = await once(child, 'exit')
  expect(signal).toBe('SIGKILL')
  const ran: string[] = []
  const worker = backends[kind].startWorker(name, async (job) => void ran.push(String(job.id)), options)
  const close = async () => {
    await worker.close()
    await queue.close()
  }
  return { queue, ran, close }
}

function settingsOf(kind: 'redis' | 'postgres') {
  return { backend: kind, url: kind === 'redis' ? inject('redisUrl') : use.scratch.appUrl }
}
