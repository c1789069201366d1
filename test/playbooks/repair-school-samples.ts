// Seeded schools in trouble for the contract suite, with those who wait for them.
import type pg from 'pg'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import type { StoryDttp } from '../support/dttp.ts'
import { addFailedJob } from '../support/failed-job.ts'
import { loadGias } from '../support/gias.ts'
import { resetToDemo } from '../support/reset.ts'
import type { Sample } from './samples.ts'

const NEW_ACCOUNT = '5a000000-0000-4000-8000-000000000705'
const FORM = { subject: '', row: '', missing: '', dttp_id: '', reason: 'Contract', ticket: '' }

/** All demo rows and GIAS as of today, and a failed job for the school. */
function seed(trainee: number, urn: string, more: (admin: pg.Client) => Promise<unknown> = async () => {}) {
  return async (admin: pg.Client): Promise<void> => {
    await resetToDemo(admin)
    await loadGias(admin)
    const name = trainee === 5903 ? 'update-trainee' : 'register-for-trn'
    await addFailedJob(admin, { name, trainee, urns: [urn] })
    await more(admin)
  }
}

const addAccount = ({ simulator: { state } }: StoryDttp) =>
  void state.add('accounts', { id: NEW_ACCOUNT, name: 'Demo School', dfe_urn: '900005', statuscode: 1 })

const goneFromDttp =
  (school: number) =>
  (_: pg.Client, { simulator }: StoryDttp) =>
    simulator.state.delete('accounts', dttpId('school', school))

const ofWaiting = [
  { check: 'waiting', move: (admin: pg.Client) => admin.query('UPDATE chatops.jobs SET run = run + 1') },
  { check: 'waiting', move: (admin: pg.Client) => admin.query('DELETE FROM chatops.jobs') },
  { check: 'waiting', move: (admin: pg.Client) => admin.query('UPDATE public.trainees SET state = 5') },
  { check: 'waiting', move: (admin: pg.Client) => admin.query('UPDATE public.trainees SET course_end_date = NULL') },
]

const unanswered = {
  check: 'waiting',
  move: (admin: pg.Client) =>
    admin.query(
      `INSERT INTO chatops.registration_attempts (job_id, trainee_id, outcome)
       SELECT id, trainee_id, 'unknown' FROM chatops.jobs`,
    ),
}

const closed = { check: 'gias', move: (admin: pg.Client) => admin.query('UPDATE chatops.gias_schools SET status = 2') }
const tooOld = {
  check: 'gias',
  move: (admin: pg.Client) => admin.query(`UPDATE chatops.gias_loads SET source_date = '2021-10-27'`),
}

export const repairs: readonly Sample[] = [
  {
    name: 'inactive, with a registration that waits',
    seed: seed(5914, '900004'),
    form: { ...FORM, subject: 'URN 900004' },
    drifts: [
      ...ofWaiting,
      unanswered,
      closed,
      tooOld,
      { check: 'school', move: goneFromDttp(804) },
      {
        check: 'school',
        move: (admin) => admin.query(`INSERT INTO public.dttp_schools (urn, status_code) VALUES ('900004', 1)`),
      },
    ],
  },
  {
    name: 'inactive, given a trainee who waits for an update',
    seed: seed(5903, '900002'),
    form: { ...FORM, subject: 'gfoGqk5BDV999oyF2HvHko7X' },
    drifts: [
      ...ofWaiting,
      closed,
      {
        check: 'sent',
        move: (admin) => admin.query('UPDATE public.trainees SET lead_school_id = 701 WHERE id = 5903'),
      },
    ],
  },
  {
    name: 'inserted',
    seed: seed(5917, '900005'),
    inDttp: addAccount,
    form: { ...FORM, subject: 'URN 900005', missing: 'insert', dttp_id: NEW_ACCOUNT },
    drifts: [
      ...ofWaiting,
      unanswered,
      closed,
      {
        check: 'school',
        move: (admin) =>
          admin.query(`INSERT INTO public.dttp_schools (urn, dttp_id, status_code) VALUES ('900005', $1, 1)`, [
            NEW_ACCOUNT,
          ]),
      },
      { check: 'school', move: (_, { simulator }) => simulator.state.delete('accounts', NEW_ACCOUNT) },
    ],
  },
  {
    name: 'a row with the DTTP id, but another URN',
    seed: seed(5917, '900005', (admin) =>
      admin.query(
        `INSERT INTO public.dttp_schools (id, urn, dttp_id, status_code, name) VALUES (850, '900098', $1, 2, 'Old')`,
        [NEW_ACCOUNT],
      ),
    ),
    inDttp: addAccount,
    form: { ...FORM, subject: 'URN 900005', missing: 'insert', dttp_id: NEW_ACCOUNT },
    drifts: [...ofWaiting, closed],
  },
  {
    name: 'active by now: only the failed job is retried',
    seed: seed(5914, '900004', (admin) => admin.query('UPDATE public.dttp_schools SET status_code = 1 WHERE id = 804')),
    form: { ...FORM, subject: 'URN 900004' },
    drifts: [
      ...ofWaiting,
      unanswered,
      {
        check: 'school',
        move: (admin) => admin.query('UPDATE public.dttp_schools SET status_code = 2 WHERE id = 804'),
      },
    ],
  },
  {
    name: 'inactive, with a registration of which no job is on record',
    seed: seed(5914, '900004', (admin) => admin.query('DELETE FROM chatops.jobs')),
    form: { ...FORM, subject: 'URN 900004' },
    drifts: [closed, { check: 'school', move: goneFromDttp(804) }],
  },
]

/** It writes no row that could be deleted, which the contract suite does. */
export const broughtBySync: Sample = {
  name: 'brought by the school sync',
  seed: seed(5917, '900005'),
  inDttp: addAccount,
  form: { ...FORM, subject: 'URN 900005', missing: 'sync' },
}
