import type { EntityManager } from 'typeorm'
import { beforeEach, describe, expect, test } from 'vitest'
import { insertDemoRows } from '../../../sandbox/register/seed.ts'
import { execute } from '../../../src/changes/execute/execute.ts'
import { DttpError, type DttpErrorKind } from '../../../src/dttp/client/errors.ts'
import type { JobName } from '../../../src/entities/chatops/job.ts'
import type { FailureCode } from '../../../src/entities/chatops/job-failure.ts'
import { JobFailed } from '../../../src/failures/job-failed.ts'
import { claimJob } from '../../../src/jobs/run/leases.ts'
import type { Ending, JobHandler } from '../../../src/jobs/run/run-job.ts'
import { enqueueJob } from '../../../src/jobs/start/enqueue.ts'
import { approveRequest, sendRequest } from '../../support/lifecycle.ts'
import { addJob, getJob, loseWorker, NOW, runWith, useJobs } from '../jobs-setup.ts'

const SECOND = 1_000
const HOUR = 3600 * SECOND

const jobs = useJobs()
/** Every handler that was started, in order. */
let ran: string[]

beforeEach(() => {
  ran = []
})

describe('who runs a job', () => {
  test('nobody before it is due, and then somebody', async () => {
    const id = await addJob(jobs, 'update-trainee', HOUR)
    expect(await runWith(jobs, id, works)).toEqual(later(HOUR))
    expect(ran).toEqual([])
    jobs.clock.time += HOUR
    expect(await runWith(jobs, id, works)).toBeNull()
    expect({ ran, ...(await getJob(jobs, id)) }).toMatchObject({ ran: ['update-trainee'], status: 'done', run: 1 })
  })

  test('one of the workers that are told of it at once, and nobody afterwards', async () => {
    const id = await addJob(jobs, 'update-trainee')
    await Promise.all(Array.from({ length: 8 }, () => runWith(jobs, id, works)))
    await runWith(jobs, id, works)
    expect({ ran, ...(await getJob(jobs, id)) }).toMatchObject({ ran: ['update-trainee'], run: 1, stalls: 0 })
  })

  test('nobody else while its worker is heard of; whoever asks is told when to look again', async () => {
    const id = await addJob(jobs, 'update-trainee')
    await claimJob(jobs.context, id)
    const { leaseUntil } = await getJob(jobs, id)
    const again = await runWith(jobs, id, works)
    expect(ran).toEqual([])
    expect(again?.getTime()).toBeGreaterThan(leaseUntil?.getTime() ?? Number.POSITIVE_INFINITY)
  })

  test('another worker, once it is not', async () => {
    const id = await addJob(jobs, 'update-trainee')
    await claimJob(jobs.context, id)
    await loseWorker(jobs, id)
    await runWith(jobs, id, works)
    expect({ ran, ...(await getJob(jobs, id)) }).toMatchObject({ ran: ['update-trainee'], status: 'done', run: 2 })
  })

  test('nobody once five workers and then a sixth have died on it: it is given up', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    for (const _ of [1, 2, 3, 4, 5]) {
      await claimJob(jobs.context, id)
      await loseWorker(jobs, id)
    }
    expect((await claimJob(jobs.context, id))?.stalls).toBe(5)
    await loseWorker(jobs, id)
    expect(await runWith(jobs, id, works)).toBeNull()
    expect(ran).toEqual([])
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'stalled' } })
  })

  test('deaths that lie before a run that went well do not count', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    await claimJob(jobs.context, id)
    await loseWorker(jobs, id)
    await runWith(jobs, id, async () => async () => ({ kind: 'again', at: jobs.context.now() }))
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', stalls: 0 })
  })

  test('nobody, if there is no such job', async () => {
    expect(await runWith(jobs, '00000000-0000-4000-8000-000000000000', works)).toBeNull()
    expect(ran).toEqual([])
  })
})

describe('what a run writes', () => {
  test('commits together with the end of the job', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    await runWith(jobs, id, async () => async (sql) => {
      await leaveTrace(sql)
      return { kind: 'done', result: { received: true } }
    })
    expect(await getJob(jobs, id)).toMatchObject({ status: 'done', result: { received: true }, finishedAt: later(0) })
    expect(await countTraces()).toBe(1)
  })

  test('is undone where the run fails after all', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    await runWith(jobs, id, async () => async (sql) => {
      await leaveTrace(sql)
      throw new JobFailed('trainee-gone', 'The trainee is no longer in Register.')
    })
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'trainee-gone' } })
    expect(await countTraces()).toBe(0)
  })

  test('is nothing where another worker has taken the job meanwhile', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    await runWith(jobs, id, async () => {
      await loseWorker(jobs, id)
      await runWith(jobs, id, works)
      return async (sql) => {
        await leaveTrace(sql)
        return { kind: 'again', at: later(HOUR) }
      }
    })
    expect(await getJob(jobs, id)).toMatchObject({ status: 'done', run: 2 })
    expect(await countTraces()).toBe(0)
  })

  test('nor does a failure count where another worker has taken the job meanwhile', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    await runWith(jobs, id, async () => {
      await loseWorker(jobs, id)
      await runWith(jobs, id, works)
      throw new JobFailed('timed-out', 'Too late.')
    })
    expect(await getJob(jobs, id)).toMatchObject({ status: 'done', failure: null })
  })
})

describe('what a run has done', () => {
  const givenUp = async (name: JobName, code: FailureCode): Promise<string> => {
    const id = await addJob(jobs, name)
    await runWith(jobs, id, fails(new JobFailed(code, 'It failed.')))
    return id
  }
  const curedAt = async (id: string) => (await getJob(jobs, id)).curedAt
  const pollsAgain: JobHandler = async () => async () => ({ kind: 'again', at: later(HOUR) })

  beforeEach(() => insertDemoRows(jobs.admin))

  test('cures a job of the same kind and trainee that was given up before, and none of another kind', async () => {
    const failed = await givenUp('update-trainee', 'dttp-refused')
    const other = await givenUp('retrieve-trn', 'gone')
    expect(await curedAt(failed)).toBeNull()
    jobs.clock.time += HOUR
    await runWith(jobs, await addJob(jobs, 'update-trainee'), works)
    expect([await curedAt(failed), await curedAt(other)]).toEqual([later(HOUR), null])
  })

  test('is nothing if it failed', async () => {
    const failed = await givenUp('update-trainee', 'dttp-refused')
    await runWith(jobs, await addJob(jobs, 'update-trainee'), fails(new JobFailed('dttp-refused', 'It failed.')))
    expect(await curedAt(failed)).toBeNull()
  })

  test('cures a poll that timed out only if the trainee has a TRN by now', async () => {
    const timedOut = await givenUp('retrieve-trn', 'timed-out')
    const gone = await givenUp('retrieve-trn', 'gone')
    const poll = await addJob(jobs, 'retrieve-trn')
    await runWith(jobs, poll, pollsAgain)
    expect([await curedAt(timedOut), await curedAt(gone)]).toEqual([null, later(0)])
    await jobs.admin.query(`UPDATE public.trainees SET trn = '1234567' WHERE id = 5901`)
    jobs.clock.time += HOUR
    await runWith(jobs, poll, works)
    expect([await curedAt(timedOut), await curedAt(gone)]).toEqual([later(HOUR), later(0)])
  })

  test('does not stay a cure once people have the cured job run again and it fails again', async () => {
    const failed = await givenUp('update-trainee', 'dttp-refused')
    await runWith(jobs, await addJob(jobs, 'update-trainee'), works)
    expect(await curedAt(failed)).not.toBeNull()
    await jobs.admin.query(`UPDATE chatops.jobs SET status = 'waiting', finished_at = NULL WHERE id = $1`, [failed])
    await runWith(jobs, failed, fails(new JobFailed('dttp-refused', 'It failed.')))
    expect(await getJob(jobs, failed)).toMatchObject({ status: 'failed', curedAt: null })
  })
})

test('a run can ask for the same job again', async () => {
  const id = await addJob(jobs, 'retrieve-trn')
  expect(await runWith(jobs, id, async () => async () => ({ kind: 'again', at: later(HOUR) }))).toEqual(later(HOUR))
  expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', dueAt: later(HOUR), attempts: 0, run: 1 })
})

describe('a run that fails', () => {
  test.each<[DttpErrorKind, object]>([
    ['unavailable', { status: 'waiting', attempts: 1, dueAt: later(3 * SECOND) }],
    ['unauthorised', { status: 'waiting', attempts: 1, dueAt: later(3 * SECOND) }],
    ['malformed', { status: 'waiting', attempts: 1, dueAt: later(3 * SECOND) }],
    ['gone', { status: 'failed', finishedAt: later(0) }],
    ['refused', { status: 'failed', finishedAt: later(0) }],
    ['outcome-unknown', { status: 'failed', finishedAt: later(0) }],
  ])('for DTTP’s %s is tried again only if time may cure it', async (kind, expected) => {
    const id = await addJob(jobs, 'retrieve-trn')
    await runWith(jobs, id, fails(new DttpError(kind, 'getTrn', { status: 500 })))
    expect(await getJob(jobs, id)).toMatchObject(expected)
  })

  test('is tried again as often as Register does, and then kept, with its trainee and the reason', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    const pauses: number[] = []
    for (;;) {
      const next = await runWith(jobs, id, fails(new DttpError('unavailable', 'getTrn', { code: 'ECONNREFUSED' })))
      if (!next) break
      pauses.push((next.getTime() - jobs.clock.time) / SECOND)
      jobs.clock.time = next.getTime()
    }
    expect(pauses).toHaveLength(29)
    expect(pauses.slice(0, 4)).toEqual([3, 3, 3, 3])
    for (const [count, pause] of pauses.slice(4).entries()) {
      expect(pause).toBeGreaterThanOrEqual(count ** 4 + 15)
      expect(pause).toBeLessThanOrEqual(count ** 4 + 15 + 9 * (count + 1))
    }
    expect(await getJob(jobs, id)).toMatchObject({
      status: 'failed',
      attempts: 30,
      traineeId: '5901',
      failure: { code: 'dttp-unavailable', words: 'DTTP did not answer, or asked us to wait (ECONNREFUSED).' },
    })
  })

  test('begins anew with its attempts after a run that went well', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    const unavailable = fails(new DttpError('unavailable', 'getTrn'))
    for (const _ of [1, 2, 3]) {
      await runWith(jobs, id, unavailable)
      jobs.clock.time += 3 * SECOND
    }
    await runWith(jobs, id, async () => async () => ({ kind: 'again', at: jobs.context.now() }))
    expect(await getJob(jobs, id)).toMatchObject({ attempts: 0, failure: null })
  })

  test('is not tried again before the time that DTTP asked for', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    await runWith(jobs, id, fails(new DttpError('unavailable', 'getTrn', { status: 429, retryAfterMs: 120 * SECOND })))
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', dueAt: later(120 * SECOND) })
  })

  test('for credentials that DTTP does not accept is told to people at once, though it is tried again', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    for (const _ of [1, 2, 3]) {
      await runWith(jobs, id, fails(new DttpError('unauthorised', 'getTrn', { status: 401 })))
      jobs.clock.time += 3 * SECOND
    }
    const { rows } = await jobs.admin.query('SELECT job_id, failure, settled_at FROM chatops.alert_entries')
    expect(rows).toMatchObject([{ job_id: id, failure: { code: 'dttp-unauthorised' }, settled_at: null }])
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', attempts: 3 })
  })

  test('is told to nobody for as long as it is tried again for any other reason', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    await runWith(jobs, id, fails(new DttpError('unavailable', 'getTrn')))
    expect((await jobs.admin.query('SELECT 1 FROM chatops.alert_entries')).rows).toEqual([])
  })

  test.each(['register-for-trn', 'update-trainee'] as const)('is final at once for %s', async (name) => {
    const id = await addJob(jobs, name)
    expect(await runWith(jobs, id, fails(new DttpError('unavailable', 'update')))).toBeNull()
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', attempts: 1 })
  })

  test('for a reason nobody foresaw keeps no words of it: they could be personal', async () => {
    const id = await addJob(jobs, 'update-trainee')
    await runWith(jobs, id, fails(new TypeError('Demofirst Demoone is not a function')))
    const { failure } = await getJob(jobs, id)
    expect(failure).toMatchObject({ code: 'unexpected' })
    expect(JSON.stringify(failure)).not.toContain('Demo')
  })
})

describe('where our own database stands in the way', () => {
  test('a lost session counts as no attempt, and the job is done soon after', async () => {
    const id = await addJob(jobs, 'update-trainee')
    const next = await runWith(jobs, id, async () => async (sql) => {
      await leaveTrace(sql)
      await sql.query('SELECT pg_terminate_backend(pg_backend_pid())')
      return { kind: 'done' }
    })
    expect(next).toEqual(later(5 * SECOND))
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', attempts: 0, stalls: 1, failure: null })
    jobs.clock.time += 5 * SECOND
    await runWith(jobs, id, works)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'done' })
    expect(await countTraces()).toBe(0)
  })

  test('nor does a right that was missing for a moment', async () => {
    const id = await addJob(jobs, 'update-trainee')
    const refused: JobHandler = async () => async (sql) => {
      await sql.query('SELECT first_name FROM users')
      return { kind: 'done' }
    }
    expect(await runWith(jobs, id, refused)).toEqual(later(5 * SECOND))
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', attempts: 0, stalls: 1, failure: null })
  })

  test.each<[JobName, object]>([
    ['retrieve-trn', { status: 'waiting', attempts: 1, stalls: 0 }],
    ['update-trainee', { status: 'failed', attempts: 1 }],
  ])('that it does so for minutes is a failure of %s, and people are told', async (name, then) => {
    const id = await addJob(jobs, name)
    const blocked: JobHandler = async () => async (sql) => {
      await sql.query(`SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)`)
      return { kind: 'done' }
    }
    for (const seconds of [5, 10, 20, 40, 80]) {
      expect(await runWith(jobs, id, blocked)).toEqual(new Date(jobs.clock.time + seconds * SECOND))
      expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', attempts: 0, failure: null })
      jobs.clock.time += seconds * SECOND
    }
    await runWith(jobs, id, blocked)
    expect(await getJob(jobs, id)).toMatchObject({
      ...then,
      failure: { code: 'unexpected', words: expect.stringContaining('Register’s database stood in its way') },
    })
    const { rows } = await jobs.admin.query(`SELECT subject FROM chatops.alert_entries WHERE job_id = $1`, [id])
    expect(rows).toHaveLength(1)
  })

  test('an error of the database that is on no list is waited for, and operators are told', async () => {
    const id = await addJob(jobs, 'register-for-trn')
    const reported: string[] = []
    const report = async (trouble: string) => {
      reported.push(trouble)
    }
    const stutters = async () => async (sql: EntityManager) => {
      await sql.query(`DO $$ BEGIN RAISE 'no' USING ERRCODE = 'io_error'; END $$`)
      return { kind: 'done' } as const
    }
    Object.assign(jobs.context, { report })
    await runWith(jobs, id, stutters)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', dueAt: later(5 * SECOND), attempts: 0 })
    expect(reported).toEqual([expect.stringContaining('58030')])
  })

  test('a transaction that lost against another one is repeated at once', async () => {
    const id = await addJob(jobs, 'update-trainee')
    let tries = 0
    await runWith(jobs, id, async () => async (sql) => {
      await leaveTrace(sql)
      if (++tries < 3) await sql.query(`DO $$ BEGIN RAISE 'lost' USING ERRCODE = 'serialization_failure'; END $$`)
      return { kind: 'done' }
    })
    expect({ tries, ...(await getJob(jobs, id)) }).toMatchObject({ tries: 3, status: 'done' })
    expect(await countTraces()).toBe(1)
  })

  test('a session that is lost while a failure is written down leaves the job to be tried again', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    await jobs.admin.query(`
      CREATE FUNCTION public.lose_session() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
      CREATE TRIGGER lose_session BEFORE UPDATE ON chatops.jobs FOR EACH ROW WHEN (NEW.failure IS NOT NULL)
        EXECUTE FUNCTION public.lose_session()`)
    await runWith(jobs, id, fails(new DttpError('gone', 'getTrn')))
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', dueAt: later(5 * SECOND), attempts: 0 })
    await jobs.admin.query('DROP FUNCTION public.lose_session CASCADE')
    jobs.clock.time += 5 * SECOND
    await runWith(jobs, id, fails(new DttpError('gone', 'getTrn')))
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'gone' } })
  })
})

describe('a job that a request asked for', () => {
  test('has its failure told in the request’s thread, and the result looked at', async () => {
    await insertDemoRows(jobs.admin)
    const form = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Wrong route', ticket: '' }
    const request = await sendRequest(jobs.context, 'fix-route', form)
    await approveRequest(jobs.context, request)
    await execute(jobs.context, request.id)
    await jobs.admin.query(`UPDATE chatops.change_requests SET next_verify_at = '2099-01-01'`)
    const job = {
      name: 'update-trainee' as const,
      trainee: '5901',
      dueAt: jobs.context.now(),
      changeRequest: request.id,
    }
    const id = (await jobs.context.database.transaction((sql) => enqueueJob(sql, job))) ?? ''
    await runWith(jobs, id, fails(new JobFailed('gone', 'DTTP does not have the record.')))
    const { rows: news } = await jobs.admin.query(
      `SELECT payload FROM chatops.outbox WHERE kind = 'direct' AND payload->>'part' = 'job-news'`,
    )
    expect(news).toMatchObject([{ payload: { job: 'update-trainee', trainee: '5901', news: { kind: 'failed' } } }])
    const { rows: looks } = await jobs.admin.query('SELECT next_verify_at <= now() AS due FROM chatops.change_requests')
    expect(looks).toEqual([{ due: true }])
  })
})

const works: JobHandler = async (_, job) => {
  ran.push(job.name)
  return async (): Promise<Ending> => ({ kind: 'done' })
}

function fails(error: Error): JobHandler {
  return async () => {
    throw error
  }
}

function later(ms: number): Date {
  return new Date(Date.parse(NOW) + ms)
}

/** Something that a job writes: another job. */
async function leaveTrace(sql: EntityManager): Promise<void> {
  await enqueueJob(sql, { name: 'sync-schools', trainee: null, dueAt: later(0) })
}

async function countTraces(): Promise<number> {
  const { rows } = await jobs.admin.query(`SELECT 1 FROM chatops.jobs WHERE name = 'sync-schools'`)
  return rows.length
}
