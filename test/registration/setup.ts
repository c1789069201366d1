// A trainee whose DTTP record was deleted, on the stage of the jobs: with a history, and with who submitted them.
import { execute } from '../../src/changes/execute/execute.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import type { JobName } from '../../src/entities/chatops/job.ts'
import { type Stage, SUBMITTER, TRAINEE } from '../jobs/stage.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'

export const LOST_CONTACT = 'c0000000-0000-4000-8000-000000005901'
export const LOST_ASSIGNMENT = 'a0000000-0000-4000-8000-000000005901'
export const SUBMITTED = '2021-10-19T08:00:00.07153'

/** Gives the trainee ids that DTTP no longer has, tidy names, a user who submitted them, and a history of four events. */
export async function lose(stage: Stage): Promise<void> {
  await stage.change(
    `UPDATE trainees SET dttp_id = $1, placement_assignment_dttp_id = $2, first_names = 'Demo Trainee'`,
    LOST_CONTACT,
    LOST_ASSIGNMENT,
  )
  await stage.change(
    `INSERT INTO users (id, provider_id, dttp_id, email, first_name, last_name, created_at, updated_at)
     VALUES (7, 1, $1, 'user.7@example.test', 'Demo', 'User', now(), now())`,
    SUBMITTER,
  )
  const events: [string, object, string][] = [
    ['create', {}, '2021-10-18 08:00:00'],
    ['update', { state: [0, 1] }, '2021-10-19 08:00:00.08'],
    ['update', { email: ['a@example.test', 'trainee.one@example.test'] }, '2021-10-20 08:00:00'],
    ['update', { study_mode: [0, 1] }, '2021-10-21 08:00:00'],
  ]
  for (const [index, [action, changes, at]] of events.entries()) {
    await stage.change(
      `INSERT INTO audits (auditable_type, auditable_id, associated_type, associated_id, action, audited_changes, version,
         user_id, user_type, request_uuid, created_at)
       VALUES ('Trainee', $1, 'Provider', 1, $2, $3, $4, 7, 'User', gen_random_uuid(), $5)`,
      ...[TRAINEE, action, changes, index + 1, at],
    )
  }
}

export const FORM = { subject: 'slug5901', submitter: '', reason: 'It was deleted in DTTP', ticket: '' }

/** Asked for by one person, and approved by another; returns the request's id. */
export async function approved(stage: Stage, playbook: string, form: Record<string, string>): Promise<string> {
  const request = await sendRequest(stage.context, playbook, form)
  await approveRequest(stage.context, request)
  return request.id
}

/** The same, and carried out. */
export async function carriedOut(stage: Stage, playbook: string, form: Record<string, string>): Promise<string> {
  const id = await approved(stage, playbook, form)
  const execution = await execute(stage.context, id)
  if (execution !== 'executed') throw new Error(`the request was ${execution}`)
  return id
}

/** Runs the jobs of these names that wait. */
export async function runJobs(stage: Stage, ...names: JobName[]): Promise<void> {
  for (const name of names) {
    for (const { id, status } of await stage.jobs(name)) if (status === 'waiting') await stage.run(id)
  }
}

/** Looks at the result; where the request stands, and each line of its card: a mark, the sentence, and what was found. */
export async function look(stage: Stage, id: string) {
  await verify(stage.context, id)
  const { status, outcome } = await getRequest(stage.context.database, id)
  const lines = (outcome.verified ?? []).map(
    ({ holds, waiting, sentence, found }) => `${holds ? '✓' : waiting ? '○' : '✗'} ${sentence}: ${found}`,
  )
  return {
    status,
    lines,
    problem: outcome.problem,
    followUps: (outcome.verified ?? []).flatMap((one) => one.followUps ?? []),
  }
}
