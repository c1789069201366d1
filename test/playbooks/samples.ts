// What the contract suite runs each playbook on. A playbook without samples fails the suite.
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { providers } from '../../sandbox/register/seed/organisations.ts'
import { trainees } from '../../sandbox/register/seed/trainees.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import type { World } from '../../src/world.ts'
import { loadCase, type RouteChangeCase } from '../parity/route-change.ts'
import { reRegistrations, settlements } from '../registration/samples.ts'
import type { StoryDttp } from '../support/dttp.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'
import { repairs } from './repair-school-samples.ts'

export type Sample = {
  name: string
  /** Puts the rows in place, into empty tables. */
  seed: (admin: pg.Client) => Promise<void>
  /** What is asked for; worked out first where it depends on something that was done before. */
  form: Record<string, string> | ((context: World) => Promise<Record<string, string>>)
  /** Changes what DTTP holds, from what it holds for the seeded trainees. */
  inDttp?: (dttp: StoryDttp) => void
  /** What an approval rests on besides the columns that the plan changes. A playbook that changes none needs some. */
  drifts?: readonly Drift[]
}

/** Something that may move between the preview and the execution, and the check that notices. */
type Drift = { check: string; move: (admin: pg.Client, dttp: StoryDttp) => unknown }

const cases: RouteChangeCase[] = JSON.parse(
  readFileSync(new URL('../parity/cases/route-change.json', import.meta.url), 'utf8'),
)

/** The recorded cases in which Register wrote something. */
const routeChanges: Sample[] = cases
  .filter(({ changed }) => Object.keys(changed ?? {}).length > 0)
  .map((recorded) => ({
    name: recorded.name,
    seed: (admin) => loadCase(admin, recorded),
    form: { subject: recorded.before.slug, route: recorded.target_route, reason: 'Contract', ticket: '' },
  }))

/** Taking back what a route change did. */
const undos: Sample[] = routeChanges.map(({ name, seed, form }) => ({
  name,
  seed,
  async form(context) {
    const sent = await sendRequest(context, 'fix-route', form as Record<string, string>)
    await approveRequest(context, sent)
    await execute(context, sent.id)
    await verify(context, sent.id)
    return { subject: `CR-${sent.id}`, reason: 'Contract', ticket: '' }
  },
}))

const PENDING = 5902
const DEFERRED = 5905
const WITHDRAWN = 5906

function requeue(
  name: string,
  id: number,
  duration: string,
  more: Partial<Sample> & { columns?: object; polled?: boolean } = {},
): Sample {
  const { columns = {}, polled = false, ...given } = more
  const before = trainees.find((trainee) => trainee.id === id)
  if (!before) throw new Error(`trainee ${id} is not seeded`)
  const provider = { ...providers.find((one) => one.id === before.provider_id) }
  return {
    name,
    async seed(admin) {
      await loadCase(admin, { provider, schools: [], before: { ...before, ...columns }, existing_audits: 1 })
      if (polled) await startPoll(admin, id)
    },
    form: { subject: before.slug, duration, replace: polled ? 'replace' : '', reason: 'Contract', ticket: '' },
    drifts: [
      { check: 'state', move: (admin) => set(admin, 'state = CASE state WHEN 5 THEN 4 ELSE 5 END') },
      {
        check: 'submitted',
        move: (admin) => set(admin, `submitted_for_trn_at = submitted_for_trn_at + '1 microsecond'`),
      },
      { check: 'trn', move: (admin) => set(admin, `trn = '3999999'`) },
      { check: 'dttp', move: (admin) => set(admin, 'dttp_id = gen_random_uuid()') },
      { check: 'dttp', move: (admin) => set(admin, 'dttp_id = NULL') },
      { check: 'dttp', move: (_admin, dttp) => dttp.deleteContact(id) },
      { check: 'poll', move: (admin) => (polled ? endPoll(admin) : startPoll(admin, id)) },
    ],
    ...given,
  }
}

const set = (admin: pg.Client, assignment: string) => admin.query(`UPDATE public.trainees SET ${assignment}`)

async function startPoll(admin: pg.Client, trainee: number): Promise<void> {
  await admin.query(
    `WITH job AS (INSERT INTO chatops.jobs (name, trainee_id) VALUES ('retrieve-trn', $1) RETURNING id)
     INSERT INTO chatops.polls (trainee_id, job_id, timeout_at) SELECT $1, id, '2021-11-01' FROM job`,
    [trainee],
  )
}

const endPoll = (admin: pg.Client) => admin.query(`UPDATE chatops.jobs SET status = 'done', finished_at = now()`)

const requeues: Sample[] = [
  requeue('Pending TRN', PENDING, '1 day'),
  requeue('deferred', DEFERRED, '3 days'),
  requeue('withdrawn', WITHDRAWN, '7 days', { columns: { trn: null } }),
  requeue('polled already', PENDING, 'the end of the next working day', { polled: true }),
  requeue('a TRN by now', PENDING, '1 day', { inDttp: (dttp) => dttp.giveTrn(PENDING) }),
]

export const samples: Readonly<Record<string, readonly Sample[]>> = {
  'fix-route': routeChanges,
  'requeue-trn': requeues,
  're-register': reRegistrations,
  'settle-registration': settlements,
  undo: undos,
  'repair-school': repairs,
}
