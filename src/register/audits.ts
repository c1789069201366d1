import { randomUUID } from 'node:crypto'
import type { EntityManager } from 'typeorm'
import type { Json } from '../entities/json.ts'
import { Audit } from '../entities/register/audit.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { timestampForAudit } from '../entities/timestamp.ts'
import { padProgress } from './progress.ts'

/**
 * Writes the audit row that Register's `audited` gem writes when a trainee is saved with these changes. Call it with
 * the trainee's row locked: its version is one more than the highest so far.
 * @param comment who asked and who approved; `user` stays empty, as from Register's console, and `username` is never
 *   written, since Register's timeline crashes on it.
 */
export async function writeTraineeAudit(
  sql: EntityManager,
  audit: { traineeId: string; changes: Readonly<Record<string, readonly [Json, Json]>>; comment: string; at: string },
): Promise<void> {
  const { provider_id } = await sql.findOneOrFail(Trainee, {
    select: { id: true, provider_id: true },
    where: { id: audit.traineeId },
  })
  const { version } = (await sql
    .createQueryBuilder(Audit, 'audit')
    .select('coalesce(max(audit.version), 0) + 1', 'version')
    .where({ auditable_type: 'Trainee', auditable_id: Number(audit.traineeId) })
    .getRawOne<{ version: number }>()) ?? { version: 1 }
  await sql
    .createQueryBuilder()
    .insert()
    .into(Audit, AUDIT_COLUMNS)
    .values({
      auditable_type: 'Trainee',
      auditable_id: Number(audit.traineeId),
      associated_type: 'Provider',
      associated_id: Number(provider_id),
      action: 'update',
      audited_changes: auditedChanges(audit.changes),
      version,
      comment: audit.comment,
      request_uuid: randomUUID(),
      created_at: audit.at,
    })
    .updateEntity(false)
    .execute()
}

const AUDIT_COLUMNS = [
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
]

const BIGINTS: readonly string[] = ['lead_school_id', 'employing_school_id', 'apply_application_id', 'provider_id']
const TIMES: readonly string[] = ['submitted_for_trn_at', 'withdraw_date', 'recommended_for_award_at', 'awarded_at']

/** Changes as the gem stores them: raw values, times in UTC with milliseconds, progress with all ten parts on both sides. */
export function auditedChanges(changes: Readonly<Record<string, readonly [Json, Json]>>): Record<string, Json> {
  const written = Object.entries(changes).map(([column, [before, after]]) => {
    if (column === 'progress') return [column, [padProgress(before as never), padProgress(after as never)]]
    if (TIMES.includes(column)) return [column, [before, after].map((time) => time && timestampForAudit(String(time)))]
    if (BIGINTS.includes(column)) return [column, [before, after].map((id) => (id === null ? null : Number(id)))]
    return [column, [before, after]]
  })
  return Object.fromEntries(written)
}
