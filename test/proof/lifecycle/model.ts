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

/** The playbooks that start jobs. */
export type StartsJobs = 'requeue-trn' | 're-register'

export type ModelRequest = {
  id: string
  trainee: ModelTrainee
  requester: string
  digest: string
  plan: Plan
  /** The request that this one takes back. */
  undoes: ModelRequest | null
  /** Which playbook it is of, if that starts jobs. */
  starts: StartsJobs | null
  status: Status
  /** What the preview saw, and what DTTP would then have been told by a registration. */
  facts: string
  told: string
  createdAt: number
  expiresAt: number
  /** Whom the review was shown to, in which modal. */
  shown: Map<string, string>
  approver: string | null
  approvedAt: number
  /** Who rejected or cancelled it, and when. */
  ended: { by: string; at: number } | null
  executedAt: number | null
  /** Which of its trainee's audits is its own. */
  audit: number | null
  nextLook: number | null
  failingSince: number | null
  /** Since it was carried out, something has happened that may keep its result from being as approved. */
  isSpoilt: boolean
  /** What the ledger must hold of its transitions, in order. */
  history: LedgerEvent[]
  /** Transitions that the card must have been told of. */
  announced: number
}

export type Model = {
  clock: number
  isPaused: boolean
  /** The first two change their route; the last is registered with DTTP, and polled for. */
  trainees: ModelTrainee[]
  requests: ModelRequest[]
  /** Whether DTTP has a record now. */
  inDttp: (id: Json | undefined) => boolean
  /** Whether a poll for the last trainee's TRN is under way. */
  isPolled: boolean
  /** The last trainee's registration that has not come to its end, and whether a job is at it. */
  registration: { job: string; isLive: boolean } | null
}

const OPEN: readonly Status[] = ['pending', 'approved', 'verifying']

/** Whether carrying it out leaves something to people; an undo does, whoever has done by now what it takes back. */
export function leavesSteps({ starts }: ModelRequest): boolean {
  return !starts
}

/** Whether it wrote an audit: taking ids away does not. */
export function isAudited({ plan }: ModelRequest): boolean {
  return plan.updates.some(({ save }) => save === 'audited')
}

export function changesOf({ updates }: Plan) {
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

/** Rails writes a column of a trainee. */
export function railsWrites(model: Model, trainee: ModelTrainee, column: string, value: Json): void {
  trainee.row[column] = value
  spoil(model, trainee)
}

/** Whatever is looked at of this trainee by now may not be as it was approved. */
export function spoil({ requests }: Model, trainee: ModelTrainee): void {
  for (const request of requests)
    if (request.trainee === trainee && request.executedAt !== null) request.isSpoilt = true
}
