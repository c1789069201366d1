import type { EntityManager, ObjectLiteral } from 'typeorm'
import type { Plan, Update } from '../../contract/plan.ts'
import { TABLES } from '../../contract/planned-rows.ts'
import type { Json } from '../../entities/json.ts'
import { readClock } from '../../register/saves/save.ts'

/**
 * A planned row was not as previewed. Since the row is locked and the digest matched, this cannot happen; if it does,
 * the transaction is rolled back.
 */
class RowMoved extends Error {}

/**
 * Writes exactly the plan: each update names its row and every before-value, and must hit one row. Returns the instant
 * of the save, as Register's timestamps are written, for `updated_at` and the audits: the first row that is saved tells it.
 */
export async function writePlan(sql: EntityManager, plan: Plan): Promise<string> {
  let saved: string | null = null
  for (const update of plan.updates) saved = (await writeUpdate(sql, update, saved)) ?? saved
  const at = saved ?? (await readClock(sql))
  for (const { table, values } of plan.inserts) {
    await sql
      .createQueryBuilder()
      .insert()
      .into(TABLES[table])
      .values({ ...values, created_at: at, updated_at: at })
      .updateEntity(false)
      .execute()
  }
  return at
}

/** Answers when the row was saved, unless only its columns were written; `at` is given where another row told it. */
async function writeUpdate(
  sql: EntityManager,
  { table, id, changes, save }: Update,
  at: string | null,
): Promise<string | null> {
  const after = Object.fromEntries(Object.entries(changes).map(([column, [, value]]) => [column, value]))
  const values: ObjectLiteral = save === 'audited' ? { ...after, updated_at: at ?? (() => CLOCK) } : after
  const query = sql.createQueryBuilder().update<ObjectLiteral>(TABLES[table]).set(values).where('id = :id', { id })
  for (const [column, [before]] of Object.entries(changes)) {
    query.andWhere(`"${column}" IS NOT DISTINCT FROM :before_${column}`, { [`before_${column}`]: asParameter(before) })
  }
  if (save === 'audited') query.returning('updated_at')
  const { affected, raw } = await query.updateEntity(false).execute()
  if (affected !== 1) throw new RowMoved(`${table} ${id}`)
  const [row] = raw as { updated_at: unknown }[]
  return save === 'audited' ? String(row?.updated_at) : null
}

const CLOCK = `clock_timestamp() AT TIME ZONE 'UTC'`

/** jsonb travels as text; node-postgres would turn an array into a Postgres array. */
function asParameter(value: Json): unknown {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}
