import * as z from 'zod'
import { findCode } from '../dttp/code-sets.ts'
import type { Job } from '../entities/chatops/job.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { JobFailed } from '../failures/job-failed.ts'
import type { World } from '../world.ts'
import { demandSwitchedOn } from './job.ts'
import { notRegistered, traineeGone, traineeOf } from './readiness.ts'
import type { Finish } from './run-job.ts'

/** The two records that have a status. */
export const STATUS_ENTITIES = ['contact', 'placement_assignment'] as const

const args = z.strictObject({ status: z.string(), entity: z.enum(STATUS_ENTITIES) })

/** Sets the status of one of a trainee's two DTTP records (Register's Dttp::ChangeTraineeStatusJob). */
export async function changeTraineeStatus(world: World, job: Job): Promise<Finish> {
  demandSwitchedOn(world, 'persist_to_dttp')
  const { status, entity } = args.parse(job.args)
  const code = findCode('statuses', status)
  if (code === null) throw new JobFailed('incomplete', `DTTP has no code for the status “${status}”. We sent nothing.`)
  const trainee = await world.database.manager.findOneBy(Trainee, { id: traineeOf(job) })
  if (!trainee) throw traineeGone()
  const body = { 'dfe_TraineeStatusId@odata.bind': `/dfe_traineestatuses(${code})` }
  const { dttp } = world.upstreams
  if (entity === 'contact') await dttp.updateContact(demandId(trainee.dttp_id), body)
  else await dttp.updatePlacementAssignment(demandId(trainee.placement_assignment_dttp_id), body)
  await world.onJobStep?.('status-sent', job.id)
  return async () => ({ kind: 'done', result: { status, entity } })
}

function demandId(id: string | null): string {
  if (id === null) throw notRegistered()
  return id
}
