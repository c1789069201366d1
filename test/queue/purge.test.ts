import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { createMirrorPurge } from '../../src/jobs/mirror/purge.ts'
import { createPurge, purgeOver } from '../../src/queue/purge.ts'
import { useWorld } from '../support/world.ts'

const DAY = 24 * 60 * 60_000
const KEPT = 90 * DAY

const use = useWorld()

test('what has been over for its retention time is removed, and nothing that is needed', async () => {
  const kept = await withClient(use.scratch.adminUrl, async (admin) => {
    const names = ['sent', 'failed', 'queued', 'waiting']
    for (const status of names) await addMessage(admin, status, '91 days')
    await addMessage(admin, 'sent', '89 days')
    const jobs = {
      done: await addJob(admin, 'done', '91 days'),
      recent: await addJob(admin, 'done', '89 days'),
      cured: await addJob(admin, 'cured', '91 days'),
      failed: await addJob(admin, 'failed', '91 days'),
      polled: await addJob(admin, 'done', '91 days'),
      registered: await addJob(admin, 'done', '91 days'),
      alerted: await addJob(admin, 'cured', '91 days'),
      wanted: await addJob(admin, 'done', '91 days', await addRequest(admin)),
    }
    await admin.query(`INSERT INTO chatops.polls (trainee_id, job_id) VALUES (5901, $1)`, [jobs.polled])
    await admin.query(
      `INSERT INTO chatops.registration_attempts (job_id, trainee_id, outcome) VALUES ($1, 5901, 'registered')`,
      [jobs.registered],
    )
    await addAlert(admin, { closed: '91 days', settled: true, job: await addJob(admin, 'cured', '91 days') })
    await addAlert(admin, { closed: '91 days', settled: false, job: jobs.alerted })
    await addAlert(admin, { closed: '89 days', settled: true, job: null })
    await admin.query(
      `INSERT INTO chatops.reports VALUES ('old', current_date - 91), ('new', current_date - 89), ('today', current_date)`,
    )
    await admin.query(`
      INSERT INTO chatops.answered_messages SELECT 'C01', n::text, now() - n * interval '1 day' FROM (VALUES (89), (91)) age (n);
      INSERT INTO chatops.mornings SELECT 'C01', current_date - n FROM (VALUES (0), (89), (92)) age (n)`)
    return jobs
  })
  expect(await purgeOver(use.world, KEPT)).toBe(9)
  expect(await purgeOver(use.world, KEPT)).toBe(0)
  const column = async (statement: string) =>
    (await use.world.database.query<{ it: string }[]>(statement)).map(({ it }) => it)
  expect(await column('SELECT status AS it FROM chatops.outbox ORDER BY seq')).toEqual(['queued', 'waiting', 'sent'])
  expect((await column('SELECT id AS it FROM chatops.jobs')).sort()).toEqual(
    [kept.recent, kept.failed, kept.polled, kept.registered, kept.alerted, kept.wanted].sort(),
  )
  expect(await column('SELECT status AS it FROM chatops.alerts')).toHaveLength(2)
  expect((await column('SELECT trouble AS it FROM chatops.reports')).sort()).toEqual(['new', 'today'])
  expect(await column('SELECT ts AS it FROM chatops.answered_messages')).toEqual(['89'])
  expect(await column('SELECT channel AS it FROM chatops.mornings')).toHaveLength(2)
})

test('a large backlog is removed in one go, and what is over is found by an index', async () => {
  await withClient(use.scratch.adminUrl, async (admin) => {
    await admin.query(
      `INSERT INTO chatops.outbox (stream, kind, payload, status, created_at)
       SELECT 'old:' || n, 'card', '{}', 'sent', now() - interval '91 days' FROM generate_series(1, 2500) n`,
    )
    await admin.query(
      `INSERT INTO chatops.outbox (stream, kind, payload, status)
       SELECT 'new:' || n, 'card', '{}', 'sent' FROM generate_series(1, 5000) n`,
    )
  })
  expect(await purgeOver(use.world, KEPT)).toBe(2500)
  await withClient(use.scratch.adminUrl, async (admin) => {
    await admin.query('ANALYZE chatops.outbox')
    const { rows } = await admin.query(
      `EXPLAIN SELECT id FROM chatops.outbox
       WHERE status IN ('sent', 'failed') AND created_at <= now() - interval '90 days'`,
    )
    expect(JSON.stringify(rows)).toContain('outbox_over')
  })
})

describe('what is kept although it is long over', () => {
  const EVERY_MINUTE = `generate_series(1, 2500) n, LATERAL (SELECT now() - interval '200 days' + n * interval '1 minute' AS at) moment`

  test('is not gone through again in each purge: the next goes on where one has ended', async () => {
    await use.admin.query(
      `DELETE FROM chatops.polls; DELETE FROM chatops.registration_attempts; DELETE FROM chatops.jobs; DELETE FROM chatops.alert_entries; DELETE FROM chatops.alerts`,
    )
    await use.admin.query(`
      WITH job AS (
        INSERT INTO chatops.jobs (name, trainee_id, status, finished_at)
        SELECT 'register-for-trn', n, 'done', at FROM ${EVERY_MINUTE} RETURNING id, trainee_id)
      INSERT INTO chatops.registration_attempts (job_id, trainee_id, outcome) SELECT id, trainee_id, 'registered' FROM job`)
    await use.admin.query(`
      WITH alert AS (
        INSERT INTO chatops.alerts (cause, status, channel, closed_at, dismissed_by, dismiss_reason)
        SELECT 'kept:' || n, 'dismissed', 'C01', at, 'U01', 'Known' FROM ${EVERY_MINUTE} RETURNING id)
      INSERT INTO chatops.alert_entries (alert_id, subject, failure) SELECT id, 'update-trainee:5901', '{}' FROM alert`)
    await addJob(use.admin, 'done', '91 days')
    await addAlert(use.admin, { closed: '91 days', settled: true, job: null })
    const purge = createPurge(use.world, KEPT)
    const removed = [await purge(), await purge(), await purge(), await purge()]
    expect(removed).toEqual([0, 0, 2, 0])
  })

  test('nor in the mirror', async () => {
    await use.admin.query(
      `INSERT INTO chatops.mirrored_jobs (id, name, place, queue, due_at, created_at, finished_at, change_request_id)
       SELECT gen_random_uuid(), 'retrieve-trn', 'gone', 'dttp', at, at, at, $1 FROM ${EVERY_MINUTE}`,
      [await addRequest(use.admin)],
    )
    await use.admin.query(
      `INSERT INTO chatops.mirrored_jobs (id, name, place, queue, due_at, created_at, finished_at)
       SELECT gen_random_uuid(), 'retrieve-trn', 'gone', 'dttp', now(), now(), now() - interval '9 days'`,
    )
    const purge = createMirrorPurge(use.world)
    expect([await purge(), await purge(), await purge(), await purge()]).toEqual([0, 0, 1, 0])
  })
})

test('a job that is started again while the purge looks at it is kept', async () => {
  const job = await addJob(use.admin, 'cured', '400 days') // among the first to be looked at
  await use.admin.query(`
    ALTER TABLE chatops.polls RENAME TO polls_kept;
    CREATE FUNCTION public.looked_at() RETURNS SETOF chatops.polls_kept LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_advisory_xact_lock(77); RETURN QUERY TABLE chatops.polls_kept; END';
    CREATE VIEW chatops.polls AS SELECT * FROM public.looked_at();
    GRANT SELECT ON chatops.polls TO chatops_owner`)
  try {
    await use.admin.query('SELECT pg_advisory_lock(77)')
    const purged = purgeOver(use.world, KEPT)
    await expect.poll(async () => (await use.admin.query(LOOKING)).rowCount).toBe(1)
    await use.admin.query(
      `UPDATE chatops.jobs SET status = 'waiting', failure = NULL, finished_at = NULL, cured_at = NULL WHERE id = $1`,
      [job],
    )
    await use.admin.query('SELECT pg_advisory_unlock(77)')
    expect(await purged).toBe(0)
  } finally {
    await use.admin.query('SELECT pg_advisory_unlock_all()')
    await use.admin.query(`
      DROP VIEW chatops.polls; DROP FUNCTION public.looked_at; ALTER TABLE chatops.polls_kept RENAME TO polls`)
  }
  expect((await use.admin.query('SELECT FROM chatops.jobs WHERE id = $1', [job])).rowCount).toBe(1)
})

const LOOKING = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted`

async function addMessage(admin: pg.Client, status: string, age: string): Promise<void> {
  await admin.query(
    `INSERT INTO chatops.outbox (stream, kind, payload, status, created_at)
     VALUES ($1, 'card', '{}', $2, now() - $3::interval)`,
    [randomUUID(), status, age],
  )
}

async function addJob(admin: pg.Client, kind: 'done' | 'cured' | 'failed', age: string, request: string | null = null) {
  const failure = kind === 'done' ? null : { code: 'gone', words: 'It is gone.', at: '2021-10-27T13:14:00.000Z' }
  const { rows } = await admin.query<{ id: string }>(
    `INSERT INTO chatops.jobs (name, trainee_id, status, failure, finished_at, cured_at, change_request_id)
     VALUES ('update-trainee', 5901, $1, $2, now() - $3::interval, CASE WHEN $4 THEN now() END, $5) RETURNING id`,
    [kind === 'done' ? 'done' : 'failed', failure, age, kind === 'cured', request],
  )
  return rows[0]?.id ?? ''
}

/** One whose plan is still there: its result may be looked at again. */
async function addRequest(admin: pg.Client): Promise<string> {
  const { rows } = await admin.query<{ id: string }>(
    `INSERT INTO chatops.change_requests (playbook, playbook_version, requester, channel, subjects, digest, plan)
     VALUES ('fix-route', 1, 'U01', 'C01', '{}', repeat('0', 64), '{}') RETURNING id`,
  )
  return rows[0]?.id ?? ''
}

async function addAlert(
  admin: pg.Client,
  { closed, settled, job }: { closed: string; settled: boolean; job: string | null },
): Promise<void> {
  await admin.query(
    `WITH alert AS (
       INSERT INTO chatops.alerts (cause, status, channel, closed_at)
       VALUES (gen_random_uuid(), 'resolved', 'C01', now() - $1::interval) RETURNING id)
     INSERT INTO chatops.alert_entries (alert_id, subject, job_id, failure, settled_at)
     SELECT id, 'update-trainee:5901', $3, '{}', CASE WHEN $2 THEN now() END FROM alert`,
    [closed, settled, job],
  )
}
