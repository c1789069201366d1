import type { EntityManager } from 'typeorm'
import type { Postcondition } from '../entities/chatops/change-request.ts'
import { canonical, type Json } from '../entities/json.ts'
import { Degree } from '../entities/register/degree.ts'
import { DttpSchool } from '../entities/register/dttp-school.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { selectColumns, selectRows } from '../entities/select-rows.ts'
import { columnLabel } from '../register/columns.ts'
import type { Plan, Update } from './plan.ts'

/** The entity behind each table that a plan may write. */
export const TABLES = { trainees: Trainee, degrees: Degree, dttp_schools: DttpSchool } as const satisfies Record<
  Update['table'],
  unknown
>

/** A column whose value is no longer what a plan says. */
export type MovedColumn = { table: Update['table']; id: string; column: string }

/** The planned columns that differ now from their `before` (or, after the fact, their `after`) value. */
export async function findMoved(sql: EntityManager, plan: Plan, side: 'before' | 'after'): Promise<MovedColumn[]> {
  const rows = await readRows(sql, plan)
  return plan.updates.flatMap(({ table, id, changes }) => {
    const row = rows.get(`${table}:${id}`)
    return Object.entries(changes).flatMap(([column, [before, after]]) => {
      const expected = side === 'before' ? before : after
      const isThere = row && canonical(row[column] ?? null) === canonical(expected)
      return isThere ? [] : [{ table, id, column }]
    })
  })
}

/** All rows that a plan writes, by `table:id`, with one query a table. */
async function readRows(sql: EntityManager, { updates }: Plan): Promise<Map<string, Record<string, Json>>> {
  const rows = new Map<string, Record<string, Json>>()
  for (const table of new Set(updates.map((update) => update.table))) {
    const written = updates.filter((update) => update.table === table)
    const found = await selectRows<object>(sql, TABLES[table], 'WHERE id = ANY($1)', [written.map(({ id }) => id)])
    for (const row of found as Record<string, Json>[]) rows.set(`${table}:${row['id']}`, row)
  }
  return rows
}

/** Of the rows that subjects such as `trainees:5901` stand for, as far as they are there, the columns that are `wanted`. */
export async function readSubjects(
  sql: EntityManager,
  subjects: readonly string[],
  wanted: (column: string) => boolean,
): Promise<object[]> {
  const rows: object[] = []
  for (const table of Object.keys(TABLES) as Update['table'][]) {
    const ids = subjects.flatMap((subject) => new RegExp(`^${table}:(\\d+)$`).exec(subject)?.[1] ?? [])
    if (ids.length === 0) continue
    const entity: new () => Record<string, unknown> = TABLES[table] as never // one of three classes, whose columns alone matter here
    const columns = sql.connection.getMetadata(entity).columns.map(({ propertyName }) => propertyName)
    rows.push(...(await selectColumns(sql, entity, columns.filter(wanted), 'WHERE id = ANY($1)', [ids])))
  }
  return rows
}

/** A postcondition every playbook has: the planned columns hold what was approved. */
export async function columnsHold(sql: EntityManager, plan: Plan): Promise<Postcondition> {
  const lost = await findMoved(sql, plan, 'after')
  const count = plan.updates.reduce((sum, { changes }) => sum + Object.keys(changes).length, 0)
  return {
    sentence: 'Everything that was changed holds its new value',
    holds: lost.length === 0,
    found:
      lost.length === 0
        ? `${count} ${count === 1 ? 'detail is' : 'details are'} as approved.`
        : `Changed since: ${lost.map(({ column }) => columnLabel(column)).join(', ')}.`,
  }
}
