import type { EntityManager } from 'typeorm'
import { NOTHING, type Plan, type Update } from '../../contract/plan.ts'
import { findMoved, type MovedColumn } from '../../contract/planned-rows.ts'
import { isReadable, planOf, readPlan } from '../../contract/stored.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { Trainee } from '../../entities/register/trainee.ts'

export type Rows = {
  request: ChangeRequest
  /** What it did. */
  plan: Plan
  /** Columns that no longer hold what it wrote. */
  moved: MovedColumn[]
  /** Later requests that were carried out and changed some of them, the newest first. */
  movedBy: string[]
  /** What else was saved on its rows since, by column. */
  since: Since[]
  /** A later request that took it back, and was not taken back itself. */
  undoneBy: ChangeRequest | null
  /** If the request took back another one: that one, which is in force again once it is undone. */
  redone: ChangeRequest | null
  trainee: Pick<Trainee, 'id' | 'slug' | 'state' | 'training_route'> | null
}

/** A column that an audit of Register's names. */
type Since = { audit: string; column: string }

/** Everything undo decides by. Throws EntityNotFoundError if there is no such request. */
export async function read(sql: EntityManager, id: string): Promise<Rows> {
  const request = await sql.findOneByOrFail(ChangeRequest, { id })
  const plan = isReadable(request) ? planOf(request) : NOTHING
  const { traineeId } = request
  const trainee = traineeId
    ? await sql.findOne(Trainee, {
        select: { id: true, slug: true, state: true, training_route: true },
        where: { id: traineeId },
      })
    : null
  const moved = await findMoved(sql, plan, 'after')
  return {
    request,
    plan,
    moved,
    movedBy: moved.length > 0 ? await findMovers(sql, request, moved) : [],
    since: (await Promise.all(plan.updates.map((update) => findSince(sql, request, update)))).flat(),
    undoneBy: await findUndo(sql, id),
    redone: request.outcome.undoes ? await sql.findOneBy(ChangeRequest, { id: request.outcome.undoes.request }) : null,
    trainee,
  }
}

/** Of the requests that were carried out after this one, those that wrote a column which has moved. */
async function findMovers(
  sql: EntityManager,
  request: ChangeRequest,
  moved: readonly MovedColumn[],
): Promise<string[]> {
  const later = await sql
    .createQueryBuilder(ChangeRequest, 'later')
    .where('later.subjects && CAST(:subjects AS text[])', { subjects: request.subjects })
    .andWhere('later.executed_at > :executedAt', { executedAt: request.executedAt })
    .orderBy('later.executed_at', 'DESC')
    .getMany()
  const writes = ({ plan, checks }: ChangeRequest) =>
    (readPlan({ plan, checks })?.updates ?? []).some((update) =>
      moved.some(({ table, id, column }) => table === update.table && id === update.id && column in update.changes),
    )
  return later.filter(writes).map(({ id }) => id)
}

const AUDITED: Readonly<Partial<Record<Update['table'], string>>> = { trainees: 'Trainee', degrees: 'Degree' }

/** What Register's history of the row has after the request's own entry, or after its time where it left none. */
async function findSince(sql: EntityManager, { id, executedAt }: ChangeRequest, update: Update): Promise<Since[]> {
  const rows = await sql.query<Since[]>(SINCE, [AUDITED[update.table] ?? '', update.id, `CR-${id}: %`, executedAt])
  return rows.filter(({ column }) => !(column in update.changes))
}

const SINCE = `
  SELECT audit.id AS audit, jsonb_object_keys(audit.audited_changes) AS column FROM public.audits audit
  WHERE audit.auditable_type = $1 AND audit.auditable_id = $2
    AND CASE WHEN EXISTS (SELECT FROM public.audits own WHERE auditable_type = $1 AND auditable_id = $2 AND comment LIKE $3)
      THEN audit.id > (SELECT max(id) FROM public.audits own WHERE auditable_type = $1 AND auditable_id = $2 AND comment LIKE $3)
      ELSE audit.created_at > $4::timestamptz AT TIME ZONE 'UTC' END
  ORDER BY audit.id, 2`

/** The request that took this one back, unless that one was taken back itself. */
async function findUndo(sql: EntityManager, id: string): Promise<ChangeRequest | null> {
  const undos = await sql
    .createQueryBuilder(ChangeRequest, 'later')
    .where(
      `later.playbook = 'undo' AND coalesce(later.form ->> 'subject', 'CR-' || (later.form ->> 'request')) = :name`,
      {
        name: `CR-${id}`, // older versions kept the bare number
      },
    )
    .andWhere(`later.status IN ('done', 'needs-attention') AND later.executed_at IS NOT NULL`)
    .orderBy('later.id', 'DESC')
    .getMany()
  for (const undo of undos) if (!(await findUndo(sql, undo.id))) return undo
  return null
}
