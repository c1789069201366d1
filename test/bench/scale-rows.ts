// The rows of a large Register, and of a bot that has been at work for years. Made in SQL: triggers stay out of it.

import { withClient } from '../../sandbox/register/database.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'

export type Size = {
  trainees: number
  audits: number
  requests: number
  failedJobs: number
  kept: number
  mirrored: number
}

const FIRST_ID = 10_000_001
/** Of so many trainees one is Pending TRN; that one is polled. */
const PENDING_EVERY = 50

/** Trainees like the demo's ordinary one, with what tells them apart, and their audits spread over them. */
export async function addTrainees(adminUrl: string, { trainees, audits }: Size): Promise<void> {
  await inBulk(adminUrl, async (copy, query) => {
    await copy('public', 'trainees', 'one.id = 5901', trainees, {
      id: `${FIRST_ID} + n`,
      slug: `'Many' || n`,
      trainee_id: `'22/23-' || n`,
      trn: `CASE WHEN n % ${PENDING_EVERY} = 0 THEN NULL ELSE (4000000 + n)::text END`,
      state: `CASE WHEN n % ${PENDING_EVERY} = 0 THEN 1 ELSE 2 END`,
      email: `'many.' || n || '@example.test'`,
      dttp_id: 'gen_random_uuid()',
      placement_assignment_dttp_id: 'gen_random_uuid()',
    })
    await query(`
      WITH job AS (
        INSERT INTO chatops.jobs (name, trainee_id, due_at)
        SELECT 'retrieve-trn', id, now() + interval '1 hour' FROM public.trainees WHERE id > ${FIRST_ID} AND state = 1
        RETURNING id, trainee_id)
      INSERT INTO chatops.polls (trainee_id, job_id) SELECT trainee_id, id FROM job`)
    await query(
      `INSERT INTO public.audits (auditable_type, auditable_id, associated_type, associated_id, action, audited_changes,
         version, created_at)
       SELECT 'Trainee', ${FIRST_ID} + 1 + n % ${trainees}, 'Provider', 1, 'update', '{"trn": [null, "1"]}',
         2 + n / ${trainees}, now() FROM generate_series(1, ${audits}) n`,
    )
  })
}

/**
 * Requests that ended over the last year, each with a review and six entries in the ledger, and with the messages that are
 * kept for 90 days. No hash of these entries fits.
 */
export async function addRequests(adminUrl: string, count: number): Promise<void> {
  await inBulk(adminUrl, async (_, query) => {
    await query(`
      INSERT INTO chatops.change_requests (playbook, playbook_version, status, requester, channel, trainee_id, subjects,
        digest, created_at, sent_at, decided_at, decided_by, executed_at, finished_at, plan, form, checks)
      SELECT 'fix-route', 1, (ARRAY['done', 'done', 'done', 'rejected', 'expired'])[1 + n % 5], 'U' || n % 300,
        'C01SUPPORT', ${FIRST_ID} + n, '{}', repeat('0', 64), at, at, at, 'U02DEV', at, at,
        CASE WHEN fresh THEN '{"updates": [], "inserts": [], "effects": []}'::jsonb END,
        CASE WHEN fresh THEN '{}'::jsonb END, CASE WHEN fresh THEN '[]'::jsonb END
      FROM generate_series(1, ${count}) n, LATERAL (SELECT now() - n * interval '5 minutes' AS at) AS when_,
        LATERAL (SELECT at > now() - interval '89 days' AS fresh) AS age`)
    await query(`
      INSERT INTO chatops.reviews (change_request_id, digest, slack_user, view_id, opened_at)
      SELECT id, digest, 'U02DEV', 'V' || id, decided_at FROM chatops.change_requests WHERE decided_by IS NOT NULL`)
    await query(`
      INSERT INTO chatops.outbox (id, stream, kind, change_request_id, payload, status, created_at, sent_at)
      SELECT gen_random_uuid(), kind || ':' || id, kind, id, '{}', 'sent', finished_at, finished_at
      FROM chatops.change_requests, unnest(ARRAY['hint', 'card', 'card', 'thread', 'thread']) kind
      WHERE finished_at > now() - interval '89 days'`)
    const hash = (seq: string) => `encode(sha256((${seq})::text::bytea), 'hex')`
    await query(`
      INSERT INTO chatops.ledger (seq, change_request_id, at, event, actor, details, prev_hash, hash)
      SELECT seq, request, now(), event, 'U02DEV', '{"digest": "${'0'.repeat(64)}"}', ${hash('seq - 1')}, ${hash('seq')}
      FROM generate_series(1, ${count}) request,
        unnest(ARRAY['proposed', 'sent', 'review-opened', 'approved', 'executed', 'done']) WITH ORDINALITY AS each (event, place),
        LATERAL (SELECT (request - 1) * 6 + place AS seq) numbered`)
    await query(`UPDATE chatops.ledger_head SET seq = ${count} * 6, hash = ${hash(`${count} * 6`)}`)
  })
}

/** Jobs that were given up in the last 29 days, so that `/trainee jobs` has all of them. */
export async function addFailedJobs(adminUrl: string, count: number): Promise<void> {
  await inBulk(adminUrl, (_, query) =>
    query(`
      INSERT INTO chatops.jobs (name, trainee_id, status, failure, created_at, due_at, finished_at)
      SELECT (ARRAY['update-trainee', 'change-trainee-status', 'retrieve-trn'])[1 + n % 3], ${FIRST_ID} + n, 'failed',
        jsonb_build_object('code', (ARRAY['dttp-refused', 'gone', 'incomplete'])[1 + n / 3 % 3], 'words', 'DTTP refused it.', 'at', at),
        at, at, at
      FROM generate_series(1, ${count}) n, LATERAL (SELECT now() - n * interval '29 days' / ${count} AS at) AS moment`),
  )
}

/** What is kept although it is long over: registrations that worked, and alerts that were dismissed and settled by nothing. */
export async function addKept(adminUrl: string, count: number): Promise<void> {
  await inBulk(adminUrl, async (_, query) => {
    const at = `LATERAL (SELECT now() - interval '100 days' - n * interval '5 minutes' AS at) AS moment`
    await query(`
      WITH job AS (
        INSERT INTO chatops.jobs (name, trainee_id, status, created_at, due_at, finished_at)
        SELECT 'register-for-trn', ${FIRST_ID} + n, 'done', at, at, at FROM generate_series(1, ${count}) n, ${at}
        RETURNING id, trainee_id, finished_at)
      INSERT INTO chatops.registration_attempts (job_id, trainee_id, sent_at, outcome, settled_at)
      SELECT id, trainee_id, finished_at, 'registered', finished_at FROM job`)
    await query(`
      WITH alert AS (
        INSERT INTO chatops.alerts (cause, status, channel, opened_at, closed_at, card_version, rendered_version, dismissed_by, dismiss_reason)
        SELECT 'past:' || n, 'dismissed', 'C01SUPPORT', at, at, 1, 1, 'U02DEV', 'Known' FROM generate_series(1, ${count}) n, ${at}
        RETURNING id, cause, closed_at)
      INSERT INTO chatops.alert_entries (alert_id, subject, failure, added_at)
      SELECT id, cause, '{"code": "gone", "words": "It is gone.", "at": "2021-10-27T13:14:00.000Z"}', closed_at FROM alert`)
  })
}

/**
 * Jobs of Register's Sidekiq that are over, of the nights for which the mirror keeps them. One in a hundred was lost; and one in
 * fifty is older, and kept because the plan of its request is.
 */
export async function addMirrored(adminUrl: string, count: number): Promise<void> {
  await inBulk(adminUrl, async (_, query) => {
    await query(`
      INSERT INTO chatops.mirrored_jobs (id, name, trainee_id, place, queue, due_at, created_at, finished_at, told, failure)
      SELECT gen_random_uuid(), 'update-trainee', ${FIRST_ID} + n, 'gone', 'dttp', at, at, at, true,
        CASE WHEN n % 100 = 0 THEN jsonb_build_object('code', 'vanished', 'words', 'It is not there.', 'at', at, 'by', 'register') END
      FROM generate_series(1, ${count}) n, LATERAL (SELECT now() - n * interval '7 days' / ${count} AS at) AS moment`)
    await query(`
      INSERT INTO chatops.mirrored_jobs (id, name, trainee_id, place, queue, due_at, created_at, finished_at, told, change_request_id)
      SELECT gen_random_uuid(), 'retrieve-trn', ${FIRST_ID} + n, 'gone', 'dttp', at, at, at, true,
        (SELECT max(id) FROM chatops.change_requests WHERE plan IS NOT NULL)
      FROM generate_series(1, ${count} / 50) n, LATERAL (SELECT now() - interval '9 days' - n * interval '1 minute' AS at) AS moment`)
    await query('UPDATE chatops.mirror SET sweep = 1, begun_at = now(), read_at = now(), read_to = now()')
  })
}

/** Somebody clears a queue of Register's Sidekiq: so many jobs are not to be found. */
export async function addMissing(adminUrl: string, count: number): Promise<void> {
  await inBulk(adminUrl, (_, query) =>
    query(`
      INSERT INTO chatops.mirrored_jobs (id, name, trainee_id, place, queue, due_at, created_at, missing_since, told)
      SELECT gen_random_uuid(), 'update-trainee', ${FIRST_ID} + n, 'missing', 'dttp', now(), now(), now() - interval '2 minutes', true
      FROM generate_series(1, ${count}) n`),
  )
}

/** From now on Register's Sidekiq makes the polls. */
export async function moveBeside(adminUrl: string): Promise<void> {
  await inBulk(adminUrl, async (_, query) => {
    await query(`
      INSERT INTO chatops.mirrored_jobs (id, name, trainee_id, place, queue, due_at, created_at, timeout_at)
      SELECT job.id, job.name, job.trainee_id, 'schedule', 'dttp', job.due_at, job.created_at, poll.timeout_at
      FROM chatops.jobs job JOIN chatops.polls poll ON poll.job_id = job.id`)
    await query('DELETE FROM chatops.polls')
    await query(`DELETE FROM chatops.jobs WHERE name = 'retrieve-trn' AND status = 'waiting'`)
    await query('UPDATE chatops.mirror SET read_at = now(), read_to = now()')
  })
  await withClient(adminUrl, (client) => client.query('ANALYZE chatops.mirrored_jobs'))
}

/** As many waiting requests like this one, each for a trainee that was seeded after its own. */
export async function addWaiting(adminUrl: string, like: ChangeRequest, count: number): Promise<void> {
  const own = like.traineeId ?? ''
  await inBulk(adminUrl, (copy) =>
    copy('chatops', 'change_requests', `one.id = ${like.id}`, count, {
      id: `one.id + n`,
      trainee_id: `${own} + n`,
      subjects: `ARRAY['trainees:' || ${own} + n]`,
      submission: 'NULL',
      plan: `replace(one.plan::text, '"${own}"', '"' || ${own} + n || '"')::jsonb`,
    }),
  )
}

type Query = (text: string) => Promise<unknown>
type Copy = (
  schema: string,
  table: string,
  which: string,
  count: number,
  but: Record<string, string>,
) => Promise<unknown>

/** Without triggers and foreign keys, in one transaction; `copy` makes rows like one row, `but` for some columns. */
async function inBulk(adminUrl: string, fill: (copy: Copy, query: Query) => Promise<unknown>): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const query: Query = (text) => client.query(text)
    const copy: Copy = async (schema, table, which, count, but) => {
      const { rows } = await client.query<{ name: string }>(
        `SELECT quote_ident(column_name) AS name FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`,
        [schema, table],
      )
      const names = rows.map(({ name }) => name)
      const values = names.map((name) => but[name] ?? `one.${name}`)
      return client.query(
        `INSERT INTO ${schema}.${table} (${names.join(', ')}) SELECT ${values.join(', ')}
         FROM ${schema}.${table} one, generate_series(1, ${count}) n WHERE ${which}`,
      )
    }
    await client.query(`BEGIN; SET LOCAL session_replication_role = 'replica'`)
    await fill(copy, query)
    await client.query('COMMIT')
  })
}
