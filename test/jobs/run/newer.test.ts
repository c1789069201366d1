// During an upgrade, workers of two versions share the jobs.
import { expect, test } from 'vitest'
import { Paused } from '../../../src/brake/brake.ts'
import type { JobName } from '../../../src/entities/chatops/job.ts'
import { type JobHandler, runJob } from '../../../src/jobs/run/run-job.ts'
import { retryJob } from '../../../src/jobs/start/enqueue.ts'
import { jobRunner } from '../../../src/queue/job-runner.ts'
import { addJob, getJob, NOW, runWith, useJobs } from '../jobs-setup.ts'

const HOUR = 3_600_000
const SOON = 15_000

const jobs = useJobs()

const FIRST: [JobName, string] = ['register-for-trn', '{"submitted_by": null, "later": 1}']

const TOLD: [JobName, string][] = [
  FIRST,
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

const AN_HOUR = Array.from({ length: 20 }, () => HOUR / 20)

test.each<[string, number[], JobHandler | null]>([
  ['at once', [], null],
  ['since nobody tried it for an hour, as in a pause', [HOUR], null],
  ['since it waited for something else for an hour', AN_HOUR, () => Promise.reject(new Paused())],
])(
  'one fails where none has come within an hour of turns, counted %s, and people are told',
  async (_, waits, other) => {
    const id = await addTold(...FIRST)
    await jobs.admin.query('UPDATE chatops.jobs SET run = 500')
    expect(await runJob(jobs.context, jobRunner, id)).not.toBeNull()
    for (const wait of waits) {
      jobs.clock.time += wait
      if (other) await runWith(jobs, id, other)
    }
    jobs.clock.time += SOON
    await failWithinAnHour(id)
    const { rows } = await jobs.admin.query('SELECT job_id FROM chatops.alert_entries')
    expect(rows).toEqual([{ job_id: id }])
  },
)

test('one that failed so has another hour when people have it run again', async () => {
  const id = await addTold(...FIRST)
  await failWithinAnHour(id)
  const { rows } = await jobs.admin.query(
    `INSERT INTO chatops.change_requests (playbook, playbook_version, requester, channel, subjects, digest)
     VALUES ('repair-school', 1, 'U1', 'C1', '{}', repeat('0', 64)) RETURNING id`,
  )
  const { manager } = jobs.context.database
  const { run } = await getJob(jobs, id)
  const dueAt = jobs.context.now()
  await retryJob(manager, { id, run, dueAt, changeRequest: rows[0].id, approved: null })
  expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', failure: null })
  await failWithinAnHour(id)
})

/** Has it tried in vain, in its turns. */
async function failWithinAnHour(id: string): Promise<void> {
  for (const wait of AN_HOUR) {
    expect(await runJob(jobs.context, jobRunner, id)).not.toBeNull()
    jobs.clock.time += wait
  }
  expect(await runJob(jobs.context, jobRunner, id)).toBeNull()
  expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'other-version' } })
}

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
