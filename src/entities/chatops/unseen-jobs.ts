import { type EntityManager, Raw } from 'typeorm'
import * as z from 'zod'
import type { Postcondition } from './change-request.ts'
import { OutboxRow } from './outbox-row.ts'
import type { SeenJob } from './seen-job.ts'

type Unseen = Pick<Postcondition, 'holds' | 'found'> & { waiting?: true }

/** What is said of a job; null where a sweep has found it, or it is over. See `lookUnseenOf`. */
export async function lookUnseen(sql: EntityManager, job: Pick<SeenJob, 'id' | 'place'>): Promise<Unseen | null> {
  const [unseen] = await lookUnseenOf(sql, [job])
  return unseen ?? null
}

/**
 * What is said of those jobs that stand as live and that no sweep finds in Register's Sidekiq. They are waited for, unless
 * they could not be given to Sidekiq at all.
 */
export async function lookUnseenOf(
  sql: EntityManager,
  jobs: readonly Pick<SeenJob, 'id' | 'place'>[],
): Promise<Unseen[]> {
  const unseen = jobs.filter(({ place }) => place === 'unsent' || place === 'missing')
  if (unseen.length === 0) return []
  const rows = await sql.query<{ id: string }[]>(NOT_TAKEN, [unseen.map(({ id }) => id)])
  const refused = new Set(rows.map(({ id }) => id))
  return unseen.map(({ id, place }) =>
    refused.has(id)
      ? { holds: false, found: REFUSED }
      : { holds: false, waiting: true, found: place === 'unsent' ? UNSENT : MISSING },
  )
}

const NOT_TAKEN = `
  SELECT job.id FROM chatops.mirrored_jobs job JOIN chatops.outbox push ON push.id = job.outbox_id
  WHERE job.id = ANY($1) AND push.status IN ('failed', 'waiting')`

/**
 * Of failed jobs that a request was to have run again in Register's Sidekiq: why they were not. They are where they were, and
 * their own failure is the one from before.
 */
export async function findNotRunAgain(sql: EntityManager, changeRequest: string): Promise<Map<string, string>> {
  const rows = await sql.query<{ id: string; because: string | null }[]>(NOT_RUN_AGAIN, [changeRequest])
  return new Map(rows.map(({ id, because }) => [id, `It was not run again: ${because ?? REFUSED}`]))
}

// Of what an operator may still have tried again, the error is a code. An attempt that was not heard of may have got through, or
// somebody may have had it run again since: then the job's SHA-1 is another, and how it failed is its own.
const NOT_RUN_AGAIN = `
  SELECT job.id, substring(retry.last_error FROM '^Undeliverable: (.+)$') AS because
  FROM chatops.mirrored_jobs job JOIN chatops.outbox retry ON retry.id = job.outbox_id
  WHERE job.change_request_id = $1 AND retry.status IN ('failed', 'waiting') AND retry.payload -> 'member' ->> 'sha1' = job.sha1`

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
