import type { EntityManager } from 'typeorm'
import { contactUpdate } from '../dttp/payloads/contact.ts'
import { settle } from '../dttp/payloads/draft.ts'
import { placementAssignmentUpdate } from '../dttp/payloads/placement-assignment.ts'
import { preflightUpdate } from '../dttp/payloads/preflight.ts'
import { updateSha } from '../dttp/update-sha.ts'
import type { Job } from '../entities/chatops/job.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { lockTrainee, saveTrainee } from '../register/saves/save.ts'
import type { World } from '../world.ts'
import { commentOf, demandSwitchedOn } from './job.ts'
import { demandComplete, demandTrainee, notRegistered, readTrainee, traineeGone } from './readiness.ts'
import type { Ending, Finish } from './run/run-job.ts'
import { updateAsRead } from './update-as-read.ts'

/**
 * Sends a trainee as they are now to their DTTP records (Register's Dttp::UpdateTraineeJob), and remembers what was
 * sent: Register's nightly job sends them again once that has changed.
 */
export async function updateTrainee(world: World, job: Job): Promise<Finish> {
  demandSwitchedOn(world, 'persist_to_dttp')
  let sha = ''
  await updateAsRead(
    world,
    job,
    () => readVersions(world, job),
    async (versions) => {
      sha = await send(world, job, versions)
    },
  )
  return (sql, held) => saveSha(sql, held, sha)
}

type Versions = { contact: string | null; placementAssignment: string | null }

/** The versions of both records, before the trainee's rows are read. */
async function readVersions({ database, upstreams: { dttp } }: World, job: Job): Promise<Versions> {
  const trainee = await database.manager.findOneBy(Trainee, { id: demandTrainee(job) })
  if (!trainee) throw traineeGone()
  const { dttp_id: contact, placement_assignment_dttp_id: placementAssignment } = trainee
  if (contact === null || placementAssignment === null) throw notRegistered()
  const [one, other] = await Promise.all([dttp.findContact(contact), dttp.findPlacementAssignment(placementAssignment)])
  return { contact: one?.etag ?? null, placementAssignment: other?.etag ?? null }
}

/** Sends the trainee as they are now; answers the sha of what was sent. */
async function send(world: World, job: Job, versions: Versions): Promise<string> {
  const { rows, rules } = await readTrainee(world, job)
  const { dttp_id: contact, placement_assignment_dttp_id: placementAssignment } = rows.trainee
  if (contact === null || placementAssignment === null) throw notRegistered()
  demandComplete(preflightUpdate(rows, rules), rows)
  const { dttp } = world.upstreams
  await world.onJobStep?.('update-sending', job.id)
  await dttp.updateContact(contact, settle(contactUpdate(rows)), versions.contact)
  await dttp.updatePlacementAssignment(
    placementAssignment,
    settle(placementAssignmentUpdate(rows, rules)),
    versions.placementAssignment,
  )
  return updateSha(rows)
}

/** The sha is of what was sent, even if the trainee has changed since. */
async function saveSha(sql: EntityManager, job: Job, sha: string): Promise<Ending> {
  const trainee = await lockTrainee(sql, demandTrainee(job))
  if (!trainee) throw traineeGone()
  await saveTrainee(sql, trainee, { dttp_update_sha: sha }, commentOf(job))
  return { kind: 'done', news: { kind: 'done' } }
}
