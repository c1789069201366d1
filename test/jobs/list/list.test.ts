import { beforeAll, expect, test } from 'vitest'
import { findListedJob, listJobs } from '../../../src/jobs/list/list.ts'
import type { JobFilter } from '../../../src/jobs/list/listed-job.ts'
import { countQueries } from '../../bench/count-queries.ts'
import { useWorld } from '../../support/world.ts'

const ALL: JobFilter = { name: null, trainee: null }

const use = useWorld()

beforeAll(async () => {
  await use.admin.query(`SET session_replication_role = 'replica'`)
  await add(3, `'running', now() - interval '1 hour', now() - n * interval '1 minute', 0, NULL`)
  await add(2, `'waiting', now() - n * interval '10 minutes', NULL, 0, NULL`)
  await add(4, `'failed', now(), NULL, 1, now() - n * interval '1 day'`)
  await add(1, `'failed', now(), NULL, 1, now() - interval '40 days'`)
  await add(6, `'waiting', now() + n * interval '1 minute', NULL, 2, NULL`)
  await add(2, `'running', now(), now() + interval '1 minute', 0, NULL`)
  await add(1_200, `'waiting', now() + n * interval '1 hour', NULL, 0, NULL`)
})

/** Jobs that differ by `n`; the values are of status, due_at, lease_until, attempts and finished_at. */
async function add(count: number, values: string): Promise<void> {
  await use.admin.query(
    `INSERT INTO chatops.jobs (name, trainee_id, status, due_at, lease_until, attempts, finished_at, failure)
     SELECT 'update-trainee', n, ${values}, '{"code": "dttp-refused", "words": "No.", "at": "2026-11-28T10:00:00Z"}'
     FROM generate_series(1, ${count}) n`,
  )
}

test('counts the jobs of each kind, of one kind at most one more than can be turned to', async () => {
  const { counts, pages } = await listJobs(use.world, ALL)
  expect(counts).toEqual({ stuck: 5, failed: 4, retrying: 6, running: 2, delayed: 1_001 })
  expect(pages).toBe(Math.ceil((5 + 4 + 6 + 2 + 1_001) / 10))
})

test('has the worst first, each kind in its order, through all pages', async () => {
  const listed = []
  for (let page = 1; page <= 4; page++) listed.push(...(await listJobs(use.world, ALL, page)).jobs)
  const kinds = [...new Set(listed.map(({ kind }) => kind))]
  expect(kinds).toEqual(['stuck', 'failed', 'retrying', 'running', 'delayed'])
  expect(new Set(listed.map(({ id }) => id)).size).toBe(40)
  for (const kind of kinds) {
    const times = listed
      .filter((job) => job.kind === kind)
      .map(({ dueAt, finishedAt }) => (kind === 'failed' ? -(finishedAt ?? dueAt).getTime() : dueAt.getTime()))
    expect(times).toEqual([...times].sort((a, b) => a - b))
  }
})

test('answers the last page where there are not so many', async () => {
  const { page, pages, jobs } = await listJobs(use.world, ALL, 1_000_000)
  expect([page, jobs.length]).toEqual([pages, 1_018 % 10])
})

test('is narrowed to a job and a trainee', async () => {
  const { counts, jobs } = await listJobs(use.world, { name: 'update-trainee', trainee: '1' })
  expect(counts).toEqual({ stuck: 2, failed: 1, retrying: 1, running: 1, delayed: 1 })
  expect(jobs.map(({ traineeId }) => traineeId)).toEqual(['1', '1', '1', '1', '1', '1'])
  expect((await listJobs(use.world, { name: 'retrieve-trn', trainee: null })).jobs).toEqual([])
})

test('a job is found as it is listed', async () => {
  const { jobs } = await listJobs(use.world, ALL)
  for (const job of jobs) {
    const { cause: _, inGroup: __, ...listed } = job
    expect(await findListedJob(use.world, job.id)).toMatchObject(listed)
  }
})

test('the newest that failed are read by an index, of our workers’ jobs and of Register’s, however many there are', async () => {
  await add(5_000, `'failed', now(), NULL, 1, now() - n * interval '1 minute'`)
  await use.admin.query('ANALYZE chatops.jobs, chatops.mirrored_jobs')
  const counter = countQueries()
  await listJobs(use.world, ALL)
  counter.stop()
  const page = counter.texts().find((text) => text.includes('placed AS')) ?? ''
  const { rows } = await use.admin.query(`EXPLAIN ${page}`, [new Date(), null, null, ['failed'], 10, 0])
  const plan = JSON.stringify(rows)
  for (const index of ['jobs_newest_given_up', 'mirrored_jobs_newest_given_up']) expect(plan).toContain(` ${index} `)
})
