import type { Job } from 'bullmq'
import * as z from 'zod'
import { execute } from '../changes/execute/execute.ts'
import type { World } from '../world.ts'
import type { JobQueue } from './bull-queue.ts'

const NAME = 'execute-change'
const data = z.object({ changeRequest: z.string().regex(/^\d+$/) })

/**
 * Asks for an approved request to be carried out. The queue forgets this hint as soon as it has run, however it ended.
 * Otherwise it would drop the sweep's next hint as a duplicate.
 */
export async function enqueueExecution(queue: JobQueue, changeRequest: string): Promise<void> {
  await queue.add(
    NAME,
    { changeRequest },
    { jobId: `${NAME}-${changeRequest}`, removeOnComplete: true, removeOnFail: true },
  )
}

export async function executeChange(world: World, job: Pick<Job, 'data'>): Promise<void> {
  const { changeRequest } = data.parse(job.data)
  await world.clicksPassed?.()
  const execution = await execute(world, changeRequest)
  world.log.info({ changeRequest, execution }, 'execution')
}
