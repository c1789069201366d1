import { Gauge, Registry } from 'prom-client'
import type { DataSource } from 'typeorm'
import { NEEDS_ATTENTION } from '../changes/attention.ts'
import { GIVEN_UP_SQL } from '../entities/chatops/given-up-jobs.ts'
import { LIVE_SQL } from '../entities/chatops/live-jobs.ts'

// Numbers for operators, in Prometheus's text format. They are counts and ages only: no id, no name and no text of
// anybody's. Every process of one installation gives the same ones, since they are read from the database.

/** The text of all metrics, and its media type. */
export type Metrics = { type: string; text: () => Promise<string> }

export function createMetrics(database: DataSource, now: () => Date): Metrics {
  const registry = new Registry()
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `chatops_${name}`, help, labelNames, registers: [registry] })
  const requests = gauge('open_requests', OPEN_REQUESTS, ['status'])
  const messages = gauge('outbox_rows', OUTBOX_ROWS, ['status'])
  const oldest = gauge('outbox_oldest_seconds', 'For how long the row that is most overdue has been due')
  const jobs = gauge('open_jobs', OPEN_JOBS, ['by', 'status'])
  const mirror = gauge('mirror_age_seconds', 'Since when Register’s Sidekiq has not been read; -1 if it never was')
  const paused = gauge('paused', '1 while the bot is paused')
  return {
    type: registry.contentType,
    async text() {
      const [found] = await database.query<[Found]>(FOUND, [now()])
      for (const [counted, by] of [
        [requests, found.requests],
        [messages, found.messages],
      ] as const) {
        counted.reset()
        for (const [status, count] of Object.entries(by)) counted.set({ status }, count)
      }
      for (const { by, status, count } of found.jobs) jobs.set({ by, status }, count)
      oldest.set(found.oldest)
      mirror.set(found.mirror)
      paused.set(found.paused ? 1 : 0)
      return registry.metrics()
    },
  }
}

const OPEN_REQUESTS =
  'Change requests that are not over, or that need attention and that nobody has dealt with, by status'
const OUTBOX_ROWS =
  'Rows of the outbox that were not sent, by status: waiting ones failed for a day and are left to an operator, failed ones were given up in the last day'
const OPEN_JOBS =
  'Jobs that wait, run, or were given up and not made up for, by who runs them (the bot, or Register’s Sidekiq) and status'

type ByStatus = Readonly<Record<string, number>>
type Found = {
  requests: ByStatus
  messages: ByStatus
  jobs: readonly { by: string; status: string; count: number }[]
  oldest: number
  mirror: number
  paused: boolean
}

/** Each part is counted by an index over what is open, so it takes as long as there is to do. */
const FOUND = `
  SELECT
    (SELECT jsonb_object_agg(status, (SELECT count(*) FROM chatops.change_requests r WHERE r.status = wanted.status))
     FROM unnest(ARRAY['unsent', 'pending', 'approved', 'verifying']) AS wanted (status))
    || jsonb_build_object('needs-attention', (SELECT count(*) FROM chatops.change_requests WHERE ${NEEDS_ATTENTION})) AS requests,
    (SELECT jsonb_build_object('queued', count(*) FILTER (WHERE status = 'queued'),
                               'sending', count(*) FILTER (WHERE status = 'sending'))
     FROM chatops.outbox WHERE status IN ('queued', 'sending'))
    || (SELECT jsonb_build_object('waiting', count(*) FILTER (WHERE status = 'waiting'),
                                  'failed', count(*) FILTER (WHERE status = 'failed' AND claimed_at > $1::timestamptz - interval '1 day'))
        FROM chatops.outbox WHERE status IN ('waiting', 'failed')) AS messages,
    (SELECT jsonb_agg(counted) FROM (${countsOf('bot', 'jobs')} UNION ALL ${countsOf('register', 'mirrored_jobs')}) counted) AS jobs,
    (SELECT coalesce(greatest(0, extract(epoch FROM $1::timestamptz - least(
       (SELECT min(due_at) FROM chatops.outbox WHERE status IN ('queued', 'sending')),
       (SELECT min(due_at) FROM chatops.outbox WHERE status = 'waiting')))), 0)::float8) AS oldest,
    (SELECT coalesce(extract(epoch FROM $1::timestamptz - max(read_at)), -1)::float8 FROM chatops.mirror) AS mirror,
    (SELECT bool_or(paused_at IS NOT NULL) FROM chatops.brake) AS paused`

/** The jobs in a table that are live or given up: a row for each status, also where there is none. */
function countsOf(by: string, table: string): string {
  return `
    SELECT '${by}' AS by, wanted.status, coalesce(found.count, 0)::int AS count
    FROM unnest(ARRAY['waiting', 'running', 'failed']) AS wanted (status) LEFT JOIN (
      SELECT status, count(*) FROM chatops.${table} WHERE ${LIVE_SQL} GROUP BY status
      UNION ALL SELECT 'failed', count(*) FROM chatops.${table} job WHERE ${GIVEN_UP_SQL}) found ON found.status = wanted.status`
}
