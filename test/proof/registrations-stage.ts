// Trainees who wait to be registered with DTTP, the DTTP that they are registered with, and what became of them.
import type pg from 'pg'
import { type DttpSimulator, startDttpSimulator } from '../../sandbox/dttp/index.ts'
import { withClient } from '../../sandbox/register/database.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { dttpSchools, providers } from '../../sandbox/register/seed/organisations.ts'
import { seedRegister } from '../../sandbox/register/seed.ts'
import { knowReferences } from '../parity/load-registration.ts'

const FIRST_ID = 200_001

/** On whose behalf DTTP is told. */
export const SUBMITTER = dttpId('user', 201)

/** Fills an empty Register with the demo's people and `count` trainees with a degree each; returns their ids. */
export async function seedUnregistered(adminUrl: string, count: number): Promise<string[]> {
  await seedRegister(adminUrl)
  const ids = Array.from({ length: count }, (_, index) => String(FIRST_ID + index))
  await withClient(adminUrl, (client) => addUnregistered(client, ids))
  return ids
}

/** Adds trainees with these ids, each with a degree, beside the demo's. */
export async function addUnregistered(client: pg.Client, ids: readonly string[]): Promise<void> {
  await client.query(
    `INSERT INTO public.trainees
     SELECT (jsonb_populate_record(t, jsonb_build_object('id', n, 'slug', 'ProofTrainee' || n,
       'trainee_id', '21/22-' || n, 'dttp_id', null, 'placement_assignment_dttp_id', null))).*
     FROM public.trainees t, unnest($1::int[]) n WHERE t.id = 5901`,
    [ids],
  )
  for (const table of ['degrees', 'nationalisations']) {
    const slug = table === 'degrees' ? `'slug', 'ProofDegree' || n, 'dttp_id', null,` : ''
    await client.query(
      `INSERT INTO public.${table}
       SELECT (jsonb_populate_record(t, jsonb_build_object(${slug} 'id', n, 'trainee_id', n))).*
       FROM public.${table} t, unnest($1::int[]) n WHERE t.trainee_id = 5901`,
      [ids],
    )
  }
}

/** A strict DTTP that knows whatever those trainees refer to. */
export async function startFilledDttp(): Promise<DttpSimulator> {
  const simulator = await startDttpSimulator()
  for (const provider of providers) {
    const { id, dttp_id } = provider
    knowReferences(simulator, { provider: { id, dttp_id }, dttp_schools: [] }, null)
  }
  knowReferences(
    simulator,
    { provider: {}, dttp_schools: dttpSchools.map(({ id, dttp_id }) => ({ id, dttp_id })) },
    SUBMITTER,
  )
  return simulator
}

/**
 * What became of a registration: nothing, or all of it; whatever is not wholly one of these is wrong.
 * `untouched` can only be while it is under way.
 */
export type Became = 'untouched' | 'registered' | `wrong: ${string}`

export type Registration = { job: string; trainee: string }

type Found = {
  status: string
  code: string | null
  dttp_id: string | null
  placement: string | null
  degrees: (string | null)[]
  audits: number
  attempt: { outcome: string | null; contact: string | null } | null
  statuses: string[]
  alerts: number
}

/** Looks at one registration in the database and in DTTP, once no more is going on. */
export async function judge(admin: pg.Client, dttp: DttpSimulator, registration: Registration): Promise<Became> {
  const found = await look(admin, registration)
  const records = lookInDttp(dttp, registration.trainee)
  if (records === 'half' || records.contacts.length > 1) return `wrong: DTTP holds ${describe(records)}`
  const [contact] = records.contacts
  const inRegister = [found.dttp_id, found.placement, ...found.degrees]
  if (inRegister.every((id) => id === null) && found.audits === 0 && found.statuses.length === 0) {
    if (found.status === 'running' || found.status === 'waiting') return 'untouched'
  }
  const isSaved =
    contact !== undefined && inRegister.join() === [contact.id, contact.assignment, ...contact.degrees].join()
  const isOver = found.status === 'done' && found.attempt?.outcome === 'registered' && found.statuses.length === 2
  if (isSaved && isOver && found.audits === 2 && found.attempt?.contact === contact.id) return 'registered'
  return `wrong: ${JSON.stringify({ ...found, inDttp: records })}`
}

/** How often DTTP holds the trainee whom it holds most often. */
export function mostOfOneTrainee({ state }: DttpSimulator): number {
  const counts = new Map<unknown, number>()
  for (const { dfe_traineeid: id } of state.contacts.values()) if (id) counts.set(id, (counts.get(id) ?? 0) + 1)
  return Math.max(0, ...counts.values())
}

/** Whether both status changes are done, and DTTP shows them. */
export async function isFollowedUp(admin: pg.Client, dttp: DttpSimulator, registration: Registration) {
  const { statuses } = await look(admin, registration)
  const records = lookInDttp(dttp, registration.trainee)
  return statuses.every((status) => status === 'done') && records !== 'half' && records.contacts[0]?.statuses === 2
}

async function look(admin: pg.Client, { job, trainee }: Registration): Promise<Found> {
  const { rows } = await admin.query<Found>(
    `SELECT job.status, job.failure ->> 'code' AS code, t.dttp_id, t.placement_assignment_dttp_id AS placement,
       (SELECT array_agg(dttp_id ORDER BY id) FROM public.degrees WHERE trainee_id = t.id) AS degrees,
       (SELECT count(*)::int FROM public.audits WHERE auditable_id = t.id AND auditable_type = 'Trainee'
          OR associated_id = t.id AND associated_type = 'Trainee') AS audits,
       (SELECT jsonb_build_object('outcome', outcome, 'contact', ids ->> 'contact')
          FROM chatops.registration_attempts WHERE job_id = job.id) AS attempt,
       (SELECT coalesce(array_agg(status), '{}') FROM chatops.jobs
          WHERE trainee_id = t.id AND name = 'change-trainee-status') AS statuses,
       (SELECT count(*)::int FROM chatops.alert_entries WHERE job_id = job.id AND settled_at IS NULL) AS alerts
     FROM chatops.jobs job JOIN public.trainees t ON t.id = job.trainee_id WHERE job.id = $1 AND t.id = $2`,
    [job, trainee],
  )
  if (!rows[0]) throw new Error('a registration is gone')
  return rows[0]
}

type InDttp = { contacts: { id: string; assignment: string; degrees: string[]; statuses: number }[] }

const STATUS = '275af972-9e1b-e711-80c7-0050568902d3'

/** What DTTP holds of a trainee; `half` if a contact lacks what belongs to it. */
function lookInDttp({ state }: DttpSimulator, trainee: string): InDttp | 'half' {
  const contacts = [...state.contacts.values()]
    .filter((contact) => contact['dfe_traineeid'] === `21/22-${trainee}`)
    .map((contact) => {
      const id = String(contact['contactid'])
      const of = (set: Map<string, Record<string, unknown>>) =>
        [...set.values()].filter((record) => record['_dfe_contactid_value'] === id)
      const assignments = of(state.dfe_placementassignments)
      return {
        id,
        assignments: assignments.map((one) => String(one['dfe_placementassignmentid'])),
        degrees: of(state.dfe_degreequalifications).map((one) => String(one['dfe_degreequalificationid'])),
        statuses: [contact, ...assignments].filter((one) => one['_dfe_traineestatusid_value'] === STATUS).length,
      }
    })
  if (contacts.some(({ assignments, degrees }) => assignments.length !== 1 || degrees.length !== 1)) return 'half'
  return { contacts: contacts.map(({ assignments, ...contact }) => ({ ...contact, assignment: assignments[0] ?? '' })) }
}

function describe(records: InDttp | 'half'): string {
  return records === 'half' ? 'half a registration' : `${records.contacts.length} registrations`
}
