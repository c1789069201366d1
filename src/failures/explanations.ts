import { jobDoes, jobFailedWords } from '../register/jobs/words.ts'
import { type About, type Explanation, who } from './found.ts'

// The failures for which there is no playbook, where several share an explanation or it depends on the job.

/** Register's own Sidekiq tries some jobs again although waiting does not cure them: of those this is not said. */
export function notTriedAgain({ byRegister }: About): string {
  return byRegister ? '' : 'The job is not tried again by itself.'
}

export function explainCannotReceive(about: About): Explanation {
  if (about.job === 'register-for-trn') {
    return {
      title: `Nothing was registered for ${who(about)}`,
      meaning: 'They were Pending TRN when it was approved, and are not any more.',
      without: 'If they should have a TRN after all, ask again once they are Pending TRN.',
    }
  }
  return {
    title: `No TRN can be saved for ${who(about)}`,
    meaning: 'Register and DTTP do not agree about this trainee. Nothing was saved.',
    without: 'Ask a developer to compare the record in Register with the one in DTTP.',
  }
}

/** What proves that a job ran is in jobs/mirror/proofs.ts. */
export function explainVanished(about: About): Explanation {
  return {
    title: `We cannot tell whether a job ran: ${jobDoes(about.job)}`,
    meaning:
      'Register’s Sidekiq has it no longer, and nothing in Register or DTTP shows that it ran. A process that was killed loses what it runs.',
    without: 'Ask a developer to look whether it ran, and to start it again if it did not.',
  }
}

/** It can be settled only after it has ended. Restarting Sidekiq would end it at once, and run it a second time. */
export function explainHanging(about: About): Explanation {
  return {
    title: `A registration of ${who(about)} does not end`,
    meaning:
      'Register’s Sidekiq may have sent it. Do not restart or deploy Register before a developer has looked: Sidekiq would run it a second time. Do not register or retry this trainee either. Both could create a duplicate.',
    without:
      'A developer needs to find out what it waits for, and to check the DTTP records listed here. Once it has ended, it can be settled.',
  }
}

export function explainNotGiven(about: About): Explanation {
  return {
    title: `A job could not be given to Register’s Sidekiq: ${jobDoes(about.job)}`,
    meaning: 'A request has asked for it. It has not run.',
    without: 'Ask the operators of the bot why it could not be given. Then ask for it again if it is still needed.',
  }
}

export function explainGias(): Explanation {
  return {
    title: 'GIAS could not be loaded',
    meaning:
      'What we have of GIAS stays as it was. It is tried again every night; a school cannot be repaired with an extract that is too old.',
    without: 'If this goes on for days, ask the Register developers to check GIAS_URL and GIAS’s own pages.',
  }
}

export function generally(meaning: string): (about: About) => Explanation {
  return (about) => ({
    title: `${jobFailedWords(about.job)}${about.trainee === null ? '' : ` for trainee ${about.trainee}`}`,
    meaning: `${meaning} ${notTriedAgain(about)}`.trim(),
    without: 'Ask the Register developers to look at it.',
  })
}
