import { type EntityManager, Not } from 'typeorm'
import { Job } from '../entities/chatops/job.ts'
import type { JobFailure } from '../entities/chatops/job-failure.ts'
import { live } from '../entities/chatops/live-jobs.ts'
import { Poll } from '../entities/chatops/poll.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { JobFailed } from '../failures/job-failed.ts'
import { decidePoll, type PollOutcome, readTrn } from '../register/jobs/retrieve-trn.ts'
import { lockTrainee, saveTrainee } from '../register/saves/save.ts'
import type { World } from '../world.ts'
import { commentOf, demandSwitchedOn } from './job.ts'
import { demandTrainee, traineeGone } from './readiness.ts'
import type { Ending, Finish } from './run/run-job.ts'

/**
 * One poll for a trainee's TRN (Register's Dttp::RetrieveTrnJob): saves it once DTTP has it, and otherwise asks again
 * in an hour until the poll's timeout. The decision is made under lock, with the timeout as it is by then.
 */
export async function retrieveTrn(world: World, job: Job): Promise<Finish> {
  demandSwitchedOn(world, 'persist_to_dttp')
  const { manager } = world.database
  const poll = await manager.findOneBy(Poll, { jobId: job.id })
  const trainee = await manager.findOne(Trainee, {
    select: { id: true, dttp_id: true },
    where: { id: demandTrainee(job) },
  })
  if (!trainee) throw traineeGone()
  if (!poll) throw new JobFailed('unexpected', 'The poll is not on record.')
  const asked = poll.timeoutAt === null ? null : trainee.dttp_id
  if (poll.timeoutAt !== null && asked === null) {
    if (await isBeingRegistered(manager, trainee.id)) return askLater(world)
    throw new JobFailed('not-registered', 'The trainee has no DTTP record, so DTTP cannot have a TRN for them.')
  }
  const trn = asked === null ? null : await askForTrn(world, asked)
  return (sql, held) => decide(world, sql, held, { asked, trn })
}

/** DTTP may take until tomorrow to say what has become of a registration. */
function isBeingRegistered(sql: EntityManager, traineeId: string): Promise<boolean> {
  return sql.existsBy(Job, { traineeId, name: 'register-for-trn', ...live() })
}

function askLater({ now, pollEvery }: World): Finish {
  return async () => ({ kind: 'again', at: new Date(now().getTime() + pollEvery) })
}

async function askForTrn(world: World, contactId: string): Promise<string | null> {
  return readTrn(await world.upstreams.dttp.getTrn(contactId))
}

async function decide(
  world: World,
  sql: EntityManager,
  job: Job,
  { asked, trn }: { asked: string | null; trn: string | null },
): Promise<Ending> {
  const now = world.now()
  const trainee = await lockTrainee(sql, demandTrainee(job))
  const poll = await sql.findOneByOrFail(Poll, { jobId: job.id })
  if (!trainee) throw traineeGone()
  if (poll.timeoutAt !== null && trainee.dttp_id !== asked) return { kind: 'again', at: now }
  const outcome = decidePoll(trainee, trn, poll.timeoutAt, now)
  switch (outcome.kind) {
    case 'received': {
      let row = trainee
      for (const assigned of outcome.saves) row = await saveTrainee(sql, row, assigned, commentOf(job))
      const shared = await findShared(sql, row)
      const warns = shared.length > 0 ? { warns: sharedTrn(shared, now) } : {}
      return { kind: 'done', result: { received: true }, news: { kind: 'trn-received' }, ...warns }
    }
    case 'poll-again':
      return pollAgain(world, sql, poll, outcome, now)
    case 'timed-out':
      throw new JobFailed('timed-out', outcome.message)
    case 'refused':
      throw new JobFailed('cannot-receive-trn', REFUSED[outcome.because])
  }
}

/** The numbers of other trainees who have this TRN. Register saves it all the same. */
async function findShared(sql: EntityManager, { id, trn }: Pick<Trainee, 'id' | 'trn'>): Promise<string[]> {
  if (trn === null) return []
  const others = await sql.find(Trainee, { select: { id: true }, where: { trn, id: Not(id) }, order: { id: 'ASC' } })
  return others.map((other) => other.id)
}

function sharedTrn(trainees: readonly string[], now: Date): JobFailure {
  const who = `trainee${trainees.length === 1 ? '' : 's'} ${trainees.join(', ')}`
  const words = `DTTP gave this trainee the TRN that Register has for ${who}. It is saved, as Register does.`
  return { code: 'trn-shared', words, at: now.toISOString() }
}

async function pollAgain(
  world: World,
  sql: EntityManager,
  poll: Poll,
  { delay, timeout }: Extract<PollOutcome, { kind: 'poll-again' }>,
  now: Date,
): Promise<Ending> {
  const { traineeId, jobId } = poll
  if (delay === 0) {
    await sql.update(Poll, { traineeId, jobId }, { timeoutAt: timeout })
    return { kind: 'again', at: now }
  }
  await sql.update(Poll, { traineeId, jobId }, { polledAt: now })
  const at = new Date(now.getTime() + world.pollEvery)
  if (poll.polledAt !== null) return { kind: 'again', at }
  return { kind: 'again', at, news: { kind: 'no-trn-yet', next: at.toISOString(), timeout } }
}

const REFUSED = {
  'never-submitted': 'The trainee was never submitted for a TRN.',
  'state-cannot-receive-a-trn': 'DTTP has a TRN, but the trainee is in a state that cannot receive one.',
} as const
