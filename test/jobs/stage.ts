// One trainee who can be registered, in a database of their own, and a strict DTTP that knows what they refer to.
import type pg from 'pg'
import { afterEach, beforeAll, beforeEach } from 'vitest'
import { type DttpSimulator, startDttpSimulator } from '../../sandbox/dttp/index.ts'
import { createDttpClient, type DttpClient } from '../../src/dttp/client/index.ts'
import { Job, type JobName } from '../../src/entities/chatops/job.ts'
import { RegistrationAttempt } from '../../src/entities/chatops/registration-attempt.ts'
import type { Json } from '../../src/entities/json.ts'
import { Degree } from '../../src/entities/register/degree.ts'
import { Trainee } from '../../src/entities/register/trainee.ts'
import { runJob } from '../../src/jobs/run/run-job.ts'
import { enqueueJob } from '../../src/jobs/start/enqueue.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import type { World } from '../../src/world.ts'
import { knowReferences, loadRegistration } from '../parity/load-registration.ts'
import { useWorld } from '../support/world.ts'

export const NOW = '2021-10-27T13:14:00Z'
export const TRAINEE = '5901'
/** As Dynamics makes ids: not a UUID by the letter. */
export const SUBMITTER = '00000000-07d9-e711-80e1-00000000000b'
const ACTIVE = 1
export const INACTIVE = 2

const at = { created_at: '2021-10-20T09:15:27.123456', updated_at: '2021-10-20T09:15:27.123456' }
const SALARIED = 4

/** Everything that a salaried School Direct trainee needs, which sends most; the names are not tidied yet. */
const RECORDED = {
  trainee: {
    ...{ id: 5901, slug: 'slug5901', provider_id: 1, trainee_id: '21/22-5901', training_route: SALARIED, state: 1 },
    ...{ first_names: ' Demo  Trainee', last_name: 'One', date_of_birth: '1990-01-01', gender: 1 },
    ...{ email: 'trainee.one@example.test', diversity_disclosure: 1, ebacc: false, progress: {} },
    ...{ course_subject_one: 'mathematics', course_min_age: 11, course_max_age: 16, study_mode: 1 },
    ...{ course_start_date: '2021-09-06', course_end_date: '2022-07-15', commencement_date: '2021-09-06' },
    ...{ lead_school_id: 10, employing_school_id: 9, submitted_for_trn_at: '2021-10-19T08:00:00.071530', ...at },
  },
  provider: { id: 1, name: 'Demo Provider', code: 'A1', dttp_id: '00000000-0000-4000-8000-00000000000a', ...at },
  schools: [
    { id: 10, urn: '900010', name: 'Demo Lead', lead_school: true, ...at },
    { id: 9, urn: '900009', name: 'Demo Employing', lead_school: false, ...at },
  ],
  dttp_schools: [
    { id: 1, urn: '900010', status_code: ACTIVE, dttp_id: '00000000-0000-4000-8000-000000000010', ...at },
    { id: 2, urn: '900009', status_code: ACTIVE, dttp_id: '00000000-0000-4000-8000-000000000009', ...at },
  ],
  nationalities: [{ id: 1, name: 'irish', ...at }],
  disabilities: [],
  degrees: [
    {
      ...{ id: 7001, slug: 'degree1', trainee_id: 5901, locale_code: 0, uk_degree: 'Bachelor of Science' },
      ...{ subject: 'Mathematics', grade: 'First-class honours', institution: 'University of Lancaster' },
      ...{ graduation_year: 2012, ...at },
    },
    {
      ...{ id: 7002, slug: 'degree2', trainee_id: 5901, locale_code: 1, non_uk_degree: 'non_enic' },
      ...{ subject: 'Mathematics', country: 'France', graduation_year: 2014, ...at },
    },
  ],
} satisfies Parameters<typeof loadRegistration>[1]

export type Stage = {
  context: World
  admin: pg.Client
  simulator: DttpSimulator
  /** Adds a job for the trainee, due at once. */
  add: (name: JobName, args?: object, trainee?: string) => Promise<string>
  run: (id: string, handlersOf?: World) => Promise<Date | null>
  job: (id: string) => Promise<Job>
  jobs: (name: JobName) => Promise<Job[]>
  trainee: () => Promise<Trainee>
  degrees: () => Promise<Degree[]>
  attempts: () => Promise<RegistrationAttempt[]>
  /** Audits of the trainee and of what is theirs, oldest first. */
  audits: () => Promise<Record<string, Json>[]>
  /** As Register itself would. */
  change: (statement: string, ...values: unknown[]) => Promise<void>
  /** What DTTP holds beside what was there at the start. */
  inDttp: () => { contacts: Row[]; assignments: Row[]; degrees: Row[] }
}

type Row = Record<string, string | number | boolean | null>

/** The stage for each test of a file, as good as new. */
export function useStage(overrides: Partial<World> = {}): Stage {
  const stage = {} as Stage
  const use = useWorld({}, () => ({ now: () => new Date(NOW), ...overrides }))
  let client: DttpClient

  beforeAll(() => {
    Object.assign(stage, actionsOn(stage), { admin: use.admin })
  })
  beforeEach(async () => {
    await loadRegistration(stage.admin, RECORDED)
    stage.simulator = await startDttpSimulator()
    knowReferences(stage.simulator, RECORDED, SUBMITTER)
    const { url: organisation, tokenUrl, clientId, clientSecret } = stage.simulator
    const timeouts = { read: 1_000, write: 1_000, token: 1_000 }
    client = createDttpClient({ organisation, tokenUrl, clientId, clientSecret, timeouts, sleep: async () => {} })
    stage.context = { ...use.world, upstreams: { ...use.world.upstreams, dttp: client } }
  })
  afterEach(async () => {
    client.close()
    await stage.simulator.stop()
  })
  return stage
}

function actionsOn(stage: Stage): Partial<Stage> {
  const sql = () => stage.context.database.manager
  return {
    async add(name, args = {}, trainee = TRAINEE) {
      const id = await enqueueJob(sql(), { name, trainee, args, dueAt: stage.context.now() })
      if (!id) throw new Error('the job was not added')
      return id
    },
    run: (id, context = stage.context) => runJob(context, jobRunner, id),
    job: (id) => sql().findOneByOrFail(Job, { id }),
    jobs: (name) => sql().find(Job, { where: { name }, order: { createdAt: 'ASC', id: 'ASC' } }),
    trainee: () => sql().findOneByOrFail(Trainee, { id: TRAINEE }),
    degrees: () => sql().find(Degree, { order: { id: 'ASC' } }),
    attempts: () => sql().find(RegistrationAttempt),
    async audits() {
      const { rows } = await stage.admin.query<{ row: Record<string, Json> }>(
        'SELECT to_jsonb(a) AS row FROM public.audits a ORDER BY id',
      )
      return rows.map(({ row }) => row)
    },
    async change(statement, ...values) {
      await stage.admin.query(statement, values)
    },
    inDttp() {
      const { contacts, dfe_placementassignments, dfe_degreequalifications } = stage.simulator.state
      return {
        contacts: [...contacts.values()].filter(({ contactid }) => contactid !== SUBMITTER),
        assignments: [...dfe_placementassignments.values()],
        degrees: [...dfe_degreequalifications.values()],
      }
    },
  }
}
