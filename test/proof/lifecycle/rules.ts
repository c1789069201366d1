// What becomes of requests: a few rules each.
import type { Status } from '../../../src/entities/chatops/change-request.ts'
import { canonical } from '../../../src/entities/json.ts'
import { factsOfJobs } from './job-model.ts'
import {
  changesOf,
  EXPIRES_AFTER,
  isAudited,
  type Model,
  type ModelRequest,
  type ModelTrainee,
  move,
  rowsAre,
  VERIFY_AGAIN_AFTER,
} from './model.ts'

/** Ended after it was carried out. */
const ENDED: readonly Status[] = ['done', 'needs-attention']
const UNSEEN: readonly string[] = ['region', 'updated_at']

/** Everything that the plan and the checks are made of; two of the row's columns are not. */
function factsOf({ row, audits }: ModelTrainee): string {
  const seen = Object.entries(row).filter(([column]) => !UNSEEN.includes(column))
  return canonical([Object.fromEntries(seen), audits])
}

/** The same for a request; each kind looks at other things. */
export function factsFor(
  model: Model,
  { trainee, undoes, starts }: Pick<ModelRequest, 'trainee' | 'undoes' | 'starts'>,
): string {
  if (starts) return factsOfJobs(model, starts)
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
  const isStanding = ENDED.includes(request.status) && rowsAre('after', request)
  return isStanding && !request.starts && findUndo(model, request) === null
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
  if (isAudited(request)) {
    request.trainee.row['updated_at'] = null // whatever it is now: the database's clock decides
    request.audit = ++request.trainee.audits
  }
  request.executedAt = request.nextLook = model.clock
  move(request, 'verifying', 'executed')
}

/** One sweep of results; where jobs decide, see job-model.ts. */
export function lookAtResults(model: Model): void {
  for (const request of model.requests) {
    if (request.starts || request.status !== 'verifying' || (request.nextLook ?? 0) > model.clock) continue
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
