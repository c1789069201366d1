import { randomUUID } from 'node:crypto'
import type { EntityManager } from 'typeorm'
import type { DttpClient } from '../dttp/client/index.ts'
import { RegistrationAttempt, type RegistrationIds } from '../entities/chatops/registration-attempt.ts'
import { JobFailed } from '../failures/job-failed.ts'
import type { World } from '../world.ts'

// Whoever creates a record in DTTP may choose its id, and DTTP takes none twice. So of two batches that register one
// trainee under the same ids, whoever sends them and however late, DTTP carries out one.

/**
 * Whether registrations are sent with ids of our own. Once DTTP has shown that it does not keep to them, they count as
 * off until people have switched them off.
 */
export async function usesOwnIds({ ownIds }: Pick<World, 'ownIds'>, sql: EntityManager): Promise<boolean> {
  return ownIds && !(await sql.exists(RegistrationAttempt, { where: IN_DOUBT }))
}

/** Registering once with own ids switched off forgets that DTTP did not keep to them. */
export async function forgetDoubt({ ownIds }: Pick<World, 'ownIds'>, sql: EntityManager): Promise<void> {
  if (!ownIds) await sql.update(RegistrationAttempt, IN_DOUBT, { doubt: null })
}

const IN_DOUBT = [{ doubt: 'other-ids' as const }, { doubt: 'taken-twice' as const }]

/** Ids for a trainee's records: those of the registration before, and new ones for what it did not have. */
export function chooseIds(degrees: readonly string[], before: RegistrationIds | null): RegistrationIds {
  return {
    contact: before?.contact ?? randomUUID(),
    placementAssignment: before?.placementAssignment ?? randomUUID(),
    degrees: Object.fromEntries(degrees.map((degree) => [degree, before?.degrees[degree] ?? randomUUID()])),
  }
}

/** Whether these are the same records. */
export function isSame(ids: RegistrationIds, others: RegistrationIds): boolean {
  const listed = ({ contact, placementAssignment, degrees }: RegistrationIds) =>
    [contact, placementAssignment, ...Object.entries(degrees).map(String).sort()].join().toLowerCase()
  return listed(ids) === listed(others)
}

/** What DTTP has under ids of ours: everything, nothing, or only some of it, and then which. */
type Found = { kind: 'all'; ids: RegistrationIds } | { kind: 'part'; ids: RegistrationIds } | { kind: 'nothing' }

/** Asks by them. Throws JobFailed where the trainee's record is there but not in use, and DttpError. */
export async function findOwn(
  dttp: Pick<DttpClient, 'findContact' | 'findPlacementAssignment' | 'findDegreeQualificationsOf'>,
  own: RegistrationIds,
): Promise<Found> {
  const [contact, assignment, inDttp] = await Promise.all([
    dttp.findContact(own.contact),
    dttp.findPlacementAssignment(own.placementAssignment),
    dttp.findDegreeQualificationsOf(own.contact),
  ])
  if (!contact && !assignment) return { kind: 'nothing' }
  if (!contact || !assignment?.isActive) throw broken(own, contact ? 'training record' : 'trainee’s record')
  if (contact.standing !== 'active') throw notInUse(contact)
  const active = new Set(inDttp.flatMap(({ id, isActive }) => (isActive ? [id] : [])))
  const degrees = Object.entries(own.degrees).filter(([, id]) => active.has(id))
  const isWhole = degrees.length === Object.keys(own.degrees).length
  return { kind: isWhole ? 'all' : 'part', ids: { ...own, degrees: Object.fromEntries(degrees) } }
}

function notInUse({
  id,
  standing,
  mergedInto,
}: {
  id: string
  standing: string
  mergedInto: string | null
}): JobFailed {
  const what = standing === 'merged' ? `merged it into ${mergedInto ?? 'another one'}` : 'deactivated it'
  return new JobFailed(
    'record-not-in-use',
    `DTTP registered the trainee under record ${id}, and somebody there has ${what} since. It is not saved in Register. ` +
      'Ask the operations team which record is the trainee’s.',
  )
}

function broken({ contact, placementAssignment }: RegistrationIds, missing: string): JobFailed {
  return new JobFailed(
    'record-not-in-use',
    `DTTP registered the trainee under record ${contact} and training record ${placementAssignment}, and by now the ` +
      `${missing} is gone or deactivated there. Nothing is saved in Register. Ask the operations team to put it right.`,
  )
}
