import type { JobName } from '../entities/chatops/job.ts'
import type { Audit } from '../entities/register/audit.ts'
import type { Degree } from '../entities/register/degree.ts'
import type { Disability } from '../entities/register/disability.ts'
import type { DttpSchool } from '../entities/register/dttp-school.ts'
import type { Nationalisation } from '../entities/register/nationalisation.ts'
import type { Nationality } from '../entities/register/nationality.ts'
import type { Provider } from '../entities/register/provider.ts'
import type { School } from '../entities/register/school.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import type { TraineeDisability } from '../entities/register/trainee-disability.ts'
import type { User } from '../entities/register/user.ts'
import { AUDIT_COLUMNS } from '../register/saves/audits.ts'

// What each playbook and each job touches in Register's database. The grants, the look at the live schema and
// docs/compatibility.md are all checked against this table, and the code against it by test/compatibility.

type Tables = {
  audits: Audit
  degrees: Degree
  disabilities: Disability
  dttp_schools: DttpSchool
  nationalisations: Nationalisation
  nationalities: Nationality
  providers: Provider
  schools: School
  trainee_disabilities: TraineeDisability
  trainees: Trainee
  users: User
}

/** A table of Register's. Rows are read whole: with every column of the table's entity. */
export type RegisterTable = keyof Tables

type Columns = { readonly [Table in RegisterTable]?: readonly (keyof Tables[Table] & string)[] }

/**
 * @property jobs the jobs that it adds: what these touch, it touches
 * @property unique columns by which a row must be found only once
 */
export type Touched = {
  reads: readonly RegisterTable[]
  updates?: Columns
  inserts?: Columns
  unique?: Columns
  jobs?: readonly JobName[]
}

/** What a registration sends to DTTP is made of these. */
const SENT: readonly RegisterTable[] = [
  'trainees',
  'providers',
  'schools',
  'dttp_schools',
  'degrees',
  'nationalisations',
  'nationalities',
  'trainee_disabilities',
  'disabilities',
]

/** What Register puts right on every save of a trainee; see register/saves/rules.ts. */
const SAVED = ['first_names', 'last_name', 'lead_school_id', 'employing_school_id', 'updated_at'] as const

const ROUTE = [
  ...['training_route', 'course_uuid', 'course_education_phase', 'study_mode', 'training_initiative'],
  ...['course_subject_one', 'course_subject_two', 'course_subject_three', 'course_min_age', 'course_max_age'],
  ...['course_start_date', 'course_end_date', 'applying_for_bursary', 'applying_for_scholarship'],
  ...['applying_for_grant', 'bursary_tier', 'progress'],
] as const satisfies (keyof Trainee)[]

const IDS = ['dttp_id', 'placement_assignment_dttp_id'] as const
const DEGREE_ID = ['dttp_id', 'updated_at'] as const
const SCHOOL = ['name', 'urn', 'status_code', 'updated_at'] as const
const NEW_SCHOOL = ['dttp_id', 'created_at', ...SCHOOL] as const

export const JOBS_TOUCH: Readonly<Record<JobName, Touched>> = {
  'retrieve-trn': {
    reads: ['trainees', 'audits'],
    updates: { trainees: ['trn', 'state', ...SAVED] },
    inserts: { audits: AUDIT_COLUMNS },
  },
  'register-for-trn': {
    reads: [...SENT, 'audits'],
    updates: { trainees: [...IDS, ...SAVED], degrees: DEGREE_ID },
    inserts: { audits: AUDIT_COLUMNS },
    jobs: ['change-trainee-status'],
  },
  'change-trainee-status': { reads: ['trainees'] },
  'update-trainee': {
    reads: [...SENT, 'audits'],
    updates: { trainees: ['dttp_update_sha', ...SAVED] },
    inserts: { audits: AUDIT_COLUMNS },
  },
  'sync-schools': {
    reads: ['dttp_schools'],
    updates: { dttp_schools: SCHOOL },
    inserts: { dttp_schools: NEW_SCHOOL },
    unique: { dttp_schools: ['dttp_id'] },
  },
  'load-gias': { reads: [] },
}

export const PLAYBOOKS_TOUCH: Readonly<Record<string, Touched>> = {
  'fix-route': {
    reads: ['trainees', 'providers', 'schools', 'dttp_schools', 'degrees', 'audits'],
    updates: { trainees: [...ROUTE, ...SAVED] },
    inserts: { audits: AUDIT_COLUMNS },
  },
  'requeue-trn': { reads: ['trainees'], jobs: ['retrieve-trn'] },
  'repair-school': {
    reads: [...SENT, 'audits', 'users'],
    updates: { dttp_schools: SCHOOL },
    inserts: { dttp_schools: NEW_SCHOOL },
    jobs: ['register-for-trn', 'update-trainee', 'retrieve-trn', 'sync-schools'],
  },
  're-register': {
    reads: [...SENT, 'audits', 'users'],
    updates: { trainees: IDS },
    jobs: ['register-for-trn', 'retrieve-trn'],
  },
  'settle-registration': {
    reads: [...SENT, 'audits'],
    updates: { trainees: [...IDS, ...SAVED], degrees: DEGREE_ID },
    inserts: { audits: AUDIT_COLUMNS },
    jobs: ['register-for-trn', 'change-trainee-status', 'retrieve-trn'],
  },
  undo: {
    reads: ['trainees', 'degrees', 'dttp_schools', 'audits'],
    updates: { trainees: [...ROUTE, ...IDS, ...SAVED], degrees: DEGREE_ID, dttp_schools: SCHOOL },
    inserts: { audits: AUDIT_COLUMNS },
  },
}

/** Whether our own workers run a job: what Register's Sidekiq runs, the bot does not touch. */
export type RunsHere = (job: JobName) => boolean

/** What something touches by itself and through the jobs that it adds and that run here. */
export function touchesOf(touched: Touched, runsHere: RunsHere): Touched[] {
  const jobs = (touched.jobs ?? []).filter(runsHere)
  return [touched, ...jobs.flatMap((job) => touchesOf(JOBS_TOUCH[job], runsHere))]
}
