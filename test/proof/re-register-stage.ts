// Trainees whose DTTP records were deleted, and what one look at the database shows of each: whole, or half.
import type pg from 'pg'
import type { DttpSimulator } from '../../sandbox/dttp/index.ts'
import { withClient } from '../../sandbox/register/database.ts'
import type { End } from './re-register-points.ts'
import { seedUnregistered } from './registrations-stage.ts'

export type Lost = { id: string; slug: string; contact: string; assignment: string; submittedAt: string }

/** `count` trainees, each submitted at a microsecond of their own by a user whom DTTP knows, with ids that it has not. */
export async function seedLost(adminUrl: string, count: number): Promise<Lost[]> {
  const ids = await seedUnregistered(adminUrl, count)
  return withClient(adminUrl, async (client) => {
    await client.query(
      `UPDATE public.trainees SET dttp_id = gen_random_uuid(), placement_assignment_dttp_id = gen_random_uuid(),
         submitted_for_trn_at = submitted_for_trn_at + id % 1000 * interval '1 microsecond' WHERE id = ANY($1)`,
      [ids],
    )
    await addSubmissions(client, ids)
    const { rows } = await client.query<Lost>(
      `SELECT id, slug, dttp_id AS contact, placement_assignment_dttp_id AS assignment,
         submitted_for_trn_at::text AS "submittedAt" FROM public.trainees WHERE id = ANY($1) ORDER BY id`,
      [ids],
    )
    return rows
  })
}

/** Each was submitted by somebody whom DTTP knows. */
export async function addSubmissions(client: pg.Client, ids: readonly string[]): Promise<void> {
  await client.query(
    `INSERT INTO public.audits
     SELECT (jsonb_populate_record(a, jsonb_build_object('id', nextval('audits_id_seq'), 'auditable_id', t.id,
       'request_uuid', gen_random_uuid()))).*
     FROM public.audits a, public.trainees t
     WHERE a.auditable_type = 'Trainee' AND a.auditable_id = 5901 AND t.id = ANY($1) ORDER BY t.id, a.version`,
    [ids],
  )
}

type Row = {
  id: string
  state: number
  submittedAt: string | null
  updatedAt: string
  contact: string | null
  assignment: string | null
  degree: string | null
  audits: number
  /** Requests that were carried out, and the jobs that they have started. */
  executed: number
  registrations: number
  polls: number
  statuses: number
}

const LOOK = `
  SELECT t.id, t.state, t.submitted_for_trn_at::text AS "submittedAt", t.updated_at::text AS "updatedAt",
    t.dttp_id AS contact, t.placement_assignment_dttp_id AS assignment,
    (SELECT dttp_id FROM public.degrees WHERE trainee_id = t.id) AS degree,
    (SELECT count(*)::int FROM public.audits WHERE auditable_type = 'Trainee' AND auditable_id = t.id
       OR associated_type = 'Trainee' AND associated_id = t.id) AS audits,
    (SELECT count(*)::int FROM chatops.change_requests r WHERE r.trainee_id = t.id AND r.executed_at IS NOT NULL) AS executed,
    (SELECT count(*)::int FROM chatops.jobs j WHERE j.trainee_id = t.id AND name = 'register-for-trn') AS registrations,
    (SELECT count(*)::int FROM chatops.jobs j WHERE j.trainee_id = t.id AND name = 'retrieve-trn') AS polls,
    (SELECT count(*)::int FROM chatops.jobs j WHERE j.trainee_id = t.id AND name = 'change-trainee-status') AS statuses
  FROM public.trainees t WHERE t.id = ANY($1) ORDER BY t.id`

export type Whole = 'untouched' | 'waiting for ids' | 'registered' | `half: ${string}`

const AUDITS = 2

/** Each trainee as one statement sees all of them, so that no transaction is seen half. */
export async function lookAtLost(admin: pg.Client, lost: readonly Lost[]): Promise<Map<string, Whole>> {
  const { rows } = await admin.query<Row>(LOOK, [lost.map(({ id }) => id)])
  return new Map(rows.map((row, index) => [row.id, judge(lost[index] as Lost, row)]))
}

function judge(was: Lost, row: Row): Whole {
  if (row.submittedAt !== was.submittedAt || row.state !== 1)
    return `half: state ${row.state}, submitted ${row.submittedAt}`
  const seen = [row.contact, row.assignment, row.degree]
  if (row.executed === 0) {
    const isOld = seen.join() === [was.contact, was.assignment, null].join()
    const isQuiet = row.registrations + row.polls + row.statuses === 0 && row.audits === AUDITS
    return isOld && isQuiet ? 'untouched' : `half: ${JSON.stringify(row)}`
  }
  const hasJobs = row.registrations >= 1 && row.polls >= 1
  if (seen.every((id) => id === null) && hasJobs && row.statuses === 0 && row.audits === AUDITS)
    return 'waiting for ids'
  const isNew = seen.every((id) => id !== null) && row.contact !== was.contact && row.assignment !== was.assignment
  if (isNew && hasJobs && row.statuses === 2 && row.audits === AUDITS + 2) return 'registered'
  return `half: ${JSON.stringify(row)}`
}

/** How often DTTP has a trainee, and whether that is the record that Register names. */
export async function lookInDttp(admin: pg.Client, { state }: DttpSimulator, { id }: Lost) {
  const { rows } = await admin.query('SELECT dttp_id FROM public.trainees WHERE id = $1', [id])
  const records = [...state.contacts.values()].filter(({ dfe_traineeid }) => dfe_traineeid === `21/22-${id}`)
  return { records: records.length, isNamed: records[0]?.['contactid'] === rows[0].dttp_id }
}

/** Where a request has ended; null while it has not. */
export async function endOf(admin: pg.Client, request: string): Promise<End | null> {
  const { rows } = await admin.query<{ status: string; outcome: string | null }>(
    `SELECT r.status, (SELECT coalesce(a.outcome, 'none') FROM chatops.jobs j
       LEFT JOIN chatops.registration_attempts a ON a.job_id = j.id
       WHERE j.change_request_id = r.id AND j.name = 'register-for-trn') AS outcome
     FROM chatops.change_requests r WHERE r.id = $1`,
    [request],
  )
  const { status, outcome } = rows[0] ?? {}
  if (status === 'done') return 'registered'
  if (status !== 'needs-attention') return null
  return outcome === 'not-sent' || outcome === 'none' ? 'not sent' : null
}
