import { Paused } from '../../brake/brake.ts'
import { DttpError } from '../../dttp/client/index.ts'
import { type Registration, underIds } from '../../dttp/payloads/registration.ts'
import { Job } from '../../entities/chatops/job.ts'
import type { RegistrationIds } from '../../entities/chatops/registration-attempt.ts'
import { mayPass } from '../../entities/transient.ts'
import { JobFailed } from '../../failures/job-failed.ts'
import { keepAnswer, keepDoubt, keepPart, keepRefusal, type Sending, takeBack } from '../../registration/answers.ts'
import { unanswered } from '../../registration/attempts.ts'
import { findOwn } from '../../registration/own-ids.ts'
import type { World } from '../../world.ts'
import { failureOf } from '../run/failures.ts'
import { demandLease, ownerOf } from '../run/leases.ts'
import { type Alone, askedAgain, NotAlone, Silent } from './alone.ts'
import { reaching } from './steps.ts'

/** What is known of a registration: the ids of what DTTP created, or that it has to be asked; `from`: not before then. */
export type Came = { kind: 'answered'; ids: RegistrationIds } | { kind: 'unknown'; from?: Date }

/** Sends the batch. Whatever comes of it is put on record before it is answered or thrown. */
export async function sendRegistration(
  world: World,
  job: Job,
  batch: Registration,
  { alone, ...sending }: Sending & { alone: Alone },
): Promise<Came> {
  const { parts, contentIds } = sending.ownIds ? underIds(batch, sending.ownIds) : batch
  const sent = await world.upstreams.dttp
    .createInBatch(parts, async () => {
      await alone.confirm()
      await demandLease(world, job)
      await reaching(world, job)('sending')
    })
    .then((created) => ({ ids: idsOf(created, contentIds) }))
    .catch((error: unknown) => ({ error }))
  if ('error' in sent) return settle(world, job, sending, sent.error)
  await reaching(world, job)('answered')
  await keepAnswer(world, job, sending, sent.ids)
  return { kind: 'answered', ids: sent.ids }
}

async function settle(world: World, job: Job, sending: Sending, error: unknown): Promise<Came> {
  if (error instanceof NotAlone) {
    // An earlier sending of the same may still come about.
    await (sending.number === 1 ? noteRefused(world, job, sending, error) : keepDoubt(world, job))
    throw error
  }
  // Nothing was sent, as another worker has the job.
  if (error instanceof JobFailed) throw error
  // Nor was it where the bot is paused, or our own database could not say whose job it is.
  const isOurs = error instanceof Paused || (!(error instanceof DttpError) && mayPass(error))
  if (isOurs || error instanceof Silent) {
    await takeBack(world, job, ownerOf(world, job), sending)
    if (isOurs) throw error
    return { kind: 'unknown', from: askedAgain(world) }
  }
  if (error instanceof DttpError) {
    if (error.kind === 'exists' && sending.ownIds) return findWhose(world, job, sending, error)
    if (isCertain(error, sending)) {
      await noteRefused(world, job, sending, error)
      throw error
    }
  }
  await keepDoubt(world, job)
  if (sending.ownIds) return { kind: 'unknown' }
  throw unanswered(sending.at)
}

/** Why is kept with the job: whoever takes it over is told the same. */
async function noteRefused(world: World, job: Job, sending: Sending, error: unknown): Promise<void> {
  const { id, run } = job
  const progress = failureOf(error, world.now())
  await keepRefusal(world, job, sending, (sql) => sql.update(Job, { id, run }, { progress }))
}

/** Whether nobody was registered. Where DTTP did not look at it, an earlier sending of the same may still come about. */
function isCertain({ kind }: DttpError, { number }: Sending): boolean {
  if (kind === 'outcome-unknown') return false
  return number === 1 || !(kind === 'unavailable' || kind === 'unauthorised')
}

/** DTTP has a record with one of the keys: ours, which was sent before, or another one with an alternate key. */
async function findWhose(world: World, job: Job, sending: Sending, error: DttpError): Promise<Came> {
  const found = await lookForOwn(world, job, sending.ownIds)
  if (found.kind !== 'nothing') return found
  await noteRefused(world, job, sending, error)
  throw error
}

/**
 * Asks DTTP by our ids. Throws JobFailed where it has only some of the records, or the trainee's is not in use; where it
 * does not answer, nobody knows.
 */
export async function lookForOwn(
  world: World,
  job: Job,
  ownIds: RegistrationIds | null,
): Promise<Came | { kind: 'nothing' }> {
  if (!ownIds) return { kind: 'nothing' }
  const found = await findOwn(world.upstreams.dttp, ownIds).catch(async (error: unknown) => {
    await keepDoubt(world, job)
    if (error instanceof DttpError) return { kind: 'unknown' } as const
    throw error
  })
  if (found.kind === 'all') return { kind: 'answered', ids: found.ids }
  if (found.kind !== 'part') return found
  await keepPart(world, job, found.ids)
  return { kind: 'answered', ids: demandWhole(found.ids, ownIds) }
}

/** What DTTP has, if that is all that was sent. Throws JobFailed where it is not, also when it is read again later. */
export function demandWhole(found: RegistrationIds, own: RegistrationIds | null): RegistrationIds {
  const missing = Object.keys(own?.degrees ?? {}).filter((degree) => found.degrees[degree] === undefined)
  if (missing.length === 0) return found
  throw new JobFailed(
    'outcome-unknown',
    `DTTP has the trainee’s record ${found.contact}, but not what was sent for ${missing.map((id) => `degree ${id}`).join(', ')}: ` +
      'an earlier registration without that came first. Nothing is saved in Register yet. A developer needs to look.',
  )
}

function idsOf(created: ReadonlyMap<string, string>, contentIds: Registration['contentIds']): RegistrationIds {
  const idOf = (contentId: string): string => {
    const id = created.get(contentId)
    if (id === undefined) throw new Error('DTTP gave no id for a part')
    return id
  }
  return {
    contact: idOf(contentIds.contact),
    placementAssignment: idOf(contentIds.placementAssignment),
    degrees: Object.fromEntries(
      Object.entries(contentIds.degrees).map(([degree, contentId]) => [degree, idOf(contentId)]),
    ),
  }
}
