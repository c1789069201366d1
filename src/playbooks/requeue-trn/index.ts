import { formatDateTime } from '../../calendar/london.ts'
import { type Effect, EVERY_POLL } from '../../contract/effect.ts'
import { optionalSelect, reason, select, ticket } from '../../contract/fields.ts'
import { definePlaybook } from '../../contract/playbook.ts'
import { trainee } from '../../contract/subject.ts'
import type { Advice } from '../../entities/chatops/change-request.ts'
import { isLive } from '../../entities/chatops/live-jobs.ts'
import { POLL_DURATIONS, pollDuration } from '../../register/jobs/poll-durations.ts'
import { checks, REPLACE, type Situation } from './checks.ts'
import { lookInDttp } from './dttp.ts'
import { pollHolds, RESULT_WITHIN_MS } from './result.ts'
import { read } from './rows.ts'
import { says } from './says.ts'

const durations = POLL_DURATIONS.map((duration) => ({
  value: duration,
  label: duration.startsWith('the ') ? `Until ${duration}` : duration,
}))

/** Has DTTP polled for a TRN again: `Dttp::RetrieveTrnJob.perform_later(trainee, 1.days.from_now)` at the console. */
export const requeueTrn = definePlaybook({
  name: 'requeue-trn',
  version: 3,
  title: 'Ask for a TRN again',
  summary: 'Ask DTTP again whether a trainee’s TRN has arrived, every hour for as long as you choose.',
  says,
  form: {
    subject: trainee(),
    duration: {
      ...select('Keep asking for', durations),
      hint: 'Counted from when the request is carried out. Working days are Monday to Friday, without bank holidays.',
    },
    replace: optionalSelect('If DTTP is asked already', 'What should become of that.', REPLACE),
    reason: reason(),
    ticket: ticket(),
  },
  read: (sql, form, around) => read(sql, form.subject, around),
  ask: { about: ({ trainee }) => trainee.dttp_id, ask: (contact, { dttp }) => lookInDttp(contact, dttp) },
  situation: (rows, inDttp, { duration, replace }, { register }): Situation => ({
    ...rows,
    ...{ inDttp, duration: pollDuration.parse(duration), replaces: replace === 'replace', register },
  }),
  checks,
  outcome: (situation) => ({
    plan: { updates: [], inserts: [], effects: [pollAgain(situation)] },
    advice: adviseSupport(situation),
  }),
  // The job is started after this, in the same transaction; no row of Register's changes before it runs.
  holds: async () => [],
  settles: { within: RESULT_WITHIN_MS, look: pollHolds },
})

function pollAgain({ trainee, duration, lastPoll }: Situation): Effect {
  // Our own workers just move the one poll that they have.
  const replaces = lastPoll && isLive(lastPoll) && lastPoll.runner === 'register' ? { replaces: EVERY_POLL } : {}
  const args = { trainee: trainee.id, poll_for: duration, ...replaces }
  return { kind: 'enqueue', job: 'retrieve-trn', args }
}

/**
 * The operations team can see at DQT why there is no TRN yet; once DTTP has it, there is nothing to ask them. This is no
 * part of the plan, so a TRN that comes after the approval does not make the request out of date.
 */
function adviseSupport(situation: Situation): Advice {
  const news = 'We tell you directly when the TRN arrives, or when the time for it is up.'
  if (situation.inDttp?.hasTrn) return { lead: `DTTP has the TRN already. ${news}`, message: null }
  const step = 'Ask the operations team what keeps the TRN'
  return { lead: `${news} Ask the operations team meanwhile.`, message: askOperations(situation), step, until: 'trn' }
}

/** Links to the trainee in Register, and does not name them. */
function askOperations({ trainee, register }: Situation): string {
  const since = trainee.submitted_for_trn_at === null ? '' : ` since ${formatDateTime(trainee.submitted_for_trn_at)}`
  return [
    `Trainee ${trainee.id} has been waiting for a TRN${since}. Please check with DQT what is keeping it.`,
    `DTTP contact: ${trainee.dttp_id}`,
    `Register: ${register.url}/trainees/${trainee.slug}`,
  ].join('\n')
}
