import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { Job } from '../../entities/chatops/job.ts'
import { RegistrationAttempt } from '../../entities/chatops/registration-attempt.ts'
import { Provider } from '../../entities/register/provider.ts'
import { Trainee } from '../../entities/register/trainee.ts'

export type Rows = {
  trainee: Trainee
  provider: Provider
  /** The registration that was sent and never answered. */
  attempt: RegistrationAttempt | null
  /** On whose behalf it was sent: a user's DTTP id. */
  submittedBy: string | null
}

const args = z.object({ submitted_by: z.string().nullable().catch(null) })

/** Everything settle-registration decides by. Throws EntityNotFoundError if the trainee is gone. */
export async function readRows(sql: EntityManager, slug: string): Promise<Rows> {
  const trainee = await sql.findOneByOrFail(Trainee, { slug })
  const attempt = await sql.findOneBy(RegistrationAttempt, { traineeId: trainee.id, outcome: 'unknown' })
  const job = attempt && (await sql.findOneBy(Job, { id: attempt.jobId }))
  return {
    trainee,
    provider: await sql.findOneByOrFail(Provider, { id: trainee.provider_id }),
    attempt,
    submittedBy: job ? args.parse(job.args).submitted_by : null,
  }
}
