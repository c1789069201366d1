// What one poll of Register's own Dttp::RetrieveTrnJob did, case by case, against our rule for it.
import { canonical, type Json } from '../../src/entities/json.ts'
import type { Trainee } from '../../src/entities/register/trainee.ts'

import { auditedChanges } from '../../src/register/audits.ts'
import { decidePoll, type PollOutcome } from '../../src/register/retrieve-trn.ts'
import { applySaveRules, changesBetween } from '../../src/register/saving.ts'

type Recorded = { state: number; trn: string | null; submitted_for_trn_at: string | null }

export type RetrieveTrnCase = {
  name: string
  now: string
  trainee: Recorded
  dttp_trn: string | null
  timeout_after: string | null
  error?: { class: string; message: string }
  changed?: Record<string, Json>
  audits?: { action: string; audited_changes: Record<string, Json>; version: number }[]
  enqueued?: { job: string; at: string | null; timeout_after: string }[]
  message?: string | null
}

export function isRetrieveTrnCase(value: unknown): value is RetrieveTrnCase {
  return typeof value === 'object' && value !== null && 'dttp_trn' in value && 'timeout_after' in value
}

/** Runs one case; returns what differs from Register, in words, or nothing. */
export function runRetrieveTrnCase(wanted: RetrieveTrnCase): string[] {
  const trainee = {
    id: '<id>',
    first_names: 'Ada',
    last_name: 'Example',
    progress: {},
    ...wanted.trainee,
  } as unknown as Trainee
  const outcome = decidePoll(trainee, wanted.dttp_trn, wanted.timeout_after, new Date(wanted.now))
  if (wanted.error)
    return outcome.kind === 'refused' ? [] : [`Register raised ${wanted.error.class}; we ${outcome.kind}`]
  const { changed, audits } = save(trainee, outcome)
  return [
    ...difference('changed', wanted.changed, changed),
    ...difference('audits', wanted.audits, audits),
    ...difference('enqueued', wanted.enqueued?.map(normalise), enqueued(outcome, wanted.now)),
    ...difference('message', wanted.message, outcome.kind === 'timed-out' ? outcome.message : null),
  ]
}

/** The saves one after another, as the job makes them: each with the rules of every save, and an audit if it changed something. */
function save(trainee: Trainee, outcome: PollOutcome) {
  let row = trainee as unknown as Record<string, Json>
  const changed: Record<string, Json> = {}
  const audits: RetrieveTrnCase['audits'] = []
  for (const assigned of outcome.kind === 'received' ? outcome.saves : []) {
    const changes = changesBetween(row, applySaveRules(row as unknown as Trainee, assigned))
    if (Object.keys(changes).length === 0) continue
    for (const [column, [, after]] of Object.entries(changes)) changed[column] = after
    row = { ...row, ...changed }
    audits.push({ action: 'update', audited_changes: auditedChanges(changes), version: audits.length + 1 })
  }
  return { changed, audits }
}

function enqueued(outcome: PollOutcome, now: string) {
  if (outcome.kind !== 'poll-again') return []
  const { delay, timeout } = outcome
  const at = delay === 0 ? null : new Date(Date.parse(now) + delay).toISOString().replace('.000', '')
  return [normalise({ job: 'Dttp::RetrieveTrnJob', at, timeout_after: timeout })]
}

/** Times without the zeros at their end, and with the zone they are all in. */
function normalise<T extends { timeout_after: string }>(job: T): T {
  const time = job.timeout_after.replace(/Z$/, '')
  return { ...job, timeout_after: `${time.includes('.') ? time.replace(/\.?0+$/, '') : time}Z` }
}

function difference(what: string, wanted: unknown, ours: unknown): string[] {
  const [register, we] = [canonical(wanted ?? null), canonical(ours ?? null)]
  return register === we ? [] : [`${what}: Register ${register}, we ${we}`]
}
