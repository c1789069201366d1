import { randomUUID } from 'node:crypto'
import type { EntityManager } from 'typeorm'
import type { Json } from '../../entities/json.ts'
import { Audit } from '../../entities/register/audit.ts'
import { timestampForAudit } from '../../entities/timestamp.ts'
import { padProgress, storedProgress } from './progress.ts'

type NewAudit = { changes: Readonly<Record<string, readonly [Json, Json]>>; comment: string; at: string }

/**
 * Writes the audit row that Register's `audited` gem writes when a trainee is saved with these changes. Call it with
 * the trainee's row locked: its version is one more than the highest so far.
 * @param comment on whose word; `user` stays empty, as from Register's console, and `username` is never written, since
 *   Register's timeline crashes on it.
 */
export async function writeTraineeAudit(sql: EntityManager, audit: NewAudit & { traineeId: string }): Promise<void> {
  const provider = 'SELECT provider_id FROM public.trainees WHERE id = :id'
  await writeAudit(sql, ['Trainee', audit.traineeId], ['Provider', provider], audit)
}

/** The same for a degree; its audit is filed under its trainee. Call it with the degree's row locked. */
export async function writeDegreeAudit(sql: EntityManager, audit: NewAudit & { degreeId: string }): Promise<void> {
  const trainee = 'SELECT trainee_id FROM public.degrees WHERE id = :id'
  await writeAudit(sql, ['Degree', audit.degreeId], ['Trainee', trainee], audit)
}

/** @param associated what the audits of a row are filed under: its type, and how its id is read from the row's `:id` */
async function writeAudit(
  sql: EntityManager,
  [type, id]: ['Trainee' | 'Degree', string],
  [associatedType, associatedId]: ['Provider' | 'Trainee', string],
  audit: NewAudit,
): Promise<void> {
  await sql
    .createQueryBuilder()
    .insert()
    .into(Audit, [...AUDIT_COLUMNS])
    .values({
      auditable_type: type,
      auditable_id: Number(id),
      associated_type: associatedType,
      associated_id: () => `(${associatedId})`,
      action: 'update',
      audited_changes: auditedChanges(audit.changes),
      version: () => `(${NEXT_VERSION})`,
      comment: audit.comment,
      request_uuid: randomUUID(),
      created_at: audit.at,
    })
    .setParameters({ type, id: Number(id) })
    .updateEntity(false)
    .execute()
}

const NEXT_VERSION =
  'SELECT coalesce(max(version), 0) + 1 FROM public.audits WHERE auditable_type = :type AND auditable_id = :id'

/** The columns of an audit that we write. */
export const AUDIT_COLUMNS = [
  'auditable_type',
  'auditable_id',
  'associated_type',
  'associated_id',
  'action',
  'audited_changes',
  'version',
  'comment',
  'request_uuid',
  'created_at',
] as const satisfies (keyof Audit)[]

const BIGINTS: readonly string[] = ['lead_school_id', 'employing_school_id', 'apply_application_id', 'provider_id']
const TIMES: readonly string[] = ['submitted_for_trn_at', 'withdraw_date', 'recommended_for_award_at', 'awarded_at']

/** Changes as the gem stores them: raw values, times in UTC with milliseconds, progress with all ten parts on both sides. */
function auditedChanges(changes: Readonly<Record<string, readonly [Json, Json]>>): Record<string, Json> {
  const written = Object.entries(changes).map(([column, [before, after]]) => {
    if (column === 'progress') return [column, [before, after].map((value) => padProgress(storedProgress.parse(value)))]
    if (TIMES.includes(column)) return [column, [before, after].map((time) => time && timestampForAudit(String(time)))]
    if (BIGINTS.includes(column)) return [column, [before, after].map((id) => (id === null ? null : Number(id)))]
    return [column, [before, after]]
  })
  return Object.fromEntries(written)
}
