import * as z from 'zod'
import type { DttpClient, DttpDegreeQualification } from '../dttp/client/index.ts'
import type { RegistrationAttempt } from '../entities/chatops/registration-attempt.ts'
import type { Provider } from '../entities/register/provider.ts'
import type { Trainee } from '../entities/register/trainee.ts'

// What DTTP has that a registration without an answer may have created: found by trainee id and time of submission.

/** A record in DTTP, with what hangs on it. */
export type Candidate = { contact: string; placementAssignments: string[]; degrees: DttpDegreeQualification[] }

const asked = z
  .object({
    traineeId: z.string(),
    provider: z.string(),
    since: z.string(),
    /** Records that are looked at in any case. */
    known: z.array(z.string()),
    /** A record that somebody has named: it counts only if it could be found by its traces. */
    named: z.string().nullable(),
  })
  .nullable()

type Traces = z.output<typeof asked>

/** The clocks of DTTP and of the bot. */
const CLOCKS_MAY_DIFFER_MS = 5 * 60_000
const MOST_CANDIDATES = 5
/** What DTTP is told of a trainee whose provider gave them no id. */
const NO_TRAINEE_ID = 'NOTPROVIDED'

/** What the records would be found by; null where nothing could be. */
export function tracesOf(
  attempt: Pick<RegistrationAttempt, 'sentAt' | 'ids'> | null,
  { trainee_id, dttp_id }: Pick<Trainee, 'trainee_id' | 'dttp_id'>,
  provider: Pick<Provider, 'dttp_id'>,
  named: string | null = null,
): Traces {
  if (!attempt || provider.dttp_id === null) return null
  const known = [attempt.ids?.contact, dttp_id].filter((id) => typeof id === 'string')
  return {
    traineeId: trainee_id ?? NO_TRAINEE_ID,
    provider: provider.dttp_id,
    since: new Date(attempt.sentAt.getTime() - CLOCKS_MAY_DIFFER_MS).toISOString(),
    known: [...new Set(known)].sort(),
    named,
  }
}

/** The records that are known, and the first five others that were created since; oldest first. Throws DttpError. */
export async function findCandidates(about: unknown, dttp: DttpClient): Promise<Candidate[]> {
  const traces = asked.parse(about)
  if (!traces) return []
  const { traineeId, provider: providerId, known, named } = traces
  const createdSince = new Date(traces.since)
  const found = await dttp.findContactsBy({ traineeId, providerId, createdSince })
  const inOrder = found.sort((a, b) => compare(`${a.createdOn} ${a.id}`, `${b.createdOn} ${b.id}`)).map(({ id }) => id)
  const there = await Promise.all(known.map((id) => dttp.findContact(id)))
  const ours = there.flatMap((contact) => contact?.id ?? [])
  const others = inOrder.filter((id) => !ours.includes(id))
  const first = others.filter((id, index) => index < MOST_CANDIDATES || id === named)
  return Promise.all([...ours, ...first].map((id) => describe(id, dttp)))
}

async function describe(contact: string, dttp: DttpClient): Promise<Candidate> {
  const [assignments, degrees] = await Promise.all([
    dttp.findPlacementAssignmentsOf(contact),
    dttp.findDegreeQualificationsOf(contact),
  ])
  return {
    contact,
    placementAssignments: assignments.map(({ id }) => id).sort(),
    degrees: degrees.sort((a, b) => compare(a.id, b.id)),
  }
}

/** "record c0…01 with 1 training record and 2 degrees". */
export function candidateWords({ contact, placementAssignments, degrees }: Candidate): string {
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`
  return `record ${contact} with ${count(placementAssignments.length, 'training record')} and ${count(degrees.length, 'degree')}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
