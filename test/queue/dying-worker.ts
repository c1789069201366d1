// A program for stalled.test.ts: starts a worker, and is killed, as by `kill -9`, in the middle of its first job.
import { pino } from 'pino'
import { createQueueBackend, type QueueSettings, type WorkerSettings } from '../../src/queue/backend.ts'

const [, , name = '', settings = '{}', options = '{}'] = process.argv

createQueueBackend(JSON.parse(settings) as QueueSettings, pino({ level: 'silent' })).startWorker(
  name,
  () => {
    process.kill(process.pid, 'SIGKILL')
    return new Promise<void>(() => {}) // the signal may take a moment to arrive
  },
  JSON.parse(options) as WorkerSettings,
)
