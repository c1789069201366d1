import type { DataSource, EntityManager } from 'typeorm'
import * as z from 'zod'
import { Alert } from '../entities/chatops/alert.ts'
import { isLive } from '../entities/chatops/live-jobs.ts'
import { findPolls } from '../entities/chatops/seen-polls.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { sureTransaction } from '../entities/sure-transaction.ts'
import { retryConflicts } from '../entities/transient.ts'
import { causesOf } from '../failures/index.ts'
import { pollEnded } from '../failures/register-words.ts'
import { addToOutbox } from '../outbox/add.ts'
import { hasArrived, isPoll } from '../register/jobs/polled.ts'
import type { TimeoutPost } from '../register/jobs/posts.ts'
import { findSeenName } from '../register/jobs/words.ts'
import type { World } from '../world.ts'
import { joinAlert } from './live/entries.ts'
import { findSightOf } from './sight/read.ts'
import { diagnoseRegisterJob } from './sight/register-jobs.ts'
import type { AlertSight, Diagnosis } from './sight/sight.ts'

// Messages that name a trainee are answered in their threads: Register's own posts about time-outs, and what somebody
// points at. A time-out joins the one live alert of its cause; where it is the first to say so, the alert stands in its
// thread, and nowhere else.

/** A message in Slack, and the thread that an answer to it goes into. */
export type MessageToAnswer = { channel: string; ts: string; thread: string }

/** What an answer is drawn from, as its outbox row holds it. `job` is Register's class, `after` how long it has asked DTTP, `alert` one that stands elsewhere. */
export const messageAnswer = z.object({
  answers: z.object({
    channel: z.string(),
    thread: z.string(),
    trainee: z.string(),
    job: z.string().nullable(),
    // What earlier versions queued does not say it.
    after: z.string().nullable().default('4 days'),
    alert: z.string().nullable(),
  }),
})

export type MessageAnswer = z.output<typeof messageAnswer>['answers']

type About = Omit<MessageAnswer, 'channel' | 'thread'>

/** What an answer shows. `sight` is of an alert, and of this trainee alone. */
export type MessageSight = {
  trainee: Pick<Trainee, 'id' | 'slug' | 'state' | 'training_route'> | null
  /** Whether Register has what the job that timed out asked for. */
  hasArrived: boolean
  sight: AlertSight | null
  diagnosis: Diagnosis | null
}

/**
 * Has Register's post answered, once however often Slack delivers it. Where DTTP is still asked for the TRN, it alarms
 * nobody. Returns whether this was the first time.
 */
export function answerTimeout(
  world: World,
  place: MessageToAnswer,
  { job, trainee, after }: TimeoutPost,
): Promise<boolean> {
  return once(world, place, async (sql) => {
    if (job === 'Dttp::RetrieveTrnJob' && (await isPolled(sql, trainee, world.now()))) {
      return addAnswerAbout(sql, place, trainee)
    }
    const live = await joinLive(world, sql, place, { job, trainee })
    if (!live || !isAt(live, place)) await addAnswer(sql, place, { trainee, job, after, alert: live?.id ?? null })
  })
}

/** The same for a message that somebody points at and that names this trainee. */
export function answerAbout(world: World, place: MessageToAnswer, trainee: string): Promise<boolean> {
  return once(world, place, (sql) => addAnswerAbout(sql, place, trainee))
}

/** What is known by now of the trainee whom an answer is about. */
export async function findMessageSight(
  database: DataSource,
  { trainee: id, job, after, alert }: About,
): Promise<MessageSight> {
  const select = { id: true, slug: true, state: true, training_route: true, trn: true } as const
  const trainee = await database.manager.findOne(Trainee, { select, where: { id } })
  const name = findSeenName(job)
  const message = `has timed out after ${after}`
  return {
    trainee,
    hasArrived: trainee !== null && isPoll(name) && hasArrived(name, trainee),
    sight: alert === null ? null : await findSightOf(database, alert, id),
    diagnosis: job === null ? null : diagnoseRegisterJob({ className: job, message, trainee: id }),
  }
}

/** Has the alert of a thread that is gone posted in its own channel. */
export async function leaveThread({ manager }: DataSource, id: string, channel: string): Promise<void> {
  await manager.update(Alert, { id }, { threadTs: null, cardTs: null, channel })
}

function once(
  world: World,
  { channel, ts }: MessageToAnswer,
  act: (sql: EntityManager) => Promise<void>,
): Promise<boolean> {
  return retryConflicts(() =>
    sureTransaction(world.database, async (sql) => {
      const taken = await sql.query<unknown[]>(TAKE, [channel, ts])
      if (taken.length > 0) await act(sql)
      return taken.length > 0
    }),
  )
}

/** Whether a poll is live and its time not up. The one that has timed out may seem live until the next sweep. */
async function isPolled(sql: EntityManager, trainee: string, now: Date): Promise<boolean> {
  const poll = (await findPolls(sql, [trainee])).get(trainee)
  if (!poll || !isLive(poll)) return false
  return poll.timeoutAt === null || Date.parse(`${poll.timeoutAt}Z`) > now.getTime()
}

async function addAnswerAbout(sql: EntityManager, place: MessageToAnswer, trainee: string): Promise<void> {
  const [open] = await sql.query<{ id: string }[]>(OPEN_ABOUT, [trainee])
  await addAnswer(sql, place, { trainee, job: null, after: null, alert: open?.id ?? null })
}

function addAnswer(sql: EntityManager, { channel, thread }: MessageToAnswer, about: About): Promise<void> {
  const payload = { answers: { channel, thread, ...about } }
  return addToOutbox(sql, { stream: `answer:${channel}:${thread}`, kind: 'alert', changeRequest: null, payload })
}

/** The live alert of a time-out, joined or opened; null where there is nothing to be alarmed about. */
async function joinLive(
  world: World,
  sql: EntityManager,
  place: MessageToAnswer,
  { job, trainee }: Pick<TimeoutPost, 'job' | 'trainee'>,
) {
  const name = findSeenName(job)
  const select = { id: true, trn: true, state: true } as const
  const known = await sql.findOne(Trainee, { select, where: { id: trainee } })
  if (!known || !isPoll(name) || hasArrived(name, known)) return null
  const at = world.now().toISOString()
  const failure = { code: 'timed-out', words: pollEnded(name), at, by: 'register' } as const
  const subject = `${name}:${trainee}`
  const [cause = ''] = causesOf({ name, traineeId: trainee }, failure)
  const live = await findLive(sql, cause, subject)
  if (live) return live
  const { channel, thread } = place
  await joinAlert(sql, { cause, channel, thread, at, from: null }, [{ subject, trainee, job: null, failure }])
  return findLive(sql, cause, subject) // none if people have dismissed it
}

type Live = { id: string; channel: string; thread_ts: string | null }

async function findLive(sql: EntityManager, cause: string, subject: string): Promise<Live | null> {
  const [live] = await sql.query<Live[]>(LIVE, [cause, subject])
  return live ?? null
}

function isAt({ channel, thread_ts }: Live, place: MessageToAnswer): boolean {
  return channel === place.channel && thread_ts === place.thread
}

const TAKE = `
  INSERT INTO chatops.answered_messages (channel, ts) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING ts`

const LIVE = `
  SELECT alert.id, alert.channel, alert.thread_ts FROM chatops.alerts alert
    JOIN chatops.alert_entries entry ON entry.alert_id = alert.id
  WHERE alert.cause = $1 AND alert.status = 'open' AND entry.subject = $2 AND entry.settled_at IS NULL`

const OPEN_ABOUT = `
  SELECT alert.id FROM chatops.alerts alert JOIN chatops.alert_entries entry ON entry.alert_id = alert.id
  WHERE alert.status = 'open' AND entry.trainee_id = $1 AND entry.settled_at IS NULL
  ORDER BY entry.added_at DESC, alert.id DESC LIMIT 1`
