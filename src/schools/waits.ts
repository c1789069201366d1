import { randomUUID } from 'node:crypto'
import { type DataSource, type EntityManager, IsNull, LessThanOrEqual, MoreThan, Not } from 'typeorm'
import * as z from 'zod'
import type { Form } from '../contract/fields.ts'
import type { AnyPlaybook, Wait } from '../contract/playbook.ts'
import { SchoolWait } from '../entities/chatops/school-wait.ts'
import { DttpSchool } from '../entities/register/dttp-school.ts'
import { sureTransaction } from '../entities/sure-transaction.ts'
import { ChangeError } from '../errors.ts'
import { appendToLedger } from '../ledger/ledger.ts'
import { addToOutbox } from '../outbox/add.ts'
import { hasJustDone } from '../people/just-now.ts'
import { refuse, refuseUnless, refuseUnlessEither } from '../people/standing.ts'
import type { World } from '../world.ts'

// Requests that cannot be made before support has added a school to DTTP. Asking support for that changes no record, so
// it needs no approval. The person who asked is told once, when the school is in Register's list.

/**
 * Keeps what the person asked for until they say that they want to wait. `askedBefore`: whether support was asked for
 * this school already.
 */
export async function keepWait(
  { database, now }: World,
  asked: { playbook: AnyPlaybook; form: Form; requester: string; channel: string; submission?: string },
  { urn, title, text }: Wait,
): Promise<{ wait: SchoolWait; askedBefore: SchoolWait | null }> {
  const { playbook, form, requester, channel } = asked
  const submission = asked.submission ?? randomUUID()
  const row = {
    urn,
    requester,
    channel,
    playbook: playbook.name,
    form,
    asks: { title, text },
    createdAt: now(),
    submission,
  }
  await database.manager.createQueryBuilder().insert().into(SchoolWait).values(row).orIgnore().execute()
  const wait = await database.manager.findOneByOrFail(SchoolWait, { requester, submission })
  return { wait, askedBefore: await findAsked(database.manager, urn) }
}

/**
 * "Ask support and wait": adds the card, unless there is one for this school already. A wait that is over by now is returned
 * as it is: its window was left open for too long, or another one ended it. Throws ChangeError.
 * @param adds whether the window said that a card would be added; those of earlier versions do not tell
 */
export async function startWaiting(
  world: World,
  { id, requester, adds = true }: { id: string; requester: string; adds?: boolean | undefined },
): Promise<SchoolWait> {
  await refuseUnless(world, 'mayRequest', requester)
  if (world.mode === 'preview-only') return refuse(world, 'previews-only', requester, null)
  return sureTransaction(world.database, async (sql) => {
    const wait = await lockOwn(sql, id, requester)
    if (wait.status !== 'shown') return wait // started by an earlier click, or over
    await holdSchool(sql, wait.urn)
    if (await sql.existsBy(DttpSchool, { urn: wait.urn })) throw new ChangeError('school-is-there')
    const earlier = await findAsked(sql, wait.urn)
    const needsCard = !earlier?.cardKey && world.addsTrelloCards
    if (needsCard && !adds) throw new ChangeError('support-not-asked')
    const cardKey = earlier?.cardKey ?? (needsCard ? await addCard(sql, wait) : null)
    const card = { cardKey, cardUrl: earlier?.cardUrl ?? null }
    await sql.update(SchoolWait, { id }, { status: 'waiting', askedAt: world.now(), ...card })
    const started = await sql.findOneByOrFail(SchoolWait, { id })
    const details = { playbook: wait.playbook, urn: wait.urn }
    await appendToLedger(sql, { changeRequest: null, event: 'waiting-for-school', actor: requester, details })
    return started
  })
}

/**
 * Someone no longer waits: they say so themselves, or a colleague who may ask or approve does, since they may have left or
 * the school may never come. They are told of it then. Returns the wait as it stood before. Throws ChangeError.
 */
export async function stopWaiting(world: World, { id, actor }: { id: string; actor: string }): Promise<SchoolWait> {
  const { requester } = await getWait(world.database, id, actor)
  if (requester !== actor) await refuseUnlessEither(world, actor)
  return sureTransaction(world.database, async (sql) => {
    const wait = await lockOwn(sql, id, requester)
    if (await hasJustStopped(world, sql, wait, actor)) return Object.assign(new SchoolWait(), wait, WAITED)
    if (wait.overAt !== null) return wait
    await sql.update(SchoolWait, { id }, { status: 'dropped', overAt: world.now() })
    if (actor === requester) return wait
    await tellDirectly(sql, wait, 'wait-stopped', actor)
    const details = { wait: id, urn: wait.urn, requester }
    await appendToLedger(sql, { changeRequest: null, event: 'wait-stopped', actor, details })
    return wait
  })
}

/** As a wait stands before it is over. */
const WAITED = { status: 'waiting', overAt: null } as const

/** Whether this person has just ended it: what is one's own is ended without an entry in the ledger. */
async function hasJustStopped({ now }: World, sql: EntityManager, wait: SchoolWait, actor: string): Promise<boolean> {
  const { status, overAt: at, requester, askedAt } = wait
  if (status !== 'dropped' || askedAt === null || !hasJustDone(actor, { by: actor, at }, now())) return false
  if (actor === requester) return true
  const [last] = await sql.query<{ by: string }[]>(
    `SELECT actor AS by FROM chatops.ledger
     WHERE event = 'wait-stopped' AND details ->> 'wait' = $1 ORDER BY seq DESC LIMIT 1`,
    [wait.id],
  )
  return last?.by === actor
}

/** A wait, for this person; what somebody else was only shown is not there. Throws ChangeError `not-found`. */
async function getWait(database: DataSource, id: string, viewer: string): Promise<SchoolWait> {
  const wait = /^\d{1,18}$/.test(id) ? await database.manager.findOneBy(SchoolWait, { id }) : null
  if (!wait || (wait.requester !== viewer && wait.askedAt === null)) throw new ChangeError('not-found')
  return wait
}

/** One's own wait. Throws ChangeError `not-found`. */
export async function getOwnWait(database: DataSource, id: string, requester: string): Promise<SchoolWait> {
  const wait = /^\d{1,18}$/.test(id) ? await database.manager.findOneBy(SchoolWait, { id, requester }) : null
  if (!wait) throw new ChangeError('not-found')
  return wait
}

const SHOWN_KEPT_MS = 24 * 60 * 60_000

/** Tells everyone whose school is in the list by now, once. Returns how many. */
export async function tellArrivals({ database, now }: World): Promise<number> {
  const due = await database.query<{ id: string }[]>(ARRIVED)
  let told = 0
  for (const { id } of due) {
    await database.transaction(async (sql) => {
      const lock = { mode: 'pessimistic_write', onLocked: 'skip_locked' } as const
      const wait = await sql.findOne(SchoolWait, { where: { id, status: 'waiting' }, lock })
      if (!wait) return
      await sql.update(SchoolWait, { id }, { status: 'arrived', overAt: now() })
      await tellDirectly(sql, wait, 'school-arrived')
      told++
    })
  }
  return told
}

const ARRIVED = `
  SELECT id FROM chatops.school_waits wait WHERE status = 'waiting'
    AND EXISTS (SELECT FROM public.dttp_schools school WHERE school.urn = wait.urn) ORDER BY id`

/** Drops what was only previewed, and forgets the forms of what ended long ago. Returns 0: nobody need hear of it. */
export async function purgeWaits({ database, now }: World, keptMs: number): Promise<number> {
  const at = now()
  const before = (ms: number) => new Date(at.getTime() - ms)
  await database.manager.update(
    SchoolWait,
    { status: 'shown', createdAt: LessThanOrEqual(before(SHOWN_KEPT_MS)) },
    { status: 'dropped', overAt: at },
  )
  await database.manager.update(
    SchoolWait,
    { form: Not(IsNull()), overAt: LessThanOrEqual(before(keptMs)) },
    { form: null },
  )
  return 0
}

/** The card that asks for a school is made: everyone who waits for it is told where it is. */
export async function noteWaitCard(sql: EntityManager, cardKey: string, url: string): Promise<void> {
  await holdSchoolOf(sql, cardKey)
  const waits = await sql.find(SchoolWait, { where: { cardKey, cardUrl: IsNull() }, order: { id: 'ASC' } })
  for (const wait of waits) {
    await sql.update(SchoolWait, { id: wait.id }, { cardUrl: url })
    if (wait.status === 'waiting') await tellDirectly(sql, wait, 'school-asked-for')
  }
}

/** The card cannot be added, so everyone who waits for the school is told to ask support themselves. */
export async function noteWaitCardRefused(sql: EntityManager, cardKey: string): Promise<void> {
  await holdSchoolOf(sql, cardKey)
  const waits = await sql.find(SchoolWait, { where: { cardKey }, order: { id: 'ASC' } })
  for (const wait of waits) {
    await sql.update(SchoolWait, { id: wait.id }, { cardKey: null })
    if (wait.status === 'waiting') await tellDirectly(sql, wait, 'school-not-asked-for')
  }
}

/** A lock on a school. While what is known of its card changes, nobody can begin to wait for it. */
async function holdSchool(sql: EntityManager, urn: string): Promise<void> {
  await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended('school ' || $1, 0))`, [urn])
}

async function holdSchoolOf(sql: EntityManager, cardKey: string): Promise<void> {
  const wait = await sql.findOneBy(SchoolWait, { cardKey })
  if (wait) await holdSchool(sql, wait.urn)
}

async function lockOwn(sql: EntityManager, id: string, requester: string): Promise<SchoolWait> {
  const isNumber = /^\d{1,18}$/.test(id)
  const lock = { mode: 'pessimistic_write' } as const
  const wait = isNumber ? await sql.findOne(SchoolWait, { where: { id, requester }, lock }) : null
  if (!wait) throw new ChangeError('not-found')
  return wait
}

/**
 * A wait for the school by which support was asked for it, also one that was given up. It does not count if the school
 * has come since.
 */
async function findAsked(sql: EntityManager, urn: string): Promise<SchoolWait | null> {
  const arrived = await sql.findOne(SchoolWait, { where: { urn, status: 'arrived' }, order: { id: 'DESC' } })
  const id = MoreThan(arrived?.id ?? '0')
  return sql.findOne(SchoolWait, {
    where: [
      { urn, status: 'waiting' },
      { urn, status: 'dropped', cardKey: Not(IsNull()), id },
    ],
    order: { cardKey: { direction: 'ASC', nulls: 'LAST' }, id: 'ASC' },
  })
}

async function addCard(sql: EntityManager, { urn, asks }: SchoolWait): Promise<string> {
  const id = randomUUID()
  await addToOutbox(sql, { id, stream: `trello:school:${urn}`, kind: 'trello', changeRequest: null, payload: asks })
  return id
}

/** What somebody who waits is told of: the school is there, what became of the card that asks for it, or who ended the wait. */
const part = z.enum(['school-arrived', 'school-asked-for', 'school-not-asked-for', 'wait-stopped'])

export const waitMessage = z.object({ user: z.string(), part, wait: z.string(), by: z.string().optional() })

async function tellDirectly(
  sql: EntityManager,
  { id, requester }: SchoolWait,
  part: z.output<typeof waitMessage>['part'],
  by?: string,
): Promise<void> {
  const payload: z.output<typeof waitMessage> = { user: requester, part, wait: id, ...(by ? { by } : {}) }
  await addToOutbox(sql, { stream: `wait:${id}`, kind: 'direct', changeRequest: null, payload })
}
