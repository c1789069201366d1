import type { Trainee } from '../../entities/register/trainee.ts'
import { findState } from '../trainees/states.ts'

// What Register's Dttp::RetrieveTrnJob decides on each poll. It is pure, so that the job and its preview cannot
// disagree.

/** The TRN that DTTP has, or null: where a TRN belongs, DTTP may also have words ("Not Registered"). */
export function readTrn(held: string | null | undefined): string | null {
  const trn = held?.trim() ?? ''
  return /^\d{6,7}$/.test(trn) ? trn : null
}

/** Register's Settings.jobs.max_poll_duration_days. */
const MAX_POLL_DAYS = 4
const DAY_MS = 24 * 3600_000
const HOUR_MS = 3600_000

type Polled = Pick<Trainee, 'id' | 'state' | 'trn' | 'submitted_for_trn_at'>

/**
 * What one poll comes to:
 * - `received`: the saves to make, each with its own audit, in order; none where the trainee has everything already;
 * - `poll-again`: after `delay` milliseconds, until `timeout` (UTC, as Register's timestamps are written);
 * - `timed-out`: with the words Register posts, whatever the real deadline was;
 * - `refused`: Register would raise; nothing is written.
 */
export type PollOutcome =
  | { kind: 'received'; saves: Partial<Trainee>[] }
  | { kind: 'poll-again'; delay: number; timeout: string }
  | { kind: 'timed-out'; message: string }
  | { kind: 'refused'; because: 'never-submitted' | 'state-cannot-receive-a-trn' }

/**
 * Decides one poll.
 * @param dttpTrn the TRN that DTTP holds by now, or null
 * @param timeout until when to poll; null in a poll that was started without one, which only sets it
 */
export function decidePoll(trainee: Polled, dttpTrn: string | null, timeout: string | null, now: Date): PollOutcome {
  if (timeout === null) {
    if (trainee.submitted_for_trn_at === null) return { kind: 'refused', because: 'never-submitted' }
    return { kind: 'poll-again', delay: 0, timeout: addDays(trainee.submitted_for_trn_at, MAX_POLL_DAYS) }
  }
  if (dttpTrn !== null) return receive(trainee, dttpTrn)
  if (trainee.submitted_for_trn_at === null) return { kind: 'refused', because: 'never-submitted' }
  if (toInstant(timeout) > now.getTime()) return { kind: 'poll-again', delay: HOUR_MS, timeout }
  const message = `Dttp::RetrieveTrnJob for Trainee id: ${trainee.id} has timed out after ${MAX_POLL_DAYS} days.`
  return { kind: 'timed-out', message }
}

/** A Pending TRN trainee moves to TRN received; a withdrawn or deferred one keeps their state; a TRN is never replaced. */
function receive({ state, trn }: Polled, dttpTrn: string): PollOutcome {
  const trnSave: Partial<Trainee>[] = trn === null ? [{ trn: dttpTrn }] : []
  switch (findState(state)) {
    case 'submitted_for_trn':
      return { kind: 'received', saves: [{ state: 2 }, ...trnSave] }
    case 'withdrawn':
    case 'deferred':
      return { kind: 'received', saves: trnSave }
    default:
      return { kind: 'refused', because: 'state-cannot-receive-a-trn' }
  }
}

/** Whole days later, to the microsecond: Register's times are UTC, so a day has 24 hours. */
function addDays(timestamp: string, days: number): string {
  const [whole = '', fraction] = timestamp.replace(/Z$/, '').split('.')
  const later = new Date(Date.parse(`${whole}Z`) + days * DAY_MS).toISOString().slice(0, 19)
  return fraction ? `${later}.${fraction}` : later
}

function toInstant(timestamp: string): number {
  return Date.parse(timestamp.endsWith('Z') ? timestamp : `${timestamp}Z`)
}
