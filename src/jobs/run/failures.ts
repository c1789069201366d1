import { DttpError } from '../../dttp/client/index.ts'
import { dttpWords } from '../../dttp/words.ts'
import type { FailureCode, JobFailure } from '../../entities/chatops/job-failure.ts'
import { JobFailed } from '../../failures/job-failed.ts'

/** Any error as a failure on record, without anything personal. */
export function failureOf(error: unknown, now: Date): JobFailure {
  const at = now.toISOString()
  if (error instanceof JobFailed) {
    return { code: error.code, words: error.words, at, ...(error.urns.length > 0 ? { urns: error.urns } : {}) }
  }
  if (error instanceof DttpError) {
    const reference = error.requestId === null ? {} : { reference: error.requestId }
    return { code: DTTP_CODES[error.kind], words: dttpWords(error), at, ...reference }
  }
  return {
    code: 'unexpected',
    words: 'Something went wrong in the bot. The developers can find the cause in the log.',
    at,
  }
}

/** Milliseconds for which DTTP asked to be left alone. */
export function askedToWait(error: unknown): number {
  return error instanceof DttpError ? (error.retryAfterMs ?? 0) : 0
}

const DTTP_CODES: Readonly<Record<DttpError['kind'], FailureCode>> = {
  gone: 'gone',
  exists: 'dttp-refused',
  changed: 'dttp-changed',
  refused: 'dttp-refused',
  unavailable: 'dttp-unavailable',
  unauthorised: 'dttp-unauthorised',
  'outcome-unknown': 'outcome-unknown',
  malformed: 'dttp-unreadable',
}
