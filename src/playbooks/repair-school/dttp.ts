import * as z from 'zod'
import type { DttpClient } from '../../dttp/client/index.ts'
import type { Json } from '../../entities/json.ts'
import { isActiveInDttp } from '../../register/schools.ts'
import type { Rows } from './rows.ts'

type Account = NonNullable<Awaited<ReturnType<DttpClient['findAccount']>>>

/**
 * What DTTP has: each account that was asked for, null for one that is not there, by its id in lower case; and how many
 * records of each trainee without a job on record, by the trainee's number.
 */
export type InDttp = { accounts: Readonly<Record<string, Account | null>>; records: Readonly<Record<string, number>> }

const asked = z.object({
  accounts: z.array(z.string()),
  records: z.array(z.object({ trainee: z.string(), traineeId: z.string(), provider: z.string() })),
})

/** How many trainees without a job on record are looked for in DTTP. */
const MOST_RECORDS = 20

/** The accounts behind rows that are not active, and the trainees whose registration is not on record. */
export function aboutDttp({ schools, waiting, dttpId }: Rows): z.output<typeof asked> {
  const inactive = schools.filter(({ inDttp }) => !inDttp.some(({ status_code }) => isActiveInDttp(status_code)))
  const ids = [...inactive.flatMap(({ inDttp }) => inDttp.map(({ dttp_id }) => dttp_id)), dttpId]
  const unrecorded = waiting.filter(({ registration, job }) => registration.trainee.dttp_id === null && job === null)
  return {
    accounts: [...new Set(ids.flatMap((id) => guid.safeParse(id?.toLowerCase()).data ?? []))].sort(),
    records: unrecorded.flatMap(traceOf).slice(0, MOST_RECORDS),
  }
}

const guid = z.guid()

/** What a trainee's records in DTTP would be found by; nothing where they would look like somebody else's. */
function traceOf({ registration: { trainee, provider } }: Rows['waiting'][number]) {
  const { id, trainee_id: traineeId } = trainee
  return traineeId && provider.dttp_id ? [{ trainee: id, traineeId, provider: provider.dttp_id }] : []
}

/** Throws DttpError. */
export async function lookInDttp(
  about: Json,
  dttp: Pick<DttpClient, 'findAccount' | 'findContactsBy'>,
): Promise<InDttp> {
  const { accounts, records } = asked.parse(about)
  const [found, counted] = await Promise.all([
    Promise.all(accounts.map(async (id) => [id, await dttp.findAccount(id)] as const)),
    Promise.all(
      records.map(async ({ trainee, traineeId, provider: providerId }) => {
        const contacts = await dttp.findContactsBy({ traineeId, providerId })
        return [trainee, contacts.length] as const
      }),
    ),
  ])
  return { accounts: Object.fromEntries(found), records: Object.fromEntries(counted) }
}
