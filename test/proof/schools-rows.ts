// Many schools in DTTP, a Register that knows some of them, and what its rows must be once they are synchronised.
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { DttpSimulator } from '../../sandbox/dttp/index.ts'

const LONG_AGO = '2020-01-01 09:15:27.123456'
const GONE = 500

/** A row of `dttp_schools`, and which of its timestamps are as old as the row. */
export type SchoolRow = {
  dttp_id: string
  name: string | null
  urn: string | null
  status_code: number | null
  created_long_ago: boolean
  updated_long_ago: boolean
}

type Sent = Pick<SchoolRow, 'name' | 'urn' | 'status_code'> & { id: string }

/** Fills DTTP; the answer is in the order in which it hands schools out. */
export function fillDttp({ state }: DttpSimulator, count: number): Sent[] {
  state.add('accounts', { name: 'A provider', dfe_provider: true })
  const schools = Array.from(
    { length: count },
    (_, index): Sent => ({
      id: randomUUID(),
      name: index % 11 === 0 ? null : `St Zoë’s “${index}” School, \\{North}`,
      urn: index % 13 === 0 ? null : String(100_000 + Math.floor(index / 2)),
      status_code: [1, 2, 300000002, 300000007, null][index % 5] ?? null,
    }),
  )
  for (const { id, name, urn, status_code } of schools) {
    state.add('accounts', { id, name, dfe_urn: urn, statuscode: status_code })
  }
  return schools.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Whether Register knew the school with other values than DTTP has. */
export function isOutOfDate(index: number): boolean {
  return index % 10 >= 3 && index % 10 <= 6
}

/**
 * Fills Register, and answers what its rows must be in the end: of ten schools it knows three as they are and three
 * otherwise, one in upper case, and three not at all; some that it knows are no longer in DTTP.
 */
export async function fillRegister(admin: pg.Client, sent: readonly Sent[]): Promise<SchoolRow[]> {
  const gone = Array.from({ length: GONE }, () => ({ ...OLD, dttp_id: randomUUID(), urn: null }))
  const known = sent.flatMap(({ id, ...school }, index) => {
    if (index % 10 < 3) return [{ ...school, dttp_id: id }]
    if (!isOutOfDate(index)) return []
    return [{ ...OLD, urn: school.urn, dttp_id: spelling(id, index) }]
  })
  await admin.query(
    `INSERT INTO public.dttp_schools (dttp_id, name, urn, status_code, created_at, updated_at)
     SELECT dttp_id, name, urn, status_code, '${LONG_AGO}', '${LONG_AGO}'
     FROM jsonb_to_recordset($1) AS known (dttp_id text, name text, urn text, status_code integer)`,
    [JSON.stringify([...gone, ...known])],
  )
  const synchronised = sent.map(({ id, ...school }, index) => ({
    ...school,
    dttp_id: spelling(id, index),
    created_long_ago: index % 10 < 7,
    updated_long_ago: index % 10 < 3,
  }))
  return [...gone.map((row) => ({ ...row, created_long_ago: true, updated_long_ago: true })), ...synchronised]
}

const OLD = { name: 'As it was', status_code: 300000008 }

function spelling(id: string, index: number): string {
  return index % 10 === 6 ? id.toUpperCase() : id
}

/** How many rows were added or changed since Register was filled. */
export async function countWritten(admin: pg.Client): Promise<number> {
  const { rowCount } = await admin.query(`SELECT 1 FROM public.dttp_schools WHERE updated_at <> '${LONG_AGO}'`)
  return rowCount ?? 0
}

/** Compares every row with what it must be. */
export async function compareSchools(admin: pg.Client, wanted: readonly SchoolRow[]) {
  const found = await admin.query<SchoolRow>(
    `SELECT dttp_id, name, urn, status_code, created_at = '${LONG_AGO}' AS created_long_ago,
       updated_at = '${LONG_AGO}' AS updated_long_ago
     FROM public.dttp_schools`,
  )
  const left = new Map(wanted.map((row) => [row.dttp_id, textOf(row)]))
  const wrong = found.rows.filter((row) => {
    const isRight = left.get(row.dttp_id) === textOf(row)
    left.delete(row.dttp_id)
    return !isRight
  })
  return { wanted: wanted.length, rows: found.rows.length, wrong: wrong.length, missing: left.size }
}

function textOf({ dttp_id, name, urn, status_code, created_long_ago, updated_long_ago }: SchoolRow): string {
  return JSON.stringify([dttp_id, name, urn, status_code, created_long_ago, updated_long_ago])
}
