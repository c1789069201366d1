import type { SeenJobName } from '../entities/chatops/job.ts'
import { jobFailedWords } from '../register/jobs/words.ts'
import { type About, type Explanation, who } from './found.ts'

// Failures of jobs that only Register runs. There is no playbook for them; people are told what it is and whom to ask.

type Advice = Pick<Explanation, 'meaning' | 'without'>

const DEVELOPERS = 'The bot can do nothing about this. Ask the Register developers.'

/** What DTTP was to be told of a trainee. */
function unsent(what: string): Advice {
  return {
    meaning: `Register has it, and DTTP does not know of the ${what} yet.`,
    without: `The bot can do nothing about this. Ask the operations team whether DTTP has the ${what}, and the Register developers to run the job again.`,
  }
}

const NIGHTLY: Advice = {
  meaning: 'It runs every night: what it did not do tonight it does tomorrow.',
  without: DEVELOPERS,
}

const ADVICE: Readonly<Partial<Record<SeenJobName, Advice>>> = {
  'retrieve-award': {
    meaning: 'Register asks DTTP for the award until it is there. As for a TRN, this ends after a time.',
    without:
      'The bot can do nothing about this. Ask the operations team about the award, then ask a developer to start the job again.',
  },
  'recommend-for-award': unsent('recommendation'),
  withdraw: unsent('withdrawal'),
  defer: unsent('deferral'),
  reinstate: unsent('reinstatement'),
  'queue-trainee-updates': {
    meaning:
      'It sends the night’s changed records to DTTP. One record that cannot be sent does not hold up the others.',
    without: DEVELOPERS,
  },
  'sync-providers': NIGHTLY,
  'sync-users': NIGHTLY,
  'import-applications': NIGHTLY,
  'create-trainees': NIGHTLY,
  'import-subjects': NIGHTLY,
  'import-courses': NIGHTLY,
  'truncate-sessions': NIGHTLY,
  'delete-empty-trainees': NIGHTLY,
}

const UNKNOWN: Advice = { meaning: 'This job is not one that the bot knows.', without: DEVELOPERS }

/** Pure. */
export function explainOther(about: About): Explanation {
  const title = `${jobFailedWords(about.job)}${about.trainees > 0 ? ` for ${who(about)}` : ''}`
  return { title, ...(ADVICE[about.job] ?? UNKNOWN) }
}
