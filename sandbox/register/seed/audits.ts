// The history of the demo trainees as Register's audits tell it.
import { trainees } from './trainees.ts'

type Changes = Record<string, unknown>

/** Who submitted it, where that is not the provider's first user. */
const SUBMITTERS: Record<number, number> = { 5908: 202, 5915: 203 }
const FIRST_USERS: Record<number, number> = { 101: 201, 102: 204, 103: 205 }

/** What happened after submission: [trainee, user (null: a job), created_at, changes]. */
const LATER: [number, number | null, string, Changes][] = [
  [5903, null, '2021-10-19 05:00:12.331090', { state: [1, 2], trn: [null, '3000003'] }],
  [5905, 201, '2021-10-20 14:21:07.904411', { state: [1, 5], defer_date: [null, '2021-10-20'] }],
  [5906, null, '2021-10-19 05:00:13.020455', { state: [1, 2], trn: [null, '3000006'] }],
  [5906, 201, '2021-10-21 15:44:50.617302', withdrawal()],
  [5907, null, '2021-09-22 05:00:08.740016', { state: [1, 2], trn: [null, '3000007'] }],
  [5907, 201, '2021-10-19 11:00:00.122870', { state: [2, 3], outcome_date: [null, '2021-10-15'] }],
  [5907, null, '2021-10-20 06:15:09.553208', { state: [3, 6], awarded_at: [null, '2021-10-20T06:15:09.551Z'] }],
  [5915, 201, '2021-10-19 12:00:31.275604', { state: [1, 5], defer_date: [null, '2021-10-19'] }],
  [5915, 201, '2021-10-22 09:30:18.008137', { state: [5, 1], reinstate_date: [null, '2021-10-22'] }],
]

export const audits = trainees.flatMap((trainee) => {
  const submittedAt = trainee.submitted_for_trn_at
  const user = FIRST_USERS[trainee.provider_id] ?? null
  const events = [
    { user, action: 'create', created_at: trainee.created_at, changes: creation(trainee) },
    ...(submittedAt ? [submission(SUBMITTERS[trainee.id] ?? user, submittedAt)] : []),
    ...LATER.filter(([id]) => id === trainee.id).map(([, later, created_at, changes]) => ({
      ...{ user: later, action: 'update', created_at, changes },
    })),
  ]
  return events.map(({ user: user_id, action, created_at, changes: audited_changes }, n) => ({
    ...{ auditable_type: 'Trainee', auditable_id: trainee.id, version: n + 1, action, audited_changes, created_at },
    ...{ associated_type: 'Provider', associated_id: trainee.provider_id, user_id, user_type: user_id ? 'User' : null },
    request_uuid: `f0000000-0000-4000-8000-${String(trainee.id * 100 + n).padStart(12, '0')}`,
  }))
})

function creation(trainee: (typeof trainees)[number]): Changes {
  const { slug, provider_id, training_route, trainee_id } = trainee
  return { slug, state: 0, progress: {}, provider_id, training_route, trainee_id }
}

/** The save happens just after the moment that it writes down. */
function submission(user: number | null, submittedAt: string) {
  const changes = { state: [0, 1], submitted_for_trn_at: [null, `${submittedAt.slice(0, 23).replace(' ', 'T')}Z`] }
  return { user, action: 'update', created_at: `${submittedAt.slice(0, 20)}999017`, changes }
}

function withdrawal(): Changes {
  return { state: [2, 4], withdraw_date: [null, '2021-10-21T00:00:00.000Z'], withdraw_reason: [null, 5] }
}
