import type { EntityManager } from 'typeorm'
import type { Around } from '../../contract/playbook.ts'
import { SeenJob } from '../../entities/chatops/seen-job.ts'
import { findPolls } from '../../entities/chatops/seen-polls.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { findMirror, type MirrorAge } from '../../jobs/mirror/age.ts'

export type Rows = {
  trainee: Trainee
  /** The poll that is under way for the trainee, or the last they had. */
  lastPoll: SeenJob | null
  /** The last job that was to register the trainee with DTTP. */
  registration: SeenJob | null
  /** How well Register's Sidekiq is known, where that runs its jobs. */
  mirror: MirrorAge | null
}

/** Everything requeue-trn decides by. Throws EntityNotFoundError if the trainee is gone. */
export async function read(sql: EntityManager, slug: string, around: Around): Promise<Rows> {
  const trainee = await sql.findOneByOrFail(Trainee, { slug })
  return {
    trainee,
    lastPoll: (await findPolls(sql, [trainee.id])).get(trainee.id) ?? null,
    registration: await sql.findOne(SeenJob, {
      where: { traineeId: trainee.id, name: 'register-for-trn' },
      order: { createdAt: 'DESC', id: 'DESC' },
    }),
    mirror: await findMirror(sql, around),
  }
}
