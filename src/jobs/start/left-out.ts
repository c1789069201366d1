import type { EntityManager } from 'typeorm'
import { STATUS_AFTER_REGISTRATION } from '../../dttp/statuses.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import type { Claimed } from '../../outbox/claim.ts'
import { RetryLater, Undeliverable } from '../../outbox/not-sent.ts'
import type { JobToPush } from '../../sidekiq/payload.ts'
import type { World } from '../../world.ts'
import { isOver, isOvertaken, mirrorNeedless, mirrorOvertaken } from '../mirror/asked.ts'
import { isWaiting } from '../readiness.ts'

// What is not pushed to Register's Sidekiq any more, since it has waited: the row of a push may be tried for days.

/** Why a job is not pushed: people know it as lost, a later poll is to stay, or there is nothing left for it to do. */
type WhyNot = 'over' | 'overtaken' | 'needless'

export async function findWhyNot(sql: EntityManager, id: string, job: JobToPush): Promise<WhyNot | null> {
  if (await isOver(sql, id, job.name)) return 'over'
  if (job.name === 'retrieve-trn' && (await isOvertaken(sql, id, job.trainee))) return 'overtaken'
  return (await isNeedless(sql, job)) ? 'needless' : null
}

/** An earlier attempt may have pushed it, or may sleep just before that: then nothing is said, or it is kept from it. */
export async function leaveOut(world: World, { id, again }: Claimed, why: WhyNot): Promise<void> {
  const { upstreams, database, now } = world
  if (again) {
    if (!upstreams.sidekiq) throw notSidekiq()
    if (!(await upstreams.sidekiq.prevent(id))) return
  }
  if (why === 'over') throw new Undeliverable('it is over or was given up, and people may have asked for it again')
  if (why === 'overtaken') await mirrorOvertaken(database.manager, id, now())
  else await mirrorNeedless(database.manager, id, now())
}

export function notSidekiq(): RetryLater {
  return new RetryLater(null, { reason: 'REGISTER_JOBS is not sidekiq', unsure: false })
}

/**
 * Whether a status change is for a trainee who waits for a TRN no more. Register's job does not ask, and its row here may have
 * waited for days while the bot was paused.
 */
async function isNeedless(sql: EntityManager, job: JobToPush): Promise<boolean> {
  if (job.name !== 'change-trainee-status' || job.status !== STATUS_AFTER_REGISTRATION) return false
  const select = { id: true, trn: true, state: true } as const
  const trainee = await sql.findOne(Trainee, { select, where: { id: job.trainee } })
  return trainee !== null && !isWaiting(trainee)
}
