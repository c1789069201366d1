import { type EntityManager, EntityNotFoundError, IsNull, Not } from 'typeorm'
import type { Around } from '../../contract/playbook.ts'
import type { RegistrationRows } from '../../dttp/payloads/rows.ts'
import { findRegistrationRows } from '../../dttp/registration-rows.ts'
import { givenUp } from '../../entities/chatops/given-up-jobs.ts'
import { live } from '../../entities/chatops/live-jobs.ts'
import { RegistrationAttempt, unsettledOf } from '../../entities/chatops/registration-attempt.ts'
import { SeenJob } from '../../entities/chatops/seen-job.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { User } from '../../entities/register/user.ts'
import { findMirror, type MirrorAge } from '../../jobs/mirror/age.ts'
import { findSubmission, type TrnSubmission } from '../../register/trainees/submissions.ts'
import { findLast } from '../../registration/attempts.ts'
import { findNamesakes } from '../../registration/namesakes.ts'
import { usesOwnIds } from '../../registration/own-ids.ts'
import { type History, readTraineeHistory } from './history.ts'

export type Rows = {
  trainee: Trainee
  registration: RegistrationRows
  submission: TrnSubmission | null
  /** The user named in the form. */
  named: User | null
  /** Ids of the provider's users who are registered with DTTP. */
  colleagues: string[]
  history: History
  /** The trainee's jobs that are still to do, and those that failed last. */
  live: SeenJob[]
  failed: SeenJob[]
  /** A registration that was sent, or may have been sent, and whose outcome nobody knows. */
  unsettled: RegistrationAttempt | null
  /** Other trainees whom DTTP's records with the trainee's id may belong to. */
  namesakes: string[]
  /** Whether another registration takes over the ids that we chose for the last one. */
  takesOver: boolean
  /** The record that the trainee's last registration created, or would have, if another one takes its id over. */
  own: string | null
  /** DTTP records of other trainees of the provider with the same id of theirs. */
  taken: string[]
  /** How well Register's Sidekiq is known, where that runs its jobs. */
  mirror: MirrorAge | null
}

const MOST_COLLEAGUES = 20
const MOST_FAILED = 3

/** Everything re-register decides by. Throws EntityNotFoundError if the trainee is gone. */
export async function read(
  sql: EntityManager,
  form: { subject: string; submitter: string },
  around: Pick<Around, 'ownIds' | 'isMirrored' | 'now'>,
): Promise<Rows> {
  const trainee = await sql.findOneByOrFail(Trainee, { slug: form.subject })
  const registration = await findRegistrationRows(sql, trainee.id)
  if (!registration) throw new EntityNotFoundError(Trainee, { id: trainee.id })
  const takesOver = await usesOwnIds(around, sql)
  const colleagues = await sql.find(User, {
    where: { provider_id: trainee.provider_id, dttp_id: Not(IsNull()), discarded_at: IsNull() },
    order: { id: 'ASC' },
    take: MOST_COLLEAGUES,
  })
  return {
    trainee,
    registration,
    submission: await findSubmission(sql, trainee.id),
    named: form.submitter === '' ? null : await sql.findOneBy(User, { id: form.submitter }),
    colleagues: colleagues.map(({ id }) => id),
    history: await readTraineeHistory(sql, trainee),
    live: await sql.find(SeenJob, {
      where: { traineeId: trainee.id, ...live() },
      order: { createdAt: 'ASC', id: 'ASC' },
    }),
    failed: await sql.find(SeenJob, {
      where: { traineeId: trainee.id, ...givenUp() },
      order: { finishedAt: 'DESC', id: 'ASC' },
      take: MOST_FAILED,
    }),
    unsettled: await sql.findOne(RegistrationAttempt, {
      where: unsettledOf(trainee.id),
    }),
    namesakes: await findNamesakes(sql, trainee),
    takesOver,
    own: takesOver ? ((await findLast(sql, trainee.id))?.ownIds?.contact ?? null) : null,
    taken: await findTaken(sql, trainee),
    mirror: await findMirror(sql, around),
  }
}

async function findTaken(sql: EntityManager, { id, provider_id, trainee_id }: Trainee): Promise<string[]> {
  if (trainee_id === null) return []
  const others = await sql.find(Trainee, {
    select: { id: true, dttp_id: true },
    where: { id: Not(id), provider_id, trainee_id, dttp_id: Not(IsNull()) },
  })
  return others.flatMap(({ dttp_id }) => dttp_id ?? [])
}
