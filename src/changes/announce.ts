import { type EntityManager, In, LessThan } from 'typeorm'
import * as z from 'zod'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import { OutboxRow } from '../entities/chatops/outbox-row.ts'
import type { Json } from '../entities/json.ts'
import { addToOutbox, addWith, type NewRow } from '../outbox/add.ts'

// What of a request goes outside the database: its card and its thread, what its requester is told directly, and the hint
// that it can be carried out.

/** Which message goes into a request's thread: what came of it, or what is left to do by hand. */
const threadPart = z.enum(['outcome', 'steps'])

/**
 * A message of a request's thread that is drawn from the request alone. Earlier versions of the bot named four other
 * parts, which said the same.
 */
export const announcement = z.object({
  /** It is sent only once the thread says what came of the request. */
  follows: z.literal('outcome').optional().catch(undefined),
  part: z.union([
    threadPart,
    z.literal('notice').transform(() => 'outcome' as const),
    z.literal('manual-steps').transform(() => 'steps' as const),
    z.enum(['receipt', 'advice']).transform(() => null),
  ]),
})

/**
 * Has the card of a request, or of several, drawn again from the database, at once or after `delay` milliseconds, and adds
 * messages to its thread. What is left to do by hand is said once what came of the request is, `stepsAfter` milliseconds from now
 * at the soonest: whichever version of the bot says that, this row is there.
 */
export async function announce(
  sql: EntityManager,
  changeRequests: string | readonly string[],
  parts: readonly z.output<typeof threadPart>[] = [],
  { delay = 0, stepsAfter = null }: { delay?: number; stepsAfter?: number | null } = {},
) {
  const ids = [changeRequests].flat()
  const cards = ids.map((id) => cardRow(id, delay))
  const thread = ids.flatMap((id) => parts.map((part) => threadRow(id, { part })))
  const steps = stepsAfter === null ? [] : ids.map((id) => stepsRow(id, stepsAfter))
  await addWith(sql, { update: DRAW_AGAIN, parameters: [ids] }, [...cards, ...thread, ...steps], streamsOf(cards))
}

const DRAW_AGAIN = 'UPDATE chatops.change_requests SET card_version = card_version + 1 WHERE id = ANY($3)'

function cardRow(changeRequest: string, delay: number): NewRow {
  return { stream: `card:${changeRequest}`, kind: 'card', changeRequest, delay }
}

function streamsOf(rows: readonly NewRow[]): string[] {
  return rows.map(({ stream }) => stream)
}

/** Adds a message to a request's thread. The thread is a stream of its own: a card in trouble does not hold it up. */
export async function addToThread(
  sql: EntityManager,
  changeRequest: string,
  payload: Record<string, Json> & { part: string },
): Promise<void> {
  await addToOutbox(sql, threadRow(changeRequest, payload))
}

function threadRow(changeRequest: string, payload: Record<string, Json> & { part: string }): NewRow {
  return { stream: `thread:${changeRequest}`, kind: 'thread', changeRequest, payload }
}

/** In a stream of its own, since what it follows is added later. */
function stepsRow(changeRequest: string, delay: number): NewRow {
  const payload = { part: 'steps', follows: 'outcome' }
  return { stream: `steps:${changeRequest}`, kind: 'thread', changeRequest, payload, delay }
}

/** Whether the thread of a request that was carried out has yet to say what came of it. */
export async function isOutcomeUnsaid(sql: EntityManager, { id, status }: ChangeRequest): Promise<boolean> {
  return (
    status === 'verifying' ||
    (await sql.existsBy(OutboxRow, { stream: `thread:${id}`, status: In(['queued', 'sending']) }))
  )
}

/** Tells the requester directly what has become of a finished request: its thread has its outcome already. */
export async function tellRequester(
  sql: EntityManager,
  { id, requester: user }: Pick<ChangeRequest, 'id' | 'requester'>,
  payload: Record<string, Json> & { part: string },
): Promise<void> {
  await addToOutbox(sql, { stream: `direct:${id}`, kind: 'direct', changeRequest: id, payload: { user, ...payload } })
}

/**
 * Wakes a worker for an approved request, or for several. It is only a hint: if it is lost, a sweep sends another one; while one
 * waits, none is added, however long the queue is away. Has the card drawn again, too, after `cardAfter` milliseconds, unless
 * that is null.
 */
export async function hintExecution(
  sql: EntityManager,
  changeRequests: string | readonly string[],
  now: Date,
  { cardAfter: delay = null }: { cardAfter?: number | null } = {},
): Promise<void> {
  const ids = [changeRequests].flat()
  const hints = ids.map((id): NewRow => ({ stream: `hint:${id}`, kind: 'hint', changeRequest: id }))
  const cards = delay === null ? [] : ids.map((id) => cardRow(id, delay))
  const rows = [...hints, ...cards]
  const drawn = delay === null ? 0 : 1
  await addWith(sql, { update: HINTED, parameters: [ids, now, drawn] }, rows, streamsOf(rows))
}

const HINTED = 'UPDATE chatops.change_requests SET hinted_at = $4, card_version = card_version + $5 WHERE id = ANY($3)'

/** A request's card as it was drawn, and where it stands. */
type Drawn = Pick<ChangeRequest, 'id'> & { version: number; cardTs: string }

/** Keeps which drawing of a card Slack has. It never goes back: false if Slack had been given a newer one already. */
export async function noteDrawnCard(sql: EntityManager, { id, version, cardTs }: Drawn): Promise<boolean> {
  const older = { id, renderedVersion: LessThan(version) }
  const { affected } = await sql.update(ChangeRequest, older, { cardTs, renderedVersion: version })
  return affected === 1
}
