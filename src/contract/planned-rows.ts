import type { EntityManager } from 'typeorm'
import type { Postcondition } from '../entities/chatops/change-request.ts'
import { canonical, type Json } from '../entities/json.ts'
import { Degree } from '../entities/register/degree.ts'
import { DttpSchool } from '../entities/register/dttp-school.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { columnLabel } from '../register/columns.ts'
import type { Plan, Update } from './plan.ts'

/** The entity behind each table that a plan may write. */
export const TABLES = { trainees: Trainee, degrees: Degree, dttp_schools: DttpSchool } as const satisfies Record<
  Update['table'],
  unknown
>

/** A column whose value is no longer what a plan says. */
export type Moved = { table: Update['table']; id: string; column: string }

/** The planned columns that differ now from their `before` (or, after the fact, their `after`) value. */
export async function findMoved(sql: EntityManager, plan: Plan, side: 'before' | 'after'): Promise<Moved[]> {
  const moved: Moved[] = []
  for (const { table, id, changes } of plan.updates) {
    const row = await readRow(sql, table, id)
    for (const [column, [before, after]] of Object.entries(changes)) {
      const expected = side === 'before' ? before : after
      if (!row || canonical(row[column] ?? null) !== canonical(expected)) moved.push({ table, id, column })
    }
  }
  return moved
}

async function readRow(sql: EntityManager, table: Update['table'], id: string): Promise<Record<string, Json> | null> {
  const row = await sql.createQueryBuilder(TABLES[table], 'row').where('row.id = :id', { id }).getOne()
  return row as Record<string, Json> | null
}

/** A postcondition every playbook has: the planned columns hold what was approved. */
export async function columnsHold(sql: EntityManager, plan: Plan): Promise<Postcondition> {
  const lost = await findMoved(sql, plan, 'after')
  const count = plan.updates.reduce((sum, { changes }) => sum + Object.keys(changes).length, 0)
  return {
    sentence: 'Every changed column holds the new value',
    holds: lost.length === 0,
    found:
      lost.length === 0
        ? `Looked at ${count} ${count === 1 ? 'column' : 'columns'}.`
        : `Changed since: ${lost.map(({ column }) => columnLabel(column)).join(', ')}.`,
  }
}
