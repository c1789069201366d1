import { type EntityManager, In } from 'typeorm'
import type { Postcondition } from './change-request.ts'
import { MirroredJob } from './mirrored-job.ts'
import { OutboxRow } from './outbox-row.ts'
import type { SeenJob } from './seen-job.ts'

type Unseen = Pick<Postcondition, 'holds' | 'found'> & { waiting?: true }

/**
 * What is said of a job that stands as live and that no sweep finds in Register's Sidekiq; null for any other. It is waited
 * for, unless it could not be given to Sidekiq at all.
 */
export async function lookUnseen(
  sql: EntityManager,
  { id, place }: Pick<SeenJob, 'id' | 'place'>,
): Promise<Unseen | null> {
  if (place !== 'unsent' && place !== 'missing') return null
  const outboxId = (await sql.findOneBy(MirroredJob, { id }))?.outboxId
  const refused = { id: outboxId ?? '', status: In(['failed', 'waiting']) }
  if (outboxId && (await sql.existsBy(OutboxRow, refused))) return { holds: false, found: REFUSED }
  return { holds: false, waiting: true, found: place === 'unsent' ? UNSENT : MISSING }
}

const REFUSED = 'The job could not be given to Register’s Sidekiq.'
const UNSENT = 'Register’s Sidekiq does not have the job yet.'
const MISSING = 'The job is not to be found in Register’s Sidekiq at the moment.'
