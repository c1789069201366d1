import { type EntityManager, In } from 'typeorm'
import * as z from 'zod'
import { Alert } from '../../entities/chatops/alert.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { SchoolWait } from '../../entities/chatops/school-wait.ts'
import { retryConflicts } from '../../entities/transient.ts'
import type { Because } from '../../failures/found.ts'
import type { World } from '../../world.ts'
import { redraw } from '../live/entries.ts'

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
  return {
    requests: await sql.find(ChangeRequest, { where: { id: In(idsIn(kept.data.requests)) }, order: { id: 'ASC' } }),
    waits: await sql.find(SchoolWait, { where: { id: In(idsIn(kept.data.waits)) }, order: { id: 'ASC' } }),
  }
}

/** What is kept is an id, and how what it names stood, so that a change of that is seen, too. */
function idsIn(kept: readonly string[]): string[] {
  return kept.map((one) => one.split(':')[0] ?? '')
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

/** Somebody who has waited for a school for longer than this waits in vain, as far as can be told. */
export const LONG_WAIT_DAYS = 7

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
        SELECT coalesce(jsonb_agg(wait.id || CASE WHEN wait.asked_at < now() - interval '${LONG_WAIT_DAYS} days'
          THEN ':long' ELSE '' END ORDER BY wait.id), '[]') FROM chatops.school_waits wait
        WHERE wait.status = 'waiting' AND alert.cause = 'school:' || wait.urn)) AS beside
    FROM chatops.alerts alert WHERE alert.status = 'open') now
  WHERE drawn IS DISTINCT FROM beside AND (drawn IS NOT NULL OR beside <> '{"requests": [], "waits": []}')
  ORDER BY id`

/**
 * The requests that have resolved an alert: those that were carried out while one of its entries was open, and did what
 * that entry was settled for. A request that only happened to start a job for the same trainee has resolved nothing.
 */
export async function findResolving(sql: EntityManager, { id, status, cause }: Alert): Promise<ChangeRequest[]> {
  if (status !== 'resolved') return []
  const rows = await sql.query<{ id: string }[]>(RESOLVING, [id, cause, NOT_BY_REQUESTS, BY_REGISTRATION])
  return sql.find(ChangeRequest, { where: { id: In(rows.map((row) => row.id)) }, order: { id: 'ASC' } })
}

/** Why entries are settled without anything that a request did. */
const NOT_BY_REQUESTS: readonly Because[] = [
  ...(['timed-out-again', 'state', 'trainee-gone', 'removed', 'ended'] as const),
  ...(['switched-on', 'record-back', 'school-changed', 'ran'] as const),
]

/** Why entries are settled once a registration has run, or was found to have worked. */
const BY_REGISTRATION: readonly Because[] = ['registered-again', 'registered', 'settled']

// Each is found by an index, however many requests there were meanwhile.
const RESOLVING = `
  WITH ended AS (
    SELECT entry.trainee_id, entry.added_at, entry.settled_at,
      CASE WHEN because = ANY($4) THEN 'register-for-trn' ELSE split_part(entry.subject, ':', 1) END AS by
    FROM chatops.alert_entries entry JOIN chatops.alerts alert ON alert.id = entry.alert_id
      CROSS JOIN LATERAL (SELECT coalesce(alert.found -> 'because' ->> entry.subject, '') AS because) why
    WHERE entry.alert_id = $1 AND because <> ALL($3))
  SELECT request.id FROM ended
    CROSS JOIN LATERAL (
      SELECT change_request_id, name FROM chatops.seen_jobs WHERE trainee_id = ended.trainee_id OFFSET 0) job
    JOIN chatops.change_requests request ON request.id = job.change_request_id
      AND request.executed_at BETWEEN ended.added_at AND ended.settled_at
  WHERE job.name = ended.by
  UNION
  SELECT request.id FROM ended JOIN chatops.change_requests request ON request.trainee_id = ended.trainee_id
    AND request.executed_at BETWEEN ended.added_at AND ended.settled_at
  WHERE ended.by = 'register-for-trn' AND request.plan -> 'effects' @> '[{"kind": "settle-registration"}]'
  UNION
  SELECT request.id FROM chatops.change_requests request
  WHERE request.form ->> 'subject' = 'URN ' || substring($2 FROM '^school:(\\d+)$') AND EXISTS (
    SELECT FROM ended WHERE request.executed_at BETWEEN ended.added_at AND ended.settled_at)`
