import type { EntityManager } from 'typeorm'
import { columnsHold } from '../../contract/planned-rows.ts'
import type { Executed } from '../../contract/playbook.ts'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import { Audit } from '../../entities/register/audit.ts'
import { selectRows } from '../../entities/select-rows.ts'

/** Whether the columns are still as planned, and Register's timeline can show who changed them. */
export async function lookAtResult(sql: EntityManager, { plan }: Executed): Promise<Postcondition[]> {
  const audits = await Promise.all(plan.updates.map(({ id, changes }) => findAudit(sql, id, Object.keys(changes))))
  const holds = audits.every((audit) => audit !== null)
  const found = holds ? 'It has an entry for it.' : 'It has no entry for it.'
  return [await columnsHold(sql, plan), { sentence: 'Register’s timeline shows the change', holds, found }]
}

async function findAudit(sql: EntityManager, traineeId: string, columns: readonly string[]): Promise<Audit | null> {
  const audits = await selectRows(sql, Audit, LATEST, [traineeId])
  return audits.find((audit) => columns.every((column) => column in (audit.audited_changes ?? {}))) ?? null
}

const LATEST = `
  WHERE auditable_type = 'Trainee' AND auditable_id = $1 AND action = 'update'
  ORDER BY version DESC NULLS LAST, id DESC LIMIT 20`
