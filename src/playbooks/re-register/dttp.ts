import type { DttpClient } from '../../dttp/client/index.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { createdSince } from '../../registration/traces.ts'
import type { Rows } from './rows.ts'

export type Answers = {
  /** Whether DTTP has the records that Register names; null where Register names none. */
  contact: boolean | null
  /** What has become of the trainee's record, if it is there but not in use. */
  became: { mergedInto: string | null } | null
  placementAssignment: boolean | null
  /** A trainee's record that Register does not name, and that the training record belongs to. */
  owner: string | null
  /** Where Register names no record: those with the trainee's id, created since they were submitted. Null: not asked. */
  alike: string[] | null
}

/** The records that Register names; and where it names none, what one would be found by. */
export type AskedFor = {
  contact: string | null
  placementAssignment: string | null
  alike: { traineeId: string; provider: string; since: string } | null
}

export function recordsToLookFor({ trainee, registration: { provider } }: Rows): AskedFor {
  const { dttp_id: contact, placement_assignment_dttp_id: placementAssignment } = trainee
  return { contact, placementAssignment, alike: contact === null ? tracesOf(trainee, provider.dttp_id) : null }
}

function tracesOf({ trainee_id: traineeId, submitted_for_trn_at: at }: Trainee, provider: string | null) {
  if (traineeId === null || at === null || provider === null) return null
  return { traineeId, provider, since: createdSince({ sentAt: new Date(`${at}Z`) }).toISOString() }
}

/** Throws DttpError. */
export async function lookInDttp(
  { contact, placementAssignment, alike }: AskedFor,
  dttp: DttpClient,
): Promise<Answers> {
  const [found, assignment, contacts] = await Promise.all([
    contact === null ? null : dttp.findContact(contact),
    placementAssignment === null ? null : dttp.findPlacementAssignment(placementAssignment),
    alike && findAlike(alike, dttp),
  ])
  const named = assignment?.contactId ?? null
  const owner = named !== null && named !== contact?.toLowerCase() ? await dttp.findContact(named) : null
  return {
    contact: contact === null ? null : found !== null,
    became: found && found.standing !== 'active' ? { mergedInto: found.mergedInto } : null,
    placementAssignment: placementAssignment === null ? null : assignment !== null,
    owner: owner?.id ?? null,
    alike: contacts,
  }
}

async function findAlike(
  { traineeId, provider: providerId, since }: NonNullable<AskedFor['alike']>,
  dttp: DttpClient,
): Promise<string[]> {
  const contacts = await dttp.findContactsBy({ traineeId, providerId, createdSince: new Date(since) })
  return contacts.map(({ id }) => id).sort()
}
