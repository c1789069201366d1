// Polls that are all due at once, the DTTP that answers them, and what became of them.
import type pg from 'pg'
import { type DttpSimulator, startDttpSimulator } from '../../sandbox/dttp/index.ts'
import { seedTrainees } from './trainees.ts'

/** What DTTP and the poll's timeout make of a trainee; of a hundred, so many. */
const SHARES = { received: 60, waiting: 37, 'timed out': 2, gone: 1 } as const

export type Fate = keyof typeof SHARES

/** Fills an empty Register with `count` trainees, each with a poll that is due; the queue has heard of none of them. */
export async function seedPolls(admin: pg.Client, adminUrl: string, count: number): Promise<Map<string, Fate>> {
  await seedTrainees(adminUrl, count)
  const { rows } = await admin.query<{ id: string }>(
    `SELECT id FROM public.trainees WHERE slug LIKE 'ProofTrainee%' ORDER BY id`,
  )
  const fates = new Map(rows.map(({ id }, index) => [id, fateOf(index)]))
  const timedOut = [...fates].filter(([, fate]) => fate === 'timed out').map(([id]) => id)
  await admin.query(
    `WITH added AS (
       INSERT INTO chatops.jobs (name, trainee_id, due_at)
       SELECT 'retrieve-trn', id, now() - interval '1 minute' FROM public.trainees WHERE slug LIKE 'ProofTrainee%'
       RETURNING id, trainee_id)
     INSERT INTO chatops.polls (trainee_id, job_id, timeout_at)
     SELECT trainee_id, id, (now() AT TIME ZONE 'UTC') + CASE WHEN trainee_id = ANY($1) THEN '-1' ELSE '4' END::int * interval '1 day'
     FROM added`,
    [timedOut],
  )
  await admin.query('ANALYZE')
  return fates
}

function fateOf(index: number): Fate {
  let left = index % 100
  for (const [fate, share] of Object.entries(SHARES)) {
    if (left < share) return fate as Fate
    left -= share
  }
  throw new Error('the shares are not a hundred')
}

/** A strict DTTP that holds everyone's contact, but for those that are gone; the received have their TRN. */
export async function startAnsweringDttp(admin: pg.Client, fates: ReadonlyMap<string, Fate>): Promise<DttpSimulator> {
  const simulator = await startDttpSimulator()
  const { rows } = await admin.query<{ id: string; dttp_id: string }>('SELECT id, dttp_id FROM public.trainees')
  for (const { id, dttp_id } of rows) {
    const fate = fates.get(id)
    if (!fate || fate === 'gone') continue
    simulator.state.add('contacts', { id: dttp_id, dfe_trn: fate === 'received' ? trnOf(id) : null })
  }
  return simulator
}

function trnOf(trainee: string): string {
  return `1${trainee}`
}

/** How many of the polls have been made, and whether nothing is left to be done just now. */
export async function lookAtProgress(admin: pg.Client): Promise<{ polled: number; over: boolean }> {
  const { rows } = await admin.query<{ polled: number; over: boolean }>(`
    SELECT count(*) FILTER (WHERE status IN ('done', 'failed') OR polled_at IS NOT NULL)::int AS polled,
      bool_and(status <> 'running' AND (status <> 'waiting' OR due_at > now()))
        AND NOT EXISTS (SELECT FROM chatops.outbox WHERE status IN ('queued', 'sending')) AS over
    FROM chatops.jobs JOIN chatops.polls ON job_id = id`)
  return rows[0] ?? { polled: 0, over: false }
}

type Became = {
  id: string
  state: number
  trn: string | null
  audits: number
  status: string
  code: string | null
  polled: boolean
  alerts: number
}

/** Whoever is not as they should be, in words: a TRN that is missing or was written twice, an alert lost or doubled. */
export async function findWrong(admin: pg.Client, fates: ReadonlyMap<string, Fate>): Promise<string[]> {
  const { rows } = await admin.query<Became>(`
    SELECT trainee.id, trainee.state, trainee.trn, job.status, job.failure ->> 'code' AS code,
      (SELECT count(*)::int FROM public.audits WHERE auditable_type = 'Trainee' AND auditable_id = trainee.id
        AND comment LIKE 'trainee-chatops%') AS audits,
      poll.polled_at IS NOT NULL AND job.due_at > now() AS polled,
      (SELECT count(*)::int FROM chatops.alert_entries WHERE job_id = job.id) AS alerts
    FROM public.trainees trainee JOIN chatops.polls poll ON poll.trainee_id = trainee.id
      JOIN chatops.jobs job ON job.id = poll.job_id`)
  const wrong = rows.flatMap(({ id, ...became }) => {
    const wanted = wantedOf(id, fates.get(id) ?? 'waiting')
    const differing = Object.entries(wanted).filter(([name, value]) => became[name as keyof typeof became] !== value)
    return differing.map(
      ([name, value]) => `trainee ${id}: ${name} is ${became[name as keyof typeof became]}, not ${value}`,
    )
  })
  return [
    ...wrong,
    ...(rows.length === fates.size ? [] : [`there are ${rows.length} polls for ${fates.size} trainees`]),
  ]
}

function wantedOf(id: string, fate: Fate): Partial<Became> {
  switch (fate) {
    case 'received':
      return { status: 'done', state: 2, trn: trnOf(id), audits: 2, alerts: 0 }
    case 'waiting':
      return { status: 'waiting', state: 1, trn: null, audits: 0, polled: true, code: null, alerts: 0 }
    case 'timed out':
      return { status: 'failed', code: 'timed-out', state: 1, trn: null, audits: 0, alerts: 1 }
    case 'gone':
      return { status: 'failed', code: 'gone', state: 1, trn: null, audits: 0, alerts: 1 }
  }
}
