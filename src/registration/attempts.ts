import type { EntityManager } from 'typeorm'
import { formatDateTime } from '../calendar/london.ts'
import { Job } from '../entities/chatops/job.ts'
import { jobFailure } from '../entities/chatops/job-failure.ts'
import { live } from '../entities/chatops/live-jobs.ts'
import {
  RegistrationAttempt,
  type RegistrationIds,
  type SentAs,
  unsettledOf,
} from '../entities/chatops/registration-attempt.ts'
import { JobFailed } from '../failures/job-failed.ts'
import type { World } from '../world.ts'
import { type AsOwner, type Sending, settleAttempt } from './answers.ts'
import { chooseIds, forgetDoubt, usesOwnIds } from './own-ids.ts'

// What is on record of the registrations that were sent to DTTP. A row is committed before anything is sent, with the
// ids that we chose; whoever finds one without an outcome asks DTTP by them. Without ids of ours, nobody can know.

/** What is about to be sent: of whom, and what DTTP is told that its records can be found by. */
export type Sent = { traineeId: string; degrees: readonly string[]; sentAs: SentAs }

/**
 * What an earlier run of this job has left: nothing, or what was taken back (null), or a registration that has DTTP's answer, or that DTTP can
 * be asked about. Throws JobFailed where nothing came of it, and where nobody can know what did.
 */
export async function resumeAttempt(world: World, job: Job, asOwner: AsOwner): Promise<RegistrationAttempt | null> {
  const attempt = await asOwner(async (sql) => {
    const found = await sql.findOneBy(RegistrationAttempt, { jobId: job.id })
    if (found?.outcome === null && found.ids === null) await settleAttempt(sql, job, 'unknown', world.now())
    return found
  })
  if (!attempt || attempt.sendings === 0) return null
  if (attempt.outcome === 'taken-over') throw takenOver()
  if (attempt.outcome === 'not-sent') throw refusedOrSettled(job)
  if (attempt.ids === null && attempt.ownIds === null) throw stoppedInTheMiddle(attempt)
  return attempt
}

/**
 * Puts on record that the registration is about to be sent. `check` is called in the same transaction, with whatever it
 * locks, and throws where nothing may be sent. Throws JobFailed if another registration of the trainee is unsettled.
 * @param gone the registration whose record DTTP no longer has, by its job: its ids are not used again
 */
export async function openAttempt(
  world: World,
  job: Job,
  asOwner: AsOwner,
  { traineeId, degrees, sentAs }: Sent,
  gone: string | null,
  check: (sql: EntityManager) => Promise<void>,
): Promise<Sending> {
  return asOwner(async (sql) => {
    await check(sql)
    const at = world.now()
    await forgetDoubt(world, sql)
    const ownIds = (await usesOwnIds(world, sql)) ? await takeOver(sql, { traineeId, degrees, gone, at }) : null
    const sending = { sentAt: at, sentAs, ownIds, sendings: 1, outcome: null, settledAt: null }
    if (
      !(await openAgain(sql, job, traineeId, sending)) &&
      !(await add(sql, { jobId: job.id, traineeId, ...sending }))
    ) {
      throw await describeUnsettled(sql, traineeId)
    }
    return { ownIds, number: 1, at }
  })
}

type Opened = Pick<RegistrationAttempt, 'sentAt' | 'sentAs' | 'ownIds' | 'sendings' | 'outcome' | 'settledAt'>

/** One that was taken back counts as none: its row is used. False if there is none, or another one is unsettled. */
async function openAgain(sql: EntityManager, { id: jobId }: Job, traineeId: string, sending: Opened): Promise<boolean> {
  if (await sql.existsBy(RegistrationAttempt, unsettledOf(traineeId))) return false
  const { affected } = await sql.update(RegistrationAttempt, { jobId, sendings: 0 }, sending)
  return affected === 1
}

/** False if another one is unsettled. */
async function add(sql: EntityManager, row: Opened & { jobId: string; traineeId: string }): Promise<boolean> {
  const added = await sql
    .createQueryBuilder()
    .insert()
    .into(RegistrationAttempt, ['jobId', 'traineeId', 'sentAt', 'sentAs', 'ownIds'])
    .values(row)
    .orIgnore()
    .returning('job_id')
    .updateEntity(false)
    .execute()
  return (added.raw as unknown[]).length > 0
}

/** The trainee's last registration that was sent with ids of ours; null if there was none. */
export function findLast(sql: EntityManager, traineeId: string): Promise<RegistrationAttempt | null> {
  return sql
    .createQueryBuilder(RegistrationAttempt, 'attempt')
    .where('attempt.trainee_id = :traineeId AND attempt.own_ids IS NOT NULL', { traineeId })
    .orderBy('attempt.seq', 'DESC')
    .limit(1)
    .getOne()
}

/**
 * The ids go with the trainee, from registration to registration, also where another body was approved. One that nobody
 * works on any more is left to the new one to find out about.
 */
async function takeOver(
  sql: EntityManager,
  { traineeId, degrees, gone, at }: { traineeId: string; degrees: readonly string[]; gone: string | null; at: Date },
): Promise<RegistrationIds> {
  const last = await findLast(sql, traineeId)
  if (!last || last.jobId === gone) return chooseIds(degrees, null)
  const isUnderWay = await sql.existsBy(Job, { id: last.jobId, ...live() })
  if (!isUnderWay) await settleAttempt(sql, { id: last.jobId }, 'taken-over', at)
  return chooseIds(degrees, last.ownIds)
}

/** Puts on record that it is about to be sent again, under the same ids; `check` as above. */
export async function reopenAttempt(
  world: World,
  job: Job,
  asOwner: AsOwner,
  { degrees, sentAs }: Sent,
  check: (sql: EntityManager) => Promise<void>,
): Promise<Sending> {
  return asOwner(async (sql) => {
    await check(sql)
    const at = world.now()
    const attempt = await sql.findOneByOrFail(RegistrationAttempt, { jobId: job.id })
    const ownIds = chooseIds(degrees, attempt.ownIds)
    const number = attempt.sendings + 1
    await sql.update(
      RegistrationAttempt,
      { jobId: job.id },
      { ownIds, sentAs, sendings: number, lastSentAt: at, outcome: null, settledAt: null },
    )
    return { ownIds, number, at }
  })
}

/** For people: nobody knows whether DTTP registered the trainee. */
export function unanswered(sentAt: Date): JobFailed {
  return new JobFailed(
    'outcome-unknown',
    `We sent the registration on ${formatDateTime(sentAt)} and got no reply that we could read. It may have worked. ` +
      'A developer needs to check what DTTP holds.',
  )
}

function refusedOrSettled({ progress }: Job): JobFailed {
  const { data: refusal } = jobFailure.safeParse(progress)
  if (refusal) return new JobFailed(refusal.code, refusal.words)
  return new JobFailed(
    'outcome-unknown',
    'Two people have settled that this registration is given up, so it is not sent again. Whatever DTTP answered is not saved.',
  )
}

function takenOver(): JobFailed {
  return new JobFailed('outcome-unknown', 'A later registration of this trainee has taken the place of this one.')
}

function stoppedInTheMiddle({ sentAt }: RegistrationAttempt): JobFailed {
  return new JobFailed(
    'outcome-unknown',
    `We began to send the registration on ${formatDateTime(sentAt)}, and the bot was stopped before a reply was on ` +
      'record. It may have worked. A developer needs to check what DTTP holds.',
  )
}

async function describeUnsettled(sql: EntityManager, traineeId: string): Promise<JobFailed> {
  const [other] = await sql.find(RegistrationAttempt, {
    where: unsettledOf(traineeId),
  })
  const when = other ? ` on ${formatDateTime(other.sentAt)}` : ''
  const words =
    other?.outcome === 'unknown'
      ? `A registration of this trainee was sent${when}, and nobody knows yet whether it worked. This one sent nothing.`
      : `Another registration of this trainee began${when}, and its outcome is not on record. This one sent nothing.`
  return new JobFailed('outcome-unknown', words)
}
