import type { FailureCode } from '../entities/chatops/job.ts'
import { jobFailedWords } from '../jobs/words.ts'
import { flagOf } from './causes.ts'
import type { About, Explanation } from './explanation.ts'
import { who } from './explanation.ts'
import { explainGone, explainSchool, explainTimeout, explainUnknown, explainUnpolled } from './playbook-explanations.ts'

const RUN_AGAIN = 'The job is not tried again by itself.'

/** What each failure means, in plain words, and what people can do about it. */
export const EXPLANATIONS: Readonly<Record<FailureCode, (about: About) => Explanation>> = {
  'timed-out': explainTimeout,
  'not-polled': explainUnpolled,
  'school-not-active': explainSchool,
  gone: explainGone,
  'outcome-unknown': explainUnknown,
  incomplete: (about) => ({
    title: `Something is missing before DTTP can be told of ${who(about)}`,
    meaning: RUN_AGAIN,
    without:
      'Ask the provider to complete the record in Register. Then ask a developer to run the job again: until then DTTP does not get it.',
  }),
  'already-registered': (about) => ({
    title: `DTTP has a record already for ${who(about)}`,
    meaning: 'Registering a trainee twice would create a duplicate.',
    without: 'Ask a developer to check that the DTTP record is the right one. Do not register this trainee again.',
  }),
  'not-registered': (about) => ({
    title: `There is no DTTP record for ${who(about)}`,
    meaning: `${RUN_AGAIN} It needs the record that registering creates.`,
    without: 'Ask a developer why registering the trainee has failed, or was never asked for.',
  }),
  'cannot-receive-trn': (about) =>
    about.job === 'register-for-trn'
      ? {
          title: `Nothing was registered for ${who(about)}`,
          meaning: 'They were Pending TRN when it was approved, and are not any more.',
          without: 'If they should have a TRN after all, ask again once they are Pending TRN.',
        }
      : {
          title: `No TRN can be saved for ${who(about)}`,
          meaning: 'Register and DTTP do not agree about this trainee. Nothing was saved.',
          without: 'Ask a developer to compare the record in Register with the one in DTTP.',
        },
  'switched-off': ({ job }) => ({
    title: 'Register’s jobs for DTTP are switched off',
    meaning: `Register’s feature flag ${flagOf(job)} is off. With it off these jobs do nothing, so we stop them and say so.`,
    without: 'Ask the Register developers whether it should be on. The jobs must then be run again.',
  }),
  'dttp-unavailable': ({ found }) => ({
    title: 'DTTP does not answer',
    meaning: found?.dttp === 'answers' ? 'It answers again by now.' : 'The jobs listed here were tried in vain.',
    without:
      found?.dttp === 'answers'
        ? 'Ask a developer to run the jobs again that are not tried by themselves.'
        : 'Ask the operations team whether DTTP is down. When it answers again, ask a developer to run these jobs again.',
  }),
  'dttp-unauthorised': ({ found }) => ({
    title: 'DTTP does not accept the bot’s credentials',
    meaning:
      found?.dttp === 'answers' ? 'It accepts them again by now.' : 'Until it does, no job of Register’s reaches DTTP.',
    without: 'Ask the Register developers to renew DTTP_CLIENT_ID and DTTP_CLIENT_SECRET.',
  }),
  'dttp-refused': generally('DTTP understood the request and declined it. Asking again changes nothing.'),
  'dttp-unreadable': generally('DTTP’s answer was not what it should be.'),
  'gias-unavailable': explainGias,
  'gias-refused': explainGias,
  'trainee-gone': (about) => ({
    title: `No longer in Register: ${who(about)}`,
    meaning: 'The record was deleted while a job for it was waiting.',
    without: 'You do not need to do anything if that was meant. Otherwise tell the Register developers.',
  }),
  stalled: generally(
    'The bot was stopped in the middle of this job again and again, so it does not start it any more.',
  ),
  unexpected: generally('This is a fault of the bot, or something that nobody has thought of.'),
}

function explainGias(): Explanation {
  return {
    title: 'GIAS could not be loaded',
    meaning:
      'What we have of GIAS stays as it was. It is tried again every night; a school cannot be repaired with an extract that is too old.',
    without: 'If this goes on for days, ask the Register developers to check GIAS_URL and GIAS’s own pages.',
  }
}

function generally(meaning: string): (about: About) => Explanation {
  return (about) => ({
    title: `${jobFailedWords(about.job)}${about.trainee === null ? '' : ` for trainee ${about.trainee}`}`,
    meaning: `${meaning} ${RUN_AGAIN}`,
    without: 'Ask the Register developers to look at it.',
  })
}
