import { type EntityManager, In } from 'typeorm'
import { STATUS_AFTER_REGISTRATION } from '../../dttp/statuses.ts'
import type { Job } from '../../entities/chatops/job.ts'
import type { RegistrationIds } from '../../entities/chatops/registration-attempt.ts'
import { Degree } from '../../entities/register/degree.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { JobFailed } from '../../failures/job-failed.ts'
import { lockTrainee, saveDegreeDttpId, saveTrainee } from '../../register/saves/save.ts'
import { keepRegistered } from '../../registration/answers.ts'
import type { World } from '../../world.ts'
import { STATUS_ENTITIES } from '../change-trainee-status.ts'
import { commentOf } from '../job.ts'
import { demandTrainee, isWaiting, traineeGone } from '../readiness.ts'
import type { Ending } from '../run/run-job.ts'
import { startJob } from '../start/start.ts'
import { reaching } from './steps.ts'

/**
 * Writes the ids as Register does, under lock, each row with its audit, and asks for the two status changes. A trainee
 * who does not wait for a TRN any more keeps the status that DTTP gives them.
 */
export async function saveRegistration(
  world: World,
  sql: EntityManager,
  job: Job,
  ids: RegistrationIds,
): Promise<Ending> {
  const reach = reaching(world, job)
  const { contact, placementAssignment } = ids
  const trainee = await lockTrainee(sql, demandTrainee(job))
  if (!trainee) throw traineeGone()
  if (trainee.dttp_id !== null && trainee.dttp_id !== contact) throw registeredMeanwhile(ids)
  await reach('locked')
  const assigned = { dttp_id: contact, placement_assignment_dttp_id: placementAssignment }
  await saveTrainee(sql, trainee, assigned, commentOf(job))
  for (const degree of await lockDegrees(sql, trainee, Object.keys(ids.degrees))) {
    await saveDegreeDttpId(sql, degree, ids.degrees[degree.id] ?? '', commentOf(job))
  }
  await keepRegistered(sql, job, ids, world.now())
  for (const entity of isWaiting(trainee) ? STATUS_ENTITIES : []) {
    const status = { status: STATUS_AFTER_REGISTRATION, entity }
    const { traineeId, changeRequestId: changeRequest } = job
    const dueAt = world.now()
    await startJob(world, sql, {
      name: 'change-trainee-status',
      trainee: traineeId,
      args: status,
      dueAt,
      changeRequest,
    })
  }
  await reach('saved')
  return { kind: 'done', result: { contact, placementAssignment }, news: { kind: 'done' } }
}

/** The degrees that were sent, as far as they are still there. */
function lockDegrees(sql: EntityManager, { id }: Trainee, degrees: readonly string[]): Promise<Degree[]> {
  return sql
    .createQueryBuilder(Degree, 'degree')
    .where({ trainee_id: id, id: In(degrees) })
    .orderBy('degree.id')
    .setLock('for_no_key_update')
    .getMany()
}

function registeredMeanwhile({ contact, placementAssignment }: RegistrationIds): JobFailed {
  return new JobFailed(
    'already-registered',
    'DTTP registered the trainee, but meanwhile Register was given another DTTP record for them, which we have not ' +
      `replaced. DTTP now holds two. Ours are contact ${contact} and placement assignment ${placementAssignment}. ` +
      'A developer needs to decide which to keep.',
  )
}
