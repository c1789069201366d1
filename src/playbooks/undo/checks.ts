import { formatDateTime } from '../../calendar/london.ts'
import { type Check, type Finding, notLookedAt } from '../../contract/check.ts'
import type { Effect } from '../../contract/effect.ts'
import { isReadable } from '../../contract/stored.ts'
import { columnLabel } from '../../register/columns.ts'
import { finishedWords, isFinished } from '../../register/trainees/states.ts'
import type { Situation } from './situation.ts'

/** The checks, each a sentence that should hold, in the order in which people read them. */
export const checks: Check<Situation>[] = [
  { id: 'request', sentence: 'The request was carried out', look: lookAtRequest },
  { id: 'undone', sentence: 'It was not taken back already', look: lookAtUndone },
  { id: 'inverse', sentence: 'Everything it did can be taken back', look: lookAtInverse },
  { id: 'moved', sentence: 'Every changed column still holds what the request wrote', look: lookAtMoved },
  { id: 'since', sentence: 'Nothing else has changed there since', look: lookAtSince },
  { id: 'state', sentence: 'The record is not finished', look: lookAtState },
]

function lookAtRequest({ request }: Situation): Finding {
  const evidence = { request: request.id, digest: request.digest }
  if (request.executedAt === null) return { verdict: 'blocks', found: notCarriedOut(request), evidence }
  if (request.plan === null) {
    const found = 'What it did was removed after its retention time. A developer must look at Register’s history.'
    return { verdict: 'blocks', found, evidence }
  }
  if (!isReadable(request)) {
    const found = 'This version of the bot cannot read what it did. A developer must look at Register’s history.'
    return { verdict: 'blocks', found, evidence }
  }
  if (request.status === 'verifying') {
    const found = 'We are still checking its result. Wait until that is finished.'
    return { verdict: 'blocks', found, evidence }
  }
  return { verdict: 'holds', found: `Its changes were made on ${formatDateTime(request.executedAt)}.`, evidence }
}

/** A request that was never carried out has changed nothing, whatever became of it. */
function notCarriedOut({ id, status }: Situation['request']): string {
  switch (status) {
    case 'unsent':
    case 'pending':
      return `CR-${id} has changed nothing yet: it is not approved. Whoever asked for it can still take it back, with “Cancel request”.`
    case 'approved':
      return `CR-${id} is approved and is about to be carried out. Wait until that is finished, then undo it.`
    default:
      return `CR-${id} changed nothing, so there is nothing to undo.`
  }
}

/** Whether there is anything to take back, as far as it is still known. */
function wasCarriedOut(request: Situation['request']): boolean {
  return request.executedAt !== null && request.plan !== null && isReadable(request)
}

function lookAtInverse({ request, plan, back }: Situation): Finding {
  if (!wasCarriedOut(request)) return notLookedAt()
  if ('plan' in back)
    return { verdict: 'holds', found: 'Only details of the record, which go back to what they were.', evidence: [] }
  const byHand = [...new Set([...plan.inserts.map(() => BY_HAND.insert), ...plan.effects.flatMap(adviceFor)])]
  const found = `${back.refused.join(' ')} The bot cannot take that back. ${byHand.join(' ')}`
  return { verdict: 'blocks', found, evidence: back.refused }
}

const BY_HAND = {
  insert: 'A developer can take the school off the list, if no trainee has it.',
  poll: 'Asking for a TRN changes nothing until it arrives, and a developer can stop it.',
  registration: 'Ask the operations team to delete the record in DTTP, then ask a developer to correct Register.',
  job: 'Ask a developer what the job changed in DTTP.',
  removal:
    'The registration of this request has taken the place of the job that was taken out, so do not put that back.',
  card: 'Archive the Trello card.',
} as const

/** What people can do about something that was sent. */
function adviceFor(effect: Effect): string[] {
  if (effect.kind === 'manual-step') return []
  if (effect.kind === 'trello-card') return [BY_HAND.card]
  if (effect.kind === 'settle-registration') return [BY_HAND.registration]
  if (effect.kind === 'remove-job') return [BY_HAND.removal]
  if (effect.job === 'retrieve-trn') return [BY_HAND.poll]
  return [effect.job === 'register-for-trn' ? BY_HAND.registration : BY_HAND.job]
}

/** Not looked at once it is undone: the undo itself has changed these columns, and would be named as what has changed them. */
function lookAtMoved({ request, moved, movedBy, undoneBy }: Situation): Finding {
  if (!wasCarriedOut(request) || undoneBy) return notLookedAt()
  const evidence = moved.map(({ table, id, column }) => [table, id, column])
  if (moved.length === 0) return { verdict: 'holds', found: '', evidence }
  const columns = moved.map(({ column }) => columnLabel(column)).join(', ')
  const [last] = movedBy
  const found = last
    ? `CR-${last} has changed this since: ${columns}. Undo CR-${last} first, if it is to be undone, too.`
    : `Changed in Register since, and undoing would overwrite that: ${columns}. Change what is left by hand in Register.`
  return { verdict: 'blocks', found, evidence }
}

/** What was added along with the new values is not taken back with them. */
function lookAtSince({ request, since, undoneBy }: Situation): Finding {
  if (!wasCarriedOut(request) || undoneBy) return notLookedAt()
  const evidence = [...new Set(since.map(({ audit }) => audit))]
  if (since.length === 0) return { verdict: 'holds', found: '', evidence }
  const columns = [...new Set(since.map(({ column }) => columnLabel(column)))].join(', ')
  const found = `Saved since: ${columns}. That stays as it is, and may not fit what comes back. Look at the record in Register first.`
  return { verdict: 'warns', found, evidence }
}

function lookAtState({ trainee }: Situation): Finding {
  const evidence = { state: trainee?.state ?? null }
  if (!trainee) return notLookedAt()
  if (!isFinished(trainee.state)) return { verdict: 'holds', found: '', evidence }
  return { verdict: 'warns', found: finishedWords(trainee), evidence }
}

function lookAtUndone({ undoneBy }: Situation): Finding {
  const evidence = undoneBy?.id ?? null
  if (!undoneBy) return { verdict: 'holds', found: '', evidence }
  return { verdict: 'blocks', found: `CR-${undoneBy.id} took it back already.`, evidence }
}
