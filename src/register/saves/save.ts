import type { EntityManager } from 'typeorm'
import type { Json } from '../../entities/json.ts'
import { Degree } from '../../entities/register/degree.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { writeDegreeAudit, writeTraineeAudit } from './audits.ts'
import { applySaveRules, changesBetween } from './rules.ts'

// Saving a record as Register's own jobs do: the rules of every save, an audit, and `updated_at`.

/**
 * Saves a trainee with these columns, and writes the audit; writes nothing where nothing changes. Call it with the
 * trainee's row locked.
 * @returns the row as it is now
 */
export async function saveTrainee(
  sql: EntityManager,
  trainee: Trainee,
  assigned: Partial<Trainee>,
  comment: string,
): Promise<Trainee> {
  const changes = changesBetween(asRow(trainee), applySaveRules(trainee, assigned))
  if (Object.keys(changes).length === 0) return trainee
  const at = await readClock(sql)
  const after = Object.fromEntries(Object.entries(changes).map(([column, [, value]]) => [column, value]))
  await sql
    .createQueryBuilder()
    .update(Trainee)
    .set({ ...after, updated_at: at })
    .where('id = :id', { id: trainee.id })
    .updateEntity(false)
    .execute()
  await writeTraineeAudit(sql, { traineeId: trainee.id, changes, comment, at })
  return sql.findOneByOrFail(Trainee, { id: trainee.id })
}

/** Saves a degree's DTTP id and writes the audit, unless it has this id already. */
export async function saveDegreeDttpId(
  sql: EntityManager,
  degree: Degree,
  dttpId: string,
  comment: string,
): Promise<void> {
  const changes = changesBetween({ dttp_id: degree.dttp_id }, { dttp_id: dttpId })
  if (Object.keys(changes).length === 0) return
  const at = await readClock(sql)
  await sql
    .createQueryBuilder()
    .update(Degree)
    .set({ dttp_id: dttpId, updated_at: at })
    .where('id = :id', { id: degree.id })
    .updateEntity(false)
    .execute()
  await writeDegreeAudit(sql, { degreeId: degree.id, changes, comment, at })
}

/** Locks a trainee's row, letting Rails insert rows that refer to it; null if it is gone. */
export async function lockTrainee(sql: EntityManager, id: string): Promise<Trainee | null> {
  return sql
    .createQueryBuilder(Trainee, 'trainee')
    .where('trainee.id = :id', { id })
    .setLock('for_no_key_update')
    .getOne()
}

/** The instant of a save, as Register's timestamps are written. */
export async function readClock(sql: EntityManager): Promise<string> {
  const [clock] = await sql.query<{ at: string }[]>(
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at`,
  )
  if (!clock) throw new Error('the database has no clock')
  return clock.at
}

function asRow(row: object): Record<string, Json> {
  return row as Record<string, Json>
}
