// The decision table of /trainee repair-school: docs/repair-school.md is made of it, and each line is tried in Slack.
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { addFailedJob } from '../support/failed-job.ts'
import { forgetGias, loadGias } from '../support/gias.ts'
import type { World } from './repair-school-setup.ts'

export type Branch = {
  /** In the list of DTTP schools; on GIAS; in DTTP, where it matters. */
  list: string
  gias: string
  given: string
  ends: 'plan' | 'advice' | 'nothing to do' | 'the form asks' | 'refused at the field' | 'waits'
  /** In words, for the table. */
  means: string
  prepare?: (world: World) => Promise<unknown>
  form: Record<string, string> | ((world: World) => Promise<Record<string, string>>)
  /** What is shown, in the form's place or at the field. */
  says: readonly (string | RegExp)[]
  field?: string
  /** What the database holds once a plan was carried out. */
  becomes?: { urn: string; statuses: (number | null)[] }
}

const NEW_ACCOUNT = '5a000000-0000-4000-8000-000000000705'

/** DTTP has 900005 by now, and Register's list lacks it. */
export const addToDttp = ({ dttp }: World, columns: object = {}) =>
  dttp.simulator.state.add('accounts', {
    id: NEW_ACCOUNT,
    name: 'Demo School Missing From Dttp',
    dfe_urn: '900005',
    statuscode: 1,
    ...columns,
  })

const setAccount = ({ dttp }: World, school: number, columns: object) =>
  dttp.simulator.state.add('accounts', { id: dttpId('school', school), ...columns })

const schoolOf =
  (columns: string) =>
  async ({ admin }: World) => {
    await admin.query(`UPDATE public.trainees SET ${columns} WHERE id = 5916`)
  }

const failed = (trainee: number, urn: string, name: 'register-for-trn' | 'update-trainee' = 'register-for-trn') => {
  return ({ admin }: World) => addFailedJob(admin, { trainee, urns: [urn], name })
}

const OPEN = 'open (1)'
const ANY = 'not asked'
const URN = 'URN'

export const branches: readonly Branch[] = [
  {
    list: 'active (1)',
    gias: ANY,
    given: URN,
    ends: 'nothing to do',
    means: 'Nothing is wrong with the school. What a failed job says is shown.',
    form: { subject: '900001' },
    says: ['There is nothing to do', 'as active. Nothing is wrong with the school.'],
  },
  {
    list: 'new (300000007)',
    gias: ANY,
    given: 'trainee',
    ends: 'nothing to do',
    means: 'The same: new counts as active. The trainee’s last failed job is quoted.',
    async prepare({ admin }) {
      await admin.query('UPDATE public.trainees SET lead_school_id = 703 WHERE id = 5916')
      await addFailedJob(admin, { trainee: 5916, code: 'incomplete', words: 'The date of birth is not set.' })
    },
    form: { subject: '5916' },
    says: ['as new', 'Nothing is wrong with the school', 'The date of birth is not set.'],
  },
  {
    list: 'active, and a job failed before it was',
    gias: ANY,
    given: URN,
    ends: 'plan',
    means: 'Nothing is wrong with the school any more. Plan: retry the failed jobs.',
    async prepare({ admin }) {
      await admin.query('UPDATE public.dttp_schools SET status_code = 1 WHERE id = 804')
      await addFailedJob(admin, { trainee: 5914, urns: ['900004'] })
    },
    form: { subject: '900004' },
    says: ['Nothing is wrong with the school', 'Retried: trainee 5914 (registration).'],
    becomes: { urn: '900004', statuses: [1] },
  },
  {
    list: 'active, but the trainee’s job failed for the school they had before',
    gias: ANY,
    given: 'trainee',
    ends: 'plan',
    means: 'The provider has chosen another school meanwhile. Plan: retry the failed job.',
    async prepare({ admin }) {
      await addFailedJob(admin, { trainee: 5914, urns: ['900004'] })
      await admin.query('UPDATE public.trainees SET employing_school_id = 703 WHERE id = 5914')
    },
    form: { subject: '5914' },
    says: ['The employing school is URN 900003.', 'Retried: trainee 5914 (registration).'],
    becomes: { urn: '900003', statuses: [300000007] },
  },
  {
    list: 'two active rows',
    gias: ANY,
    given: URN,
    ends: 'nothing to do',
    means: 'Nothing is wrong, but a warning: Register takes either row.',
    form: { subject: '900007' },
    says: ['in the list more than once: as active (row 808) and active (row 809)', 'Register may use either row'],
  },
  {
    list: 'inactive (2)',
    gias: OPEN,
    given: URN,
    ends: 'plan',
    means:
      'Plan: the status becomes active (1), the failed jobs are retried, a Trello card asks support to update DTTP. The preview says that the next sync sets the row back unless somebody does.',
    prepare: failed(5903, '900002', 'update-trainee'),
    form: { subject: '900002' },
    says: [
      'it is inactive, and would become active.',
      'GIAS has URN 900002 as Open (GIAS’s extract of',
      'DTTP still says inactive. If nobody updates DTTP, the next nightly school sync sets the school back to that.',
      'Retried: trainee 5903 (update).',
      'Add a Trello card: Update a school in DTTP: URN 900002',
    ],
    becomes: { urn: '900002', statuses: [1] },
  },
  {
    list: 'proposed to open (300000008)',
    gias: OPEN,
    given: 'trainee',
    ends: 'plan',
    means: 'The same, for every school that the trainee’s route sends.',
    prepare: failed(5914, '900004'),
    form: { subject: '5914' },
    says: [
      'The lead school is URN 900001. The employing school is URN 900004.',
      'it is proposed to open, and would become active.',
      'Retried: trainee 5914 (registration).',
    ],
    becomes: { urn: '900004', statuses: [1] },
  },
  {
    list: 'the lead school inactive, the employing school not there',
    gias: OPEN,
    given: 'trainee',
    ends: 'advice',
    means: 'The form can say what to do about one school: they are repaired one at a time, beginning with the first.',
    prepare: ({ admin }) =>
      admin.query('UPDATE public.trainees SET lead_school_id = 702, employing_school_id = 705 WHERE id = 5914'),
    form: { subject: '5914', missing: 'wait' },
    says: ['Two schools are wrong: repair them one at a time. Start with /trainee repair-school 900002.'],
  },
  {
    list: 'inactive',
    gias: OPEN,
    given: 'failed job',
    ends: 'plan',
    means: 'The same, for the trainee of the job.',
    async form({ admin }) {
      return { subject: await addFailedJob(admin, { trainee: 5914, urns: ['900004'] }) }
    },
    says: ['Trainee 5914.', 'it is proposed to open', 'Retried: trainee 5914 (registration).'],
    becomes: { urn: '900004', statuses: [1] },
  },
  {
    list: 'inactive',
    gias: 'open, but proposed to close (3)',
    given: URN,
    ends: 'plan',
    means: 'The same, with a warning that names the close date.',
    prepare: ({ admin }) => loadGias(admin, { '900002': { status: 3, closeDate: '2031-08-31' } }),
    form: { subject: '900002' },
    says: ['Open, but proposed to close, close date 31 August 2031', 'would become active'],
    becomes: { urn: '900002', statuses: [1] },
  },
  {
    list: 'inactive; DTTP says active by now',
    gias: OPEN,
    given: URN,
    ends: 'plan',
    means: 'The same without a Trello card: DTTP is right already.',
    prepare: async (world) => setAccount(world, 802, { dfe_urn: '900002', statuscode: 1 }),
    form: { subject: '900002' },
    says: ['DTTP says active by now, so the next school sync leaves the school active.', /^(?![\s\S]*Trello)/],
    becomes: { urn: '900002', statuses: [1] },
  },
  {
    list: 'several rows, none active',
    gias: OPEN,
    given: URN,
    ends: 'the form asks',
    means: 'The form asks which row, and shows how they differ.',
    form: { subject: '900006' },
    says: [
      'URN 900006 has 2 rows in the list.',
      'row 806 is inactive',
      'row 807 is proposed to open',
      dttpId('school', 807),
    ],
  },
  {
    list: 'several rows, none active',
    gias: OPEN,
    given: 'URN and row',
    ends: 'plan',
    means: 'Plan: that row becomes active; the others stay as they are.',
    form: { subject: '900006', row: '807' },
    says: ['it is proposed to open, and would become active.'],
    becomes: { urn: '900006', statuses: [2, 1] },
  },
  {
    list: 'inactive',
    gias: OPEN,
    given: 'a row of another school',
    ends: 'the form asks',
    means: 'The form says which rows the school has.',
    form: { subject: '900006', row: '802' },
    says: ['Row 802 is not one of URN 900006'],
  },
  {
    list: 'inactive',
    gias: OPEN,
    given: 'URN and a DTTP id',
    ends: 'the form asks',
    means: 'The school is in the list already: the id is to be left out.',
    form: { subject: '900002', missing: 'insert', dttp_id: dttpId('school', 801) },
    says: ['URN 900002 is in the list already', 'Leave the DTTP id empty'],
  },
  {
    list: 'inactive; DTTP no longer has the account',
    gias: OPEN,
    given: URN,
    ends: 'advice',
    means: 'Making it active would not help. Ask support to add the school to DTTP.',
    prepare: async ({ dttp }) => dttp.simulator.state.delete('accounts', dttpId('school', 802)),
    form: { subject: '900002' },
    says: ['which DTTP no longer has, so making it active would not help', 'Ask support to add the school to DTTP'],
  },
  {
    list: 'inactive; DTTP has the account under another URN',
    gias: OPEN,
    given: URN,
    ends: 'advice',
    means: 'The same school no longer: ask support which account is the school’s.',
    prepare: async (world) => setAccount(world, 802, { dfe_urn: '900010', statuscode: 1 }),
    form: { subject: '900002' },
    says: ['DTTP has the account of row 802 under URN 900010 by now', 'Ask support which account'],
  },
  {
    list: 'inactive, without a DTTP id',
    gias: OPEN,
    given: URN,
    ends: 'advice',
    means: 'Nothing could be sent. Ask support to add the school to DTTP.',
    prepare: ({ admin }) => admin.query('UPDATE public.dttp_schools SET dttp_id = NULL WHERE id = 802'),
    form: { subject: '900002' },
    says: ['Row 802 (URN 900002) has no DTTP id, so making it active would not help'],
  },
  {
    list: 'closed (300000002)',
    gias: 'closed (2)',
    given: URN,
    ends: 'advice',
    means: 'It cannot be made active. Status and date are named: ask the provider for the right school.',
    form: { subject: '900011' },
    says: [
      'GIAS has URN 900011 as Closed, close date 31 July 2021',
      'Ask the provider which school the trainee is at now',
      'it is closed',
    ],
  },
  {
    list: 'inactive',
    gias: 'proposed to open (4)',
    given: URN,
    ends: 'advice',
    means: 'The same, with the day it opens: ask again then.',
    prepare: ({ admin }) => loadGias(admin, { '900004': { status: 4, openDate: '2031-09-01' } }),
    form: { subject: '900004' },
    says: ['Proposed to open, open date 1 September 2031', 'ask again once GIAS has it open'],
  },
  {
    list: 'inactive',
    gias: 'not there',
    given: URN,
    ends: 'advice',
    means: 'Ask the provider which school it should be.',
    prepare: ({ admin }) => loadGias(admin, { '900002': null }),
    form: { subject: '900002' },
    says: ['GIAS has no school with URN 900002', 'Ask the provider which school it should be'],
  },
  {
    list: 'inactive',
    gias: 'too old',
    given: URN,
    ends: 'advice',
    means: 'Could not be checked, which blocks. The age is named.',
    async prepare({ admin }) {
      await forgetGias(admin)
      await loadGias(admin, {}, '2021-10-27')
    },
    form: { subject: '900002' },
    says: ['GIAS’s extract of 27 October 2021 is too old to say whether URN 900002 is open', '❔'],
  },
  {
    list: 'inactive',
    gias: 'never loaded',
    given: URN,
    ends: 'advice',
    means: 'The same.',
    prepare: ({ admin }) => forgetGias(admin),
    form: { subject: '900002' },
    says: ['We have nothing from GIAS yet'],
  },
  {
    list: 'not there',
    gias: OPEN,
    given: URN,
    ends: 'the form asks',
    means: 'The form asks: insert it, run the sync, or ask support and wait.',
    form: { subject: '900005' },
    says: ['URN 900005 is open on GIAS, but not in the list of DTTP schools.'],
  },
  {
    list: 'not there',
    gias: OPEN,
    given: 'the DTTP id',
    ends: 'plan',
    means: 'Plan: insert the row as DTTP has it, retry the jobs.',
    async prepare(world) {
      addToDttp(world)
      await addFailedJob(world.admin, { trainee: 5917, urns: ['900005'] })
    },
    form: { subject: '900005', missing: 'insert', dttp_id: NEW_ACCOUNT },
    says: [
      `It would be inserted as DTTP has it: “Demo School Missing From Dttp”, active, DTTP id ${NEW_ACCOUNT}`,
      'URN 900005 is in the list as DTTP has it',
      'Retried: trainee 5917 (registration).',
    ],
    becomes: { urn: '900005', statuses: [1] },
  },
  {
    list: 'not there',
    gias: OPEN,
    given: 'an id that is no id',
    ends: 'refused at the field',
    means: 'Refused with the form’s first answer.',
    form: { subject: '900005', missing: 'insert', dttp_id: 'the one from the ticket' },
    field: 'dttp_id',
    says: ['Enter an id such as'],
  },
  {
    list: 'not there',
    gias: OPEN,
    given: '“insert”, but no id',
    ends: 'the form asks',
    means: 'The form comes back and asks for it.',
    form: { subject: '900005', missing: 'insert' },
    says: ['Enter the school’s id in DTTP. If you do not have it, choose to ask support.'],
  },
  {
    list: 'not there',
    gias: OPEN,
    given: 'an id that DTTP does not have',
    ends: 'the form asks',
    means: 'The form comes back and says so of that field.',
    form: { subject: '900005', missing: 'insert', dttp_id: NEW_ACCOUNT },
    says: [`DTTP has no account with the id ${NEW_ACCOUNT}`],
  },
  {
    list: 'not there',
    gias: OPEN,
    given: 'the id of another URN',
    ends: 'the form asks',
    means: 'The same, naming the other URN.',
    form: { subject: '900005', missing: 'insert', dttp_id: dttpId('school', 801) },
    says: ['under URN 900001, not under 900005'],
  },
  {
    list: 'not there',
    gias: OPEN,
    given: 'the id of an account that is not active',
    ends: 'the form asks',
    means: 'The same: inserting it will not help.',
    prepare: async (world) => addToDttp(world, { statuscode: 2 }),
    form: { subject: '900005', missing: 'insert', dttp_id: NEW_ACCOUNT },
    says: ['is inactive in DTTP, so inserting it will not help. Ask support to make it active in DTTP first.'],
  },
  {
    list: 'not there; another row has the DTTP id',
    gias: OPEN,
    given: 'the DTTP id',
    ends: 'plan',
    means: 'Plan: that row becomes as DTTP has it.',
    async prepare(world) {
      addToDttp(world)
      await world.admin.query(
        `INSERT INTO public.dttp_schools (id, urn, dttp_id, status_code) VALUES (850, NULL, $1, 2)`,
        [NEW_ACCOUNT.toUpperCase()],
      )
    },
    form: { subject: '900005', missing: 'insert', dttp_id: NEW_ACCOUNT },
    says: ['a school without a URN there has its DTTP id. That would become as DTTP has it'],
    becomes: { urn: '900005', statuses: [1] },
  },
  {
    list: 'not there',
    gias: OPEN,
    given: '“run the sync”',
    ends: 'plan',
    means: 'Plan: run the school sync now. What waits is retried by the next request.',
    prepare: async (world) => addToDttp(world),
    form: { subject: '900005', missing: 'sync' },
    says: ['The school sync brings it, if DTTP has it.', 'Fetch the schools from DTTP at once'],
    becomes: { urn: '900005', statuses: [1] },
  },
  {
    list: 'not there',
    gias: OPEN,
    given: '“run the sync” while one runs',
    ends: 'the form asks',
    means: 'Wait for that one.',
    prepare: ({ admin }) =>
      admin.query(`INSERT INTO chatops.jobs (name, due_at) VALUES ('sync-schools', now() + interval '1 hour')`),
    form: { subject: '900005', missing: 'sync' },
    says: ['The schools are being synchronised already'],
  },
  {
    list: 'not there',
    gias: OPEN,
    given: '“ask support”',
    ends: 'waits',
    means:
      'A Trello card asks support to add it to DTTP. The request waits, not sent; the requester is told when the school is in the list.',
    form: { subject: '900005', missing: 'wait' },
    says: [
      'Your request is not sent, and nothing changes in Register.',
      'Add a school to DTTP: URN 900005',
      'Please add this school to DTTP.',
    ],
  },
  {
    list: 'not there',
    gias: 'closed (2)',
    given: URN,
    ends: 'advice',
    means: 'As for a closed school that is in the list.',
    prepare: ({ admin }) => loadGias(admin, { '900005': { status: 2, closeDate: '2021-08-31' } }),
    form: { subject: '900005' },
    says: ['Closed, close date 31 August 2021', 'URN 900005 is not in the list of DTTP schools.'],
  },
  {
    list: 'not there',
    gias: 'not there',
    given: URN,
    ends: 'advice',
    means: 'Ask the provider which school it should be.',
    form: { subject: '900099' },
    says: ['GIAS has no school with URN 900099'],
  },
  {
    list: '–',
    gias: '–',
    given: 'a URN that is none',
    ends: 'refused at the field',
    means: 'Refused with the form’s first answer.',
    form: { subject: 'URN 12345678' },
    field: 'subject',
    says: ['A URN has 5 or 6 digits. Check it on GIAS.'],
  },
  {
    list: '–',
    gias: '–',
    given: 'a trainee whose school has a URN that is none',
    ends: 'advice',
    means: 'Register has the school wrong: ask a developer.',
    prepare: ({ admin }) => admin.query(`UPDATE public.schools SET urn = '90-0006' WHERE id = 706`),
    form: { subject: '5916' },
    says: ['Register has a school with the URN “90-0006”', 'Ask a developer to correct the school in Register'],
  },
  {
    list: '–',
    gias: '–',
    given: 'a trainee without the school that the route sends',
    ends: 'advice',
    means: 'The provider must add it.',
    prepare: schoolOf('lead_school_id = NULL'),
    form: { subject: '5916' },
    says: ['The route sends the lead school, and none is set. The provider must add it in Register.'],
  },
  {
    list: '–',
    gias: '–',
    given: 'a trainee whose school is marked not applicable',
    ends: 'advice',
    means: 'DTTP is sent no school of its own, so there is none to repair.',
    prepare: schoolOf('lead_school_not_applicable = true'),
    form: { subject: '5916' },
    says: ['The lead school is marked not applicable', 'There is none to repair.'],
  },
  {
    list: '–',
    gias: '–',
    given: 'a trainee whose route sends no school',
    ends: 'advice',
    means: 'No school can be what is wrong.',
    form: { subject: '5901' },
    says: ['The route Provider-led (postgrad) sends no school to DTTP, so no school can be what is wrong.'],
  },
  {
    list: '–',
    gias: '–',
    given: 'nothing',
    ends: 'refused at the field',
    means: 'A trainee, a URN or a failed job is needed.',
    form: {},
    field: 'subject',
    says: ['Please complete this required field.'],
  },
  {
    list: '–',
    gias: '–',
    given: 'a trainee and a URN',
    ends: 'refused at the field',
    means: 'Only one of them.',
    form: { subject: '5916 900006' },
    field: 'subject',
    says: ['the last part of that link, or their number. Do not use a name.'],
  },
  {
    list: '–',
    gias: '–',
    given: 'a job that is no longer there',
    ends: 'refused at the field',
    means: 'The trainee or the URN is to be given instead.',
    form: { subject: '00000000-0000-4000-8000-000000000000' },
    field: 'subject',
    says: ['There is no such job any more.'],
  },
]
