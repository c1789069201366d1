import type { SeenJobName } from '../entities/chatops/job.ts'
import type { FailureCode } from '../entities/chatops/job-failure.ts'
import { type PollName, polledFor } from '../register/jobs/polled.ts'

// What is said of a failure in Register's Sidekiq. Its own message may be personal, so these are our words for its code.

type Failed = { name: SeenJobName; urn: string | null; errorClass: string | null }

/** A sentence for people. `errorClass` must be a class's name and nothing else. */
export function registerWords(code: FailureCode, { name, urn, errorClass }: Failed): string {
  switch (code) {
    case 'timed-out':
      return 'The time for asking DTTP for this TRN is up.'
    case 'school-not-active':
      return urn === null
        ? 'Register found a school of this trainee neither active nor new in its list of DTTP schools.'
        : `Register found no school with URN ${urn} that is active or new in its list of DTTP schools.`
    case 'gone':
      return 'DTTP answered Register: “Cannot find record to be updated”.'
    case 'trainee-gone':
      return 'The trainee is no longer in Register.'
    case 'register-unavailable':
      return 'Register could not read the trainee from its database, so the job has not begun.'
    case 'cannot-receive-trn':
      return 'Register cannot ask for the TRN of a trainee who was never submitted for one.'
    case 'not-registered':
      return 'The trainee has no DTTP record yet.'
    case 'dttp-refused':
      return 'DTTP refused what Register sent.'
    case 'dttp-unauthorised':
      return 'DTTP did not accept Register’s credentials.'
    case 'dttp-unavailable':
      return 'DTTP did not answer Register, or could not do what it asked for.'
    case 'outcome-unknown':
      return name === 'register-for-trn'
        ? 'Register may have sent the registration, and did not save what came of it. It may have worked.'
        : 'Register sent it, and got no answer. It may have worked.'
    default:
      return errorClass === null ? 'Register does not say why.' : `Register’s job ended with ${errorClass}.`
  }
}

/** Of a job that is in Register's Sidekiq no longer, although nothing shows that it ran. */
export const VANISHED =
  'The job is no longer in Register’s Sidekiq, and nothing shows that it ran. We cannot tell whether it did.'

/** Of a job that a request has asked for, and that no attempt has brought into Register's Sidekiq. */
export const NOT_GIVEN = 'The job could not be given to Register’s Sidekiq, so it has not run.'

/** Of a registration that had waited, whoever was to send it. */
export const NOT_BACKED = 'Whoever approved it may no longer approve requests, so we sent nothing.'

/** Of a failed registration that went when a process of Sidekiq's ended. */
export const MAY_HAVE_RUN =
  'The failed registration is no longer in Register’s Sidekiq, of which a process ended at that time. Somebody may have ' +
  'had it run again, and Register may have sent it.'

/** Of a job that stood in Register's Sidekiq when the bot was told not to read that any more. */
export const NOT_READ = 'Register’s Sidekiq is not read here any more, so we cannot tell what becomes of this job.'

/** Of a job that could not have run by itself. */
export const DELETED =
  'Somebody has deleted the job on the page of Register’s Sidekiq, or had it run at once. We cannot tell which.'

/** Of a job that we took out. */
export const REMOVED = 'Two people had the failed job taken out of Register’s Sidekiq.'

/** Of a poll in whose place another one was put. */
export const REPLACED = 'Two people had DTTP asked anew in the place of this.'

/** Of a registration that does not end. */
export const HANGS = 'Register’s Sidekiq has been running this registration for over 15 minutes. It takes seconds.'

/** Of a poll that ended without what it asked for. */
export function pollEnded(name: PollName): string {
  return `The time for asking DTTP for this ${polledFor(name)} is up, and Register has stopped.`
}
