import type { EntityManager } from 'typeorm'
import type { Effect, Plan } from '../contract/plan.ts'
import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import { JOB_NAMES, Job, type JobName } from '../entities/chatops/job.ts'
import { RegistrationAttempt } from '../entities/chatops/registration-attempt.ts'
import { enqueueJob, hintJob, startPoll } from '../jobs/enqueue.ts'
import { addToOutbox } from '../outbox/outbox.ts'
import { pollTimeout } from '../register/poll-durations.ts'

type Enqueue = Extract<Effect, { kind: 'enqueue' }>
type Retry = Extract<Effect, { kind: 'retry' }>
type Settle = Extract<Effect, { kind: 'settle-registration' }>
type TrelloCard = Extract<Effect, { kind: 'trello-card' }>

/** Adds an outbox row, or a job, for each effect of a plan. They are sent after the commit. */
export async function queueEffects(sql: EntityManager, request: ChangeRequest, plan: Plan, now: Date): Promise<void> {
  for (const effect of plan.effects) {
    switch (effect.kind) {
      case 'enqueue':
        await enqueue(sql, request.id, effect, now)
        break
      case 'retry':
        await retry(sql, request.id, effect, now)
        break
      case 'settle-registration':
        await settle(sql, effect, now)
        break
      case 'trello-card':
        await addTrelloCard(sql, request.id, effect)
        break
      case 'manual-step': // people are told in the request's thread
    }
  }
}

/** Has a failed job run again with the arguments it had. Throws if the job has changed since the approval. */
async function retry(sql: EntityManager, changeRequest: string, effect: Retry, now: Date): Promise<void> {
  const { affected } = await sql.update(
    Job,
    { id: effect.jobId, status: 'failed', run: Number(effect.fingerprint) },
    { status: 'waiting', dueAt: now, attempts: 0, stalls: 0, finishedAt: null, changeRequestId: changeRequest },
  )
  if (affected !== 1) throw new Error('the failed job is no longer as it was')
  // Somebody may have dismissed the alert about this failure. If the job fails again, that is to be posted.
  await sql.query(
    `UPDATE chatops.alert_entries entry SET settled_at = now() FROM chatops.alerts alert
     WHERE alert.id = entry.alert_id AND alert.status = 'dismissed' AND entry.job_id = $1 AND entry.settled_at IS NULL`,
    [effect.jobId],
  )
  await hintJob(sql, effect.jobId)
}

/** Puts on record how a registration of unknown outcome ended, which two people have found out. */
async function settle(sql: EntityManager, { jobId, outcome }: Settle, now: Date): Promise<void> {
  const { affected } = await sql
    .createQueryBuilder()
    .update(RegistrationAttempt)
    .set({ outcome, settledAt: now, sentAs: null })
    .where(`job_id = :jobId AND (outcome IS NULL OR outcome = 'unknown')`, { jobId })
    .updateEntity(false)
    .execute()
  if (affected !== 1) throw new Error('the registration is no longer of unknown outcome')
}

async function addTrelloCard(sql: EntityManager, changeRequest: string, { title, text }: TrelloCard): Promise<void> {
  const stream = `trello:${changeRequest}`
  await addToOutbox(sql, { stream, kind: 'trello', changeRequest, payload: { title, text } })
}

/** Durations count from now, when the plan is carried out. */
async function enqueue(sql: EntityManager, changeRequest: string, effect: Enqueue, now: Date): Promise<void> {
  const { trainee, poll_for: duration, ...args } = effect.args
  const dueAt = new Date(now.getTime() + (effect.delaySeconds ?? 0) * 1000)
  const subject = trainee === undefined ? null : String(trainee)
  if (effect.job === 'retrieve-trn' && subject !== null) {
    const timeoutAt = pollTimeout(String(duration), now)
    const notBefore = effect.delaySeconds !== undefined // before that time, DTTP does not have the record
    await startPoll(sql, { trainee: subject, timeoutAt, dueAt, notBefore, changeRequest })
    return
  }
  await enqueueJob(sql, { name: jobName(effect.job), trainee: subject, args, dueAt, changeRequest })
}

function jobName(name: string): JobName {
  const known = JOB_NAMES.find((candidate) => candidate === name)
  if (!known) throw new Error('a plan names a job that does not exist')
  return known
}
