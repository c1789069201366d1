import type { AlertSight, SeenEntry } from '../../alerts/sight/sight.ts'
import { formatDateTime, formatLater } from '../../calendar/london.ts'
import type { AlertEntry } from '../../entities/chatops/alert.ts'
import { jobOf } from '../../failures/causes.ts'
import type { Because, FoundSchool, FoundTrainee } from '../../failures/found.ts'
import { dttpStatusLabel } from '../../register/schools/schools.ts'
import { stateLabel } from '../../register/trainees/states.ts'
import { listed } from '../../words.ts'
import { capitalise } from '../kit/labels.ts'

// What the read-only checks found, in sentences. No TRN and no names are in it.

/** What is known of a trainee. `found` is undefined before the first look. */
export function findingsOf(found: FoundTrainee | null | undefined, checked: string): string {
  return [circumstancesOf(found), recordSentence(found, checked)].filter(Boolean).join(' ')
}

/** Whether DTTP has the trainee's record, and a TRN. */
export function recordSentence(found: FoundTrainee | null | undefined, checked: string): string {
  if (found === undefined) return ''
  return found === null ? `The trainee is no longer in Register${checked}.` : `${recordWords(found)}${checked}.`
}

/** The trainee's state, the schools that are sent, and whether DTTP is asked again. */
export function circumstancesOf(found: FoundTrainee | null | undefined): string {
  if (!found) return ''
  return [
    `${stateLabel(found.state, found.route)}.`,
    ...found.schools.map(schoolSentence),
    ...(found.poll ? [pollSentence(found.poll)] : []),
  ].join(' ')
}

/** "at 10:02am", with the date if it is another than that of the alert; empty before the first look. */
export function checkedAt({ found, alert }: Pick<AlertSight, 'found' | 'alert'>): string {
  return found ? formatLater(found.at, alert.openedAt) : ''
}

/** "inactive", or of several rows "closed and inactive". */
export function statusWords(statuses: readonly (number | null)[]): string {
  return statuses.length === 0 ? 'not in DTTP' : `${listed(statuses.map(dttpStatusLabel), 5)} in DTTP`
}

/** Causes that go away only with what the failed job was to do, which need not run any more, or of which a later post tells. */
const NEEDLESS: readonly Because[] = [
  'trn',
  'award',
  'registered-again',
  'registered',
  'settled',
  'trainee-gone',
  'state',
  'ended',
]

/** Whether an entry's job was given up, and nothing has done its work since. */
export function isLeftUndone({ subject, job, failure }: SeenEntry, because: Record<string, Because>): boolean {
  const reason = because[subject]
  if (reason && NEEDLESS.includes(reason)) return false
  return (
    job?.status === 'failed' &&
    job.curedAt === null &&
    failure.code !== 'timed-out' &&
    failure.code !== 'outcome-unknown'
  )
}

/** Whether an alert is over only because the same has happened again: a later post goes on with it. */
export function isOvertaken({ alert, groups, found }: Pick<AlertSight, 'alert' | 'groups' | 'found'>): boolean {
  const subjects = groups.flatMap(({ entries }) => entries).map(({ subject }) => subject)
  return alert.status === 'resolved' && subjects.every((subject) => found?.because[subject] === 'timed-out-again')
}

/** Until when DTTP was to be asked. The error's own words do not say that. */
export function deadlineWords({ failure }: Pick<AlertEntry, 'failure'>): string {
  return failure.deadline === undefined ? '' : `DTTP was to be asked until ${formatDateTime(failure.deadline)}.`
}

/** Why there is nothing left to do about an entry; empty while there is. */
export function settledWords({ subject, failure, settledAt }: SeenEntry, because: Record<string, Because>): string {
  if (settledAt === null) return ''
  const reason = because[subject] ?? (failure.code === 'timed-out' ? arrivedFor(subject) : null)
  return reason ? REASONS[reason] : failure.code === 'not-polled' ? REASONS.polled : 'The job has run.'
}

function arrivedFor(subject: string): Because {
  return jobOf({ subject }) === 'retrieve-award' ? 'award' : 'trn'
}

const REASONS: Readonly<Record<Because, string>> = {
  trn: 'The TRN has arrived.',
  award: 'The award has arrived.',
  state: 'The record’s state has changed, and it no longer waits for a TRN.',
  polled: 'DTTP is asked for the TRN now.',
  'registered-again': 'The trainee was registered with DTTP again.',
  'record-back': 'DTTP has the record.',
  settled: 'It is known by now whether DTTP registered the trainee.',
  registered: 'The trainee is registered with DTTP now.',
  'switched-on': 'Register’s jobs for DTTP are switched on again.',
  'school-changed': 'The trainee has another school now, or a route that sends no school.',
  'school-active': 'The school is active now.',
  'trainee-gone': 'The trainee is no longer in Register.',
  ran: 'The job has run, or somebody has taken it away.',
  'timed-out-again': 'The time for asking again is up, too. A later post is about it.',
  vanished: 'It is in Register’s Sidekiq no longer, and nothing shows that it ran. A later post is about it.',
  ended:
    'It has run to its end since, and a later post says how it failed. If Register was restarted meanwhile, it may have run twice: look in DTTP before the trainee is registered again.',
  removed: 'Somebody has taken the job out of Register’s Sidekiq.',
}

function schoolSentence({ which, urn, statuses }: FoundSchool): string {
  return `${capitalise(which)} school ${urn}: ${statusWords(statuses)}.`
}

function pollSentence({ until }: NonNullable<FoundTrainee['poll']>): string {
  return until === null ? 'DTTP is asked again.' : `DTTP is asked again until ${formatDateTime(until)}.`
}

function recordWords({ contact, became, placementAssignment, trnInDttp, hasTrn, candidates }: FoundTrainee): string {
  const lacksTraining = placementAssignment === 'missing'
  switch (contact) {
    case 'there':
      if (became) return `DTTP has the trainee’s record, but it was ${became} there`
      if (lacksTraining) return 'DTTP has the trainee’s record, but not the training record'
      if (hasTrn) return 'DTTP has the trainee’s record'
      return trnInDttp ? 'DTTP has the trainee’s record, and a TRN by now' : 'DTTP has the trainee’s record but no TRN'
    case 'missing':
      return lacksTraining
        ? 'DTTP has neither the trainee’s record nor the training record'
        : 'DTTP does not have the trainee’s record'
    case 'unknown':
      return 'DTTP could not be checked'
    case 'none':
      if (candidates === null) return 'Register knows of no DTTP record'
      return candidates.length === 0
        ? 'DTTP has no record that the registration could have created'
        : 'Records in DTTP that the registration may have created are listed here'
  }
}
