import { type EntityManager, In, Raw } from 'typeorm'
import * as z from 'zod'
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

/**
 * What became of a request's wish to have failed jobs taken out of Register's Sidekiq, by the trainee whose registration
 * follows; null as key where none does.
 */
export async function findRemovals(sql: EntityManager, changeRequest: string): Promise<Map<string | null, Removal>> {
  const payload = Raw((column) => `${column} ->> 'do' = 'remove'`)
  const rows = await sql.findBy(OutboxRow, { changeRequestId: changeRequest, kind: 'sidekiq', payload })
  return new Map(
    rows.map(({ payload: removal, status }) => [follows.parse(removal).next?.trainee ?? null, WENT[status]]),
  )
}

const follows = z.object({ next: z.object({ trainee: z.string().nullable() }).nullable() })

type Removal = 'done' | 'refused' | 'under-way'

const WENT: Readonly<Record<OutboxRow['status'], Removal>> = {
  queued: 'under-way',
  sending: 'under-way',
  sent: 'done',
  failed: 'refused',
  waiting: 'refused',
}
