import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type GiasSimulator, startGiasSimulator } from '../../sandbox/gias/index.ts'
import { findGiasAge } from '../../src/gias/schools.ts'
import { loadGias } from '../../src/jobs/load-gias.ts'
import { runJob } from '../../src/jobs/run/run-job.ts'
import { addNightlyJob } from '../../src/jobs/start/enqueue.ts'
import { createFirstGiasLoad } from '../../src/jobs/start/first-gias-load.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import { emptyDatabase } from '../support/reset.ts'
import { addJob, getJob, type Jobs, NOW, startJobs } from './jobs-setup.ts'

/** What the bot takes for all of England. */
const schools = Array.from({ length: 10_001 }, (_, n) => ({ urn: String(100_001 + n), name: `School ${n}`, status: 1 }))

let jobs: Jobs
let gias: GiasSimulator

beforeAll(async () => {
  const now = () => new Date(jobs?.clock.time ?? Date.parse(NOW))
  gias = await startGiasSimulator({ schools, now })
  jobs = await startJobs({ gias: { url: gias.url, maxAgeMs: 3 * 86_400_000 } })
})

beforeEach(async () => {
  gias.faults.clear()
  gias.setSchools(schools)
  jobs.clock.time = Date.parse(NOW)
  await emptyDatabase(jobs.admin)
})

afterAll(async () => {
  await gias.stop()
  await jobs.stop()
})

const run = async () => {
  const id = await addJob(jobs, 'load-gias')
  await runJob(jobs.context, jobRunner, id)
  return getJob(jobs, id)
}
const age = () => findGiasAge(jobs.context.database.manager)

describe('a load', () => {
  test('takes all of the extract', async () => {
    expect(await run()).toMatchObject({ status: 'done', result: { kind: 'loaded', rows: schools.length } })
    expect(await age()).toMatchObject({ sourceDate: '2021-10-27', rows: schools.length })
  })

  test('that GIAS does not answer is tried again later, and says why', async () => {
    gias.faults.add({ kind: 'status', status: 503, times: 9 })
    const { status, failure, dueAt } = await run()
    expect({ status, failure }).toMatchObject({ status: 'waiting', failure: { code: 'gias-unavailable' } })
    expect(dueAt.getTime()).toBeGreaterThan(jobs.clock.time)
    expect(await age()).toBeNull()
  })

  test('of something that is not the extract is given up, and what was there stays', async () => {
    await run()
    gias.setSchools(schools.slice(0, 50))
    jobs.clock.time += 3_600_000
    const { status, failure } = await run()
    expect({ status, failure }).toMatchObject({ status: 'failed', failure: { code: 'gias-refused' } })
    expect(failure?.words).toContain('there should be at least')
    expect((await age())?.rows).toBe(schools.length)
  })

  test('waits for one that is under way', async () => {
    await jobs.admin.query('SELECT pg_advisory_lock(7031521)')
    const { status, dueAt } = await run()
    await jobs.admin.query('SELECT pg_advisory_unlock(7031521)')
    expect(status).toBe('waiting')
    expect(dueAt.getTime()).toBeGreaterThan(jobs.clock.time)
  })
})

test('a night’s load is added once a night, however many workers say so', async () => {
  await Promise.all([1, 2, 3].map(() => addNightlyJob(jobs.context, 'load-gias')))
  const { rows } = await jobs.admin.query(`SELECT once_key FROM chatops.jobs WHERE name = 'load-gias'`)
  expect(rows).toEqual([{ once_key: 'load-gias 2021-10-27' }])
})

describe('the first load', () => {
  const count = async () => (await jobs.admin.query('SELECT 1 FROM chatops.jobs')).rows.length
  test('is added soon after the start where there never was one, once by all workers', async () => {
    const workers = [createFirstGiasLoad(jobs.context), createFirstGiasLoad(jobs.context)]
    for (const work of workers) await work()
    expect(await count()).toBe(0)
    for (let round = 0; round < 3; round++) for (const work of workers) await work()
    expect(await count()).toBe(1)
  })

  test('is not needed where GIAS was loaded before', async () => {
    await run()
    const work = createFirstGiasLoad(jobs.context)
    for (let round = 0; round < 3; round++) await work()
    expect(await count()).toBe(1)
  })
})

test('a load is given back by a worker that is asked to stop', async () => {
  const stopping = new AbortController()
  gias.faults.add({ kind: 'hang' })
  const job = await getJob(jobs, await addJob(jobs, 'load-gias'))
  const finishing = loadGias({ ...jobs.context, stopping: stopping.signal }, job)
  stopping.abort()
  const finish = await finishing
  expect(await finish(jobs.context.database.manager, job)).toMatchObject({ kind: 'again' })
})
