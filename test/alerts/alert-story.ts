// Jobs that fail and run, as the runner of the jobs reports them, on a database of one's own.

import { randomUUID } from 'node:crypto'
import { noteFailure, noteSuccess } from '../../src/alerts/news/job-ends.ts'
import { Alert, AlertEntry } from '../../src/entities/chatops/alert.ts'
import { Job, type JobName } from '../../src/entities/chatops/job.ts'
import type { JobFailure } from '../../src/entities/chatops/job-failure.ts'
import { Poll } from '../../src/entities/chatops/poll.ts'
import { cureByJob } from '../../src/jobs/run/cured.ts'
import type { World } from '../../src/world.ts'
import { useWorld } from '../support/world.ts'

/** A world on a seeded database for each test of a file, and what happens to jobs there. */
export function useAlertStory(overrides: () => Partial<World> = () => ({})) {
  const story = useWorld({ rows: 'demo', forEach: 'test, put back' }, overrides)
  return Object.assign(story, {
    /** A job that is over, or that its worker holds. */
    async job(name: JobName, trainee: number | null, row: Partial<Job> = {}): Promise<Job> {
      const id = randomUUID()
      const traineeId = trainee === null ? null : String(trainee)
      await story.world.database.manager.insert(Job, { id, name, traineeId, args: {}, status: 'running', ...row })
      return story.world.database.manager.findOneByOrFail(Job, { id })
    },

    /** The job is given up, in the transaction that ends its attempt. */
    async fails(job: Job, failure: Partial<JobFailure> = {}): Promise<void> {
      const whole = failureOf(failure)
      await story.world.database.transaction(async (sql) => {
        await noteFailure(sql, story.world, job, whole)
        await sql.update(Job, { id: job.id }, { status: 'failed', failure: whole, finishedAt: new Date() })
      })
    },

    /** The job has failed, but is tried again. */
    async faltered(job: Job, failure: Partial<JobFailure> = {}): Promise<void> {
      await story.world.database.transaction((sql) => noteFailure(sql, story.world, job, failureOf(failure)))
    },

    /** The job has run, and this is the transaction that ends its attempt. */
    async ran(job: Job): Promise<void> {
      await story.world.database.transaction(async (sql) => {
        await cureByJob(sql, job, new Date())
        await noteSuccess(sql, job)
      })
    },

    /** A poll that was to go on until a time, and its job. */
    async poll(trainee: number, timeoutAt: string, row: Partial<Job> = {}): Promise<Job> {
      const job = await this.job('retrieve-trn', trainee, row)
      await story.world.database.manager.upsert(Poll, { traineeId: String(trainee), jobId: job.id, timeoutAt }, [
        'traineeId',
      ])
      return job
    },

    /** Every alert, oldest first. */
    alerts: (): Promise<Alert[]> => story.world.database.manager.find(Alert, { order: { id: 'ASC' } }),

    async causes(status: Alert['status'] = 'open'): Promise<string[]> {
      return (await this.alerts()).filter((alert) => alert.status === status).map(({ cause }) => cause)
    },

    async onlyAlert(): Promise<Alert> {
      const [alert, ...more] = await this.alerts()
      if (!alert || more.length > 0) throw new Error(`there are ${alert ? more.length + 1 : 0} alerts`)
      return alert
    },

    entries: (): Promise<AlertEntry[]> =>
      story.world.database.manager.find(AlertEntry, { order: { alertId: 'ASC', subject: 'ASC' } }),

    /** Messages to be sent about alerts. */
    async messages(): Promise<number> {
      const { rows } = await story.admin.query(`SELECT count(*)::int AS n FROM chatops.outbox WHERE kind = 'alert'`)
      return rows[0].n
    },

    /** As though the relay had drawn every post. */
    async drawAll(): Promise<void> {
      await story.admin.query(`UPDATE chatops.outbox SET status = 'sent', created_at = now() - interval '1 hour'`)
      await story.admin.query('UPDATE chatops.alerts SET rendered_version = card_version')
    },

    /** As though nobody had looked for a while. */
    forgetLook: () => story.admin.query(`UPDATE chatops.alerts SET looked_at = now() - interval '1 hour'`),
  })
}

function failureOf(given: Partial<JobFailure>): JobFailure {
  return { code: 'dttp-refused', words: 'DTTP refused it (403).', at: '2021-10-27T09:02:00.000Z', ...given }
}
