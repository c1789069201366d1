import { type EntityManager, In } from 'typeorm'
import { Audit } from '../../entities/register/audit.ts'
import { User } from '../../entities/register/user.ts'

/**
 * Who last submitted a trainee for a TRN: the latest audit of a change from draft to submitted. `user` is null for
 * someone who is no longer known; `reinstated` is the audit of a return from a deferral since then.
 */
export type TrnSubmission = { audit: Audit; user: User | null; reinstated: Audit | null }

/** Null where no audit says so. */
export async function findSubmission(sql: EntityManager, traineeId: string): Promise<TrnSubmission | null> {
  return (await findSubmissions(sql, [traineeId])).get(traineeId) ?? null
}

/** The same of several trainees, by trainee; who was never submitted is not among them. As many queries as for one. */
export async function findSubmissions(
  sql: EntityManager,
  traineeIds: readonly string[],
): Promise<Map<string, TrnSubmission>> {
  const submitted = await findStateChanges(sql, traineeIds, '[0, 1]')
  const reinstated = await findStateChanges(sql, traineeIds, '[5, 1]')
  const users = await sql.findBy(User, { id: In([...submitted.values()].flatMap(userIdOf)) })
  return new Map(
    [...submitted].map(([trainee, audit]) => {
      const later = reinstated.get(trainee)
      const user = users.find(({ id }) => userIdOf(audit).includes(id)) ?? null
      return [trainee, { audit, user, reinstated: later && isLater(later, audit) ? later : null }]
    }),
  )
}

/** The order of audits: by version, and by id where Register gave a version twice. */
function isLater(a: Audit, b: Audit): boolean {
  const [av, bv] = [a.version ?? 0, b.version ?? 0]
  return av === bv ? BigInt(a.id) > BigInt(b.id) : av > bv
}

/** Each trainee's latest audit of this change, by trainee. */
async function findStateChanges(
  sql: EntityManager,
  traineeIds: readonly string[],
  change: '[0, 1]' | '[5, 1]',
): Promise<Map<string, Audit>> {
  const audits = await sql
    .createQueryBuilder(Audit, 'audit')
    .distinctOn(['audit.auditable_id'])
    .where({ auditable_type: 'Trainee', auditable_id: In(traineeIds.map(Number)) })
    .andWhere(`audit.audited_changes -> 'state' = :change::jsonb`, { change })
    .orderBy('audit.auditable_id')
    .addOrderBy('audit.version', 'DESC', 'NULLS LAST')
    .addOrderBy('audit.id', 'DESC')
    .getMany()
  return new Map(audits.map((audit) => [String(audit.auditable_id), audit]))
}

function userIdOf({ user_id, user_type }: Audit): string[] {
  return user_id === null || user_type !== 'User' ? [] : [String(user_id)]
}
