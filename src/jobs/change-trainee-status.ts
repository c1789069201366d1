import * as z from 'zod'
import { findCode } from '../dttp/code-sets.ts'
import { STATUS_AFTER_REGISTRATION } from '../dttp/statuses.ts'
import type { Job } from '../entities/chatops/job.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { JobFailed } from '../failures/job-failed.ts'
import type { World } from '../world.ts'
import { demandSwitchedOn, readArgs } from './job.ts'
import { demandTrainee, isWaiting, notRegistered, traineeGone } from './readiness.ts'
import type { Finish } from './run/run-job.ts'
import { updateAsRead } from './update-as-read.ts'

/** The two records that have a status. */
export const STATUS_ENTITIES = ['contact', 'placement_assignment'] as const

const args = z.strictObject({ status: z.string(), entity: z.enum(STATUS_ENTITIES) })

/**
 * Sets the status of one of a trainee's two DTTP records (Register's Dttp::ChangeTraineeStatusJob). Unlike that one it asks
 * again, after it has read the record's version, whether the trainee still waits for a TRN: it may have waited itself for days,
 * and DTTP has been told by then that they were withdrawn.
 */
export async function changeTraineeStatus(world: World, job: Job): Promise<Finish> {
  demandSwitchedOn(world, 'persist_to_dttp')
  const { status, entity } = readArgs(args, job)
  const code = findCode('statuses', status)
  if (code === null) throw new JobFailed('incomplete', `DTTP has no code for the status “${status}”. We sent nothing.`)
  const trainee = await readTrainee(world, job)
  const body = { 'dfe_TraineeStatusId@odata.bind': `/dfe_traineestatuses(${code})` }
  const record = recordOf(world, entity, trainee)
  let isNeedless = false
  await updateAsRead(world, job, record.version, async (etag) => {
    isNeedless = status === STATUS_AFTER_REGISTRATION && !isWaiting(await readTrainee(world, job))
    if (isNeedless) return
    await world.onJobStep?.('status-sending', job.id)
    await record.update(body, etag)
  })
  await world.onJobStep?.('status-sent', job.id)
  return async () => ({ kind: 'done', result: isNeedless ? { needless: true } : { status, entity } })
}

async function readTrainee({ database }: World, job: Job): Promise<Trainee> {
  const trainee = await database.manager.findOneBy(Trainee, { id: demandTrainee(job) })
  if (!trainee) throw traineeGone()
  return trainee
}

/** The record whose status it is, in DTTP. */
function recordOf({ upstreams: { dttp } }: World, entity: (typeof STATUS_ENTITIES)[number], trainee: Trainee) {
  const isContact = entity === 'contact'
  const id = demandId(isContact ? trainee.dttp_id : trainee.placement_assignment_dttp_id)
  return {
    version: async () => (await (isContact ? dttp.findContact(id) : dttp.findPlacementAssignment(id)))?.etag ?? null,
    update: (body: Record<string, unknown>, etag: string | null) =>
      isContact ? dttp.updateContact(id, body, etag) : dttp.updatePlacementAssignment(id, body, etag),
  }
}

function demandId(id: string | null): string {
  if (id === null) throw notRegistered()
  return id
}
