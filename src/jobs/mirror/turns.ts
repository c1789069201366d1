import type { EntityManager } from 'typeorm'
import type { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { keptOf } from './kept.ts'

// Proof that costs something, such as a question to DTTP, is looked for in a few jobs a sweep, in turn. Each job is looked
// at soon, and then less and less often.

const FIRST_PAUSE_MS = 15_000
const LONGEST_PAUSE_MS = 6 * 3_600_000

type Turn = { at: number; count: number }

/** At most so many of the jobs: those that were never looked at first, and then those for the longest time. */
export function whoseTurn(jobs: readonly MirroredJob[], most: number, now: Date): MirroredJob[] {
  const due = jobs
    .map((job) => ({ job, turn: lastTurn(job) }))
    .filter(({ turn }) => turn === null || now.getTime() >= turn.at + pauseAfter(turn.count))
  return due
    .sort((one, other) => (one.turn?.at ?? 0) - (other.turn?.at ?? 0))
    .slice(0, most)
    .map(({ job }) => job)
}

/**
 * Notes that they were looked at, and of which of them nobody answered; the jobs that were passed in know it as well.
 */
export async function noteTurn(
  sql: EntityManager,
  jobs: readonly MirroredJob[],
  unanswered: readonly MirroredJob[],
  now: Date,
): Promise<void> {
  const looked = now.toISOString()
  for (const job of jobs) {
    const answered = unanswered.includes(job) ? {} : { answered: looked }
    job.args = { ...job.args, looked, looks: (lastTurn(job)?.count ?? 0) + 1, ...answered }
  }
  await sql.query(NOTE, [JSON.stringify(jobs.map(({ id, args }) => ({ id, ...args })))])
}

/** Whether it was looked at since it is missing, and somebody answered. */
export function wasAnswered(job: MirroredJob): boolean {
  const { answered } = keptOf(job)
  return answered !== undefined && Date.parse(answered) >= (job.missingSince?.getTime() ?? 0)
}

/** Null for a job that was not looked at, or only when it was missing before. */
function lastTurn(job: MirroredJob): Turn | null {
  const { looked, looks } = keptOf(job)
  const at = looked === undefined ? Number.NaN : Date.parse(looked)
  return at >= (job.missingSince?.getTime() ?? 0) ? { at, count: looks ?? 1 } : null
}

function pauseAfter(count: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(count, 20), LONGEST_PAUSE_MS)
}

const NOTE = `
  UPDATE chatops.mirrored_jobs job
  SET args = job.args || jsonb_strip_nulls(
    jsonb_build_object('looked', turn.looked, 'looks', turn.looks, 'answered', turn.answered))
  FROM jsonb_to_recordset($1) AS turn (id uuid, looked text, looks integer, answered text) WHERE job.id = turn.id`
