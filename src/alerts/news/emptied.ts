import type { EntityManager } from 'typeorm'
import type { SeenJobName } from '../../entities/chatops/job.ts'
import type { FailureCode, JobFailure } from '../../entities/chatops/job-failure.ts'
import type { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { unlessMovedWithin } from '../../jobs/mirror/moved-tables.ts'
import type { World } from '../../world.ts'

// A request that is not over may have emptied the trainee's ids: then jobs of Register's fail that ask DTTP for their
// record. The request has caused the failure, so its thread is told.

/**
 * The request that has made a job fail so, whoever asked for the job; null for none. What a request has started itself
 * fails for another reason.
 */
export async function findEmptying(
  world: World,
  sql: EntityManager,
  { name, traineeId, changeRequestId, outboxId }: MirroredJob,
  { code, at }: JobFailure,
): Promise<string | null> {
  if (traineeId === null || !NEEDS_IDS.includes(name) || !WITHOUT_IDS.includes(code)) return null
  const find = (sql: EntityManager) => sql.query<{ id: string }[]>(EMPTIED_BY, [traineeId, at, code])
  const [request] = await unlessMovedWithin(world, sql, [], find)
  if (!request) return null
  const hasStartedIt = changeRequestId === request.id && outboxId !== null
  return hasStartedIt ? null : request.id
}

/** Jobs that ask DTTP for the trainee's record. */
const NEEDS_IDS: readonly SeenJobName[] = ['update-trainee', 'change-trainee-status', 'retrieve-trn']
/** How they fail where Register has no id of it. DTTP refuses much else, too: that counts only while there is none. */
const WITHOUT_IDS: readonly FailureCode[] = ['gone', 'not-registered', 'dttp-refused']

const EMPTIED_BY = `
  SELECT request.id FROM chatops.change_requests request
    JOIN chatops.open_subjects open ON open.change_request_id = request.id AND open.subject = 'trainees:' || $1::text
  WHERE request.executed_at <= $2::timestamptz
    AND ($3 <> 'dttp-refused' OR EXISTS (
      SELECT FROM public.trainees
      WHERE id = $1::bigint AND (dttp_id IS NULL OR placement_assignment_dttp_id IS NULL)))
    AND jsonb_path_exists(request.plan,
    '$.updates[*] ? (@.table == "trainees" && @.id == $id) ? (@.changes.dttp_id[1] == null || @.changes.placement_assignment_dttp_id[1] == null)',
    jsonb_build_object('id', $1::text))
  LIMIT 1`
