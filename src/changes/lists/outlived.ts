import type { DataSource } from 'typeorm'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { isOfAnother } from '../other-versions.ts'

/** A request that is not over, and that this version of the bot will end as out of date. */
export type Outlived = Pick<ChangeRequest, 'id' | 'playbook' | 'status'>

/**
 * The requests whose playbook has another version now, or is gone, and those whose plan this version cannot read: what was
 * approved of them would be carried out in another way, so they end, and must be asked for again. Nothing in a database that has no requests yet.
 */
export async function findOutlived(database: DataSource): Promise<Outlived[]> {
  const [found] = await database.query<{ there: boolean }[]>(
    `SELECT to_regclass('chatops.change_requests') IS NOT NULL AS there`,
  )
  if (!found?.there) return []
  const open = await database.query<(Outlived & Parameters<typeof isOfAnother>[0])[]>(
    `SELECT id, playbook, status, playbook_version AS "playbookVersion", plan, checks FROM chatops.change_requests
     WHERE status IN ('unsent', 'pending', 'approved') ORDER BY id`,
  )
  return open.filter(isOfAnother).map(({ id, playbook, status }) => ({ id, playbook, status }))
}
