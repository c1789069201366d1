import type { ChangesContext } from '../changes/context.ts'
import type { QueueBackend } from './backend.ts'
import { enqueueExecution, executeChange } from './jobs/execute-change.ts'
import { type Effects, startRelay } from './relay.ts'
import { startSweepers } from './sweeper.ts'

const CHANGES_QUEUE = 'chatops-changes'
const CONCURRENCY = 4

/** A running worker. `nudge` sends the outbox at once; `stop` takes no new work and finishes what is in flight. */
export type RunningWorker = { nudge: () => void; stop: () => Promise<void> }

/**
 * Starts the relay, the sweepers and the queue's worker.
 * @param slack how messages reach Slack; handed in, so that nothing here need know Slack
 */
export function startWorker(
  context: ChangesContext,
  backend: QueueBackend,
  slack: Omit<Effects, 'hint'>,
  settings: { retention: number },
): RunningWorker {
  const queue = backend.openQueue(CHANGES_QUEUE)
  const relay = startRelay(context, {
    ...slack,
    async hint({ changeRequest }) {
      if (changeRequest) await enqueueExecution(queue, changeRequest)
    },
  })
  const nudge = () => relay.nudge()
  const sweepers = startSweepers(context, { ...settings, nudge })
  const worker = backend.startWorker(
    CHANGES_QUEUE,
    async (job) => {
      await executeChange(context, job)
      nudge()
      sweepers.verifySoon()
    },
    { concurrency: CONCURRENCY },
  )
  return {
    nudge,
    async stop() {
      await sweepers.stop()
      await worker.close()
      await relay.stop()
      await queue.close()
    },
  }
}
