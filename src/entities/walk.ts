import type { DataSource } from 'typeorm'

/** How far a walk over the rows of a table has come: it goes on after this row. `lowest` comes before every id. */
export type Place = { at: string; id: string; lowest: string }

/** Before the first row of a table whose ids are UUIDs. */
export const beforeUuids = (): Place => before('00000000-0000-0000-0000-000000000000')

/** Before the first row of a table whose ids are numbers. */
export const beforeNumbers = (): Place => before('0')

function before(lowest: string): Place {
  return { at: '-infinity', id: lowest, lowest }
}

/** Rows that are looked at in one transaction, so that none holds its locks for long. */
const BATCH = 1_000

type Looked = { at: string | null; id: string | null; looked: number; removed: number }

/**
 * Goes over a table's rows by an index and removes some: as many as there are to remove, and of those that are to be kept no
 * more than a batch. The next walk goes on from there, and after the last row at the first again, so that however much is
 * kept, no walk is a long one. Returns how many were removed.
 * @param place where the last walk ended; moved on
 * @param statement looks at $2 rows after $3 and $4 that are due at $1
 */
export async function walk(database: DataSource, place: Place, { statement, due, isStopped }: Walk): Promise<number> {
  for (let removed = 0; ; ) {
    const [row] = await database.query<[Looked]>(statement, [due, BATCH, place.at, place.id])
    const isLast = row.looked < BATCH || row.at === null || row.id === null
    Object.assign(place, isLast ? before(place.lowest) : { at: row.at, id: row.id })
    removed += row.removed
    if (isLast || row.removed === 0 || isStopped()) return removed
  }
}

type Walk = {
  statement: string
  /** What was over by then is due. */
  due: Date
  isStopped: () => boolean
}
