import type { DttpClient, DttpContact, DttpDegreeQualification } from '../dttp/client/index.ts'
import { NO_TRAINEE_ID } from '../dttp/payloads/contact.ts'
import type { RegistrationAttempt } from '../entities/chatops/registration-attempt.ts'
import type { Provider } from '../entities/register/provider.ts'
import type { Trainee } from '../entities/register/trainee.ts'

// Finds the records in DTTP that a registration without an answer may have created, by what was sent and when.

/** A record in DTTP, with what hangs on it. */
export type Candidate = {
  contact: string
  /** Why it is no trainee's record any more: merged into another one, or deactivated. Null for one that is in use. */
  gone: { mergedInto: string | null } | null
  placementAssignments: string[]
  degrees: DttpDegreeQualification[]
}

/** The records that are known or named, and the others, oldest first. `isMore`: not all could be looked at. */
export type Candidates = { records: Candidate[]; isMore: boolean }

/** What records are looked for by; null where nothing could be. */
export type Traces = {
  traineeId: string
  provider: string
  since: string
  /** Records that are looked at in any case. */
  known: string[]
  /** A record that somebody has named. It counts only if it has the traces. */
  named: string | null
} | null

/** DTTP's clock and the bot's may differ by so much. */
const CLOCKS_MAY_DIFFER_MS = 5 * 60_000
/** The most records that DTTP gives in one answer. */
const MOST_FOUND = 50

/** When a registration's records were created at the earliest. */
export function createdSince({ sentAt }: Pick<RegistrationAttempt, 'sentAt'>): Date {
  return new Date(sentAt.getTime() - CLOCKS_MAY_DIFFER_MS)
}

/** Whether what was sent says whose the record is, and not only from which provider. */
export function saysWhose(attempt: Sent, { trainee_id }: Pick<Trainee, 'trainee_id'>): boolean {
  return (attempt.sentAs?.traineeId ?? trainee_id ?? NO_TRAINEE_ID) !== NO_TRAINEE_ID
}

type Sent = Pick<RegistrationAttempt, 'sentAt' | 'sentAs' | 'ids'> & Partial<Pick<RegistrationAttempt, 'ownIds'>>

/**
 * What the records can be found by: what was sent, even if Register says something else by now. Null if nothing can be
 * looked for.
 */
export function tracesOf(
  attempt: Sent | null,
  { trainee_id, dttp_id }: Pick<Trainee, 'trainee_id' | 'dttp_id'>,
  provider: Pick<Provider, 'dttp_id'>,
  named: string | null = null,
): Traces {
  const sentTo = attempt?.sentAs?.provider ?? provider.dttp_id
  if (!attempt || sentTo === null) return null
  const known = [attempt.ids?.contact, attempt.ownIds?.contact, dttp_id].filter((id) => typeof id === 'string')
  return {
    traineeId: attempt.sentAs?.traineeId ?? trainee_id ?? NO_TRAINEE_ID,
    provider: sentTo,
    since: createdSince(attempt).toISOString(),
    known: [...new Set(known)].sort(),
    named,
  }
}

/**
 * The records with these traces and the records that belong to them. Other trainees' records may be among them.
 * @param most how many records to look at beside those that are known or named
 */
export async function findCandidates(traces: Traces, dttp: DttpClient, most = MOST_FOUND): Promise<Candidates> {
  if (!traces) return { records: [], isMore: false }
  const { contacts, isMore } = await findTraced(traces, dttp)
  const known = await Promise.all(traces.known.map((id) => dttp.findContact(id)))
  const sure = [...known, await findNamed(traces, dttp)].filter((contact) => contact !== null)
  const others = contacts.filter(({ id }) => sure.every((contact) => contact.id !== id))
  const distinct = new Map([...sure, ...others.slice(0, most)].map((contact) => [contact.id, contact]))
  const records = await describeEach([...distinct.values()], dttp)
  return { records, isMore: isMore || others.length > most }
}

/** The records with these traces, oldest first; `isMore` if DTTP may have more. Throws DttpError. */
export async function findTraced(
  { traineeId, provider: providerId, since }: NonNullable<Traces>,
  dttp: Pick<DttpClient, 'findContactsBy'>,
): Promise<{ contacts: DttpContact[]; isMore: boolean }> {
  const found = await dttp.findContactsBy({ traineeId, providerId, createdSince: new Date(since) })
  const contacts = found.sort((a, b) => compare(`${a.createdOn} ${a.id}`, `${b.createdOn} ${b.id}`))
  return { contacts, isMore: found.length >= MOST_FOUND }
}

/**
 * The record that somebody has named, if it has these traces. It is asked for by its id, as it may not be among those
 * that DTTP gives in one answer.
 */
async function findNamed({ named, ...traces }: NonNullable<Traces>, dttp: DttpClient): Promise<DttpContact | null> {
  const contact = named === null ? null : await dttp.findContact(named)
  const isTraced =
    contact?.traineeId === traces.traineeId &&
    contact.providerId === traces.provider.toLowerCase() &&
    Date.parse(contact.createdOn ?? '') >= Date.parse(traces.since)
  return isTraced ? contact : null
}

/** A few at a time: Dynamics refuses a user who asks more than 52 things at once. */
async function describeEach(contacts: readonly DttpContact[], dttp: DttpClient): Promise<Candidate[]> {
  const records: Candidate[] = []
  for (let index = 0; index < contacts.length; index += TOGETHER) {
    records.push(
      ...(await Promise.all(contacts.slice(index, index + TOGETHER).map((contact) => describe(contact, dttp)))),
    )
  }
  return records
}

const TOGETHER = 10

async function describe({ id, standing, mergedInto }: DttpContact, dttp: DttpClient): Promise<Candidate> {
  const [assignments, degrees] = await Promise.all([
    dttp.findPlacementAssignmentsOf(id),
    dttp.findDegreeQualificationsOf(id),
  ])
  return {
    contact: id,
    gone: standing === 'active' ? null : { mergedInto },
    placementAssignments: assignments.map(({ id }) => id).sort(),
    degrees: degrees.sort((a, b) => compare(a.id, b.id)),
  }
}

/** "record c0…01 with 1 training record and 2 degrees"; and what has become of it, if it is not in use any more. */
export function candidateWords({ contact, gone, placementAssignments, degrees }: Candidate): string {
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`
  const became = gone ? ` (${gone.mergedInto ? `merged into ${gone.mergedInto}` : 'not in use any more'})` : ''
  return `record ${contact}${became} with ${count(placementAssignments.length, 'training record')} and ${count(degrees.length, 'degree')}`
}

const MOST_LISTED = 5

/** "record c0…01 with …; record c0…02 with … and 3 more". */
export function candidateList(candidates: readonly Candidate[]): string {
  const left = candidates.length - MOST_LISTED
  const words = candidates.slice(0, MOST_LISTED).map(candidateWords).join('; ')
  return left > 0 ? `${words} and ${left} more` : words
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
