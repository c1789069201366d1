import { readRegisterFailure } from '../failures/register-failure.ts'
import { findJobOfRegister } from '../register/jobs.ts'
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
  const job = findJobOfRegister(className)
  if (!job) return askAbout(className, trainee)
  const { code, urn } = readRegisterFailure({ job, errorClass: null, message })
  return diagnose({ code, job, trainee, trainees: trainee === null ? 0 : 1, urn, found: null })
}

type Advice = Pick<Diagnosis, 'meaning' | 'todo'>

/** Jobs for which there is no playbook, and who can help. */
const KNOWN: Readonly<Record<string, Advice>> = {
  'Dttp::RetrieveAwardJob': {
    meaning: 'Register asks DTTP for the award until it is there. Like the poll for a TRN, this ends after a time.',
    todo: 'There is no playbook for this. Ask the operations team about the award, then ask a developer to start the job again.',
  },
  QueueTraineeUpdatesJob: {
    meaning:
      'It sends the night’s changed records to DTTP. One record that cannot be sent does not hold up the others.',
    todo: 'There is no playbook for this. Ask the Register developers.',
  },
}

const UNKNOWN: Advice = {
  meaning: 'This job is not one that the bot knows.',
  todo: 'There is no playbook for this. Ask the Register developers.',
}

function askAbout(className: string, trainee: string | null): Diagnosis {
  const name = /^[\w:]{1,100}$/.test(className) ? className : 'A job'
  const advice = Object.hasOwn(KNOWN, className) ? KNOWN[className] : UNKNOWN
  const title = `${name} failed${trainee === null ? '' : ` for trainee ${trainee}`}`
  return { title, ...(advice ?? UNKNOWN), why: null, offer: null }
}
