import type { EntityManager } from 'typeorm'
import { type Pause, pauseOf } from '../brake/brake.ts'
import { announce, hintExecution } from '../changes/announce.ts'
import { Brake } from '../entities/chatops/brake.ts'
import { sureTransaction } from '../entities/sure-transaction.ts'
import { ChangeError } from '../errors.ts'
import { appendToLedger } from '../ledger/ledger.ts'
import { addToOutbox } from '../outbox/add.ts'
import { hasJustDone } from '../people/just-now.ts'
import { refuse, refuseUnless } from '../people/standing.ts'
import type { World } from '../world.ts'
import { findPersonalDataInPause } from './reason.ts'

// Anyone who may approve can stop the bot, at once. It takes two of them to let it go on.

/** Whoever asks to resume is one of two people for this long; afterwards they ask again. */
const ASKED_FOR_MS = 60 * 60_000

const MOST_OF_A_REASON = 300

/** What is posted in the channel about the brake. */
export type BrakeNews = { event: 'paused' | 'resume-asked' | 'resumed'; by: string; reason: string }

/**
 * An approver pauses the bot; `was` is the pause that there was already, unless they have just said the same. Throws
 * ChangeError.
 */
export async function pause(
  world: World,
  { actor, reason }: { actor: string; reason: string },
): Promise<{ was: Pause | null }> {
  await refuseUnless(world, 'mayApprove', actor)
  const personal = await findPersonalDataInPause(world.database.manager, reason)
  if (personal) {
    const details = { because: 'personal-data', fields: ['reason'] }
    await sureTransaction(world.database, (sql) =>
      appendToLedger(sql, { changeRequest: null, event: 'refused', actor, details }),
    )
    throw new ChangeError('reason-tells', { detail: personal })
  }
  return sureTransaction(world.database, async (sql) => {
    const { by, at, reason: given, resumeAskedBy } = pauseOf(await lockBrake(sql)) ?? {}
    const isSame = hasJustDone(actor, { by, at }, world.now()) && given === shortened(reason) && !resumeAskedBy
    return isSame ? { was: null } : pauseNow(world, sql, actor, reason)
  })
}

function shortened(reason: string): string {
  return reason.slice(0, MOST_OF_A_REASON)
}

/** An approver wants the bot to go on: the first is put on record, the second lets it go on. Throws ChangeError. */
export async function resume(world: World, actor: string): Promise<'asked' | 'resumed'> {
  await refuseUnless(world, 'mayDecide', actor)
  return resumeKnowing(world, actor, { id: actor, is: 'the-actor' })
}

/** Who asked to resume: the actor, another approver, or somebody who may approve no more and does not count. */
type Known = { id: string; is: 'the-actor' | 'another' | 'nobody' }

/**
 * On Enterprise Grid one person may have two ids, and the first may have been taken out of the group since. Slack is asked
 * for both between two transactions.
 */
async function resumeKnowing(world: World, actor: string, known: Known): Promise<'asked' | 'resumed'> {
  const came = await sureTransaction(world.database, (sql) => resumeOrAsk(world, sql, actor, known))
  if (typeof came === 'string') return came
  const is = await whoIs(world, actor, came.first)
  if (is === null) return refuse(world, 'people-unknown', actor, null)
  return resumeKnowing(world, actor, { id: came.first, is })
}

/** The brake itself does not keep who let it off. */
async function hasJustResumed(sql: EntityManager, actor: string, now: Date): Promise<boolean> {
  const [last] = await sql.query<{ by: string; at: Date }[]>(
    `SELECT actor AS by, at FROM chatops.ledger WHERE event = 'resumed' ORDER BY seq DESC LIMIT 1`,
  )
  return last !== undefined && hasJustDone(actor, last, now)
}

/** Null where Slack does not say. */
async function whoIs({ people }: World, actor: string, first: string): Promise<Known['is'] | null> {
  const isOne = await people.areOne(actor, first)
  if (isOne !== false) return isOne && 'the-actor'
  const standing = await people.mayDecide(first)
  if (standing === 'people-unknown') return null
  return standing === 'allowed' ? 'another' : 'nobody'
}

async function resumeOrAsk(
  world: World,
  sql: EntityManager,
  actor: string,
  known: Known,
): Promise<'asked' | 'resumed' | { first: string }> {
  const { pausedAt, resumeAskedAt, resumeAskedBy } = await lockBrake(sql)
  const now = world.now()
  if (!pausedAt && (await hasJustResumed(sql, actor, now))) return 'resumed'
  if (!pausedAt) throw new ChangeError('not-paused')
  const isFresh = resumeAskedAt !== null && now.getTime() - resumeAskedAt.getTime() < ASKED_FOR_MS
  const first = isFresh ? resumeAskedBy : null
  if (first !== null && first !== actor && first !== known.id) return { first }
  if (first !== null && first !== actor && known.is === 'another') {
    await resumeNow(world, sql, actor)
    return 'resumed'
  }
  if (hasJustDone(actor, { by: first, at: resumeAskedAt }, now)) return 'asked'
  await sql.update(Brake, { onlyRow: true }, { resumeAskedAt: now, resumeAskedBy: actor })
  if (!isFresh || known.is === 'nobody') await tell(world, sql, { event: 'resume-asked', by: actor, reason: '' })
  await redrawOpen(sql)
  await appendToLedger(sql, { changeRequest: null, event: 'resume-asked', actor })
  return 'asked'
}

/**
 * Pauses the bot for somebody at the command line, or for the bot itself. With `holdsMessages` nobody is told anything but
 * that it is paused; and since whoever had paused it before knew nothing of that reason, it is a pause of its own. Where it
 * stands already for that reason, only whoever had asked to resume it is told so again.
 */
export async function pauseNow(
  world: BrakeWorld,
  sql: EntityManager,
  by: string,
  reason: string,
  { holdsMessages = false } = {},
): Promise<{ was: Pause | null }> {
  const brake = await lockBrake(sql)
  const was = pauseOf(brake)
  const stands = was?.by === by && isOf(was, reason) && brake.holdsMessages && !was.resumeAskedBy
  const isSaid = was !== null && (stands || !holdsMessages)
  const news = { by, reason: withEarlier(shortened(reason), was) }
  const said = isSaid ? {} : { pausedAt: world.now(), pausedBy: by, reason: news.reason }
  const held = { holdsMessages: holdsMessages || brake.holdsMessages }
  await sql.update(Brake, { onlyRow: true }, { ...said, ...held, resumeAskedAt: null, resumeAskedBy: null })
  if (!isSaid) await tell(world, sql, { event: 'paused', ...news })
  await redrawOpen(sql)
  await appendToLedger(sql, { changeRequest: null, event: 'paused', actor: by })
  return { was }
}

function withEarlier(reason: string, was: Pause | null): string {
  if (!was) return reason
  return isOf(was, reason) ? was.reason : `${reason} The bot was paused before that: ${was.reason}`
}

/** Whether it stands in front of an earlier one at most. */
function isOf(was: Pause, reason: string): boolean {
  return was.reason.startsWith(reason)
}

/** What the brake needs of the world; the command line has no more. */
export type BrakeWorld = Pick<World, 'now' | 'alertChannel'>

/** Lets the bot go on: `resume` sees to it that two people want it. Answers whether it was paused. */
export async function resumeNow(world: BrakeWorld, sql: EntityManager, by: string): Promise<boolean> {
  const { pausedAt, resumeAskedBy } = await lockBrake(sql)
  if (!pausedAt) return false
  const nobody = { pausedAt: null, pausedBy: null, reason: null, resumeAskedAt: null, resumeAskedBy: null }
  await sql.update(Brake, { onlyRow: true }, { ...nobody, holdsMessages: false })
  await tell(world, sql, { event: 'resumed', by, reason: '' })
  await redrawOpen(sql)
  await hintExecution(sql, await findRequests(sql, ['approved']), world.now())
  await appendToLedger(sql, { changeRequest: null, event: 'resumed', actor: by, details: { with: resumeAskedBy } })
  return true
}

/** Waits for executions that are under way. */
async function lockBrake(sql: EntityManager): Promise<Brake> {
  await sql.query(`SET LOCAL lock_timeout = '25s'`)
  return sql.findOneOrFail(Brake, { where: { onlyRow: true }, lock: { mode: 'pessimistic_write' } })
}

async function tell({ alertChannel }: BrakeWorld, sql: EntityManager, news: BrakeNews): Promise<void> {
  if (alertChannel === '') return
  await addToOutbox(sql, {
    stream: 'brake',
    kind: 'brake',
    changeRequest: null,
    payload: { channel: alertChannel, ...news },
  })
}

/** The cards of what waits say whether the bot is paused; one that somebody holds just now is drawn anew by them. */
async function redrawOpen(sql: EntityManager): Promise<void> {
  await announce(sql, await findRequests(sql, ['pending', 'approved']))
}

async function findRequests(sql: EntityManager, statuses: readonly string[]): Promise<string[]> {
  const rows = await sql.query<{ id: string }[]>(
    'SELECT id FROM chatops.change_requests WHERE status = ANY($1) ORDER BY id FOR UPDATE SKIP LOCKED',
    [statuses],
  )
  return rows.map(({ id }) => id)
}
