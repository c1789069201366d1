import type { EntityManager } from 'typeorm'
import { STATUS_AFTER_REGISTRATION } from '../../dttp/statuses.ts'
import { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { OutboxRow } from '../../entities/chatops/outbox-row.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import type { Claimed } from '../../outbox/claim.ts'
import { RetryLater, Undeliverable } from '../../outbox/not-sent.ts'
import { workingDayFrom } from '../../registration/asking.ts'
import type { JobToPush } from '../../sidekiq/payload.ts'
import type { World } from '../../world.ts'
import { isOver, isOvertaken, mirrorNeedless, mirrorNotBacked, mirrorOvertaken } from '../mirror/asked.ts'
import { isWaiting } from '../readiness.ts'
import { isBacked, NotBacked } from '../registration/backed.ts'
import { DID_NOT_SAY } from '../registration/silence.ts'

// What is not asked of Register's Sidekiq any more, since it has waited: its row may be tried for days.

/**
 * Why a job is not pushed, or not run again: people know it as lost, a later poll is to stay, there is nothing left for it to do,
 * or it is a registration whose approver may approve no more, or of whom Slack has said nothing for a working day.
 */
type WhyNot = 'over' | 'overtaken' | 'needless' | NotBacked

/** @param pushed null for a job that is to run again. Throws RetryLater where Slack does not say who may approve. */
export async function findWhyNot(world: World, row: Claimed, pushed: JobToPush | null): Promise<WhyNot | null> {
  const sql = world.database.manager
  const asked = await sql.findOneBy(MirroredJob, { outboxId: row.id })
  const name = asked?.name ?? pushed?.name
  if (isOver(asked, name)) return 'over'
  if (pushed?.name === 'retrieve-trn' && (await isOvertaken(sql, row.id, pushed.trainee))) return 'overtaken'
  if (pushed && (await isNeedless(sql, pushed))) return 'needless'
  return name === 'register-for-trn' ? findNotBacked(world, row) : null
}

async function findNotBacked(world: World, { id, changeRequest }: Claimed): Promise<NotBacked | null> {
  const isBackedNow = await isBacked(world, { changeRequestId: changeRequest }).catch((error: unknown) => {
    if (error instanceof NotBacked) return error
    throw error
  })
  if (isBackedNow === true) return null
  if (isBackedNow !== false) return isBackedNow
  if (await wasSilentForLong(world, id))
    return new NotBacked('not-as-approved', `${DID_NOT_SAY.slack}, so we sent nothing.`)
  const reason = 'Slack does not say who may approve'
  throw new RetryLater(null, { reason, unsure: false, waitsFor: APPROVER, isEndless: true }) // its end is here
}

/** What the row of a registration waits for while Slack does not say whether its approver may still approve. */
const APPROVER = 'approver'

/** As long as our own workers would wait (jobs/registration/silence.ts); a pause does not count. */
async function wasSilentForLong({ database: { manager }, now }: World, id: string): Promise<boolean> {
  const { failingFor, failingSince: since } = await manager.findOneByOrFail(OutboxRow, { id })
  if (failingFor !== APPROVER || since === null) return false
  return now() >= (await workingDayFrom(manager, since))
}

/** An earlier attempt may have done it, or may sleep just before that: then nothing is said, or it is kept from it. */
export async function leaveOut(world: World, { id, again }: Claimed, why: WhyNot): Promise<void> {
  const { upstreams, database, now } = world
  if (again) {
    if (!upstreams.sidekiq) throw notSidekiq()
    if (!(await upstreams.sidekiq.prevent(id))) return
  }
  if (why === 'over') throw new Undeliverable('it is over or was given up, and people may have asked for it again')
  if (why === 'overtaken') await mirrorOvertaken(database.manager, id, now())
  else if (why === 'needless') await mirrorNeedless(database.manager, id, now())
  else if (!(await mirrorNotBacked(database.manager, id, why.words, now()))) throw new Undeliverable(why.words) // it stays as it failed
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
