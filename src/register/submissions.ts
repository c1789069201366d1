import type { EntityManager } from 'typeorm'
import { Audit } from '../entities/register/audit.ts'
import { User } from '../entities/register/user.ts'

/**
 * Who last submitted a trainee for a TRN: the latest audit of a change from draft to submitted. `user` is null for
 * someone who is no longer known; `reinstated` is the audit of a return from a deferral since then.
 */
export type Submission = { audit: Audit; user: User | null; reinstated: Audit | null }

/** Null where no audit says so. */
export async function findSubmission(sql: EntityManager, traineeId: string): Promise<Submission | null> {
  const audit = await findStateChange(sql, traineeId, '[0, 1]')
  if (!audit) return null
  const reinstated = await findStateChange(sql, traineeId, '[5, 1]')
  return {
    audit,
    user: await findUser(sql, audit),
    reinstated: reinstated && isLater(reinstated, audit) ? reinstated : null,
  }
}

/** The order of audits: by version, and by id where Register gave a version twice. */
function isLater(a: Audit, b: Audit): boolean {
  const [av, bv] = [a.version ?? 0, b.version ?? 0]
  return av === bv ? BigInt(a.id) > BigInt(b.id) : av > bv
}

async function findStateChange(
  sql: EntityManager,
  traineeId: string,
  change: '[0, 1]' | '[5, 1]',
): Promise<Audit | null> {
  return sql
    .createQueryBuilder(Audit, 'audit')
    .where({ auditable_type: 'Trainee', auditable_id: Number(traineeId) })
    .andWhere(`audit.audited_changes -> 'state' = :change::jsonb`, { change })
    .orderBy('audit.version', 'DESC', 'NULLS LAST')
    .addOrderBy('audit.id', 'DESC')
    .getOne()
}

async function findUser(sql: EntityManager, { user_id, user_type }: Audit): Promise<User | null> {
  return user_id === null || user_type !== 'User' ? null : sql.findOneBy(User, { id: String(user_id) })
}
