import type { EntityManager } from 'typeorm'
import type { SeenJobName } from '../../entities/chatops/job.ts'
import type { JobFailure } from '../../entities/chatops/job-failure.ts'
import { registerWords } from '../../failures/register-words.ts'
import { findSeenName } from '../../register/jobs/words.ts'
import type { Place, RegisterJob, StrangeMember } from '../../sidekiq/index.ts'
import { isUuid } from '../../uuid.ts'

// A member of Register's Redis as a row of the mirror.

/**
 * What a row says of where a job is and how it stands. In its `args`, beside the job's own: `since` when proof that it ran
 * counts (baseline.ts), and of a poll that goes on, `again` (keepPolls).
 */
export type MirrorRow = {
  id: string
  name: SeenJobName
  class_name: string | null
  trainee_id: string | null
  args: Readonly<Record<string, string | null>>
  /** UTC, as Register's timestamps are written. */
  timeout_at: string | null
  place: Place
  queue: string
  score: string | null
  sha1: string
  jid: string | null
  attempts: number
  error_class: string | null
  failure: JobFailure | null
  due_at: string
  created_at: string
  finished_at: string | null
}

/** Where a job is rather, if it is found in several places: it moves while the places are read one by one. */
const RANKS: Readonly<Record<Place, number>> = { dead: 0, schedule: 1, retry: 2, queue: 3, running: 4 }

export function rankOf({ place }: Pick<MirrorRow, 'place'>): number {
  return RANKS[place]
}

/** The row of a job. `now` stands for what Sidekiq has not written. */
export function rowOf(job: RegisterJob, now: Date): MirrorRow {
  const { place, queue, score, sha1, jid, className, trainee, args } = job
  const name = findSeenName(className)
  const isFailed = place === 'retry' || place === 'dead'
  const failedAt = job.retriedAt ?? job.failedAt ?? job.at ?? now
  const { status, entity, submittedBy, isLaterPage } = args
  return {
    id: job.jobId !== null && isUuid(job.jobId) ? job.jobId.toLowerCase() : nameAfter(sha1),
    name,
    class_name: className,
    trainee_id: trainee,
    args: {
      ...(status === undefined ? {} : { status }),
      ...(entity === undefined ? {} : { entity }),
      ...(submittedBy === undefined ? {} : { submitted_by: submittedBy }),
      ...(isLaterPage ? { page: 'later' } : {}),
      ...(isFailed ? { since: failedAt.toISOString() } : {}),
    },
    timeout_at: timestampOf(args.timeoutAt),
    ...{ place, queue, score, sha1, jid },
    attempts: isFailed ? (job.retryCount ?? 0) + 1 : 0,
    error_class: isFailed ? job.errorClass : null,
    failure: isFailed ? failureOf(job, name, failedAt) : null,
    due_at: (job.at ?? job.enqueuedAt ?? job.createdAt ?? now).toISOString(),
    created_at: (job.createdAt ?? job.enqueuedAt ?? now).toISOString(),
    finished_at: place === 'dead' ? (job.at ?? failedAt).toISOString() : null,
  }
}

/** The row of a member that is no job that could be read: it may stand in somebody's way, so it is shown. */
export function rowOfStrange({ place, queue, score, sha1 }: StrangeMember, now: Date): MirrorRow {
  const at = now.toISOString()
  return {
    ...{ id: nameAfter(sha1), name: 'other', class_name: null, trainee_id: null, args: {}, timeout_at: null },
    ...{ place, queue, score, sha1, jid: null, attempts: 0, error_class: null },
    failure:
      place === 'retry' || place === 'dead' ? { code: 'unexpected', words: UNREADABLE, at, by: 'register' } : null,
    ...{ due_at: at, created_at: at, finished_at: place === 'dead' ? at : null },
  }
}

const UNREADABLE = 'It is no job that Sidekiq or the bot could read.'

function failureOf({ failure, errorClass }: RegisterJob, name: SeenJobName, at: Date): JobFailure {
  const { code, urn } = failure ?? { code: 'unexpected' as const, urn: null }
  const words = registerWords(code, { name, urn, errorClass })
  return { code, words, at: at.toISOString(), by: 'register', ...(urn === null ? {} : { urns: [urn] }) }
}

/**
 * A poll is a new job each hour. It keeps the row of the poll before it, known by its trainee and time-out, so that
 * what is known of the one is known of the next. `again` names the one that it stands for by now: the ones before it
 * have found no TRN.
 */
export async function keepPolls(sql: EntityManager, rows: readonly MirrorRow[]): Promise<MirrorRow[]> {
  const polls = rows.filter(isPoll)
  if (polls.length === 0) return [...rows]
  const known = await sql.query<{ id: string; poll: string }[]>(KNOWN_POLLS, [JSON.stringify(polls)])
  const ids = new Map(known.map(({ id, poll }) => [poll, id]))
  const first = new Map([...polls].reverse().map((row) => [pollOf(row), row.id]))
  return rows.map((row) => {
    const id = isPoll(row) ? (ids.get(row.id) ?? first.get(pollOf(row)) ?? row.id) : row.id
    return id === row.id ? row : { ...row, id, args: { ...row.args, again: row.id } }
  })
}

function isPoll({ timeout_at, trainee_id }: MirrorRow): boolean {
  return timeout_at !== null && trainee_id !== null
}

function pollOf({ name, trainee_id, timeout_at }: MirrorRow): string {
  return `${name} ${trainee_id} ${timeout_at}`
}

// A poll that was lost in between, or was taken for lost, goes on in its row, too. One that has taken the place of another with
// the same time-out has its own row.
const KNOWN_POLLS = `
  SELECT DISTINCT ON (poll.id) poll.id AS poll, known.id
  FROM jsonb_to_recordset($1) AS poll (id uuid, name text, trainee_id bigint, timeout_at timestamp(6))
    JOIN chatops.mirrored_jobs known
      ON known.trainee_id = poll.trainee_id AND known.name = poll.name AND known.timeout_at = poll.timeout_at
        AND NOT jsonb_exists(known.args, 'replaced')
  ORDER BY poll.id, known.id <> poll.id, known.place = 'gone', known.created_at, known.id`

/** A UUID (version 8) made of a member's hash. */
function nameAfter(sha1: string): string {
  const [a, b, c, d, e] = [
    sha1.slice(0, 8),
    sha1.slice(8, 12),
    sha1.slice(13, 16),
    sha1.slice(17, 20),
    sha1.slice(20, 32),
  ]
  return `${a}-${b}-8${c}-8${d}-${e}`
}

/** To the microsecond, as Register's columns are. */
function timestampOf(time: string | null | undefined): string | null {
  return time ? time.replace(/Z$/, '').slice(0, 'yyyy-mm-ddThh:mm:ss.ffffff'.length) : null
}
