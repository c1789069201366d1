import type { EntityManager } from 'typeorm'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { type Plan, planOf } from '../plan.ts'
import { findMoved, type Moved } from '../rows.ts'

export type Rows = {
  request: ChangeRequest
  /** What it did. */
  plan: Plan
  /** Columns that no longer hold what it wrote. */
  moved: Moved[]
  /** A later request that took it back, or is about to. */
  undoneBy: ChangeRequest | null
  trainee: { id: string; slug: string } | null
}

/** Everything undo decides by. Throws EntityNotFoundError if there is no such request. */
export async function readRows(sql: EntityManager, id: string): Promise<Rows> {
  const request = await sql.findOneByOrFail(ChangeRequest, { id })
  const plan = planOf(request)
  const { traineeId } = request
  const trainee = traineeId
    ? await sql.findOne(Trainee, { select: { id: true, slug: true }, where: { id: traineeId } })
    : null
  return {
    request,
    plan,
    moved: await findMoved(sql, plan, 'after'),
    undoneBy: await sql
      .createQueryBuilder(ChangeRequest, 'later')
      .where(`later.playbook = 'undo' AND later.form ->> 'request' = :id`, { id })
      .andWhere(`later.status IN ('done', 'needs-attention') AND later.executed_at IS NOT NULL`)
      .orderBy('later.id', 'DESC')
      .getOne(),
    trainee,
  }
}
