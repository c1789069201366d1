import type { EntityManager } from 'typeorm'
import { Job } from '../../entities/chatops/job.ts'
import { Poll } from '../../entities/chatops/poll.ts'
import { Trainee } from '../../entities/register/trainee.ts'

/** The one poll a trainee has, or the last they had, and the job behind it. */
export type PollRows = { poll: Poll; job: Job }

export type Rows = {
  trainee: Trainee
  lastPoll: PollRows | null
  /** The last job that was to register the trainee with DTTP. */
  registration: Job | null
}

/** Everything requeue-trn decides by. Throws EntityNotFoundError if the trainee is gone. */
export async function readRows(sql: EntityManager, slug: string): Promise<Rows> {
  const trainee = await sql.findOneByOrFail(Trainee, { slug })
  return {
    trainee,
    lastPoll: await findPoll(sql, trainee.id),
    registration: await sql.findOne(Job, {
      where: { traineeId: trainee.id, name: 'register-for-trn' },
      order: { createdAt: 'DESC', id: 'DESC' },
    }),
  }
}

export async function findPoll(sql: EntityManager, traineeId: string): Promise<PollRows | null> {
  const poll = await sql.findOneBy(Poll, { traineeId })
  return poll && { poll, job: await sql.findOneByOrFail(Job, { id: poll.jobId }) }
}
