import { describe, expect, test } from 'vitest'
import { Job } from '../../../src/entities/chatops/job.ts'
import { OutboxRow } from '../../../src/entities/chatops/outbox-row.ts'
import { Poll } from '../../../src/entities/chatops/poll.ts'
import { claimJob } from '../../../src/jobs/run/leases.ts'
import { addNightlyJob, enqueueJob, startPoll } from '../../../src/jobs/start/enqueue.ts'
import { findPoll, getJob, loseWorker, NOW, runWith, useJobs } from '../jobs-setup.ts'

const HOUR = 3600_000
const TIMEOUT = '2021-10-31T15:06:47.123456'
const OTHER_TIMEOUT = '2021-11-03T15:06:47'

const jobs = useJobs()

describe('a job', () => {
  test('is added with the outbox row that tells the queue of it, under the same id', async () => {
    const id = await inTransaction((sql) =>
      enqueueJob(sql, { name: 'update-trainee', trainee: '5901', args: { a: 1 }, dueAt: later(0) }),
    )
    const [job] = await allJobs()
    expect(job).toMatchObject({ id, name: 'update-trainee', traineeId: '5901', args: { a: 1 }, status: 'waiting' })
    expect(await hints()).toMatchObject([{ id, kind: 'job', payload: { job: id } }])
  })

  test('is not there, and nor is its row, where its transaction comes to nothing', async () => {
    const adding = jobs.context.database.transaction(async (sql) => {
      await enqueueJob(sql, { name: 'update-trainee', trainee: '5901', dueAt: later(0) })
      throw new Error('after all, no')
    })
    await expect(adding).rejects.toThrow('after all, no')
    expect([await allJobs(), await hints()]).toEqual([[], []])
  })

  test('with a key is added once, whatever became of the first', async () => {
    const once = { name: 'sync-schools', trainee: null, dueAt: later(0), onceKey: 'sync-schools 2021-10-27' } as const
    const id = await inTransaction((sql) => enqueueJob(sql, once))
    expect(await inTransaction((sql) => enqueueJob(sql, once))).toBeNull()
    await runWith(jobs, id ?? '', async () => async () => ({ kind: 'done' }))
    expect(await inTransaction((sql) => enqueueJob(sql, once))).toBeNull()
    expect([await allJobs(), await hints()]).toMatchObject([{ length: 1 }, { length: 1 }])
  })
})

describe('the night’s job', () => {
  test('is added once a night, however many workers say so at once', async () => {
    await Promise.all([1, 2, 3, 4, 5].map(() => addNightlyJob(jobs.context, 'sync-schools')))
    expect(await allJobs()).toMatchObject([{ name: 'sync-schools', onceKey: 'sync-schools 2021-10-27' }])
    jobs.clock.time += 24 * HOUR
    await addNightlyJob(jobs.context, 'sync-schools')
    expect(await allJobs()).toHaveLength(2)
  })

  test('cannot be one that does not exist', async () => {
    await expect(addNightlyJob(jobs.context, 'drop-tables')).rejects.toThrow('a job that does not exist')
    expect(await allJobs()).toEqual([])
  })
})

describe('a poll', () => {
  test('is a row with its timeout, to the microsecond, and a job that is due when it was asked for', async () => {
    const id = await poll(TIMEOUT, HOUR)
    expect(await findPoll(jobs, '5901')).toMatchObject({ jobId: id, timeoutAt: TIMEOUT, polledAt: null })
    expect(await allJobs()).toMatchObject([{ id, name: 'retrieve-trn', traineeId: '5901', dueAt: later(HOUR) }])
  })

  test('that is asked for again is the same one, with the new timeout', async () => {
    const id = await poll(TIMEOUT, HOUR)
    expect(await poll(OTHER_TIMEOUT, 2 * HOUR)).toBe(id)
    expect(await findPoll(jobs, '5901')).toMatchObject({ jobId: id, timeoutAt: OTHER_TIMEOUT })
    expect(await allJobs()).toMatchObject([{ id, dueAt: later(HOUR) }])
  })

  test('that is asked for sooner is due sooner, and the queue is told', async () => {
    const id = await poll(TIMEOUT, HOUR)
    await poll(OTHER_TIMEOUT, 0)
    expect(await getJob(jobs, id)).toMatchObject({ dueAt: later(0) })
    expect(await hints()).toMatchObject([{ payload: { job: id } }, { payload: { job: id } }])
  })

  test('that is asked for twice at once is one', async () => {
    const [first, ...others] = await Promise.all([1, 2, 3, 4, 5].map(() => poll(TIMEOUT, HOUR)))
    expect(new Set(others)).toEqual(new Set([first]))
    expect(await allJobs()).toHaveLength(1)
    expect(await jobs.context.database.manager.count(Poll)).toBe(1)
  })

  test('of one trainee leaves another’s alone', async () => {
    const mine = await poll(TIMEOUT, HOUR)
    const theirs = await poll(OTHER_TIMEOUT, HOUR, '5902')
    expect(theirs).not.toBe(mine)
    expect(await findPoll(jobs, '5901')).toMatchObject({ jobId: mine, timeoutAt: TIMEOUT })
  })

  test.each(['done', 'failed'] as const)('that is asked for after the last one was %s is a new one', async (status) => {
    const id = await poll(TIMEOUT, 0)
    await jobs.admin.query(`UPDATE chatops.jobs SET status = $1, failure = '{}', finished_at = now()`, [status])
    const next = await poll(OTHER_TIMEOUT, HOUR)
    expect(next).not.toBe(id)
    expect(await findPoll(jobs, '5901')).toMatchObject({ jobId: next, timeoutAt: OTHER_TIMEOUT, polledAt: null })
    expect(await getJob(jobs, id)).toMatchObject({ status })
  })

  test('that waits after failures begins anew when it is asked for again', async () => {
    const id = await poll(TIMEOUT, 0)
    await runWith(jobs, id, async () => {
      throw new Error('something unforeseen')
    })
    expect(await getJob(jobs, id)).toMatchObject({ attempts: 1 })
    await poll(OTHER_TIMEOUT, HOUR)
    expect(await getJob(jobs, id)).toMatchObject({ attempts: 0, failure: null, dueAt: later(3_000) })
  })

  test('that is being made when it is asked for again is made again, and what its worker found is not written', async () => {
    const id = await poll(TIMEOUT, 0)
    const next = await runWith(jobs, id, async () => {
      await poll(OTHER_TIMEOUT, HOUR)
      return async () => ({ kind: 'done' })
    })
    expect(next).toEqual(later(0))
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', dueAt: later(0) })
  })

  test('whose worker died is due at once when it is asked for again', async () => {
    const id = await poll(TIMEOUT, 0)
    await claimJob(jobs.context, id)
    await loseWorker(jobs, id)
    expect(await poll(OTHER_TIMEOUT, HOUR)).toBe(id)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', dueAt: later(0) })
  })

  test('that ends while it is asked for again is asked for anew', async () => {
    const id = await poll(TIMEOUT, 0)
    const asked = { next: '' }
    await runWith(jobs, id, async () => async () => {
      setTimeout(async () => {
        asked.next = await poll(OTHER_TIMEOUT, HOUR)
      })
      await jobs.admin.query('SELECT pg_sleep(0.3)')
      return { kind: 'done' }
    })
    await expect.poll(() => asked.next).not.toBe('')
    expect(asked.next).not.toBe(id)
    expect(await getJob(jobs, asked.next)).toMatchObject({ status: 'waiting', dueAt: later(HOUR) })
  })
})

/** Asks for a poll that is first due in `inMs`; returns its job's id. */
function poll(timeoutAt: string, inMs: number, trainee = '5901'): Promise<string> {
  return inTransaction((sql) => startPoll(sql, { trainee, timeoutAt, dueAt: later(inMs), changeRequest: null }))
}

function inTransaction<T>(work: Parameters<typeof jobs.context.database.transaction<T>>[1]): Promise<T> {
  return jobs.context.database.transaction('READ COMMITTED', work)
}

function allJobs(): Promise<Job[]> {
  return jobs.context.database.manager.find(Job, { order: { createdAt: 'ASC' } })
}

function hints(): Promise<OutboxRow[]> {
  return jobs.context.database.manager.find(OutboxRow, { order: { seq: 'ASC' } })
}

function later(ms: number): Date {
  return new Date(Date.parse(NOW) + ms)
}
