// Runs one job in a queue kept as the settings say (the first argument, JSON), and says so: for what a process must be
// started with, such as certificates.
import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { createQueueBackend, type QueueSettings } from '../../src/queue/backend.ts'

const backend = createQueueBackend(JSON.parse(process.argv[2] ?? '') as QueueSettings, pino({ level: 'silent' }))
const queue = backend.openQueue('one-job')
const done = new Promise<void>((resolve) => {
  backend.startWorker('one-job', async () => resolve(), { concurrency: 1 })
})
await queue.add('one', {}, { jobId: randomUUID() })
await done
console.log('the job was run')
process.exit(0)
