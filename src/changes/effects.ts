import type { EntityManager } from 'typeorm'
import type { EffectOf, Enqueue } from '../contract/effect.ts'
import type { Plan } from '../contract/plan.ts'
import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import { Job } from '../entities/chatops/job.ts'
import { RegistrationAttempt } from '../entities/chatops/registration-attempt.ts'
import { enqueueJob, hintJob, startPoll } from '../jobs/enqueue.ts'
import { addToOutbox } from '../outbox/outbox.ts'
import { pollTimeout } from '../register/poll-durations.ts'

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
async function retry(sql: EntityManager, changeRequest: string, effect: EffectOf<'retry'>, now: Date): Promise<void> {
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
async function settle(
  sql: EntityManager,
  { jobId, outcome }: EffectOf<'settle-registration'>,
  now: Date,
): Promise<void> {
  const { affected } = await sql
    .createQueryBuilder()
    .update(RegistrationAttempt)
    .set({ outcome, settledAt: now, sentAs: null })
    .where(`job_id = :jobId AND (outcome IS NULL OR outcome = 'unknown')`, { jobId })
    .updateEntity(false)
    .execute()
  if (affected !== 1) throw new Error('the registration is no longer of unknown outcome')
}

async function addTrelloCard(
  sql: EntityManager,
  changeRequest: string,
  { title, text }: EffectOf<'trello-card'>,
): Promise<void> {
  const stream = `trello:${changeRequest}`
  await addToOutbox(sql, { stream, kind: 'trello', changeRequest, payload: { title, text } })
}

/** Durations count from now, when the plan is carried out. */
async function enqueue(sql: EntityManager, changeRequest: string, effect: Enqueue, now: Date): Promise<void> {
  const dueAt = new Date(now.getTime() + (effect.delaySeconds ?? 0) * 1000)
  switch (effect.job) {
    case 'retrieve-trn': {
      const { trainee, poll_for: duration } = effect.args
      const notBefore = effect.delaySeconds !== undefined // before that time, DTTP does not have the record
      await startPoll(sql, { trainee, timeoutAt: pollTimeout(duration, now), dueAt, notBefore, changeRequest })
      return
    }
    case 'sync-schools':
      await enqueueJob(sql, { name: effect.job, trainee: null, args: effect.args, dueAt, changeRequest })
      return
    default: {
      const { trainee, ...args } = effect.args
      await enqueueJob(sql, { name: effect.job, trainee, args, dueAt, changeRequest })
    }
  }
}
