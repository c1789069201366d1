import * as z from 'zod'

// What becomes of a school that a request repaired.

/** A school as the sync left it, and as DTTP has it now; null where DTTP does not have it. */
const syncedSchool = z.object({
  row: z.string(),
  urn: z.string().nullable(),
  is: z.number().nullable(),
  inDttp: z.object({ status: z.number().nullable() }).nullable(),
})

/** Whose school sync ran: ours, Register’s own, of which we do not hear, or nobody’s in all the time we waited. */
const syncedBy = z.enum(['us', 'register', 'nobody'])

/** What the school sync did to the rows that a request wrote; kept in the outbox until the requester is told. */
export const postedSync = z.object({ part: z.literal('school-sync'), by: syncedBy, schools: z.array(syncedSchool) })

export type SyncedSchool = z.output<typeof syncedSchool>
export type SyncedBy = z.output<typeof syncedBy>
export type SchoolSync = Omit<z.output<typeof postedSync>, 'part'>
