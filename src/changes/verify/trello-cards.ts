import type { DataSource, EntityManager } from 'typeorm'
import * as z from 'zod'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { type Claimed, demandHeld, readPayload } from '../../outbox/claim.ts'
import { giveUp, isStillClaimed, markSent } from '../../outbox/held.ts'
import { RetryLater, Undeliverable } from '../../outbox/not-sent.ts'
import { noteWaitCard, noteWaitCardRefused } from '../../schools/waits.ts'
import { type createTrelloClient, TrelloError } from '../../trello/index.ts'
import type { World } from '../../world.ts'
import { announce } from '../announce.ts'
import { lockRequest } from '../requests.ts'
import { addSteps, listSteps } from '../steps/manual-steps.ts'

export type TrelloClient = ReturnType<typeof createTrelloClient>

const asked = z.object({ title: z.string(), text: z.string() })

/** What an earlier version said in the thread of what became of a card. */
export const postedCard = z.object({
  part: z.literal('trello-card'),
  title: z.string(),
  url: z.string().nullable(),
  text: z.string().exactOptional(),
})

/** If Trello did not answer, it may have made the card, and it may take a while to show it. */
const LOOK_AGAIN_MS = 60_000

/** A card is given up after this many attempts, but not before this much time: until then it may be a mere outage. */
const GIVEN_UP_AFTER = { attempts: 10, ms: 60 * 60_000 }

/**
 * Carries out the outbox rows that add a card to Trello, each once. Whoever waits for the card is told where it is, or
 * given its text if it cannot be added. `client` is null where Trello is not set up (any more).
 */
export function createTrelloCards({ database, now }: Pick<World, 'database' | 'now'>, client: TrelloClient | null) {
  return async (row: Claimed): Promise<void> => {
    const card = readPayload(asked, row)
    if (!client) return tellRefused(database, row, { card, now: now() }, (sql) => markSent(sql, row))
    const url = await add(client, row, card, now()).catch(async (error: unknown) => {
      if (error instanceof Undeliverable)
        await tellRefused(database, row, { card, now: now() }, (sql) => giveUp(sql, row, error.message))
      throw error
    })
    await database.transaction((sql) => tellAdded(sql, row, card, url))
  }
}

async function add(client: TrelloClient, row: Claimed, card: z.output<typeof asked>, now: Date): Promise<string> {
  try {
    const { id: key, again, createdAt: since, isHeld } = row
    const { url } = await client.addCard({ key, ...card, again, since, isHeld })
    return url
  } catch (error) {
    if (!(error instanceof TrelloError)) throw error
    await demandHeld(row)
    if (error.kind === 'refused' || hasTriedLongEnough(row, now)) throw new Undeliverable(error.message)
    throw new RetryLater(error.kind === 'wait' ? (error.waitMs ?? LOOK_AGAIN_MS) : LOOK_AGAIN_MS)
  }
}

/** Whether to give a card up. An expired token does not become valid by waiting, and people wait for the card. */
function hasTriedLongEnough({ attempts, createdAt }: Claimed, now: Date): boolean {
  return attempts >= GIVEN_UP_AFTER.attempts && now.getTime() - createdAt.getTime() >= GIVEN_UP_AFTER.ms
}

/** May be called again for the same card; then nobody is told twice. */
async function tellAdded(
  sql: EntityManager,
  { id: key, changeRequest }: Claimed,
  { title }: z.output<typeof asked>,
  url: string,
): Promise<void> {
  if (changeRequest === null) return noteWaitCard(sql, key, url)
  const { outcome } = await lockRequest(sql, changeRequest)
  const known = outcome.trello ?? []
  if (known.some((card) => card.key === key)) return
  await sql.update(
    ChangeRequest,
    { id: changeRequest },
    { outcome: { ...outcome, trello: [...known, { key, title, url }] } },
  )
  await announce(sql, changeRequest)
}

/** Tells of a card that is not added, in the transaction that ends the row: whoever has lost the row tells nobody. */
async function tellRefused(
  database: DataSource,
  row: Claimed,
  { card, now }: { card: z.output<typeof asked>; now: Date },
  end: (sql: EntityManager) => Promise<unknown>,
): Promise<void> {
  const { id, changeRequest } = row
  await database.transaction(async (sql) => {
    if (!(await isStillClaimed(sql, row))) return
    if (changeRequest === null) await noteWaitCardRefused(sql, id)
    else await leaveToPeople(sql, changeRequest, card, now)
    await end(sql)
  })
}

/** The card becomes a step by hand of the request. */
async function leaveToPeople(
  sql: EntityManager,
  changeRequest: string,
  card: z.output<typeof asked>,
  now: Date,
): Promise<void> {
  const request = await lockRequest(sql, changeRequest)
  const title = `${BY_HAND}: ${card.title}`
  const steps = await listSteps(sql, changeRequest)
  if (steps.some((step) => step.title === title)) return
  const text = `${card.title}\n\n${card.text}`
  await addSteps(sql, request, [{ title, text, neededUntil: null }], now)
  await announce(sql, changeRequest, steps.length === 0 ? ['steps'] : [])
}

/** We may not have heard that it was added. */
const BY_HAND = 'Look in Trello, and add this card if it is not there'
