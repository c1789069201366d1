import type { EntityManager } from 'typeorm'
import type { EffectOf, Enqueue } from '../../contract/effect.ts'
import type { Plan } from '../../contract/plan.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { cureByFinding } from '../../jobs/run/cured.ts'
import type { NewJob } from '../../jobs/start/enqueue.ts'
import { pollForTrn, removeJobs, runAgain, startAfterRemoval, startJob } from '../../jobs/start/start.ts'
import { addToOutbox } from '../../outbox/add.ts'
import { pollTimeout } from '../../register/jobs/poll-durations.ts'
import { settleByPeople } from '../../registration/answers.ts'
import type { MemberId } from '../../sidekiq/job.ts'
import type { World } from '../../world.ts'

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
        await enqueue(world, sql, { ...effect, changeRequest: request.id, plan }, now)
        break
      case 'retry':
        await retry(world, sql, request.id, effect, now)
        break
      case 'settle-registration':
        await settleByPeople(sql, effect.jobId, effect.outcome, now)
        if (effect.outcome === 'registered') {
          await cureByFinding(sql, effect.jobId, now)
          await removeFailed(sql, request.id, plan, effect.trainee)
        }
        break
      case 'trello-card':
        await addTrelloCard(sql, request.id, effect)
        break
      case 'remove-job': // with the registration that follows it, or has been settled
      case 'manual-step': // people see it on the request, until they say that it is done
    }
  }
}

/** Has a failed job run again, and tells whoever listens. */
async function retry(world: World, sql: EntityManager, changeRequest: string, effect: EffectOf<'retry'>, now: Date) {
  const { jobId: id, fingerprint, told } = effect
  await runAgain(sql, { id, fingerprint, dueAt: now, changeRequest, approved: told?.hash ?? null })
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
async function enqueue(
  world: World,
  sql: EntityManager,
  effect: Enqueue & { changeRequest: string; plan: Plan },
  now: Date,
): Promise<void> {
  const { changeRequest } = effect
  const dueAt = new Date(now.getTime() + (effect.delaySeconds ?? 0) * 1000)
  switch (effect.job) {
    case 'retrieve-trn': {
      const { trainee, poll_for: duration, replaces } = effect.args
      const notBefore = effect.delaySeconds !== undefined // before that time, DTTP does not have the record
      const timeoutAt = pollTimeout(duration, now)
      await pollForTrn(world, sql, { trainee, timeoutAt, dueAt, notBefore, changeRequest, replaces })
      return
    }
    case 'sync-schools':
      await startJob(world, sql, { name: effect.job, trainee: null, args: effect.args, dueAt, changeRequest })
      return
    case 'register-for-trn': {
      const { trainee, ...given } = effect.args
      const args = { ...given, ...(effect.told ? { approved: effect.told.hash } : {}) }
      await register(world, sql, effect.plan, { name: effect.job, trainee, args, dueAt, changeRequest })
      return
    }
    default: {
      const { trainee, ...args } = effect.args
      await startJob(world, sql, { name: effect.job, trainee, args, dueAt, changeRequest })
    }
  }
}

/** Where a failed job of Register's is to go first, the registration waits for that. */
async function register(world: World, sql: EntityManager, plan: Plan, job: NewJob): Promise<void> {
  const members = failedOf(plan, job.trainee)
  if (members.length === 0) await startJob(world, sql, job)
  else await startAfterRemoval(sql, members, job)
}

/** A registration that is known to have worked must not be run again on Sidekiq's page: it would send first. */
async function removeFailed(sql: EntityManager, changeRequest: string, plan: Plan, trainee: string): Promise<void> {
  const members = failedOf(plan, trainee)
  if (members.length > 0) await removeJobs(sql, members, changeRequest)
}

/** The trainee's failed registrations that the plan takes out of Register's Sidekiq. */
function failedOf({ effects }: Plan, trainee: string | null): MemberId[] {
  return effects.flatMap((effect) =>
    effect.kind === 'remove-job' && effect.trainee === trainee ? [effect.member] : [],
  )
}
