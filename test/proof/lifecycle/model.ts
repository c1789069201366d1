// What should be the case: the lifecycle of requests in memory, a few rules each, without a database.
import type { Plan } from '../../../src/contract/plan.ts'
import type { Status } from '../../../src/entities/chatops/change-request.ts'
import { canonical, type Json } from '../../../src/entities/json.ts'
import type { LedgerEvent } from '../../../src/ledger/ledger.ts'

export const MINUTE = 60_000
export const EXPIRES_AFTER = 24 * 60 * MINUTE
export const VERIFY_AGAIN_AFTER = 60_000

/** A trainee's row, and how often it was audited. */
export type ModelTrainee = { slug: string; row: Record<string, Json>; audits: number }

export type ModelRequest = {
  id: string
  trainee: ModelTrainee
  requester: string
  digest: string
  plan: Plan
  /** The request that this one takes back. */
  undoes: ModelRequest | null
  status: Status
  /** What the preview saw. */
  facts: string
  createdAt: number
  expiresAt: number
  /** Whom the review was shown to, in which modal. */
  shown: Map<string, string>
  approver: string | null
  executedAt: number | null
  /** Which of its trainee's audits is its own. */
  audit: number | null
  nextLook: number | null
  failingSince: number | null
  /** What the ledger must hold of its transitions, in order. */
  history: LedgerEvent[]
  /** Transitions that the card must have been told of. */
  announced: number
}

export type Model = { clock: number; isPaused: boolean; trainees: ModelTrainee[]; requests: ModelRequest[] }

const OPEN: readonly Status[] = ['pending', 'approved', 'verifying']
/** Ended after it was carried out. */
const ENDED: readonly Status[] = ['done', 'needs-attention']
const UNSEEN: readonly string[] = ['region', 'updated_at']

/** Everything that the plan and the checks are made of; two of the row's columns are not. */
function factsOf({ row, audits }: ModelTrainee): string {
  const seen = Object.entries(row).filter(([column]) => !UNSEEN.includes(column))
  return canonical([Object.fromEntries(seen), audits])
}

/** The same for a request, of which an undo looks at other things than fix-route. */
export function factsFor(model: Model, { trainee, undoes }: Pick<ModelRequest, 'trainee' | 'undoes'>): string {
  if (!undoes) return factsOf(trainee)
  const since = savedSince(model, undoes).map(({ id }) => id)
  const undoneBy = findUndo(model, undoes)?.id ?? null
  return canonical([trainee.row['state'] ?? null, rowsAre('after', undoes), since, undoneBy])
}

/** The request that took this one back, unless that one was taken back itself. */
function findUndo(model: Model, request: ModelRequest): ModelRequest | null {
  const undos = model.requests.filter(({ undoes, status }) => undoes === request && ENDED.includes(status))
  return undos.find((undo) => !findUndo(model, undo)) ?? null
}

/** Later requests that changed something of the same trainee that this one did not. */
function savedSince(model: Model, { trainee, plan, audit }: ModelRequest): ModelRequest[] {
  const own = changesOf(plan)
  return model.requests.filter(
    (later) =>
      later.trainee === trainee &&
      (later.audit ?? 0) > (audit ?? 0) &&
      Object.keys(changesOf(later.plan)).some((column) => !(column in own)),
  )
}

/** Whether a request can be taken back as things stand. */
export function canBeUndone(model: Model, request: ModelRequest): boolean {
  return ENDED.includes(request.status) && rowsAre('after', request) && findUndo(model, request) === null
}

function changesOf({ updates }: Plan) {
  return updates[0]?.changes ?? {}
}

export function hasOpenRequest(model: Model, trainee: ModelTrainee): boolean {
  return model.requests.some((request) => request.trainee === trainee && OPEN.includes(request.status))
}

/** Whether the planned columns hold their values from before, or those from after. */
export function rowsAre(side: 'before' | 'after', { plan, trainee }: ModelRequest): boolean {
  return Object.entries(changesOf(plan)).every(
    ([column, [before, after]]) =>
      canonical(trainee.row[column] ?? null) === canonical(side === 'before' ? before : after),
  )
}

/** Takes a request to its next state; the ledger and, once it was sent, the card are told. */
export function move(request: ModelRequest, status: Status, event: LedgerEvent = status as LedgerEvent): void {
  if (request.status !== 'unsent' || status === 'pending') request.announced++
  request.status = status
  request.history.push(event)
}

/** What carrying out a request comes to, if nothing stops it. */
export function carryOut(model: Model, request: ModelRequest): void {
  if (request.status !== 'approved' || model.isPaused) return
  if (request.facts !== factsFor(model, request)) {
    move(request, 'stale')
    return
  }
  for (const [column, [, after]] of Object.entries(changesOf(request.plan))) {
    request.trainee.row[column] = after
  }
  request.trainee.row['updated_at'] = null // whatever it is now: the database's clock decides
  request.audit = ++request.trainee.audits
  request.executedAt = request.nextLook = model.clock
  move(request, 'verifying', 'executed')
}

/** One sweep of results. */
export function lookAtResults(model: Model): void {
  for (const request of model.requests) {
    if (request.status !== 'verifying' || (request.nextLook ?? 0) > model.clock) continue
    const again = (request.executedAt ?? 0) + VERIFY_AGAIN_AFTER
    request.nextLook = again
    if (!rowsAre('after', request)) move(request, 'needs-attention')
    else if (model.clock >= again) move(request, 'done')
    else request.announced++ // the card shows that the result was looked at
  }
}

/** One sweep of what nobody approved, or sent, in time. */
export function expire(model: Model): void {
  for (const request of model.requests) {
    const isLate = request.status === 'pending' && request.expiresAt <= model.clock
    const isForgotten = request.status === 'unsent' && request.createdAt <= model.clock - EXPIRES_AFTER
    if (isLate || isForgotten) move(request, 'expired')
  }
}

/** One sweep of waiting requests whose rows have moved. */
export function drift(model: Model): void {
  for (const request of model.requests) {
    if (request.status === 'pending' && !rowsAre('before', request)) move(request, 'stale')
  }
}
