import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import type { Job } from '../../src/entities/chatops/job.ts'
import { Trainee } from '../../src/entities/register/trainee.ts'
import { type JobHandlers, runJob } from '../../src/jobs/run/run-job.ts'
import { startPoll } from '../../src/jobs/start/enqueue.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import { resetToDemo } from '../support/reset.ts'
import { findPoll, getJob, type Jobs, NOW, startJobs } from './jobs-setup.ts'

const HOUR = 3600_000
const PENDING = '5901'
const DEFERRED = '5905'
/** Withdrawn, and has a TRN. */
const WITHDRAWN = '5906'
const AWARDED = '5907'
const DRAFT = '5904'
const UNTIDY = '5909'
const TIMEOUT = '2021-10-31T15:06:47'

let jobs: Jobs
/** What happens while DTTP is being asked. */
let meanwhile: () => Promise<void>

beforeAll(async () => {
  jobs = await startJobs()
})

beforeEach(async () => {
  jobs.clock.time = Date.parse(NOW)
  meanwhile = async () => {}
  await resetToDemo(jobs.admin)
  for (const id of [5901, 5905, 5906, 5907, 5909]) jobs.dttp.state.add('contacts', { id: dttpId('contact', id) })
  jobs.renewDttp()
  jobs.dttp.forgetRequests()
})

afterEach(() => jobs.dttp.faults.clear())

afterAll(() => jobs.stop())

describe('while DTTP has no TRN', () => {
  test('the same job polls again in an hour, until the TRN is there', async () => {
    const id = await poll(PENDING)
    const before = await rowsOf(PENDING)
    for (const hour of [1, 2, 3]) {
      expect(await run(id)).toEqual(later(hour * HOUR))
      jobs.clock.time += HOUR
    }
    expect(await rowsOf(PENDING)).toEqual(before)
    jobs.dttp.state.giveTrn(dttpId('contact', 5901), { trn: '3000001' })
    expect(await run(id)).toBeNull()
    expect(jobs.dttp.requestsTo('contacts')).toHaveLength(4)
    expect(await countJobs()).toBe(1)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'done', run: 4, result: { received: true } })
  })

  test('its timeout stays as it was', async () => {
    const id = await poll(PENDING, '2021-10-31T15:06:47.123456')
    await run(id)
    expect(await findPoll(jobs, PENDING)).toMatchObject({ timeoutAt: '2021-10-31T15:06:47.123456', polledAt: later(0) })
  })

  test.each(['Not Registered', '', '  ', '12345', '12345678', '123456a'])(
    'so it is where DTTP says “%s” in its place',
    async (words) => {
      jobs.dttp.state.change('contacts', dttpId('contact', 5901), { dfe_trn: words })
      const id = await poll(PENDING)
      expect(await run(id)).toEqual(later(HOUR))
      expect(await traineeOf(PENDING)).toMatchObject({ trn: null, state: 1 })
    },
  )

  test('a poll is asked for once more at its timeout, and then it has timed out, in Register’s words', async () => {
    const id = await poll(PENDING, '2021-10-27T16:06:47')
    expect(await run(id)).toEqual(later(HOUR))
    jobs.clock.time += HOUR
    expect(await run(id)).toBeNull()
    expect(await getJob(jobs, id)).toMatchObject({
      status: 'failed',
      traineeId: PENDING,
      failure: { code: 'timed-out', words: timedOut(PENDING) },
    })
    expect(await auditsOf(PENDING)).toEqual([])
  })

  test('a TRN that comes with the last poll counts', async () => {
    const id = await poll(PENDING, '2021-10-27T14:00:00')
    jobs.dttp.state.giveTrn(dttpId('contact', 5901), { trn: '3000001' })
    await run(id)
    expect(await traineeOf(PENDING)).toMatchObject({ trn: '3000001', state: 2 })
  })
})

describe('a poll that was started without a timeout', () => {
  test('polls until four days after the trainee was submitted, to the microsecond, and begins at once', async () => {
    const id = await poll('5902', null)
    expect(await run(id)).toEqual(later(0))
    expect(await findPoll(jobs, '5902')).toMatchObject({ timeoutAt: '2021-10-15T16:40:03.000128' })
    expect(jobs.dttp.requests).toEqual([])
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', dueAt: later(0) })
  })

  test('fails where the trainee never was submitted', async () => {
    const id = await poll(DRAFT, null)
    await run(id)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'cannot-receive-trn' } })
  })
})

describe('when DTTP has a TRN', () => {
  test('the trainee moves to TRN received and then has the TRN: two saves, two audits, as from Register', async () => {
    await receive(PENDING, 5901)
    expect(await traineeOf(PENDING)).toMatchObject({ trn: '1234567', state: 2 })
    const audits = await auditsOf(PENDING)
    expect(audits.map(({ audited_changes }) => audited_changes)).toEqual([
      { state: [1, 2] },
      { trn: [null, '1234567'] },
    ])
    expect(audits).toMatchObject([
      { action: 'update', associated_type: 'Provider', associated_id: 101, version: 3, user_id: null, username: null },
      { action: 'update', associated_type: 'Provider', associated_id: 101, version: 4, user_id: null, username: null },
    ])
    expect(audits[0]?.request_uuid).not.toBe(audits[1]?.request_uuid)
    expect(audits.map(({ comment }) => comment)).toEqual(Array(2).fill('trainee-chatops job retrieve-trn'))
  })

  test('nothing else of the trainee changes, and updated_at moves', async () => {
    const before = await traineeOf(PENDING)
    await receive(PENDING, 5901)
    const { updated_at, ...now } = await traineeOf(PENDING)
    expect(now).toEqual({ ...before, updated_at: undefined, trn: '1234567', state: 2 })
    expect(updated_at).not.toBe(before.updated_at)
  })

  test('the first save tidies up as every save does', async () => {
    await receive(UNTIDY, 5909)
    expect((await auditsOf(UNTIDY)).map(({ audited_changes }) => audited_changes)).toEqual([
      { state: [1, 2], first_names: [' Demo  Trainee', 'Demo Trainee'], last_name: ['Nine ', 'Nine'] },
      { trn: [null, '1234567'] },
    ])
  })

  test('a deferred trainee stays deferred', async () => {
    await receive(DEFERRED, 5905)
    expect(await traineeOf(DEFERRED)).toMatchObject({ trn: '1234567', state: 5 })
    expect(await auditsOf(DEFERRED)).toHaveLength(1)
  })

  test('a withdrawn trainee stays withdrawn, and keeps a TRN that is there already', async () => {
    const before = await rowsOf(WITHDRAWN)
    const id = await receive(WITHDRAWN, 5906)
    expect(await rowsOf(WITHDRAWN)).toEqual(before)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'done' })
  })

  test('a trainee in a state that cannot receive one is left alone, and people are told', async () => {
    const before = await rowsOf(AWARDED)
    const id = await receive(AWARDED, 5907)
    expect(await rowsOf(AWARDED)).toEqual(before)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'cannot-receive-trn' } })
  })
})

test('a TRN that another trainee has already is saved, as Register does, and people are told', async () => {
  const id = await poll(PENDING)
  await jobs.admin.query(`UPDATE public.trainees SET trn = '300001' WHERE id = $1`, [WITHDRAWN])
  jobs.dttp.state.giveTrn(dttpId('contact', 5901), { trn: '300001' })
  await run(id)
  expect((await jobs.context.database.manager.findOneByOrFail(Trainee, { id: PENDING })).trn).toBe('300001')
  const { rows } = await jobs.admin.query(`SELECT failure FROM chatops.alert_entries WHERE trainee_id = $1`, [PENDING])
  expect(rows).toMatchObject([{ failure: { code: 'trn-shared', words: expect.stringContaining('trainee 5906') } }])
  expect(JSON.stringify(rows)).not.toContain('300001')
  expect((await getJob(jobs, id)).status).toBe('done')
})

describe('where it cannot be asked for', () => {
  test('DTTP has lost the record: that is final, and names the call', async () => {
    jobs.dttp.state.delete('contacts', dttpId('contact', 5901))
    const id = await poll(PENDING)
    expect(await run(id)).toBeNull()
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'gone' } })
  })

  test('“Cannot find record to be updated”, as Register saw it, is the same', async () => {
    jobs.dttp.faults.add({ kind: 'cannot-find', path: 'contacts' })
    const id = await poll(PENDING)
    await run(id)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'gone' } })
  })

  test('DTTP is away: it is tried again, and the timeout does not end it', async () => {
    jobs.dttp.faults.add({ kind: 'server-error', path: 'contacts', times: 3 })
    const id = await poll(PENDING, '2021-10-27T14:00:00')
    expect(await run(id)).toEqual(later(3_000))
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', failure: { code: 'dttp-unavailable' } })
  })

  test('DTTP wants to be left alone for two minutes: it is', async () => {
    jobs.dttp.faults.add({ kind: 'rate-limited', retryAfter: '120', path: 'contacts' })
    const id = await poll(PENDING)
    expect(await run(id)).toEqual(later(120_000))
    jobs.clock.time += 120_000
    expect(await run(id)).toEqual(later(120_000 + HOUR))
  })

  test('the trainee is gone from Register', async () => {
    const id = await poll('4711')
    await run(id)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'trainee-gone' } })
  })

  test('the trainee goes from Register while DTTP is being asked', async () => {
    jobs.dttp.state.giveTrn(dttpId('contact', 5901))
    meanwhile = () => change('DELETE FROM public.trainees WHERE id = 5901')
    const id = await poll(PENDING)
    await run(id)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'trainee-gone' } })
  })

  test('the trainee has no DTTP record yet', async () => {
    const id = await poll('5914')
    await run(id)
    expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'not-registered' } })
    expect(jobs.dttp.requests).toEqual([])
  })
})

describe('what happens while DTTP is being asked', () => {
  test('the trainee gets another DTTP record: the answer is not theirs, and that one is asked at once', async () => {
    jobs.dttp.state.giveTrn(dttpId('contact', 5901), { trn: '7654321' })
    meanwhile = () => change(`UPDATE public.trainees SET dttp_id = '${dttpId('contact', 5905)}' WHERE id = 5901`)
    const id = await poll(PENDING)
    expect(await run(id)).toEqual(later(0))
    expect(await auditsOf(PENDING)).toEqual([])
    meanwhile = async () => {}
    expect(await run(id)).toEqual(later(HOUR))
    expect(await traineeOf(PENDING)).toMatchObject({ trn: null, state: 1 })
  })

  test('Register saves the TRN itself: nothing is written twice', async () => {
    jobs.dttp.state.giveTrn(dttpId('contact', 5901), { trn: '1234567' })
    meanwhile = () => change(`UPDATE public.trainees SET trn = '1234567', state = 2 WHERE id = 5901`)
    const id = await poll(PENDING)
    await run(id)
    expect(await auditsOf(PENDING)).toEqual([])
  })

  test('the provider defers the trainee: they get their TRN and stay deferred', async () => {
    jobs.dttp.state.giveTrn(dttpId('contact', 5901), { trn: '1234567' })
    meanwhile = () => change('UPDATE public.trainees SET state = 5 WHERE id = 5901')
    await run(await poll(PENDING))
    expect(await traineeOf(PENDING)).toMatchObject({ trn: '1234567', state: 5 })
  })

  test('a requeue moves the timeout: the poll that would have timed out goes on', async () => {
    const id = await poll(PENDING, '2021-10-27T14:00:00')
    meanwhile = async () => void (await poll(PENDING, TIMEOUT))
    expect(await run(id)).toEqual(later(0))
    meanwhile = async () => {}
    expect(await run(id)).toEqual(later(HOUR))
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', failure: null, run: 2 })
    expect(await findPoll(jobs, PENDING)).toMatchObject({ jobId: id, timeoutAt: TIMEOUT })
  })

  test('a requeue comes although the poll fails: it is not forgotten with it', async () => {
    jobs.dttp.faults.add({ kind: 'cannot-find', path: 'contacts' })
    const id = await poll(PENDING)
    meanwhile = async () => void (await poll(PENDING, TIMEOUT))
    expect(await run(id)).toEqual(later(0))
    expect(await getJob(jobs, id)).toMatchObject({ status: 'waiting', failure: null })
  })
})

test('where Register’s flag is off the job says so, and asks nothing', async () => {
  const context = { ...jobs.context, register: { ...jobs.context.register, isEnabled: () => false } }
  const id = await poll(PENDING)
  await runJob(context, jobRunner, id)
  expect(await getJob(jobs, id)).toMatchObject({ status: 'failed', failure: { code: 'switched-off' } })
  expect(jobs.dttp.requests).toEqual([])
})

/** Starts a poll that is due now, or moves the one under way; returns its job's id. */
function poll(trainee: string, timeoutAt: string | null = TIMEOUT): Promise<string> {
  const dueAt = jobs.context.now()
  return jobs.context.database.transaction((sql) => startPoll(sql, { trainee, timeoutAt, dueAt, changeRequest: null }))
}

/** Runs a job if it is due; answers when it wants to run again. */
function run(id: string): Promise<Date | null> {
  const asking: JobHandlers = {
    ...jobRunner.handlers,
    async 'retrieve-trn'(context, job: Job) {
      const { dttp } = context.upstreams
      const getTrn = async (contact: string) => {
        await meanwhile()
        return dttp.getTrn(contact)
      }
      return jobRunner.handlers['retrieve-trn'](
        { ...context, upstreams: { ...context.upstreams, dttp: { ...dttp, getTrn } } },
        job,
      )
    },
  }
  return runJob(jobs.context, { ...jobRunner, handlers: asking }, id)
}

async function receive(trainee: string, contact: number): Promise<string> {
  jobs.dttp.state.giveTrn(dttpId('contact', contact), { trn: '1234567' })
  const id = await poll(trainee)
  await run(id)
  return id
}

function traineeOf(id: string): Promise<Trainee> {
  return jobs.context.database.manager.findOneByOrFail(Trainee, { id })
}

type Audit = Record<'audited_changes' | 'comment' | 'request_uuid', unknown>

/** The audits that a trainee was given since they were seeded, oldest first. */
async function auditsOf(id: string): Promise<Audit[]> {
  const { rows } = await jobs.admin.query<Audit>(
    `SELECT * FROM public.audits WHERE auditable_type = 'Trainee' AND auditable_id = $1 AND comment LIKE 'trainee-chatops%'
     ORDER BY version`,
    [id],
  )
  return rows
}

async function rowsOf(id: string): Promise<unknown> {
  return { trainee: await traineeOf(id), audits: await auditsOf(id) }
}

async function countJobs(): Promise<number> {
  const { rows } = await jobs.admin.query('SELECT 1 FROM chatops.jobs')
  return rows.length
}

async function change(statement: string): Promise<void> {
  await jobs.admin.query(statement)
}

function later(ms: number): Date {
  return new Date(Date.parse(NOW) + ms)
}

function timedOut(id: string): string {
  return `Dttp::RetrieveTrnJob for Trainee id: ${id} has timed out after 4 days.`
}
