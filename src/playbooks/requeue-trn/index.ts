import { formatDateTime } from '../../calendar/london.ts'
import type { Effect } from '../../contract/plan.ts'
import { definePlaybook } from '../../contract/playbook.ts'
import { checks } from './checks.ts'
import { contactOf, lookInDttp } from './dttp.ts'
import { form } from './form.ts'
import { pollHolds } from './result.ts'
import { type Rows, readRows } from './rows.ts'

/** Has DTTP polled for a TRN again: `Dttp::RetrieveTrnJob.perform_later(trainee, 1.days.from_now)` at the console. */
export const requeueTrn = definePlaybook({
  name: 'requeue-trn',
  version: 1,
  title: 'Poll for a TRN again',
  summary: 'Ask DTTP again whether a trainee’s TRN has arrived, every hour for as long as you choose.',
  args: ['trainee', 'duration'],
  source: 'support-playbook.md#dttpretrievetrnjob-for-trainee-id-id-has-timed-out-after-4-days',
  form,
  trainee: ({ trainee }) => ({ id: trainee.id, slug: trainee.slug }),
  rows: (sql, form) => readRows(sql, form.trainee),
  upstream: { about: contactOf, ask: (about, { dttp }) => lookInDttp(about, dttp) },
  checks,
  plan: ({ rows: { trainee }, form, register }) => ({
    updates: [],
    inserts: [],
    effects: [
      { kind: 'enqueue', job: 'retrieve-trn', args: { trainee: trainee.id, poll_for: form.duration } },
      askOperations(trainee, register.url),
    ],
  }),
  // The job is started after this, in the same transaction; no row of Register's changes before it runs.
  verifyRows: async () => [],
  verifyAfter: pollHolds,
  advice: () => ({
    lead: 'We post here what the first poll finds, and again when the TRN arrives or the poll has failed.',
    message: null,
  }),
})

/** The operations team can see at DQT what keeps a TRN. Register's link leads to the person, whom the text does not name. */
function askOperations(trainee: Rows['trainee'], registerUrl: string): Effect {
  const since = trainee.submitted_for_trn_at === null ? '' : ` since ${formatDateTime(trainee.submitted_for_trn_at)}`
  const text = [
    `Trainee ${trainee.id} has been waiting for a TRN${since}. Please check with DQT what is keeping it.`,
    `DTTP contact: ${trainee.dttp_id}`,
    `Register: ${registerUrl}/trainees/${trainee.slug}`,
  ].join('\n')
  return { kind: 'manual-step', title: 'Ask the operations team', text }
}
