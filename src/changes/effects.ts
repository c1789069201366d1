import type { EntityManager } from 'typeorm'
import type { EffectOf, Enqueue } from '../contract/effect.ts'
import type { Plan } from '../contract/plan.ts'
import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import { cureByFinding } from '../jobs/cured.ts'
import { enqueueJob, retryJob, startPoll } from '../jobs/enqueue.ts'
import { addToOutbox } from '../outbox/outbox.ts'
import { pollTimeout } from '../register/poll-durations.ts'
import { settleByPeople } from '../registration/answers.ts'
import type { World } from '../world.ts'

/** Adds an outbox row, or a job, for each effect of a plan. They are sent after the commit. */
export async function queueEffects(
  world: World,
  sql: EntityManager,
  request: ChangeRequest,
  plan: Plan,
  now: Date,
): Promise<void> {
  for (const effect of plan.effects) {
    switch (effect.kind) {
      case 'enqueue':
        await enqueue(sql, request.id, effect, now)
        break
      case 'retry':
        await retry(world, sql, request.id, effect, now)
        break
      case 'settle-registration':
        await settleByPeople(sql, effect.jobId, effect.outcome, now)
        if (effect.outcome === 'registered') await cureByFinding(sql, effect.jobId, now)
        break
      case 'trello-card':
        await addTrelloCard(sql, request.id, effect)
        break
      case 'manual-step': // people are told in the request's thread
    }
  }
}

/** Has a failed job run again, and tells whoever listens. */
async function retry(world: World, sql: EntityManager, changeRequest: string, effect: EffectOf<'retry'>, now: Date) {
  const { jobId: id, fingerprint, told } = effect
  await retryJob(sql, { id, run: Number(fingerprint), dueAt: now, changeRequest, approved: told?.hash ?? null })
  await world.onRetry(sql, id)
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
    case 'register-for-trn': {
      const { trainee, ...given } = effect.args
      const args = { ...given, ...(effect.told ? { approved: effect.told.hash } : {}) }
      await enqueueJob(sql, { name: effect.job, trainee, args, dueAt, changeRequest })
      return
    }
    default: {
      const { trainee, ...args } = effect.args
      await enqueueJob(sql, { name: effect.job, trainee, args, dueAt, changeRequest })
    }
  }
}
