import { createHash } from 'node:crypto'
import type { EntityManager } from 'typeorm'
import { canonical } from '../../entities/json.ts'
import { Audit } from '../../entities/register/audit.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { type TimelineEvent, timelineOf } from '../../register/trainees/timeline.ts'

/** What a trainee's history comes to. `timeline` is a hash over the events that Register's page shows. */
export type History = { lastAudit: string | null; audits: number; events: number; timeline: string }

export async function readTraineeHistory(sql: EntityManager, trainee: Trainee): Promise<History> {
  return historyOf(trainee, await readAudits(sql, trainee.id))
}

/** A trainee's own audits and those filed under the trainee, in the order of their ids. */
export async function readAudits(sql: EntityManager, traineeId: string): Promise<Audit[]> {
  const id = Number(traineeId)
  return sql.find(Audit, {
    where: [
      { auditable_type: 'Trainee', auditable_id: id },
      { associated_type: 'Trainee', associated_id: id },
    ],
    order: { id: 'ASC' },
  })
}

/**
 * The history that audits in the order of their ids make.
 * @param leaveOut events that do not count
 */
export function historyOf(
  trainee: Pick<Trainee, 'submitted_for_trn_at'>,
  audits: readonly Audit[],
  leaveOut: (event: TimelineEvent) => boolean = () => false,
): History {
  const events = timelineOf(trainee, audits).filter((event) => !leaveOut(event))
  return {
    lastAudit: audits.at(-1)?.id ?? null,
    audits: audits.length,
    events: events.length,
    timeline: createHash('sha256').update(canonical(events)).digest('hex'),
  }
}
