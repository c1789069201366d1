// During an upgrade, workers of two versions share the jobs.
import { expect, test } from 'vitest'
import type { JobName } from '../../../src/entities/chatops/job.ts'
import { type JobHandler, runJob } from '../../../src/jobs/run/run-job.ts'
import { jobRunner } from '../../../src/queue/job-runner.ts'
import { addJob, getJob, NOW, runWith, useJobs } from '../jobs-setup.ts'

const HOUR = 3_600_000
const SOON = 15_000

const jobs = useJobs()

const TOLD: [JobName, string][] = [
  ['register-for-trn', '{"submitted_by": null, "later": 1}'],
  ['change-trainee-status', '{"status": "deferred", "entity": "contact", "later": 1}'],
]

test.each(TOLD)('a %s that was told what this version cannot read waits for a newer one', async (name, args) => {
  const id = await addTold(name, args)
  expect(await runJob(jobs.context, jobRunner, id)).toEqual(later(SOON))
  expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', dueAt: later(SOON), attempts: 0, stalls: 0 })
  jobs.clock.time += SOON
  const newer: JobHandler = async () => async () => ({ kind: 'done' })
  expect(await runWith(jobs, id, newer)).toBeNull()
  expect(await getJob(jobs, id)).toMatchObject({ status: 'done', failure: null })
})

/** Pauses of a job that is tried so often, every few seconds. */
const turns = (times: number) => Array.from({ length: times }, () => SOON)

test.each([
  ['tried all the time', [...turns(24), HOUR - 24 * SOON - 1, 1]],
  ['that nobody tried for an hour, as in a pause', [SOON, HOUR, ...turns(18)]],
])('one %s fails where none has come within an hour and 20 turns, and people are told', async (_, waits) => {
  const id = await addTold(...(TOLD[0] as (typeof TOLD)[number]))
  for (const wait of waits) {
    expect(await runJob(jobs.context, jobRunner, id)).not.toBeNull()
    jobs.clock.time += wait
    await jobs.admin.query('UPDATE chatops.jobs SET due_at = $1', [new Date(jobs.clock.time)])
  }
  expect(await runJob(jobs.context, jobRunner, id)).toBeNull()
  expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'other-version' } })
  const { rows } = await jobs.admin.query('SELECT job_id FROM chatops.alert_entries')
  expect(rows).toEqual([{ job_id: id }])
})

test('a job of a kind that only a newer version has is left to that one', async () => {
  const id = await addJob(jobs, 'update-trainee')
  await jobs.admin.query(`UPDATE chatops.jobs SET name = 'a-later-job' WHERE id = $1`, [id])
  expect(await runJob(jobs.context, jobRunner, id)).toEqual(later(SOON))
  expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', run: 0, failure: null })
  await jobs.admin.query(`UPDATE chatops.jobs SET status = 'done', finished_at = now() WHERE id = $1`, [id])
  expect(await runJob(jobs.context, jobRunner, id)).toBeNull()
})

async function addTold(name: JobName, args: string): Promise<string> {
  const id = await addJob(jobs, name)
  await jobs.admin.query('UPDATE chatops.jobs SET args = $2 WHERE id = $1', [id, args])
  return id
}

function later(ms: number): Date {
  return new Date(Date.parse(NOW) + ms)
}
