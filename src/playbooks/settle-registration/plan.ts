import type { Effect } from '../../contract/effect.ts'
import type { Plan, Update } from '../../contract/plan.ts'
import { STATUS_AFTER_REGISTRATION } from '../../dttp/statuses.ts'
import { DEFAULT_POLL_DURATION } from '../../register/jobs/poll-durations.ts'
import { applySaveRules, changesBetween } from '../../register/saves/rules.ts'
import { candidateWords } from '../../registration/traces.ts'
import type { Situation } from './situation.ts'

/** What the decision comes to. */
export function planFor(situation: Situation): Plan {
  return situation.decision === 'use' ? useRecords(situation) : registerAgain(situation)
}

/**
 * As the registration's own job would have ended: the ids, each with its audit, the two status changes, and the poll.
 * Whoever waits for a TRN no more only gets the ids.
 */
function useRecords(situation: Situation): Plan {
  const { id: trainee } = situation.trainee
  return {
    updates: [...traineeUpdate(situation), ...degreeUpdates(situation)],
    inserts: [],
    effects: [
      ...settled(situation, 'registered'),
      ...(situation.isWaiting ? [...statuses(trainee), poll(trainee)] : []),
      ...leftOver(situation),
    ],
  }
}

function registerAgain(situation: Situation): Plan {
  const { trainee, submittedBy } = situation
  return {
    updates: [],
    inserts: [],
    effects: [
      ...settled(situation, 'not-sent'),
      { kind: 'enqueue', job: 'register-for-trn', args: { trainee: trainee.id, submitted_by: submittedBy } },
      poll(trainee.id),
    ],
  }
}

function traineeUpdate({ trainee, chosen: record }: Situation): Update[] {
  if (!record) throw new TypeError('the checks let nothing pass without a record')
  const ids = { dttp_id: record.contact, placement_assignment_dttp_id: record.placementAssignments[0] ?? null }
  const changes = changesBetween(trainee, applySaveRules(trainee, ids))
  const isSaved =
    ids.dttp_id === trainee.dttp_id && ids.placement_assignment_dttp_id === trainee.placement_assignment_dttp_id
  return isSaved ? [] : [{ table: 'trainees', id: trainee.id, changes, save: 'audited' }]
}

function degreeUpdates({ degrees, registration }: Situation): Update[] {
  const ids = degrees?.ids ?? {}
  return registration.degrees.flatMap((degree): Update[] => {
    const changes = changesBetween({ dttp_id: degree.dttp_id }, { dttp_id: ids[degree.id] ?? degree.dttp_id })
    return Object.keys(changes).length === 0 ? [] : [{ table: 'degrees', id: degree.id, changes, save: 'audited' }]
  })
}

function statuses(trainee: string): Effect[] {
  const status = STATUS_AFTER_REGISTRATION
  return (['contact', 'placement_assignment'] as const).map((entity) => ({
    kind: 'enqueue',
    job: 'change-trainee-status',
    args: { trainee, status, entity },
  }))
}

function settled({ attempt, trainee }: Situation, outcome: 'registered' | 'not-sent'): Effect[] {
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

function leftOver({ chosen, records, register, trainee }: Situation): Effect[] {
  const others = records.filter(({ contact }) => contact !== chosen?.contact)
  if (others.length === 0) return []
  const text = [
    'Please check whether these DTTP records are the same person, and delete those that are:',
    ...others.map((candidate) => `- ${candidateWords(candidate)}`),
    `Register uses record ${chosen?.contact}.`,
    `Register: ${register.url}/trainees/${trainee.slug}`,
  ].join('\n')
  return [{ kind: 'manual-step', title: 'Ask for left-over records to be checked in DTTP', text }]
}
