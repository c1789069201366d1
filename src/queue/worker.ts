import type { ChangesContext } from '../changes/context.ts'
import { addNightlyJob } from '../changes/jobs.ts'
import type { QueueBackend } from './backend.ts'
import { openJobQueues, startJobWorkers } from './job-queues.ts'
import { hintAdded } from './job-sweeps.ts'
import { enqueueExecution, executeChange } from './jobs/execute-change.ts'
import { jobHandlers } from './jobs/index.ts'
import { type Effects, startRelay } from './relay.ts'
import { startSweepers } from './sweeper.ts'

/** The queue of requests that were approved. */
export const CHANGES_QUEUE = 'chatops-changes'
const CONCURRENCY = 4

/** A running worker. `nudge` sends the outbox at once; `stop` takes no new work and finishes what is in flight. */
export type RunningWorker = { nudge: () => void; stop: () => Promise<void> }

/**
 * Starts the relay, the sweepers and the queues' workers.
 * @param slack how messages reach Slack; handed in, so that nothing here need know Slack
 */
export function startWorker(
  context: ChangesContext,
  backend: QueueBackend,
  slack: Omit<Effects, 'hint' | 'job'>,
  settings: { retention: number },
): RunningWorker {
  const queue = backend.openQueue(CHANGES_QUEUE)
  const jobQueues = openJobQueues(backend)
  const relay = startRelay(context, {
    ...slack,
    async hint({ changeRequest }) {
      if (changeRequest) await enqueueExecution(queue, changeRequest)
    },
    job: ({ payload }) => hintAdded(context, jobQueues, String(payload['job'])),
  })
  const nudge = () => relay.nudge()
  const sweepers = startSweepers(context, jobQueues, { ...settings, nudge })
  const ran = () => {
    nudge()
    sweepers.verifySoon()
  }
  const worker = backend.startWorker(
    CHANGES_QUEUE,
    async (job) => {
      await executeChange(context, job)
      ran()
    },
    { concurrency: CONCURRENCY },
  )
  const stopping = new AbortController()
  const stoppable = { ...context, stopping: stopping.signal }
  const addNightly = (name: string) => addNightlyJob(context, name)
  const jobWorkers = startJobWorkers(stoppable, backend, jobHandlers, { addNightly, ran })
  return {
    nudge,
    async stop() {
      stopping.abort()
      await sweepers.stop()
      await Promise.all([worker.close(), jobWorkers.close()])
      await relay.stop()
      await Promise.all([queue.close(), jobQueues.close()])
    },
  }
}
