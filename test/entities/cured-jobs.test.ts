import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDataSource } from '../../src/entities/data-source.ts'
import { CuredJobs1795867820000 } from '../../src/entities/migrations/1795867820000-cured-jobs.ts'
import { demoDatabase, type ScratchDatabase } from '../support/database.ts'

let scratch: ScratchDatabase
let admin: pg.Client

beforeAll(async () => {
  scratch = await demoDatabase()
  admin = new pg.Client(scratch.adminUrl)
  await admin.connect()
})

afterAll(async () => {
  await admin.end()
  await scratch.drop()
})

test('jobs that an earlier version made up for are cured, and no others', async () => {
  const database = await createDataSource(scratch.ownerUrl, 1).initialize()
  const migration = new CuredJobs1795867820000()
  const runner = database.createQueryRunner()
  await admin.query('DROP VIEW chatops.seen_jobs') // a later migration's, made of the column
  await migration.down(runner)
  await admin.query(JOBS)
  await migration.up(runner)
  await runner.release()
  await database.destroy()
  const { rows } = await admin.query(
    `SELECT once_key AS job, cured_at::date::text AS on FROM chatops.jobs WHERE cured_at IS NOT NULL ORDER BY 1`,
  )
  expect(rows).toEqual([
    { job: 'of no trainee', on: '2021-10-03' },
    { job: 'registered after all', on: '2021-10-09' },
    { job: 'same record', on: '2021-10-03' },
    { job: 'twice made up for', on: '2021-10-02' },
  ])
})

const JOBS = `
  WITH given (once_key, name, trainee_id, entity, status, finished) AS (VALUES
    ('twice made up for', 'update-trainee', 5901, NULL, 'failed', '2021-10-01'),
    ('the first', 'update-trainee', 5901, NULL, 'done', '2021-10-02'),
    ('the second', 'update-trainee', 5901, NULL, 'done', '2021-10-03'),
    ('failed since', 'update-trainee', 5901, NULL, 'failed', '2021-10-04'),
    ('another kind', 'retrieve-trn', 5901, NULL, 'failed', '2021-10-01'),
    ('another trainee', 'update-trainee', 5902, NULL, 'failed', '2021-10-01'),
    ('same record', 'change-trainee-status', 5903, 'contact', 'failed', '2021-10-01'),
    ('another record', 'change-trainee-status', 5903, 'placement_assignment', 'failed', '2021-10-01'),
    ('of the record', 'change-trainee-status', 5903, 'contact', 'done', '2021-10-03'),
    ('of no trainee', 'sync-schools', NULL, NULL, 'failed', '2021-10-01'),
    ('synced', 'sync-schools', NULL, NULL, 'done', '2021-10-03'),
    ('registered after all', 'register-for-trn', 5914, NULL, 'failed', '2021-10-01'),
    ('still unknown', 'register-for-trn', 5913, NULL, 'failed', '2021-10-01')
  ), added AS (
    INSERT INTO chatops.jobs (once_key, name, trainee_id, args, status, failure, finished_at)
    SELECT once_key, name, trainee_id, jsonb_strip_nulls(jsonb_build_object('entity', entity)), status,
      CASE status WHEN 'failed' THEN '{"code": "dttp-refused", "words": "x", "at": "2021-10-01T00:00:00Z"}'::jsonb END,
      finished::timestamptz
    FROM given RETURNING id, once_key
  )
  INSERT INTO chatops.registration_attempts (job_id, trainee_id, outcome, settled_at)
  SELECT id, CASE once_key WHEN 'still unknown' THEN 5913 ELSE 5914 END,
    CASE once_key WHEN 'still unknown' THEN 'unknown' ELSE 'registered' END, '2021-10-09'
  FROM added WHERE once_key IN ('registered after all', 'still unknown')`
