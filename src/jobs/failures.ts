import { DttpError } from '../dttp/client/index.ts'
import type { FailureCode, JobFailure } from '../entities/chatops/job.ts'
import { JobFailed } from '../failures/job-failed.ts'

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
  refused: 'dttp-refused',
  unavailable: 'dttp-unavailable',
  unauthorised: 'dttp-unauthorised',
  'outcome-unknown': 'outcome-unknown',
  malformed: 'dttp-unreadable',
}

function dttpWords({ kind, status, code, said: meaning }: DttpError): string {
  const facts = [status, code].filter((fact) => fact !== null).join(' ')
  const said = `${facts && ` (${facts})`}${meaning ? `: ${meaning}` : ''}`
  switch (kind) {
    case 'gone':
      return `DTTP does not have the record${said}.`
    case 'refused':
      return meaning ? `DTTP refused it${said}.` : `DTTP said something we do not know${said}, and did not do it.`
    case 'unavailable':
      return `DTTP did not answer, or asked us to wait${said}.`
    case 'unauthorised':
      return `DTTP did not accept the bot’s credentials${said}.`
    case 'outcome-unknown':
      return `We sent a change to DTTP and got no readable answer${said}. It may have worked.`
    case 'malformed':
      return `We could not read what DTTP answered${said}.`
  }
}
