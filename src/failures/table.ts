import type { FailureCode } from '../entities/chatops/job-failure.ts'
import * as causes from './causes.ts'
import * as cures from './cures.ts'
import {
  explainCannotReceive,
  explainGias,
  explainNotGiven,
  explainVanished,
  generally,
  notTriedAgain,
} from './explanations.ts'
import { type About, type Explanation, who } from './found.ts'
import {
  explainGone,
  explainMoved,
  explainSchool,
  explainTimeout,
  explainUnanswered,
  explainUnknown,
  explainUnpolled,
} from './playbook-explanations.ts'

// What each failure of a job means: whether waiting may cure it, whether people must act, which failures share a post,
// the words, and what cures it. The one table to look into; causes.ts, cures.ts and the explanations hold its functions.

type FailureRule = {
  /** Whether waiting may cure it: the job is tried again, as far as Register tries that job again. */
  passes: boolean
  /** Whether people must act at once, although the job is tried again. */
  needsPeople: boolean
  /** Whether it is posted at night, too: somebody is registered twice, or nobody knows whether they are. */
  isUrgent: boolean
  causes: causes.Causes
  /** What it means in plain words, and what people can do about it. */
  explain: (about: About) => Explanation
  /** What to do next, for those who asked for the job. */
  next: string
  cure: cures.Cure
}

/**
 * The job is given up at once and has a post of its own, which stays open until the job has run or somebody dismisses
 * it.
 */
const FINAL = {
  passes: false,
  needsPeople: false,
  isUrgent: false,
  causes: causes.ofJobAndTrainee,
  next: 'It is not tried again by itself. A developer needs to look at it.',
  cure: cures.ofTrainee(() => null),
} as const

export const FAILURES: Readonly<Record<FailureCode, FailureRule>> = {
  'timed-out': {
    ...FINAL,
    causes: ({ day }) => [`timed-out:${day}`],
    explain: explainTimeout,
    next: 'Nothing asks for it any more. Check the DTTP record or ask the operations team. Then you can have DTTP asked again.',
    cure: cures.byArrival,
  },
  'not-polled': { ...FINAL, causes: () => [causes.NOT_POLLED], explain: explainUnpolled, cure: cures.byPoll },
  'school-not-active': { ...FINAL, causes: causes.ofSchools, explain: explainSchool, cure: cures.bySchool },
  gone: {
    ...FINAL,
    causes: causes.ofRecord,
    explain: explainGone,
    next: 'The record was deleted in DTTP, so the trainee must be registered again. Ask a developer.',
    cure: cures.byRecord,
  },
  'outcome-unknown': {
    ...FINAL,
    isUrgent: true,
    causes: causes.ofRegistration,
    explain: explainUnknown,
    next: 'Do not register or retry this trainee: that could create a duplicate. A developer must check DTTP.',
    cure: cures.bySettling,
  },
  unanswered: {
    ...FINAL,
    isUrgent: true,
    causes: causes.ofRegistration,
    explain: explainUnanswered,
    next: 'You can register the trainee again: it cannot be registered twice.',
    cure: cures.bySettling,
  },
  'late-answer': {
    ...FINAL,
    isUrgent: true,
    causes: ({ trainee }) => [`late-answer:${trainee}`],
    explain: (about) => ({
      title: `DTTP has a record of ${who(about)} that Register does not name`,
      meaning: 'A registration that had been given up was answered after all.',
      without:
        'Ask the operations team which record is right, and to merge or delete the other. If Register names none, ask for the trainee to be registered again.',
    }),
    cure: cures.never,
  },
  'second-record': {
    ...FINAL,
    isUrgent: true,
    explain: (about) => ({
      title: `DTTP has more than one record of ${who(about)}`,
      meaning: 'The registration worked, and somebody has created another record since it was sent.',
      without: 'Ask the operations team which is right, and to merge or delete the other.',
    }),
    cure: cures.never,
  },
  'own-ids-not-kept': {
    ...FINAL,
    isUrgent: true,
    causes: () => ['dttp:own-ids'],
    explain: () => ({
      title: 'DTTP does not keep to the ids that we choose',
      meaning:
        'So that nobody is registered twice, registrations are sent without them from now on. If one is not answered, people must settle it.',
      without:
        'Ask the Register developers to find out why in the test environment, and to set DTTP_OWN_IDS=off until then.',
    }),
    cure: cures.never,
  },
  'record-not-in-use': {
    ...FINAL,
    isUrgent: true,
    explain: (about) => ({
      title: `DTTP has changed the new record of ${who(about)}`,
      meaning: 'It was merged, deactivated or taken apart there before we could save it. Nothing is saved in Register.',
      without:
        'Ask the operations team which record is the trainee’s, and to put it right. Do not register this trainee again.',
    }),
    cure: cures.bySettling,
  },
  incomplete: {
    ...FINAL,
    explain: (about) => ({
      title: `Something is missing before DTTP can be told of ${who(about)}`,
      meaning: notTriedAgain(about) || 'Register cannot send it as it is.',
      without:
        'Ask the provider to complete the record in Register. Then ask a developer to run the job again: until then DTTP does not get it.',
    }),
    cure: cures.byOwnRegistration,
  },
  'not-as-approved': {
    ...FINAL,
    explain: explainMoved,
    next: 'It was not sent. Ask for it again, so that two people see what DTTP would be told now.',
    cure: cures.byOwnRegistration,
  },
  'already-registered': {
    ...FINAL,
    isUrgent: true,
    explain: (about) => ({
      title: `DTTP has a record already for ${who(about)}`,
      meaning: 'Registering a trainee twice would create a duplicate.',
      without: 'Ask a developer to check that the DTTP record is the right one. Do not register this trainee again.',
    }),
  },
  'not-registered': {
    ...FINAL,
    explain: (about) => ({
      title: `There is no DTTP record for ${who(about)}`,
      meaning: `${notTriedAgain(about)} It needs the record that registering creates.`.trim(),
      without: 'Ask a developer why registering the trainee has failed, or was never asked for.',
    }),
    cure: cures.byRegistration,
  },
  'cannot-receive-trn': { ...FINAL, explain: explainCannotReceive, cure: cures.byTrn },
  'trn-shared': {
    ...FINAL,
    explain: (about) => ({
      title: `The TRN of ${who(about)} is another trainee’s, too`,
      meaning: 'It is saved, as Register saves it. Either DTTP has mixed two people up, or Register has one twice.',
      without: 'Ask the operations team whose TRN it is. Tell the Register developers if one trainee is there twice.',
    }),
    cure: cures.never,
  },
  'switched-off': {
    ...FINAL,
    causes: causes.ofFlag,
    explain: () => ({
      title: 'Register’s jobs for DTTP are switched off',
      meaning: 'A feature flag of Register’s is off. With it off these jobs do nothing, so we stop them and say so.',
      without: 'Ask the Register developers whether it should be on. The jobs must then be run again.',
    }),
    cure: cures.byFlag,
  },
  'dttp-unavailable': {
    ...FINAL,
    passes: true,
    causes: () => ['dttp:unavailable'],
    explain: ({ found }) => ({
      title: 'DTTP does not answer',
      meaning: found?.dttp === 'answers' ? 'It answers again by now.' : 'The jobs listed here were tried in vain.',
      without:
        found?.dttp === 'answers'
          ? 'Ask a developer to run the jobs again that are not tried by themselves.'
          : 'Ask the operations team whether DTTP is down. When it answers again, ask a developer to run these jobs again.',
    }),
  },
  'dttp-unauthorised': {
    ...FINAL,
    passes: true,
    needsPeople: true,
    causes: ({ byRegister }) => [byRegister ? 'dttp:unauthorised-register' : 'dttp:unauthorised'],
    explain: ({ found, byRegister }) => ({
      title: `DTTP does not accept ${byRegister ? 'Register’s' : 'the bot’s'} credentials`,
      meaning:
        found?.dttp === 'answers' && !byRegister
          ? 'It accepts them again by now.'
          : 'Until it does, no job of Register’s reaches DTTP.',
      without: byRegister
        ? 'Ask the Register developers to renew Register’s credentials for DTTP. The bot has others, so it cannot tell whether they are accepted again.'
        : 'Ask the Register developers to renew DTTP_CLIENT_ID and DTTP_CLIENT_SECRET.',
    }),
  },
  'dttp-refused': {
    ...FINAL,
    explain: generally('DTTP understood the request and declined it. Asking again changes nothing.'),
    cure: cures.byOwnRegistration,
  },
  'dttp-changed': { ...FINAL, passes: true, explain: generally('Nothing was overwritten, and ours was not written.') },
  'dttp-unreadable': { ...FINAL, passes: true, explain: generally('DTTP’s answer was not what it should be.') },
  'gias-unavailable': { ...FINAL, passes: true, explain: explainGias },
  'gias-refused': { ...FINAL, explain: explainGias },
  'trainee-gone': {
    ...FINAL,
    causes: ({ job, day }) => [`trainee-gone:${job}:${day}`],
    explain: (about) => ({
      title: `No longer in Register: ${who(about)}`,
      meaning: 'The record was deleted while a job for it was waiting.',
      without: 'You do not need to do anything if that was meant. Otherwise tell the Register developers.',
    }),
    cure: cures.never,
  },
  'register-unavailable': {
    ...FINAL,
    passes: true,
    causes: () => ['register:unavailable'],
    explain: () => ({
      title: 'Register could not read the trainees of its jobs',
      meaning:
        'Its database did not answer, or not as it should, so the jobs listed here have not begun. DTTP was told nothing.',
      without:
        'Ask the Register developers whether its database is well, and to run again the jobs that are not tried by themselves.',
    }),
  },
  'other-version': {
    ...FINAL,
    causes: ({ job }) => [`other-version:${job}`],
    explain: generally(
      'It was left for an hour to a newer version of the bot, and none has come that can read it. Start that version, and run the job again.',
    ),
  },
  stalled: {
    ...FINAL,
    explain: generally(
      'The bot was stopped in the middle of this job again and again, so it does not start it any more.',
    ),
  },
  vanished: { ...FINAL, causes: ({ job }) => [`vanished:${job}`], explain: explainVanished, cure: cures.byRun },
  'not-given': {
    ...FINAL,
    causes: ({ job }) => [`not-given:${job}`],
    explain: explainNotGiven,
    next: 'It has not run. Ask for it again if it is still needed.',
    cure: cures.byRun,
  },
  unexpected: {
    ...FINAL,
    passes: true,
    needsPeople: true,
    causes: ({ job }) => [`unexpected:${job}`],
    explain: (about) =>
      generally(
        about.byRegister
          ? 'Something that nobody has thought of. The developers can find it on Sidekiq’s own page.'
          : 'This is a fault of the bot, or something that nobody has thought of.',
      )(about),
  },
}
