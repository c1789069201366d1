// Recorded trainees for the contract suite, to be registered again, or whose registration was never answered.
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { loadRegistration } from '../parity/load-registration.ts'
import type { ReRegisterCase } from '../parity/re-register.ts'
import type { Sample } from '../playbooks/samples.ts'
import type { StoryDttp } from '../support/dttp.ts'

const cases: ReRegisterCase[] = JSON.parse(
  readFileSync(new URL('../parity/cases/re-register.json', import.meta.url), 'utf8'),
)

const SENT = '2021-10-27T15:06:47Z'
const JOB = 'f0000000-0000-4000-8000-000000000001'

type Prepared = { columns?: object; inDttp?: (dttp: StoryDttp, recorded: ReRegisterCase) => void }

async function load(admin: pg.Client, recorded: ReRegisterCase, columns: object = {}): Promise<void> {
  const audits = recorded.submission_audit ? [recorded.submission_audit] : []
  await loadRegistration(admin, { ...recorded, trainee: { ...recorded.before, ...columns }, audits })
}

function at(index: number): ReRegisterCase {
  const recorded = cases[index]
  if (!recorded) throw new Error(`there is no recorded case ${index}`)
  return recorded
}

function again(name: string, index: number, { columns, inDttp }: Prepared = {}): Sample {
  const recorded = at(index)
  const { dttp_id: contact } = { ...recorded.before, ...columns }
  return {
    name,
    seed: (admin) => load(admin, recorded, columns),
    inDttp: (dttp) => inDttp?.(dttp, recorded),
    form: { subject: String(recorded.before['slug']), submitter: '', reason: 'Contract', ticket: '' },
    drifts: [
      { check: 'state', move: (admin) => admin.query('UPDATE trainees SET state = 5') },
      { check: 'state', move: (admin) => admin.query(`UPDATE trainees SET state = 2, trn = '3999999'`) },
      {
        check: 'submitted',
        move: (admin) =>
          admin.query(`UPDATE trainees SET submitted_for_trn_at = submitted_for_trn_at + interval '1 microsecond'`),
      },
      ...(contact
        ? [{ check: 'contact', move: (_: pg.Client, dttp: StoryDttp) => addContact(dttp, String(contact)) }]
        : []),
      { check: 'submitter', move: (admin) => admin.query('UPDATE users SET dttp_id = gen_random_uuid()') },
      { check: 'preflight', move: (admin) => admin.query('UPDATE trainees SET course_end_date = NULL') },
      { check: 'registration', move: (admin) => addRegistration(admin, { status: 'waiting' }) },
      { check: 'registration', move: (admin) => addUnanswered(admin) },
      { check: 'history', move: (admin) => addAudit(admin, { email: ['a@example.com', 'b@example.com'] }) },
      { check: 'tidy', move: (admin) => admin.query(`UPDATE trainees SET first_names = '  Zo  '`) },
    ],
  }
}

export const reRegistrations: Sample[] = [
  again('both records gone', 0),
  again('nothing to empty', 1, { columns: { dttp_id: null, placement_assignment_dttp_id: null } }),
  again('a training record left behind', 2, {
    inDttp: ({ simulator }, { before }) =>
      simulator.state.add('dfe_placementassignments', { id: String(before['placement_assignment_dttp_id']) }),
  }),
  ...cases.slice(3).map(({ name }, index) => again(name, index + 3)),
]

const CONTACT = 'c9999999-0000-4000-8000-000000000001'

function settle(name: string, index: number, decision: 'use' | 'again', inDttp: Sample['inDttp'] = () => {}): Sample {
  const recorded = at(index)
  return {
    name,
    async seed(admin) {
      const degrees = decision === 'use' ? [] : recorded.degrees // none is in DTTP
      await load(admin, { ...recorded, degrees }, { dttp_id: null, placement_assignment_dttp_id: null })
      await addUnanswered(admin)
    },
    inDttp,
    form: { subject: String(recorded.before['slug']), decision, contact: '', reason: 'Contract', ticket: '' },
    drifts: [
      {
        check: 'attempt',
        move: (admin) => admin.query(`UPDATE chatops.registration_attempts SET outcome = 'not-sent'`),
      },
      { check: 'attempt', move: (admin) => addRegistration(admin, { status: 'waiting' }) },
      { check: 'state', move: (admin) => admin.query('UPDATE trainees SET state = 5') },
      { check: 'state', move: (admin) => admin.query('UPDATE trainees SET dttp_id = gen_random_uuid()') },
      { check: 'records', move: (_, dttp) => addLost(dttp, recorded, 'c9999999-0000-4000-8000-000000000002') },
    ],
  }
}

export const settlements: Sample[] = [
  settle('the records are used', 0, 'use', (dttp) => addLost(dttp, at(0))),
  settle('registered again', 1, 'again'),
]

function addContact({ simulator }: StoryDttp, id: string): void {
  simulator.state.add('contacts', { id })
}

/** What a registration whose answer was lost has created. */
function addLost({ simulator: { state } }: StoryDttp, { before, provider }: ReRegisterCase, id = CONTACT): void {
  const createdon = '2021-10-27T15:06:49Z'
  state.add('contacts', {
    ...{ id, createdon, dfe_traineeid: String(before['trainee_id']) },
    _parentcustomerid_value: String(provider['dttp_id']),
  })
  state.add('dfe_placementassignments', { id: id.replace('c', 'a'), _dfe_contactid_value: id, createdon })
}

async function addRegistration(admin: pg.Client, { id = null as string | null, status = 'failed' }): Promise<void> {
  const failure = { code: 'outcome-unknown', words: 'We got no reply.', at: SENT }
  await admin.query(
    `INSERT INTO chatops.jobs (id, name, trainee_id, args, status, failure, finished_at)
     SELECT coalesce($1, gen_random_uuid()), 'register-for-trn', id, $2, $3::text,
       CASE WHEN $3 = 'failed' THEN $4::jsonb END, CASE WHEN $3 = 'failed' THEN now() END
     FROM trainees`,
    [id, { submitted_by: '77777777-7777-4777-8777-777777777777' }, status, failure],
  )
}

async function addUnanswered(admin: pg.Client): Promise<void> {
  await addRegistration(admin, { id: JOB })
  await admin.query(
    `INSERT INTO chatops.registration_attempts (job_id, trainee_id, sent_at, outcome)
     SELECT $1, id, $2, 'unknown' FROM trainees`,
    [JOB, SENT],
  )
}

async function addAudit(admin: pg.Client, changes: object): Promise<void> {
  await admin.query(
    `INSERT INTO audits (auditable_type, auditable_id, action, audited_changes, version, user_id, user_type, created_at)
     SELECT 'Trainee', id, 'update', $1, 99, 7, 'User', now() FROM trainees`,
    [changes],
  )
}
