import { type EntityManager, EntityNotFoundError, In, IsNull, Not } from 'typeorm'
import * as z from 'zod'
import type { RegistrationRows } from '../../dttp/payloads/rows.ts'
import { findRegistrationRows } from '../../dttp/registration-rows.ts'
import { Job } from '../../entities/chatops/job.ts'
import { RegistrationAttempt } from '../../entities/chatops/registration-attempt.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import type { Around } from '../playbook.ts'

export type Rows = {
  trainee: Trainee
  registration: RegistrationRows
  /** The registration that was sent and has no outcome. */
  attempt: RegistrationAttempt | null
  /** Its job may still end by itself. */
  isUnderWay: boolean
  /** DTTP may still be at it. */
  isFresh: boolean
  /** On whose behalf it was sent: a user's DTTP id. */
  submittedBy: string | null
  /** The record that the form names. */
  named: string | null
  /** DTTP records of other trainees that leave the same traces. */
  taken: string[]
}

/** DTTP works for up to two minutes on what it was sent; then some. */
const SURELY_OVER_MS = 5 * 60_000

const args = z.object({ submitted_by: z.string().nullable().catch(null) })

/** Everything settle-registration decides by. Throws EntityNotFoundError if the trainee is gone. */
export async function readRows(
  sql: EntityManager,
  form: { trainee: string; contact: string },
  { now }: Pick<Around, 'now'>,
): Promise<Rows> {
  const trainee = await sql.findOneByOrFail(Trainee, { slug: form.trainee })
  const registration = await findRegistrationRows(sql, trainee.id)
  if (!registration) throw new EntityNotFoundError(Trainee, { id: trainee.id })
  const attempt = await sql.findOne(RegistrationAttempt, {
    where: [
      { traineeId: trainee.id, outcome: IsNull() },
      { traineeId: trainee.id, outcome: 'unknown' },
    ],
  })
  const job = attempt && (await sql.findOneBy(Job, { id: attempt.jobId }))
  const live = { traineeId: trainee.id, name: 'register-for-trn', status: In(['waiting', 'running']) } as const
  return {
    trainee,
    registration,
    attempt,
    isUnderWay: await sql.existsBy(Job, live),
    isFresh: attempt !== null && now.getTime() < attempt.sentAt.getTime() + SURELY_OVER_MS,
    submittedBy: job ? args.parse(job.args).submitted_by : null,
    named: form.contact === '' ? null : form.contact,
    taken: await findTaken(sql, trainee),
  }
}

async function findTaken(sql: EntityManager, { id, provider_id, trainee_id }: Trainee): Promise<string[]> {
  const alike = await sql.find(Trainee, {
    select: { id: true, dttp_id: true },
    where: { id: Not(id), provider_id, trainee_id: trainee_id ?? IsNull(), dttp_id: Not(IsNull()) },
  })
  return alike.flatMap(({ dttp_id }) => dttp_id ?? [])
}
