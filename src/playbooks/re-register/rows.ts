import { createHash } from 'node:crypto'
import { type EntityManager, EntityNotFoundError, In, IsNull } from 'typeorm'
import type { RegistrationRows } from '../../dttp/payloads/rows.ts'
import { findRegistrationRows } from '../../dttp/registration-rows.ts'
import { Job } from '../../entities/chatops/job.ts'
import { RegistrationAttempt } from '../../entities/chatops/registration-attempt.ts'
import { canonical } from '../../entities/json.ts'
import { Audit } from '../../entities/register/audit.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { User } from '../../entities/register/user.ts'
import { findSubmission, type Submission } from '../../register/submissions.ts'
import { timelineOf } from '../../register/timeline.ts'

/** What a trainee's history comes to. `timeline` is a hash over the events that Register's page shows. */
export type History = { lastAudit: string | null; audits: number; events: number; timeline: string }

export type Rows = {
  trainee: Trainee
  registration: RegistrationRows
  submission: Submission | null
  /** The user named in the form. */
  named: User | null
  history: History
  /** Jobs of the trainee that are still to do, and the last registration that failed. */
  jobs: Job[]
  failedRegistration: Job | null
  /** Registrations that were sent, or may have been, and of which nobody knows what became. */
  unsettled: RegistrationAttempt | null
}

/** Everything re-register decides by. Throws EntityNotFoundError if the trainee is gone. */
export async function readRows(sql: EntityManager, form: { trainee: string; submitter: string }): Promise<Rows> {
  const trainee = await sql.findOneByOrFail(Trainee, { slug: form.trainee })
  const registration = await findRegistrationRows(sql, trainee.id)
  if (!registration) throw new EntityNotFoundError(Trainee, { id: trainee.id })
  return {
    trainee,
    registration,
    submission: await findSubmission(sql, trainee.id),
    named: form.submitter === '' ? null : await sql.findOneBy(User, { id: form.submitter }),
    history: await readHistory(sql, trainee),
    jobs: await sql.find(Job, {
      where: { traineeId: trainee.id, status: In(['waiting', 'running']) },
      order: { createdAt: 'ASC', id: 'ASC' },
    }),
    failedRegistration: await sql.findOne(Job, {
      where: { traineeId: trainee.id, name: 'register-for-trn', status: 'failed' },
      order: { finishedAt: 'DESC', id: 'ASC' },
    }),
    unsettled: await sql.findOne(RegistrationAttempt, {
      where: [
        { traineeId: trainee.id, outcome: IsNull() },
        { traineeId: trainee.id, outcome: 'unknown' },
      ],
    }),
  }
}

/** A trainee's history, made of the audits that `counts` picks; of all unless given. */
export async function readHistory(
  sql: EntityManager,
  trainee: Trainee,
  counts: (audit: Audit) => boolean = () => true,
): Promise<History> {
  const id = Number(trainee.id)
  const audits = await sql.find(Audit, {
    where: [
      { auditable_type: 'Trainee', auditable_id: id },
      { associated_type: 'Trainee', associated_id: id },
    ],
    order: { id: 'ASC' },
  })
  const known = audits.filter(counts)
  const events = timelineOf(trainee, known)
  return {
    lastAudit: known.at(-1)?.id ?? null,
    audits: known.length,
    events: events.length,
    timeline: createHash('sha256').update(canonical(events)).digest('hex'),
  }
}
