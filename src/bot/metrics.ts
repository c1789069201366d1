import { Gauge, Registry } from 'prom-client'
import type { DataSource } from 'typeorm'
import { LIVE_SQL } from '../entities/chatops/live-jobs.ts'

// Numbers for operators, in Prometheus's text format. They are counts and ages only: no id, no name and no text of
// anybody's. Every process of one installation gives the same ones, since they are read from the database.

/** The text of all metrics, and its media type. */
export type Metrics = { type: string; text: () => Promise<string> }

export function createMetrics(database: DataSource, now: () => Date): Metrics {
  const registry = new Registry()
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `chatops_${name}`, help, labelNames, registers: [registry] })
  const requests = gauge('open_requests', 'Change requests that are not over, by status', ['status'])
  const messages = gauge('outbox_rows', 'Rows of the outbox that have not been sent, by status', ['status'])
  const oldest = gauge('outbox_oldest_seconds', 'For how long the row that is most overdue has been due')
  const jobs = gauge('open_jobs', 'Jobs that wait, run, or were given up and not made up for, by status', ['status'])
  const mirror = gauge('mirror_age_seconds', 'Since when Register’s Sidekiq has not been read; -1 if it never was')
  const paused = gauge('paused', '1 while the bot is paused')
  return {
    type: registry.contentType,
    async text() {
      const [found] = await database.query<[Found]>(FOUND, [now()])
      for (const [counted, by] of [
        [requests, found.requests],
        [messages, found.messages],
        [jobs, found.jobs],
      ] as const) {
        counted.reset()
        for (const [status, count] of Object.entries(by)) counted.set({ status }, count)
      }
      oldest.set(found.oldest)
      mirror.set(found.mirror)
      paused.set(found.paused ? 1 : 0)
      return registry.metrics()
    },
  }
}

type ByStatus = Readonly<Record<string, number>>
type Found = {
  requests: ByStatus
  messages: ByStatus
  jobs: ByStatus
  oldest: number
  mirror: number
  paused: boolean
}

/** Each part is counted by an index over what is open, so it takes as long as there is to do. */
const FOUND = `
  SELECT
    (SELECT jsonb_object_agg(status, (SELECT count(*) FROM chatops.change_requests r WHERE r.status = wanted.status))
     FROM unnest(ARRAY['unsent', 'pending', 'approved', 'verifying']) AS wanted (status)) AS requests,
    (SELECT jsonb_build_object('queued', count(*) FILTER (WHERE status = 'queued'),
                               'sending', count(*) FILTER (WHERE status = 'sending'))
     FROM chatops.outbox WHERE status IN ('queued', 'sending')) AS messages,
    (SELECT jsonb_build_object('waiting', count(*) FILTER (WHERE status = 'waiting'),
                               'running', count(*) FILTER (WHERE status = 'running'))
     FROM chatops.jobs WHERE ${LIVE_SQL})
    || jsonb_build_object('failed', (SELECT count(*) FROM chatops.jobs WHERE status = 'failed' AND cured_at IS NULL)) AS jobs,
    (SELECT coalesce(greatest(0, extract(epoch FROM $1::timestamptz - min(due_at))), 0)::float8
     FROM chatops.outbox WHERE status IN ('queued', 'sending')) AS oldest,
    (SELECT coalesce(extract(epoch FROM $1::timestamptz - max(read_at)), -1)::float8 FROM chatops.mirror) AS mirror,
    (SELECT bool_or(paused_at IS NOT NULL) FROM chatops.brake) AS paused`
