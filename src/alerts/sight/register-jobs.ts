import { daysIn } from '../../failures/found.ts'
import { readRegisterFailure } from '../../failures/register-failure.ts'
import { findJobOfRegister, findSeenName } from '../../register/jobs/words.ts'
import { diagnose } from './diagnosis.ts'
import type { Diagnosis } from './sight.ts'

// Failures of jobs that Register itself runs, known only by a class and a message.

/** A job as Register calls it; `trainee` is the one it was for, if that is known. */
type RegisterJob = { className: string; message: string; trainee: string | null }

/**
 * What a failure of Register's own means, and which playbook applies or whom to ask. Never repeats the message, which may
 * hold anything.
 */
export function diagnoseRegisterJob({ className, message, trainee }: RegisterJob): Diagnosis {
  const { code, urn } = readRegisterFailure({ job: findJobOfRegister(className), errorClass: null, message })
  const trainees = trainee === null ? 0 : 1
  const about = { code, job: findSeenName(className), trainee, trainees, urn, after: daysIn(message) }
  return diagnose({ ...about, found: null, byRegister: true })
}
