import type { SeenJobName } from '../../entities/chatops/job.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { findState } from '../trainees/states.ts'

// Register's two jobs that ask DTTP every hour until something is there: Dttp::RetrieveTrnJob and Dttp::RetrieveAwardJob.

export const POLL_NAMES = ['retrieve-trn', 'retrieve-award'] as const satisfies readonly SeenJobName[]

export type PollName = (typeof POLL_NAMES)[number]

export function isPoll(name: SeenJobName): name is PollName {
  return POLL_NAMES.some((poll) => poll === name)
}

/** What a poll asks DTTP for. */
export function polledFor(name: PollName): 'TRN' | 'award' {
  return name === 'retrieve-trn' ? 'TRN' : 'award'
}

/** Whether Register has what the poll asks for. */
export function hasArrived(name: PollName, { trn, state }: Pick<Trainee, 'trn' | 'state'>): boolean {
  return name === 'retrieve-trn' ? trn !== null : findState(state) === 'awarded'
}
