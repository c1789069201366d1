import type { Effect, Plan, Update } from '../../contract/plan.ts'
import { STATUS_AFTER_REGISTRATION } from '../../dttp/statuses.ts'
import type { Json } from '../../entities/json.ts'
import { DEFAULT_POLL_DURATION } from '../../register/poll-durations.ts'
import { applySaveRules, changesBetween } from '../../register/saving.ts'
import { candidateWords } from '../../registration/traces.ts'
import { chosenOf, degreesOf, isWaiting, recordsOf, type Seen } from './choice.ts'

/** What the decision comes to. */
export function planFor(seen: Seen): Plan {
  return seen.form.decision === 'use' ? useRecords(seen) : registerAgain(seen)
}

/**
 * As the registration's own job would have ended: the ids, each with its audit, the two status changes, and the poll.
 * Whoever waits for a TRN no more only gets the ids.
 */
function useRecords(seen: Seen): Plan {
  const { id: trainee } = seen.rows.trainee
  return {
    updates: [...traineeUpdate(seen), ...degreeUpdates(seen)],
    inserts: [],
    effects: [
      ...settled(seen, 'registered'),
      ...(isWaiting(seen) ? [...statuses(trainee), poll(trainee)] : []),
      ...leftOver(seen),
    ],
  }
}

function registerAgain(seen: Seen): Plan {
  const { trainee, submittedBy } = seen.rows
  return {
    updates: [],
    inserts: [],
    effects: [
      ...settled(seen, 'not-sent'),
      { kind: 'enqueue', job: 'register-for-trn', args: { trainee: trainee.id, submitted_by: submittedBy } },
      poll(trainee.id),
    ],
  }
}

function traineeUpdate(seen: Seen): Update[] {
  const { trainee } = seen.rows
  const record = chosenOf(seen)
  if (!record) throw new TypeError('the checks let nothing pass without a record')
  const ids = { dttp_id: record.contact, placement_assignment_dttp_id: record.placementAssignments[0] ?? null }
  const changes = changesBetween(asRow(trainee), applySaveRules(trainee, ids))
  const isSaved =
    ids.dttp_id === trainee.dttp_id && ids.placement_assignment_dttp_id === trainee.placement_assignment_dttp_id
  return isSaved ? [] : [{ table: 'trainees', id: trainee.id, changes, save: 'audited' }]
}

function degreeUpdates(seen: Seen): Update[] {
  const ids = degreesOf(seen)?.ids ?? {}
  return seen.rows.registration.degrees.flatMap((degree): Update[] => {
    const changes = changesBetween({ dttp_id: degree.dttp_id }, { dttp_id: ids[degree.id] ?? degree.dttp_id })
    return Object.keys(changes).length === 0 ? [] : [{ table: 'degrees', id: degree.id, changes, save: 'audited' }]
  })
}

function statuses(trainee: string): Effect[] {
  const args = { trainee, status: STATUS_AFTER_REGISTRATION }
  return ['contact', 'placement_assignment'].map((entity) => ({
    kind: 'enqueue',
    job: 'change-trainee-status',
    args: { ...args, entity },
  }))
}

function settled({ rows: { attempt, trainee } }: Seen, outcome: 'registered' | 'not-sent'): Effect[] {
  return attempt ? [{ kind: 'settle-registration', jobId: attempt.jobId, trainee: trainee.id, outcome }] : []
}

function poll(trainee: string): Effect {
  return {
    kind: 'enqueue',
    job: 'retrieve-trn',
    args: { trainee, poll_for: DEFAULT_POLL_DURATION },
    delaySeconds: 3600,
  }
}

function leftOver(seen: Seen): Effect[] {
  const chosen = chosenOf(seen)
  const others = recordsOf(seen).filter(({ contact }) => contact !== chosen?.contact)
  if (others.length === 0) return []
  const text = [
    'Please check whether these DTTP records are the same person, and delete those that are:',
    ...others.map((candidate) => `- ${candidateWords(candidate)}`),
    `Register uses record ${chosen?.contact}.`,
    `Register: ${seen.register.url}/trainees/${seen.rows.trainee.slug}`,
  ].join('\n')
  return [{ kind: 'manual-step', title: 'Ask for left-over records to be checked in DTTP', text }]
}

function asRow(row: object): Record<string, Json> {
  return row as Record<string, Json>
}
