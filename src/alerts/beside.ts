import { type EntityManager, In } from 'typeorm'
import * as z from 'zod'
import { Alert } from '../entities/chatops/alert.ts'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import { SchoolWait } from '../entities/chatops/school-wait.ts'
import { retryConflicts } from '../entities/transient.ts'
import type { World } from '../world.ts'
import { redraw } from './live.ts'

// What people do already about an open alert: requests for its trainees or its school that are not over, and who waits
// for its school. And which requests have resolved it.

const beside = z.object({ requests: z.array(z.string()), waits: z.array(z.string()) })

/** What stands beside an alert as it was last drawn; nothing before the first look. */
export async function readBeside(
  sql: EntityManager,
  alert: Alert,
): Promise<{ requests: ChangeRequest[]; waits: SchoolWait[] }> {
  const kept = beside.safeParse(alert.beside)
  if (alert.status !== 'open' || !kept.success) return { requests: [], waits: [] }
  const ids = kept.data.requests.map((one) => one.split(':')[0] ?? '')
  return {
    requests: await sql.find(ChangeRequest, { where: { id: In(ids) }, order: { id: 'ASC' } }),
    waits: await sql.find(SchoolWait, { where: { id: In(kept.data.waits) }, order: { id: 'ASC' } }),
  }
}

/** Has posts drawn again beside which something has begun, gone on or ended. Returns how many. */
export async function noteBeside({ database }: World): Promise<number> {
  const due = await database.query<{ id: string; beside: object }[]>(BESIDE)
  for (const { id, beside } of due) {
    await retryConflicts(() =>
      database.transaction(async (sql) => {
        const { affected } = await sql.update(Alert, { id, status: 'open' }, { beside })
        if (affected) await redraw(sql, id)
      }),
    )
  }
  return due.length
}

const BESIDE = `
  SELECT id, beside FROM (
    SELECT alert.id, alert.beside AS drawn, jsonb_build_object(
      'requests', (
        SELECT coalesce(jsonb_agg(DISTINCT request.id || ':' || request.status), '[]')
        FROM chatops.change_requests request
        WHERE request.status IN ('pending', 'approved', 'verifying') AND (
          alert.cause = 'school:' || substring(request.form ->> 'subject' FROM '^URN (\\d+)$')
          OR request.subjects && (
            SELECT array_agg('trainees:' || entry.trainee_id) FROM chatops.alert_entries entry
            WHERE entry.alert_id = alert.id AND entry.settled_at IS NULL AND entry.trainee_id IS NOT NULL))),
      'waits', (
        SELECT coalesce(jsonb_agg(wait.id::text ORDER BY wait.id), '[]') FROM chatops.school_waits wait
        WHERE wait.status = 'waiting' AND alert.cause = 'school:' || wait.urn)) AS beside
    FROM chatops.alerts alert WHERE alert.status = 'open') now
  WHERE drawn IS DISTINCT FROM beside AND (drawn IS NOT NULL OR beside <> '{"requests": [], "waits": []}')
  ORDER BY id`

/**
 * The requests that have resolved an alert: those that were carried out while one of its entries was open, and started a
 * job for its trainee or put its school right.
 */
export async function findResolving(sql: EntityManager, { id, status, cause }: Alert): Promise<ChangeRequest[]> {
  if (status !== 'resolved') return []
  const rows = await sql.query<{ id: string }[]>(RESOLVING, [id, cause])
  return sql.find(ChangeRequest, { where: { id: In(rows.map((row) => row.id)) }, order: { id: 'ASC' } })
}

// Both are found by an index, however many requests there were meanwhile.
const RESOLVING = `
  SELECT request.id FROM chatops.alert_entries entry
    CROSS JOIN LATERAL (
      SELECT change_request_id FROM chatops.seen_jobs WHERE trainee_id = entry.trainee_id OFFSET 0) job
    JOIN chatops.change_requests request ON request.id = job.change_request_id
      AND request.executed_at BETWEEN entry.added_at AND entry.settled_at
  WHERE entry.alert_id = $1
  UNION
  SELECT request.id FROM chatops.change_requests request
  WHERE request.form ->> 'subject' = 'URN ' || substring($2 FROM '^school:(\\d+)$') AND EXISTS (
    SELECT FROM chatops.alert_entries entry
    WHERE entry.alert_id = $1 AND request.executed_at BETWEEN entry.added_at AND entry.settled_at)`
