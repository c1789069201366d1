import { addNightlyJob, jobHint } from '../jobs/start/enqueue.ts'
import { writeToSidekiq } from '../jobs/start/in-sidekiq.ts'
import { SLACK_KINDS } from '../outbox/add.ts'
import { readPayload } from '../outbox/claim.ts'
import type { Effects } from '../outbox/relay.ts'
import type { World } from '../world.ts'
import type { QueueBackend } from './backend.ts'
import { enqueueExecution, executeChange } from './execute-change.ts'
import { openJobQueues, startJobWorkers } from './job-queues.ts'
import { jobRunner } from './job-runner.ts'
import { hintAdded } from './job-sweeps.ts'
import { createPace } from './loop.ts'
import { startRelay } from './relay-loop.ts'
import { startSweepers } from './sweeper.ts'
import { WAKE } from './waker.ts'

/** The queue of requests that were approved. */
export const CHANGES_QUEUE = 'chatops-changes'
const CONCURRENCY = 4

/**
 * A running worker. `nudge` sends the outbox at once. `takeNoMore` takes no new work from then on, and waits for what is in
 * flight; `stop` does so, too, and then sends what that has left in the outbox.
 */
export type RunningWorker = { nudge: () => void; takeNoMore: () => Promise<void>; stop: () => Promise<void> }

/**
 * Starts the relay, the sweepers and the queues' workers.
 * @param slack how messages reach Slack; handed in, so that nothing here need know Slack
 * @param settings `isSlackOpen` says whether messages can be sent at all at the moment
 */
export function startWorker(
  world: World,
  backend: QueueBackend,
  slack: Omit<Effects, 'hint' | 'job' | 'sidekiq'>,
  settings: { retention: number; isSlackOpen: () => boolean },
): RunningWorker {
  const queue = backend.openQueue(CHANGES_QUEUE)
  const jobQueues = openJobQueues(backend)
  const effects: Effects = {
    ...slack,
    async hint({ changeRequest }) {
      if (changeRequest) await enqueueExecution(queue, changeRequest)
    },
    job: (row) => hintAdded(world, jobQueues, readPayload(jobHint, row).job),
    sidekiq: (row) => writeToSidekiq(world, row),
  }
  const stopping = new AbortController()
  const stoppable = { ...world, stopping: stopping.signal }
  const pace = createPace()
  const relay = startRelay(world, effects, (kind) => !SLACK_KINDS.has(kind) || settings.isSlackOpen(), pace)
  const nudge = () => relay.nudge()
  const sweepers = startSweepers(stoppable, jobQueues, { ...settings, pace, nudge })
  const ran = () => {
    nudge()
    sweepers.verifySoon()
  }
  const worker = backend.startWorker(
    CHANGES_QUEUE,
    async (job) => {
      if (job.name !== WAKE) await executeChange(world, job)
      ran()
    },
    { concurrency: CONCURRENCY },
  )
  const addNightly = (name: string) => addNightlyJob(world, name)
  const jobWorkers = startJobWorkers(stoppable, backend, jobRunner, { addNightly, ran })
  let ended: Promise<unknown> | undefined
  const takeNoMore = async () => {
    stopping.abort()
    ended ??= Promise.all([worker.close(), jobWorkers.close(), sweepers.stop()])
    await ended
  }
  return {
    nudge,
    takeNoMore,
    async stop() {
      await takeNoMore()
      await relay.stop()
      await Promise.all([queue.close(), jobQueues.close()])
    },
  }
}
