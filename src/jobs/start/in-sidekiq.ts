import { randomUUID } from 'node:crypto'
import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { mayAct } from '../../brake/brake.ts'
import { EVERY_POLL } from '../../contract/effect.ts'
import { JOB_NAMES, type JobName } from '../../entities/chatops/job.ts'
import { addToOutbox } from '../../outbox/add.ts'
import { type Claimed, readPayload } from '../../outbox/claim.ts'
import { RetryLater, Undeliverable } from '../../outbox/not-sent.ts'
import { NotWritable } from '../../sidekiq/errors.ts'
import { demandMember, isTakenUp, type MemberId, memberId } from '../../sidekiq/job.ts'
import { type JobToPush, jobToPush, queueOf } from '../../sidekiq/payload.ts'
import type { Written } from '../../sidekiq/write.ts'
import type { World } from '../../world.ts'
import { wasSidekiqNewer } from '../mirror/age.ts'
import { mirrorPush, mirrorRemoval, mirrorReplacement, mirrorRetry } from '../mirror/asked.ts'
import { enqueueJob, type NewJob } from './enqueue.ts'
import { findWhyNot, leaveOut, notSidekiq } from './left-out.ts'

// What is asked of Register's Sidekiq: a row of the outbox each, whose id is also the job's own (`job_id`), so that a
// job can be followed and is never pushed twice. Until Redis has it, the mirror says "unsent" of it.

const nextJob = z.strictObject({
  id: z.uuid(),
  name: z.enum(JOB_NAMES),
  trainee: z.string().nullable(),
  args: z.record(z.string(), z.json()),
})

/** The payload of a row. Times are ISO 8601. */
const asked = z.discriminatedUnion('do', [
  z.strictObject({
    ...{ do: z.literal('push'), job: jobToPush, at: z.string() },
    /** What it takes the place of. A member is what an earlier version named. */
    instead: z.union([memberId, z.literal(EVERY_POLL)]).nullable(),
  }),
  z.strictObject({ do: z.literal('retry'), member: memberId }),
  z.strictObject({ do: z.literal('remove'), members: z.array(memberId), next: nextJob.nullable() }),
])

type Asked = z.output<typeof asked>

type Push = {
  id: string
  name: JobName
  trainee: string | null
  args?: object
  job: JobToPush
  dueAt: Date
  changeRequest?: string | null
  instead?: typeof EVERY_POLL | null
}

export async function pushToSidekiq(sql: EntityManager, push: Push): Promise<void> {
  const { id, job, dueAt, changeRequest = null, instead = null } = push
  await ask(sql, id, changeRequest, { do: 'push', job, at: dueAt.toISOString(), instead })
  const timeoutAt = job.name === 'retrieve-trn' ? job.timeoutAt : null
  const { name, trainee, args = {} } = push
  await mirrorPush(sql, { id, name, trainee, args, timeoutAt, queue: queueOf(job), dueAt, changeRequest })
}

type Retry = { id: string; fingerprint: string; changeRequest: string }

/** Throws unless the mirror has the job where the plan has it. Redis itself is asked again when it is moved. */
export async function retryInSidekiq(sql: EntityManager, { id, fingerprint, changeRequest }: Retry): Promise<void> {
  const outboxId = randomUUID()
  await ask(sql, outboxId, changeRequest, { do: 'retry', member: demandMember(fingerprint) })
  await mirrorRetry(sql, { id, fingerprint, outboxId, changeRequest })
}

/** `id` is the outbox row's; `next` the job that is started once all are taken out, null for none. */
type Removal = {
  id: string
  members: readonly MemberId[]
  changeRequest: string | null
  next: (Pick<NewJob, 'name' | 'trainee' | 'args'> & { id: string }) | null
}

export async function removeFromSidekiq(sql: EntityManager, removal: Removal): Promise<void> {
  const { id, members, changeRequest, next: job } = removal
  const { name, trainee, args = {} } = job ?? {}
  const next = job && nextJob.parse({ id: job.id, name, trainee, args })
  await ask(sql, id, changeRequest, { do: 'remove', members: [...members], next })
}

async function ask(sql: EntityManager, id: string, changeRequest: string | null, payload: Asked): Promise<void> {
  await addToOutbox(sql, { id, stream: `sidekiq:${id}`, kind: 'sidekiq', changeRequest, payload })
}

/** Carries out a row. Throws RetryLater or Undeliverable, or SidekiqUnavailable: then the relay tries it again. */
export async function writeToSidekiq(world: World, row: Claimed): Promise<void> {
  const what = readPayload(asked, row)
  if (what.do === 'remove') return removeAndGoOn(world, row, what)
  if (what.do === 'push') return push(world, row, what)
  const why = await findWhyNot(world, row, null)
  if (why !== null) return leaveOut(world, row, why)
  const written = await write(world, row.id, { kind: 'retry', member: what.member })
  if (written !== 'done') throw notDone(written)
}

async function push(world: World, row: Claimed, { job, at, instead }: Extract<Asked, { do: 'push' }>): Promise<void> {
  const { id } = row
  const sql = world.database.manager
  const why = await findWhyNot(world, row, job)
  if (why !== null) return leaveOut(world, row, why)
  const trainee = job.name === 'retrieve-trn' && instead !== null ? job.trainee : null
  const members = instead === EVERY_POLL && trainee ? await findPollsToTake(world, id, trainee) : []
  const taken = instead === null || instead === EVERY_POLL ? members : [instead]
  const written = await write(world, id, { kind: 'push', job, at: new Date(at), instead: taken })
  if (written === 'moved' && instead === EVERY_POLL)
    throw new RetryLater(1_000, { reason: 'a poll has moved', unsure: false })
  if (written !== 'done') throw notDone(written)
  if (trainee) await mirrorReplacement(sql, trainee, id)
}

/** Each poll for the trainee, but that of the row itself, which may have been pushed without our hearing of it. */
async function findPollsToTake({ upstreams }: World, id: string, trainee: string): Promise<MemberId[]> {
  const jobs = (await upstreams.sidekiq?.findJobsOf([trainee])) ?? []
  const polls = jobs.filter(({ name, place, jobId }) => name === 'retrieve-trn' && place !== 'dead' && jobId !== id)
  if (polls.some(isTakenUp)) throw new RetryLater(null, { reason: 'a poll is being made', unsure: false })
  return polls.map(({ place, queue, score, sha1 }) => ({ place, queue, score, sha1 }))
}

function notDone(written: Written): Undeliverable {
  return new Undeliverable(`the job in Register’s Sidekiq is ${written}`)
}

/**
 * What stood in the way of another job. If it is not there any more, that one is not done either, and says why; where none
 * follows, the row fails.
 */
async function removeAndGoOn(world: World, row: Claimed, { members, next }: Extract<Asked, { do: 'remove' }>) {
  let isGone = true
  let taken = 0
  for (const [index, member] of members.entries()) {
    const written: Written = isGone ? await write(world, `${row.id}:${index}`, { kind: 'remove', member }) : 'moved'
    isGone = written === 'done'
    if (!isGone) continue
    taken += 1
    await mirrorRemoval(world.database.manager, member)
  }
  if (next === null) {
    if (!isGone) throw new Undeliverable('the job in Register’s Sidekiq is moved')
    return
  }
  const args = isGone ? next.args : { ...next.args, withheld: true, taken }
  const job = { ...next, args, dueAt: world.now(), changeRequest: row.changeRequest }
  await world.database.transaction((sql) => enqueueJob(sql, job))
}

type Writing = Parameters<NonNullable<World['upstreams']['sidekiq']>['write']>[0]

/** Asks for the brake just before: whoever sends may have slept since the row was taken. */
async function write(world: World, id: string, writing: Writing): Promise<Written> {
  const { upstreams, now } = world
  if (!(await mayAct(world)))
    throw new RetryLater(null, { reason: 'the bot is paused', unsure: false, isBlameless: true })
  if (!upstreams.sidekiq) throw notSidekiq()
  const wasNewer = await wasSidekiqNewer(world.database.manager)
  return upstreams.sidekiq.write(writing, { id, now: now(), wasNewer }).catch((error: unknown) => {
    if (error instanceof NotWritable) throw new RetryLater(null, { reason: error.code, unsure: false })
    throw error
  })
}
