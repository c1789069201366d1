// What becomes of a school that a request repaired.

/** A school as the sync left it, and as DTTP has it now; null where DTTP does not have it. */
export type SyncedSchool = {
  row: string
  urn: string | null
  is: number | null
  inDttp: { status: number | null } | null
}

/** Whose school sync ran: ours, Register’s own, of which we do not hear, or nobody’s in all the time we waited. */
export type SyncedBy = 'us' | 'register' | 'nobody'

/** What the school sync did to the rows that a request wrote; kept in the outbox until the thread is told. */
export type SchoolSync = { by: SyncedBy; schools: readonly SyncedSchool[] }
