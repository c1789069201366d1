import * as z from 'zod'
import type { Audit } from '../../entities/register/audit.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { findState, type State } from './states.ts'

// What a trainee's timeline in Register shows, made of audits as Register makes it (app/services/trainees/create_timeline_events.rb).

/** One line of the timeline: what happened, of which audit. */
export type TimelineEvent = { audit: string; at: string; what: string }

/** Columns whose change is an event of its own. */
const SHOWN = new Set([
  ...['trainee_id', 'first_names', 'last_name', 'date_of_birth', 'address_line_one', 'address_line_two', 'town_city'],
  ...['postcode', 'email', 'middle_names', 'training_route', 'international_address', 'locale_code', 'gender'],
  ...['diversity_disclosure', 'ethnic_group', 'ethnic_background', 'additional_ethnic_background'],
  ...['disability_disclosure', 'course_subject_one', 'course_start_date', 'course_end_date', 'commencement_date'],
  ...['course_max_age', 'course_uuid', 'course_subject_two', 'course_subject_three', 'applying_for_bursary'],
  ...['applying_for_scholarship', 'training_initiative', 'bursary_tier', 'study_mode', 'uk_degree', 'non_uk_degree'],
  ...['subject', 'institution', 'graduation_year', 'grade', 'country', 'other_grade', 'lead_school_id'],
  'employing_school_id',
])

type Timed = Pick<Audit, 'id' | 'auditable_type' | 'action' | 'audited_changes' | 'request_uuid' | 'created_at'>

/**
 * The events, newest first.
 * @param audits the trainee's own and those associated with the trainee, in any order
 */
export function timelineOf(trainee: Pick<Trainee, 'submitted_for_trn_at'>, audits: readonly Timed[]): TimelineEvent[] {
  const since = trainee.submitted_for_trn_at
  const ordered = audits.toSorted((a, b) => compare(a, b))
  const seen = new Set<string>()
  const first = ordered.filter(({ id, request_uuid }) => {
    const key = request_uuid ?? `audit ${id}`
    return !seen.has(key) && seen.add(key)
  })
  return first
    .filter((audit) => isOwnCreation(audit) || (since !== null && exact(audit.created_at) >= exact(since)))
    .flatMap(eventsOf)
    .reverse()
}

function isOwnCreation({ auditable_type, action }: Timed): boolean {
  return auditable_type === 'Trainee' && action === 'create'
}

/** The gem's, or what somebody wrote by hand. */
const auditedChanges = z.record(z.string(), z.unknown()).catch({})

function eventsOf(audit: Timed): TimelineEvent[] {
  const changes = auditedChanges.parse(audit.audited_changes)
  const event = (what: string): TimelineEvent => ({ audit: audit.id, at: exact(audit.created_at), what })
  if (audit.action !== 'update') return [event(`${audit.auditable_type ?? ''} ${audit.action ?? ''}`)]
  if ('state' in changes) return [event(`state ${stateEvent(changes['state'])}`)]
  return Object.entries(changes)
    .filter(([column, change]) => SHOWN.has(column) && !isNullToBlank(change))
    .map(([column]) => event(`${audit.auditable_type} ${column}`))
}

function stateEvent(change: unknown): State | 'reinstated' | 'unknown' {
  const [before, after] = (Array.isArray(change) ? change : []).map((code) => findState(Number(code)))
  return before === 'deferred' && after !== 'withdrawn' ? 'reinstated' : (after ?? 'unknown')
}

function isNullToBlank(change: unknown): boolean {
  return Array.isArray(change) && change[0] === null && change[1] === ''
}

function compare(a: Timed, b: Timed): number {
  const [at, bt] = [exact(a.created_at), exact(b.created_at)]
  return at === bt ? Number(BigInt(a.id) - BigInt(b.id)) : at < bt ? -1 : 1
}

/** A timestamp with all six digits, so that texts compare as times. */
function exact(timestamp: string | null): string {
  const [whole = '', fraction = ''] = (timestamp ?? '').split('.')
  return `${whole}.${fraction.padEnd(6, '0')}`
}
