import { isActiveInDttp } from '../register/schools/schools.ts'
import { explainHanging } from './explanations.ts'
import { type About, type Explanation, type Offer, traineeIn, who } from './found.ts'

// The failures for which there is a playbook.

const SECOND_PERSON = 'A second person must approve it.'

export function explainTimeout(about: About): Explanation {
  const found = traineeIn(about)
  if (found?.contact === 'missing') return explainGone(about)
  const title = about.after ? `No TRN for ${who(about)} after ${about.after}` : `No TRN yet for ${who(about)}`
  if (found?.poll) {
    return { title, meaning: 'DTTP is asked again already.', without: 'You do not need to do anything.' }
  }
  const isThere = found?.trnInDttp ?? false
  const check = 'Check the DTTP record.'
  const wrong = 'If it looks wrong, contact the operations team.'
  return {
    title,
    meaning: isThere
      ? 'Register has stopped asking, so nothing fetches it.'
      : 'This is usually a delay at DQT. Register has stopped asking.',
    offer: {
      ...requeue,
      because: 'the time for asking is up.',
      next: isThere
        ? `Select “${requeue.label}” to fetch it. ${SECOND_PERSON}`
        : `${check} If it looks right, select “${requeue.label}”. ${SECOND_PERSON} ${wrong}`,
    },
    without: isThere
      ? 'Ask a developer to have DTTP asked again.'
      : `${check} If it looks right, ask a developer to have DTTP asked again. ${wrong}`,
  }
}

export function explainUnpolled(about: About): Explanation {
  const found = traineeIn(about)
  if (found?.contact === 'missing') return explainGone(about)
  const title = `Nothing asks for the TRN of ${who(about)}`
  if (found?.poll) return { title, meaning: 'DTTP is asked by now.', without: 'You do not need to do anything.' }
  return {
    title,
    meaning:
      'Registered with DTTP, and still Pending TRN more than an hour later. Nothing asks DTTP, so a TRN would go unnoticed.',
    offer: {
      ...requeue,
      because: 'nothing asks for this TRN.',
      next: `Select “${requeue.label}” for each trainee. ${SECOND_PERSON}`,
    },
    without: 'Ask a developer to have DTTP asked for the TRN.',
  }
}

/** As the support playbook has it: `Dttp::RetrieveTrnJob.perform_later(trainee, 1.days.from_now)`. */
const requeue = {
  playbook: 'requeue-trn',
  label: 'Ask again for 1 day',
  per: 'trainee',
  values: { duration: '1 day' },
} as const satisfies Offer

export function explainSchool(about: About): Explanation {
  const { urn, found } = about
  const isActive = found?.statuses?.some(isActiveInDttp) ?? false
  const title = urn === null ? `A school of ${who(about)} is not active in DTTP` : `School ${urn} is not active in DTTP`
  const meaning = isActive
    ? 'The school is active now; the job can be retried.'
    : `Register sends only schools that are active or new in DTTP, so it cannot send ${about.trainees > 1 ? 'these trainees' : 'this trainee'}.`
  if (urn === null) return { title, meaning, without: 'Ask a developer which of the trainee’s schools it is.' }
  const label = 'Repair school'
  const next = `Select “${label}”. ${SECOND_PERSON}`
  const sent = traineeIn(about)?.schools ?? []
  if (sent.length > 0 && sent.every((school) => school.urn !== urn)) {
    return {
      title: `A job failed for ${who(about)}, who has another school by now`,
      meaning: `School ${urn} was not active in DTTP. The job that failed does not run again by itself.`,
      offer: {
        ...{ playbook: 'repair-school', label, per: 'trainee', values: {}, next },
        because: 'the job can be retried with the school that the provider has chosen.',
      },
      without: 'Ask a developer to run the failed job again.',
    }
  }
  return {
    title,
    meaning,
    offer: {
      playbook: 'repair-school',
      label,
      per: 'alert',
      values: { subject: `URN ${urn}` },
      because: 'Register finds the school neither active nor new in its list of DTTP schools.',
      next,
    },
    without: isActive
      ? 'Ask a developer to run the failed jobs again.'
      : 'Check the school at GIAS. If it is open, ask a developer to correct its status and to run the failed jobs again.',
  }
}

export function explainGone(about: About): Explanation {
  const label = 'Register again'
  return {
    title: `DTTP no longer has the record of ${who(about)}`,
    meaning: 'It may have been deleted in DTTP. Nothing can be sent to it, and no TRN can come.',
    ...(about.trainee === null
      ? {}
      : {
          offer: {
            playbook: 're-register',
            label,
            per: 'trainee',
            values: {},
            because: 'the trainee must be registered with DTTP once more.',
            next: `Check in DTTP that the record is gone. Then select “${label}”. ${SECOND_PERSON}`,
          } as const,
        }),
    without: 'Check in DTTP that the record is gone. Then ask a developer to register the trainee again.',
  }
}

export function explainUnknown(about: About): Explanation {
  if (about.job !== 'register-for-trn') {
    return {
      title: `We do not know if DTTP took a change to ${who(about)}`,
      meaning: 'It may have worked. Sending the same again does no harm, but this job is not tried again by itself.',
      without: 'Ask a developer to run the job again.',
    }
  }
  if (about.hangs) return explainHanging(about)
  if (about.byRegister) return explainRegisterUnknown(about)
  const label = 'Settle registration'
  const warning = 'Do not register or retry this trainee. Trying again could create a duplicate.'
  return {
    title: `We do not know if DTTP registered ${who(about)}`,
    meaning: warning,
    offer: {
      playbook: 'settle-registration',
      label,
      per: 'trainee',
      values: {},
      because: 'only people can tell whether it worked.',
      next: `A developer needs to check the DTTP records listed here, then select “${label}” to use these records or to register again. A second person must approve either choice.`,
    },
    without:
      'A developer needs to check the DTTP records listed here. A second person must agree to what is done then.',
  }
}

/** A registration that Register's Sidekiq has lost, or never ended. Another one is made only once that is settled. */
function explainRegisterUnknown(about: About): Explanation {
  const label = 'Settle registration'
  return {
    title: `We do not know if DTTP registered ${who(about)}`,
    meaning:
      'Register started this registration itself, and has no DTTP record of the trainee. Do not register or retry them: that could create a duplicate.',
    offer: {
      playbook: 'settle-registration',
      label,
      per: 'trainee',
      values: {},
      because: 'only people can tell whether it worked.',
      next: `A developer needs to check the DTTP records listed here, then select “${label}” to use one of them or to register again. ${SECOND_PERSON}`,
    },
    without:
      'A developer needs to check the DTTP records listed here. If one is the trainee’s, its id must be put into Register; if there is none, the trainee must be registered again.',
  }
}

/** Under ids of ours: another registration takes them over, so that DTTP cannot end with two records. */
export function explainUnanswered(about: About): Explanation {
  const label = 'Register again'
  return {
    title: `We still do not know if DTTP registered ${who(about)}`,
    meaning: 'DTTP was asked for a working day, and we do not ask by ourselves any more.',
    offer: {
      playbook: 're-register',
      label,
      per: 'trainee',
      values: {},
      because: 'it is looked for once more, and registered only if it is not there.',
      next: `Select “${label}”. It cannot be registered twice. ${SECOND_PERSON}`,
    },
    without: 'Ask a developer to register the trainee again. It cannot be registered twice.',
  }
}

export function explainMoved(about: About): Explanation {
  const label = 'Register again'
  return {
    title: `The record of ${who(about)} has changed since their registration was approved`,
    meaning: 'DTTP would have been told something that nobody had approved, so it was not sent.',
    offer: {
      playbook: 're-register',
      label,
      per: 'trainee',
      values: {},
      because: 'two people must see what DTTP would be told now.',
      next: `Select “${label}” and check the new preview. ${SECOND_PERSON}`,
    },
    without: 'Ask a developer to register the trainee as they are now.',
  }
}
