// What the first version of the bot (34d50d9) asked the database in six places, as bare SQL: what the same places ask now
// stands beside it. Indexes that came since help it, too.
import type pg from 'pg'

type Ask = (client: pg.ClientBase) => Promise<unknown>

const NOW = 'now()'

const LISTED = `
  WITH listed AS (
    SELECT j.*, CASE
      WHEN j.status = 'failed' THEN 'failed'
      WHEN j.status = 'running' AND j.lease_until < now() THEN 'stuck'
      WHEN j.status = 'running' THEN 'running'
      WHEN j.due_at < ${NOW} - interval '5 minutes' THEN 'stuck'
      WHEN j.attempts > 0 THEN 'retrying'
      ELSE 'delayed'
    END AS kind
    FROM chatops.jobs j
    WHERE j.status IN ('waiting', 'running')
      OR (j.status = 'failed' AND j.finished_at > ${NOW} - interval '30 days'
        AND NOT EXISTS (
          SELECT FROM chatops.jobs d WHERE d.status = 'done' AND d.name = j.name AND d.finished_at > j.finished_at
            AND (d.trainee_id = j.trainee_id OR (d.trainee_id IS NULL AND j.trainee_id IS NULL))
            AND d.args ->> 'entity' IS NOT DISTINCT FROM j.args ->> 'entity')
        AND NOT EXISTS (
          SELECT FROM chatops.registration_attempts a WHERE a.job_id = j.id AND a.outcome = 'registered')))`

const JOBS = `${LISTED}
  SELECT j.*, t.slug, post.found FROM listed j LEFT JOIN public.trainees t ON t.id = j.trainee_id
    LEFT JOIN LATERAL (
      SELECT a.found, e.settled_at FROM chatops.alert_entries e JOIN chatops.alerts a ON a.id = e.alert_id
      WHERE e.job_id = j.id AND j.failure IS NOT NULL
      ORDER BY e.settled_at DESC NULLS FIRST, a.id DESC LIMIT 1) post ON true
  ORDER BY array_position(ARRAY['stuck', 'failed', 'retrying', 'running', 'delayed'], j.kind),
    CASE WHEN j.kind = 'failed' THEN -extract(epoch FROM j.finished_at) ELSE extract(epoch FROM j.due_at) END, j.id
  LIMIT 8`

const UNPOLLED = `
  SELECT t.id FROM public.trainees t
  WHERE t.state = 1 AND t.trn IS NULL AND t.dttp_id IS NOT NULL AND t.submitted_for_trn_at < ${NOW} - interval '1 hour'
    AND NOT EXISTS (SELECT FROM chatops.polls poll WHERE poll.trainee_id = t.id)
    AND NOT EXISTS (
      SELECT FROM chatops.jobs job
      WHERE job.trainee_id = t.id AND job.name = 'register-for-trn' AND job.status IN ('waiting', 'running'))
    AND NOT EXISTS (
      SELECT FROM chatops.alert_entries entry JOIN chatops.alerts alert ON alert.id = entry.alert_id
      WHERE entry.subject = 'retrieve-trn:' || t.id AND entry.settled_at IS NULL AND alert.cause = 'not-polled')
  ORDER BY t.id LIMIT 1000`

const REQUESTS = 'SELECT * FROM chatops.change_requests WHERE'
const NEWEST = 'ORDER BY created_at DESC, id DESC LIMIT 10'
const OVER = `'done', 'needs-attention', 'failed', 'rejected', 'stale', 'expired', 'cancelled'`

/** By the names that our own figures have. */
export const FIRST_VERSION = {
  traineeByNumber: (client) =>
    client.query(
      `SELECT id, slug FROM public.trainees WHERE id = 5901 OR trn = '5901' OR trainee_id = '5901' OR slug = '5901' LIMIT 3`,
    ),
  unpolledTraineesNoneNew: (client) => client.query(UNPOLLED),
  async traineeJobs(client) {
    await client.query(`${LISTED} SELECT kind, count(*)::int AS count FROM listed GROUP BY kind`)
    await client.query(JOBS)
  },
  async home(client) {
    await client.query(`${REQUESTS} requester = 'U01SUPPORT' AND status = 'unsent' ${NEWEST}`)
    await client.query(`${REQUESTS} status IN ('pending', 'approved', 'verifying') ${NEWEST}`)
    await client.query(`${REQUESTS} status IN (${OVER}) ${NEWEST}`)
    await client.query(
      `SELECT * FROM chatops.school_waits WHERE requester = 'U01SUPPORT' AND status = 'waiting' ORDER BY id DESC LIMIT 4`,
    )
  },
  purgeNothingDue: (client) =>
    client.query(
      `SELECT id FROM chatops.change_requests WHERE plan IS NOT NULL AND finished_at <= ${NOW} - interval '90 days' ORDER BY id`,
    ),
  /** For each request its row, and then its trainee's. */
  async driftOf1000Waiting(client) {
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM chatops.change_requests WHERE status = 'pending'`,
    )
    for (const { id } of rows) {
      const read = await client.query<{ trainee_id: string }>(`${REQUESTS} id = $1`, [id])
      await client.query('SELECT * FROM public.trainees WHERE id = $1', [read.rows[0]?.trainee_id])
    }
  },
} as const satisfies Record<string, Ask>
