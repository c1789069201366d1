// Every job, as a piece of work that may be stopped anywhere.
import type { EntityManager } from 'typeorm'
import type { JobData, JobName } from '../../../src/entities/chatops/job.ts'
import { enqueueJob, startPoll } from '../../../src/jobs/start/enqueue.ts'
import { SUBMITTER } from '../registrations-stage.ts'
import { FIRST_STATUS, type Stage } from './stage.ts'
import type { Kind } from './work.ts'

const LATER_STATUS = 'Trainee deferred'

/** What Register and DTTP hold of a trainee, and of every job of theirs. */
const TRAINEE = `
  SELECT to_jsonb(t) AS trainee,
    (SELECT count(*)::int FROM public.audits WHERE auditable_type = 'Trainee' AND auditable_id = t.id
       OR associated_type = 'Trainee' AND associated_id = t.id) AS audits,
    (SELECT jsonb_agg(jsonb_build_array(name, status, failure ->> 'code') ORDER BY created_at, name, args::text)
       FROM chatops.jobs WHERE trainee_id = t.id) AS jobs,
    (SELECT count(*)::int FROM chatops.alert_entries WHERE trainee_id = t.id AND job_id IS NOT NULL) AS alerts
  FROM public.trainees t WHERE id = $1`

async function lookAtTrainee({ admin, dttp }: Stage, id: string) {
  const { rows } = await admin.query(TRAINEE, [id])
  const { trainee, ...counts } = rows[0]
  const contacts = [...dttp.state.contacts.values()].filter(
    (one) => one['contactid'] === trainee.dttp_id || one['dfe_traineeid'] === `21/22-${id}`,
  )
  const assignments = [...dttp.state.dfe_placementassignments.values()].filter((one) =>
    contacts.some(({ contactid }) => contactid === one['_dfe_contactid_value']),
  )
  const inDttp = [...contacts, ...assignments].map(({ modifiedon: _, ...record }) => record)
  const names = contacts.map(
    (contact) => contact['firstname'] === undefined || contact['firstname'] === trainee.first_names,
  )
  const statuses = inDttp.map((record) => record['_dfe_traineestatusid_value'] ?? null)
  const shape = {
    ...counts,
    records: inDttp.length,
    state: trainee.state,
    hasTrn: trainee.trn !== null,
    names,
    statuses,
  }
  return { shape, all: { trainee, inDttp, counts } }
}

function ofTrainee(
  how: 'registered' | 'unregistered',
  add: (sql: EntityManager, trainee: string) => Promise<string | null>,
  newer?: (stage: Stage, trainee: string) => Promise<unknown>,
): Kind {
  return {
    prepare: (stage) => stage.takeTrainee(how),
    add: async (_, sql, trainee) => `job:${await add(sql, trainee)}`,
    newer: newer && (async (stage, trainee) => void (await newer(stage, trainee))),
    look: lookAtTrainee,
  }
}

const job =
  (name: JobName, args: JobData = {}) =>
  (sql: EntityManager, trainee: string) =>
    enqueueJob(sql, { name, trainee, args, dueAt: new Date() })

const changeStatus = (status: string) => job('change-trainee-status', { status, entity: 'contact' })

const alone = (name: JobName): Pick<Kind, 'prepare' | 'add' | 'atOnce'> => ({
  atOnce: 1,
  prepare: async () => name,
  add: async (_, sql) => `job:${await enqueueJob(sql, { name, trainee: null, dueAt: new Date() })}`,
})

const SCHOOLS = 'SELECT urn, name, status_code, dttp_id FROM public.dttp_schools ORDER BY dttp_id'

export const JOBS: Record<JobName, Kind> = {
  'retrieve-trn': ofTrainee('registered', (sql, trainee) => {
    const [timeout = ''] = new Date(Date.now() + 4 * 86_400_000).toISOString().split('Z')
    return startPoll(sql, { trainee, timeoutAt: timeout, dueAt: new Date(), changeRequest: null })
  }),
  'register-for-trn': { ...ofTrainee('unregistered', job('register-for-trn', { submitted_by: SUBMITTER })), atOnce: 4 },
  'change-trainee-status': ofTrainee('registered', changeStatus(FIRST_STATUS), ({ world }, trainee) =>
    world.database.transaction((sql) => changeStatus(LATER_STATUS)(sql, trainee)),
  ),
  'update-trainee': ofTrainee('registered', job('update-trainee'), async ({ admin, world }, trainee) => {
    await admin.query(`UPDATE public.trainees SET first_names = 'Newer' WHERE id = $1`, [trainee])
    await world.database.transaction((sql) => job('update-trainee')(sql, trainee))
  }),
  'sync-schools': {
    ...alone('sync-schools'),
    async newer({ dttp, world }) {
      const [school] = [...dttp.state.accounts.values()].filter((one) => String(one['dfe_urn']).startsWith('80000'))
      dttp.state.change('accounts', String(school?.['accountid']), { name: `Renamed ${crypto.randomUUID()}` })
      await world.database.transaction((sql) =>
        enqueueJob(sql, { name: 'sync-schools', trainee: null, dueAt: new Date() }),
      )
    },
    async look({ admin, dttp }) {
      const { rows } = await admin.query(SCHOOLS)
      const wrong = [...dttp.state.accounts.values()].filter(
        (one) => rows.filter((row) => row.dttp_id === one['accountid'] && row.name === one['name']).length !== 1,
      )
      return { shape: { schools: rows.length, wrong: wrong.length }, all: rows }
    },
  },
  'load-gias': {
    ...alone('load-gias'),
    // A load that sleeps keeps the others out, until its session ends.
    waits: true,
    async look({ admin }) {
      const { rows } = await admin.query(
        'SELECT count(*)::int AS schools, min(name), max(name) FROM chatops.gias_schools',
      )
      return { shape: rows[0], all: null }
    },
  },
}
