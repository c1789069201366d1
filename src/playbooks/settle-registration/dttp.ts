import * as z from 'zod'
import type { DttpClient } from '../../dttp/client/index.ts'
import type { Json } from '../../entities/json.ts'
import type { Rows } from './rows.ts'

/** A record in DTTP that the registration may have created, with what hangs on it. */
export type Candidate = { contact: string; placementAssignments: string[]; degrees: number }

const asked = z.object({ traineeId: z.string(), provider: z.string(), since: z.string() }).nullable()

/** The clocks of DTTP and of the bot. */
const CLOCKS_MAY_DIFFER_MS = 5 * 60_000
const MOST_CANDIDATES = 5
/** What DTTP is told of a trainee whose provider gave them no id. */
const NO_TRAINEE_ID = 'NOTPROVIDED'

/** What the records would be found by: trainee id, provider, and the time of the registration. */
export function traces({ trainee, provider, attempt }: Rows): z.output<typeof asked> {
  if (!attempt || provider.dttp_id === null) return null
  const since = new Date(attempt.sentAt.getTime() - CLOCKS_MAY_DIFFER_MS).toISOString()
  return { traineeId: trainee.trainee_id ?? NO_TRAINEE_ID, provider: provider.dttp_id, since }
}

/** At most five records that were created since, in the order of their ids. Throws DttpError. */
export async function findCandidates(about: Json, dttp: DttpClient): Promise<Candidate[]> {
  const traced = asked.parse(about)
  if (!traced) return []
  const contacts = await dttp.findContactsBy({ traineeId: traced.traineeId, providerId: traced.provider })
  const recent = contacts
    .filter(({ createdOn }) => createdOn !== null && Date.parse(createdOn) >= Date.parse(traced.since))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  return Promise.all(recent.slice(0, MOST_CANDIDATES).map(({ id }) => describe(id, dttp)))
}

async function describe(contact: string, dttp: DttpClient): Promise<Candidate> {
  const [assignments, degrees] = await Promise.all([
    dttp.findPlacementAssignmentsOf(contact),
    dttp.findDegreeQualificationsOf(contact),
  ])
  return { contact, placementAssignments: assignments.map(({ id }) => id).sort(), degrees: degrees.length }
}
