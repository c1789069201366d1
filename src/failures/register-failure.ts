import type { JobName } from '../entities/chatops/job.ts'
import type { FailureCode } from '../entities/chatops/job-failure.ts'

// Failures of jobs that Register itself runs, known only by an error's class and message.

/** What a failure of Register's own was: a code, and the school's URN where the message names one. */
export type RegisterFailure = { code: FailureCode; urn: string | null }

/** An error as Sidekiq stores it; `job` is null for a job that is none of ours. */
type StoredError = { job: JobName | null; errorClass: string | null; message: string }

/**
 * Reads a failure of Register's own. The message may hold anything, personal data included: it is matched here, and
 * nothing of it is kept but digits of a URN.
 */
export function readRegisterFailure({ job, errorClass, message }: StoredError): RegisterFailure {
  const school = SCHOOL_MISSING.exec(message)
  if (school) return { code: 'school-not-active', urn: school[1] ?? null }
  return { code: codeOf(job, errorClass, message), urn: null }
}

/** Register's own words (support playbook), and those of its `find_by!` for a school. */
const SCHOOL_MISSING =
  /Unable to find DTTP school with URN\W*(\d{1,8})?|Couldn't find Dttp::School with .*dttp_schools"\."urn"/i

/** ActiveRecord's words where there is no such row. */
const TRAINEE_MISSING = /Couldn't find [A-Z][\w:]* with '?"?id\b/

function codeOf(job: JobName | null, errorClass: string | null, message: string): FailureCode {
  if (job === 'retrieve-trn' && /has timed out after \d+ days/.test(message)) return 'timed-out'
  if (/Cannot find record to be updated/i.test(message)) return 'gone'
  // Before a job begins, ActiveJob reads its trainee. Whatever goes wrong there has this class.
  if (errorClass === 'ActiveJob::DeserializationError') {
    return TRAINEE_MISSING.test(message) ? 'trainee-gone' : 'register-unavailable'
  }
  if (errorClass === 'Dttp::RetrieveTrnJob::TraineeAttributeError') return 'cannot-receive-trn'
  if (errorClass === 'Dttp::Client::HttpError') return ofAnswer(job, message)
  if (errorClass !== null && UNANSWERED.test(errorClass)) return unanswered(job)
  if (errorClass !== null && UNREACHED.test(errorClass)) return 'dttp-unavailable'
  if (errorClass === SSL_ERROR && (job !== 'register-for-trn' || /^SSL_connect/.test(message))) {
    return 'dttp-unavailable'
  }
  return BEFORE_SENDING.some((one) => one.errorClass === errorClass && one.message.test(message))
    ? 'unexpected'
    : unforeseen(job)
}

/** Register's HttpError says "status: 400, body: …, headers: …". */
function ofAnswer(job: JobName | null, message: string): FailureCode {
  const status = Number(/^status: (\d{3})\b/.exec(message)?.[1] ?? 0)
  if (status === 401 || status === 403) return 'dttp-unauthorised'
  if (status === 429) return 'dttp-unavailable'
  if (status >= 500 || status === 408) return unanswered(job)
  return status >= 400 ? 'dttp-refused' : unforeseen(job)
}

/**
 * Register sends a registration before it reads DTTP's answer and saves its ids. Any error that is not known to come
 * before may have come after.
 */
function unforeseen(job: JobName | null): FailureCode {
  return job === 'register-for-trn' ? 'outcome-unknown' : 'unexpected'
}

/** Whether DTTP did it all the same is unknown. That matters for a registration only; the others may be sent again. */
function unanswered(job: JobName | null): FailureCode {
  return job === 'register-for-trn' ? 'outcome-unknown' : 'dttp-unavailable'
}

/** The request may have got through. */
const UNANSWERED = /^(Net::(Read|Write)Timeout|Timeout::Error|EOFError|Errno::(ECONNRESET|EPIPE|ETIMEDOUT))$/
/** It cannot have. */
const UNREACHED = /^(Net::OpenTimeout|SocketError|Errno::(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH))$/
/** It comes while a connection is made, or while one is used. */
const SSL_ERROR = 'OpenSSL::SSL::SSLError'

/** What Register dies of while it makes the body of a registration, and where it does not know the job's class. */
const BEFORE_SENDING = [
  { errorClass: 'NoMethodError', message: /^undefined method [`'](in_time_zone|urn)' for nil/ },
  { errorClass: 'NameError', message: /^uninitialized constant / },
]
