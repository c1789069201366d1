import { isOurs } from '../../entities/chatops/job.ts'
import type { JobFailure } from '../../entities/chatops/job-failure.ts'
import type { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import {
  DELETED,
  MAY_HAVE_RUN,
  NOT_GIVEN,
  pollEnded,
  REMOVED,
  REPLACED,
  VANISHED,
} from '../../failures/register-words.ts'
import { isPoll } from '../../register/jobs/polled.ts'
import { keptOf } from './kept.ts'
import { wasLookedFor } from './proofs.ts'

// How a job ended that is in Register's Sidekiq no longer. Pure.

/** After this long without proof, people are told that we cannot tell. */
const UNPROVEN_AFTER_MS = 30 * 60_000

/** How a job ended: null as code for one that ran, and no other than it had for a dead registration. Without `words` it is too soon to say. */
export type Judgement = { code: JobFailure['code'] | 'as-it-died' | null; words?: string; quietly?: boolean }

/**
 * What else is known of the job: whether something proves that it ran, whether Redis surely has never had it, and whether a
 * post says that it failed.
 */
type Known = { isProven: boolean; isNotGiven: boolean; isPosted: boolean }

export function verdictOn(job: MirroredJob, { isProven, isNotGiven, isPosted }: Known, now: Date): Judgement {
  const { name, timeoutAt, missingSince } = job
  // We took it out ourselves: whatever proof there is, is another one's.
  if ('removed' in job.args) return { code: 'vanished', words: REMOVED, quietly: true }
  if (isReplaced(job)) return { code: 'vanished', words: REPLACED, quietly: true }
  if (isProven) return { code: null, words: '' }
  if (isNotGiven) return { code: 'not-given', words: NOT_GIVEN }
  if (wasTakenAway(job)) return { code: 'vanished', words: DELETED, quietly: true }
  if (isPoll(name) && timeoutAt !== null && Date.parse(`${timeoutAt}Z`) <= now.getTime()) {
    return { code: 'timed-out', words: pollEnded(name) }
  }
  if (now.getTime() < (missingSince?.getTime() ?? 0) + UNPROVEN_AFTER_MS || !wasLookedFor(job)) return { code: null }
  // Of most that only Register runs, nothing that we know of shows that it ran: people hear of what had failed before.
  if (!isOurs(name) && !isPoll(name)) return { code: 'vanished', words: VANISHED, quietly: !isPosted }
  if (hasDied(job)) return { code: 'as-it-died', words: VANISHED }
  if ('lost' in job.args) return { code: 'outcome-unknown', words: MAY_HAVE_RUN }
  return { code: name === 'register-for-trn' ? 'outcome-unknown' : 'vanished', words: VANISHED }
}

/**
 * Of a registration that is there no longer: whether it ended when it died. Sidekiq drops the oldest dead jobs by itself,
 * so that thousands of them may go at once. One that may have run again since (lost.ts) is another matter.
 */
export function hasDied(job: MirroredJob): boolean {
  const { name, args, failure } = job
  if (name !== 'register-for-trn' || 'lost' in args) return false
  return failure !== null && keptOf(job).from === 'dead'
}

/** Whether we have put another poll in its place. */
export function isReplaced({ args }: MirroredJob): boolean {
  return 'replaced' in args
}

/**
 * A dead job does not run by itself, and one that waits for its time does not run before. Of a registration that is not
 * enough: it may have been started on Sidekiq's page, and killed before anybody saw it.
 */
function wasTakenAway(job: MirroredJob): boolean {
  const { name, dueAt, missingSince } = job
  if (name === 'register-for-trn') return false
  const { from } = keptOf(job)
  return from === 'dead' || ((from === 'retry' || from === 'schedule') && missingSince !== null && missingSince < dueAt)
}
