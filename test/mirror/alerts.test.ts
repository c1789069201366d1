import { describe, expect, test } from 'vitest'
import { dismiss } from '../../src/alerts/dismiss.ts'
import { answerTimeout, findMessageSight } from '../../src/alerts/message-answers.ts'
import { findHanging } from '../../src/alerts/news/hanging.ts'
import { forgetDismissal } from '../../src/alerts/news/job-ends.ts'
import { diagnose } from '../../src/alerts/sight/diagnosis.ts'
import { findAlertSight } from '../../src/alerts/sight/read.ts'
import { lookAtAlerts } from '../../src/alerts/sweeps.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { Mirror } from '../../src/entities/chatops/mirrored-job.ts'
import { jobOf } from '../../src/failures/causes.ts'
import { listJobs } from '../../src/jobs/list/list.ts'
import { giveToRequest } from '../../src/jobs/mirror/told.ts'
import type { World } from '../../src/world.ts'
import { putRecorded } from '../sidekiq/recorded.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { approveRequest, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { aTime, useMirror } from './mirror-story.ts'

const use = useStoryDttp()
let hours: World['alertHours'] = 'any'
const story = useMirror(() => ({ alertHours: hours, upstreams: { dttp: use.dttp.client } as World['upstreams'] }))

const GONE = {
  class: 'Dttp::Client::HttpError',
  message: 'status: 400, body: {"message":"Cannot find record to be updated"}',
}
const NO_SCHOOL = {
  class: 'ActiveRecord::RecordNotFound',
  message: `Couldn't find Dttp::School with [WHERE "dttp_schools"."status_code" IN ($1, $2) AND "dttp_schools"."urn" = $3]`,
}
const TIMEOUT = { class: 'Net::OpenTimeout', message: 'execution expired' }

describe('what was dead before the first sweep', () => {
  test('is counted, listed, and posted by nobody', async () => {
    await putRecorded(story.redis)
    await story.redis.del('retry')
    await story.sweep()
    expect(await story.alerts()).toEqual([])
    const { deadBefore } = await story.world.database.manager.findOneByOrFail(Mirror, { id: true })
    expect(deadBefore).toBe(8)
  })

  test('is nobody’s news either where another Redis was read first, or none of it for a while', async () => {
    await story.sweep()
    await story.put('dead', 'Dttp::UpdateTraineeJob', { error: GONE, inSeconds: -3600 })
    await story.put('dead', 'Dttp::WithdrawJob', { error: GONE })
    await story.sweep()
    expect(await story.causes()).toEqual(['gone:withdraw'])
    const mirror = () => story.world.database.manager.findOneByOrFail(Mirror, { id: true })
    expect(await mirror()).toMatchObject({ deadBefore: 1 })

    await story.redis.rename('dead', 'elsewhere')
    await story.sweep()
    await story.sweep(60)
    expect((await story.rows()).map(({ place }) => place)).toEqual(['gone', 'gone'])
    await story.redis.rename('elsewhere', 'dead')
    await story.sweep()
    expect(await story.causes()).toEqual(['gone:withdraw'])
    expect(await story.entries()).toHaveLength(2)
  })
})

describe('every failure that was recorded', () => {
  test('is read, posted once a cause, and says which playbook applies or whom to ask', async () => {
    await story.sweep()
    await putRecorded(story.redis)
    await story.sweep()
    const entries = await story.entries()
    expect(new Set(entries.map(({ failure }) => failure.code))).toEqual(
      new Set(['unexpected', 'gone', 'school-not-active', 'trainee-gone']),
    )
    for (const { id } of await story.alerts()) {
      const sight = await findAlertSight(story.world.database, id)
      expect(sight?.diagnosis.title).toMatch(/^\p{Lu}/u)
      expect(sight?.diagnosis.todo).toMatch(/ask|Ask|Select|select|do not need/)
    }
    const text = JSON.stringify([await story.alerts(), entries])
    for (const words of ['BaseHTTP', 'implicit conversion', 'uninitialized']) expect(text).not.toContain(words)
  })
})

describe('a job that Sidekiq tries again', () => {
  test('is posted if no waiting cures it, and otherwise not', async () => {
    await story.sweep()
    await story.put('retry', 'Dttp::RetrieveTrnJob', {
      args: [aTime('2021-11-30T00:00:00Z')],
      error: TIMEOUT,
      inSeconds: 60,
    })
    await story.sweep()
    expect(await story.alerts()).toEqual([])
    await story.put('retry', 'Dttp::RetrieveTrnJob', {
      trainee: 5913,
      args: [aTime('2021-11-30T00:00:00Z')],
      error: GONE,
      inSeconds: 60,
    })
    await story.sweep()
    expect(await story.causes()).toEqual(['contact-gone:5913'])
  })

  test('is listed as such, with what Register does about it', async () => {
    await story.put('retry', 'Dttp::RetrieveTrnJob', {
      args: [aTime('2021-11-30T00:00:00Z')],
      error: TIMEOUT,
      inSeconds: 60,
    })
    await story.sweep()
    const { jobs, counts } = await listJobs(story.world, { name: null, trainee: null })
    expect(counts).toMatchObject({ retrying: 1 })
    expect(jobs[0]).toMatchObject({ runner: 'register', place: 'retry', failure: { code: 'dttp-unavailable' } })
  })
})

test.each([
  ['Dttp::RetrieveAwardJob', 'unexpected:retrieve-award'],
  ['Dttp::WithdrawJob', 'unexpected:withdraw'],
  ['Some::NewJob', 'unexpected:other:Some::NewJob'],
])('%s that fails for many trainees is one post', async (className, cause) => {
  await story.sweep()
  const error = { class: 'NameError', message: 'uninitialized constant Dttp::New' }
  for (const trainee of [5901, 5902, 5913]) await story.put('dead', className, { trainee, error })
  await story.sweep()
  expect(await story.causes()).toEqual([cause])
  expect(await story.entries()).toHaveLength(3)
})

test('trainees who were deleted share one post a day', async () => {
  await story.sweep()
  const message = `Error while trying to deserialize arguments: Couldn't find Trainee with 'id'="9"`
  const error = { class: 'ActiveJob::DeserializationError', message }
  for (const trainee of [5901, 5902, 5913]) await story.put('dead', 'Dttp::UpdateTraineeJob', { trainee, error })
  await story.sweep()
  expect(await story.causes()).toEqual(['trainee-gone:update-trainee:2021-10-27'])
})

test('a database of Register’s that does not answer is one post, and none for what is tried again', async () => {
  await story.sweep()
  const message = 'Error while trying to deserialize arguments: PG::ConnectionBad: could not connect'
  const error = { class: 'ActiveJob::DeserializationError', message }
  const until = [aTime('2021-11-30T00:00:00Z')]
  for (const trainee of [5901, 5902]) {
    await story.put('retry', 'Dttp::RetrieveTrnJob', { trainee, error, args: until, inSeconds: 30 })
  }
  await story.sweep()
  expect(await story.causes()).toEqual([])
  for (const trainee of [5901, 5902, 5913]) await story.put('dead', 'Dttp::UpdateTraineeJob', { trainee, error })
  await story.put('dead', 'Dttp::WithdrawJob', { error })
  await story.sweep()
  expect(await story.causes()).toEqual(['register:unavailable'])
  expect(await story.entries()).toHaveLength(4)
})

describe('a post about a poll that failed', () => {
  const REFUSED = { class: 'Dttp::Client::HttpError', message: 'status: 401, body: , headers: {}' }
  const until = [aTime('2021-10-31T12:00:00Z')]
  const cause = 'dttp:unauthorised-register'
  const failed = async (given: object = {}) => {
    await story.sweep()
    const member = await story.put('retry', 'Dttp::RetrieveTrnJob', { args: until, error: REFUSED, ...given })
    await story.sweep()
    expect(await story.causes()).toEqual([cause])
    return member
  }

  test('goes once Register polls again', async () => {
    const member = await failed()
    await story.take('retry', member)
    await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: until, inSeconds: 3600 })
    await story.sweep()
    expect(await story.causes('resolved')).toEqual([cause])
  })

  test('goes once another poll for the trainee has worked', async () => {
    await failed()
    const others = [aTime('2021-11-02T12:00:00Z')]
    const member = await story.put('queue', 'Dttp::RetrieveTrnJob', { args: others })
    await story.sweep()
    expect(await story.causes()).toEqual([cause])
    await story.take('queue', member)
    await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: others, inSeconds: 3600 })
    await story.sweep()
    expect(await story.causes('resolved')).toEqual([cause])
  })

  test('stays while the same poll is only tried again', async () => {
    const jobId = '9b6f6a5e-3a0e-4b53-8d25-6d2d7c5a1f01'
    await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: until, inSeconds: -3600 })
    await story.sweep()
    await story.redis.del('schedule')
    const member = await failed({ jobId })
    await story.take('retry', member)
    const again = await story.put('queue', 'Dttp::RetrieveTrnJob', { args: until, jobId })
    await story.sweep()
    await story.take('queue', again)
    await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: until, jobId, inSeconds: 30, executions: 1 })
    await story.sweep()
    expect(await story.causes()).toEqual([cause])
  })

  test('stays so where an earlier version of the bot had not kept which poll the row stands for', async () => {
    const first = await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: until, inSeconds: 3600 })
    await story.sweep()
    await story.take('schedule', first)
    const member = await failed()
    await story.admin.query(`UPDATE chatops.mirrored_jobs SET args = args || '{"again": "yes"}'`)
    await story.take('retry', member)
    await story.putMember('queue', member)
    await story.sweep()
    expect(await story.causes()).toEqual([cause])
  })
})

describe('a post of Register’s that a poll has timed out', () => {
  const post = (ts: string, job: 'Dttp::RetrieveTrnJob' | 'Dttp::RetrieveAwardJob' = 'Dttp::RetrieveTrnJob') =>
    answerTimeout(story.world, { channel: 'C01', ts, thread: ts }, { job, trainee: '5902', after: '7 days' })

  test('alarms nobody while a poll is live, unless it is the one whose time is up', async () => {
    await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: [aTime('2021-10-27T14:00:00Z')], inSeconds: 900 })
    await story.sweep()
    expect(await post('1.1')).toBe(true)
    expect(await story.alerts()).toEqual([])
    story.clock.time = Date.parse('2021-10-27T14:00:01Z')
    expect(await post('1.2')).toBe(true)
    expect(await story.causes()).toEqual(['timed-out:2021-10-27'])
  })

  test('about an award joins its one live alert, which goes when the award is there', async () => {
    await story.admin.query(`UPDATE trainees SET state = 3, trn = '7654321' WHERE id = 5902`)
    await post('1.1', 'Dttp::RetrieveAwardJob')
    const cause = 'timed-out-award:2021-10-27'
    expect(await story.causes()).toEqual([cause])
    await story.put('schedule', 'Dttp::RetrieveAwardJob', { args: [aTime('2021-10-27T13:00:10Z')] })
    await story.sweep()
    await story.redis.del('schedule')
    await story.sweep()
    await story.sweep(60)
    expect((await story.entries()).map(({ jobId }) => jobId)).toEqual([expect.any(String)])
    await post('1.2', 'Dttp::RetrieveAwardJob')
    expect(await story.alerts()).toHaveLength(1)

    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes()).toEqual([cause])
    await story.admin.query('UPDATE trainees SET state = 6 WHERE id = 5902')
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes('resolved')).toEqual([cause])
    const sight = await findAlertSight(story.world.database, (await story.onlyAlert()).id)
    expect(sight?.found?.because).toEqual({ 'retrieve-award:5902': 'award' })
  })

  test('is answered with the time that it says', async () => {
    const about = { trainee: '5902', job: 'Dttp::RetrieveTrnJob', after: '7 days', alert: null }
    const sight = await findMessageSight(story.world.database, about)
    expect(sight.diagnosis?.title).toContain('after 7 days')
  })
})

describe('a failure beside an open request that has emptied the trainee’s ids', () => {
  const emptied = async () => {
    await story.sweep()
    const { rows } = await story.admin.query('SELECT slug FROM trainees WHERE id = 5913')
    const form = { subject: rows[0].slug, submitter: '', reason: 'Test', ticket: '' }
    const request = await sendRequest(story.world, 're-register', form)
    await approveRequest(story.world, request)
    expect(await execute(story.world, request.id)).toBe('executed')
    return request.id
  }
  const refused = { class: 'Dttp::Client::HttpError', message: 'status: 404, body: {}, headers: {}' }

  test.each([
    ['Dttp::UpdateTraineeJob', GONE],
    ['Dttp::UpdateTraineeJob', refused],
  ])('of %s stands in its thread', async (className, error) => {
    const id = await emptied()
    await story.put('dead', className, { trainee: 5913, error })
    await story.sweep()
    expect(await story.causes()).toEqual([])
    expect((await story.rows()).map(({ changeRequestId }) => changeRequestId)).toContain(id)
  })

  test('of a job that an earlier request has asked for is told to both, and posted by nobody', async () => {
    const { rows } = await story.admin.query('SELECT slug FROM trainees WHERE id = 5902')
    const form = { subject: rows[0].slug, duration: '1 day', replace: '', reason: 'Test', ticket: '' }
    await story.sweep()
    const asked = await sendRequest(story.world, 'requeue-trn', form)
    await story.admin.query(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE id = $1`, [asked.id])
    const poll = { trainee: 5913, args: [aTime('2021-10-31T12:00:00Z')] }
    const member = await story.put('schedule', 'Dttp::RetrieveTrnJob', poll)
    await story.sweep()
    await giveToRequest(story.world.database.manager, (await story.row()).id, asked.id)
    const id = await emptied()
    await story.take('schedule', member)
    for (const retryCount of [0, 1]) {
      await story.redis.del('retry')
      await story.put('retry', 'Dttp::RetrieveTrnJob', { ...poll, error: refused, retryCount, inSeconds: 60 })
      await story.sweep()
    }
    expect(await story.causes()).toEqual([])
    const { rows: told } = await story.admin.query(
      `SELECT change_request_id AS request FROM chatops.outbox WHERE payload ->> 'part' = 'job-news' ORDER BY seq`,
    )
    expect(told).toEqual([{ request: asked.id }, { request: id }])
    expect((await story.rows())[0]?.changeRequestId).toBe(asked.id)
  })

  test('that Sidekiq tries again is told once, and no alert follows', async () => {
    const id = await emptied()
    const until = [aTime('2021-10-31T12:00:00Z')]
    for (const retryCount of [0, 1, 2]) {
      await story.redis.del('retry')
      const error = { trainee: 5913, args: until, error: refused, retryCount, inSeconds: 60 }
      await story.put('retry', 'Dttp::RetrieveTrnJob', error)
      await story.sweep()
    }
    expect(await story.causes()).toEqual([])
    const { rows: told } = await story.admin.query(
      `SELECT change_request_id AS request FROM chatops.outbox WHERE payload ->> 'part' = 'job-news'`,
    )
    expect(told).toEqual([{ request: id }])
  })

  test.each([
    ['Dttp::UpdateTraineeJob', NO_SCHOOL],
    ['Dttp::RegisterForTrnJob', { class: 'Net::ReadTimeout', message: 'x' }],
  ])('of %s that the request does not explain is posted', async (className, error) => {
    await emptied()
    await story.put('dead', className, { trainee: 5913, error, args: className.includes('Register') ? [null] : [] })
    await story.sweep()
    expect(await story.causes()).toHaveLength(1)
  })
})

test('a school that Register did not find is named, so that whoever waits for it is found', async () => {
  await story.sweep()
  await story.put('dead', 'Dttp::RegisterForTrnJob', { trainee: 5914, args: [null], error: NO_SCHOOL })
  await story.sweep()
  expect(await story.causes()).toEqual([expect.stringMatching(/^school:\d+$/)])
  expect((await story.row()).failure?.urns).toHaveLength(1)
})

test.each([
  ['Dttp::RetrieveAwardJob', 'Ask the operations team about the award'],
  ['Dttp::WithdrawJob', 'whether DTTP has the withdrawal'],
  ['Dttp::QueueTraineeUpdatesJob', 'Ask the Register developers'],
  ['Some::NewJob', 'Ask the Register developers'],
])('%s has no playbook, and its post says whom to ask', async (className, words) => {
  await story.sweep()
  await story.put('dead', className, { error: GONE })
  await story.sweep()
  const [entry] = await story.entries()
  const { offer, todo } = diagnose({
    ...{
      code: entry?.failure.code ?? 'unexpected',
      job: jobOf(entry ?? { subject: '' }),
      trainee: '5902',
      trainees: 1,
    },
    ...{ urn: null, found: null, byRegister: true },
  })
  expect(offer).toBeNull()
  expect(todo).toContain(words)
})

test('a withdrawal that DTTP refused is not cured by the record’s being there', async () => {
  await story.sweep()
  await story.put('dead', 'Dttp::WithdrawJob', { error: GONE })
  await story.sweep()
  await lookAtAlerts(story.world)
  expect((await story.onlyAlert()).status).toBe('open')
})

describe('a registration that Register started', () => {
  test('hangs where it runs for a quarter of an hour, and the post says what DTTP has', async () => {
    await story.admin.query('UPDATE trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL WHERE id = 5902')
    await story.runs(story.member('Dttp::RegisterForTrnJob', { args: [null] }))
    await story.sweep()
    expect(await findHanging(story.world)).toBe(0)
    await story.sweep(16 * 60)
    expect(await findHanging(story.world)).toBe(1)
    expect(await findHanging(story.world)).toBe(0)
    expect(await story.causes()).toEqual(['registration-unknown:5902'])
    await lookAtAlerts(story.world)
    expect((await story.onlyAlert()).found).toMatchObject({
      trainees: { '5902': { candidates: ['c0000000-0000-4000-8000-000000005902'] } },
    })
    await story.admin.query(`UPDATE trainees SET dttp_id = 'c0000000-0000-4000-8000-000000005902' WHERE id = 5902`)
    await story.forgetLook()
    await lookAtAlerts(story.world)
    expect(await story.causes('resolved')).toEqual(['registration-unknown:5902'])
  })
})

describe('a registration that died before, and hangs when it is tried again', () => {
  const jobId = '9b6f6a5e-3a0e-4b53-8d25-6d2d7c5a1f01'
  const given = { args: [null], jobId }
  const refused = { class: 'Dttp::Client::HttpError', message: 'status: 400, body: {}, headers: {}' }
  const REFUSED = 'register-for-trn:dttp-refused:5902'
  const UNKNOWN = 'registration-unknown:5902'
  const hung = async () => {
    await story.admin.query('UPDATE trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL WHERE id = 5902')
    await story.sweep()
    const dead = await story.put('dead', 'Dttp::RegisterForTrnJob', { ...given, error: refused })
    await story.sweep()
    expect(await story.causes()).toEqual([REFUSED])
    await story.take('dead', dead)
    await story.runs(story.member('Dttp::RegisterForTrnJob', given))
    await story.sweep()
    await story.sweep(16 * 60)
  }

  test('is reported, once for each run, and its post warns of a restart and offers nothing', async () => {
    await hung()
    expect(await findHanging(story.world)).toBe(1)
    expect(await findHanging(story.world)).toBe(0)
    expect(await story.causes()).toEqual([REFUSED, UNKNOWN])
    const alert = (await story.alerts()).find(({ cause }) => cause === UNKNOWN)
    const sight = await findAlertSight(story.world.database, alert?.id ?? '')
    expect(sight?.diagnosis).toMatchObject({
      offer: null,
      meaning: expect.stringContaining('Do not restart or deploy'),
    })
    expect(sight?.groups[0]?.offer).toBeNull()
  })

  test('is reported although its death was dismissed as unknown', async () => {
    await hung()
    await story.admin.query(
      `UPDATE chatops.alerts SET cause = $1, status = 'dismissed', dismissed_by = 'U1', closed_at = now()`,
      [UNKNOWN],
    )
    expect(await findHanging(story.world)).toBe(1)
    expect(await findHanging(story.world)).toBe(0)
    expect(await story.causes()).toEqual([UNKNOWN])
  })

  test('has one post again once it has ended with a refusal', async () => {
    await hung()
    await findHanging(story.world)
    await story.runs(null)
    await story.put('dead', 'Dttp::RegisterForTrnJob', { ...given, error: refused })
    await story.sweep()
    expect(await story.causes()).toEqual([REFUSED])
    expect(await story.causes('resolved')).toEqual([UNKNOWN])
  })
})

describe('a nightly update that fails each night', () => {
  const night = async (error: { class: string; message: string } | null) => {
    if (error === null) await story.put('queue', 'Dttp::UpdateTraineeJob')
    else await story.put('dead', 'Dttp::UpdateTraineeJob', { error })
    await story.sweep(24 * 3600)
  }
  const refused = { class: 'Dttp::Client::HttpError', message: 'status: 400, body: {}, headers: {}' }
  const dismissed = async () => {
    await story.sweep()
    await night(refused)
    const { id } = await story.onlyAlert()
    await dismiss(story.world, { id, actor: SUPPORT, reason: 'The provider knows' })
  }

  test('is not posted again once someone has dismissed it, unless it fails otherwise', async () => {
    await dismissed()
    await night(refused)
    expect(await story.causes()).toEqual([])
    await night({ class: 'TypeError', message: 'x' })
    expect(await story.causes()).toEqual(['unexpected:update-trainee'])
  })

  test('is posted again after a night without it, although nobody saw it run, and where another error has the same code', async () => {
    await dismissed()
    for (let nights = 1; nights <= 3; nights++) await night(refused)
    expect(await story.causes()).toEqual([])
    await story.sweep(24 * 3600)
    await night(refused)
    expect(await story.causes()).toEqual(['update-trainee:dttp-refused:5902'])

    const starts = async (error: { class: string; message: string }) => {
      await story.put('dead', 'Dttp::QueueTraineeUpdatesJob', { trainee: null, error })
      await story.sweep(24 * 3600)
    }
    const cause = 'unexpected:queue-trainee-updates'
    await starts({ class: 'ActiveRecord::QueryCanceled', message: 'x' })
    const id = (await story.alerts()).find((alert) => alert.cause === cause)?.id ?? ''
    await dismiss(story.world, { id, actor: SUPPORT, reason: 'It runs again tonight' })
    await starts({ class: 'ActiveRecord::QueryCanceled', message: 'x' })
    expect(await story.causes()).not.toContain(cause)
    await starts({ class: 'NoMethodError', message: 'x' })
    expect(await story.causes()).toContain(cause)
  })

  test('is posted again once it has run in between, or two people have had it run again', async () => {
    await dismissed()
    await night(refused)
    await forgetDismissal(story.world.database.manager, (await story.rows()).at(-1)?.id ?? '')
    await night(refused)
    expect(await story.causes()).toEqual(['update-trainee:dttp-refused:5902'])
    await dismiss(story.world, { id: (await story.alerts()).at(-1)?.id ?? '', actor: SUPPORT, reason: 'Still' })
    await night(refused)
    expect(await story.causes()).toEqual([])
    await night(null)
    await story.admin.query(`UPDATE trainees SET dttp_update_sha = 'sent since' WHERE id = 5902`)
    await story.redis.del('queue:default')
    await story.sweep()
    await story.sweep(60)
    await night(refused)
    expect(await story.causes()).toEqual(['update-trainee:dttp-refused:5902'])
  })
})

describe('outside working hours', () => {
  const due = async () =>
    (await story.admin.query(`SELECT due_at FROM chatops.outbox WHERE kind = 'alert' ORDER BY seq`)).rows.map(
      ({ due_at }) => (due_at as Date).toISOString(),
    )

  test('what can wait is posted at 9am, and a duplicate or an unknown outcome at once', async () => {
    hours = 'working'
    story.world.alertHours = 'working'
    story.clock.time = Date.parse('2040-10-26T22:00:00Z') // a Friday evening
    await story.sweep()
    await story.put('dead', 'Dttp::UpdateTraineeJob', { error: GONE })
    await story.sweep()
    expect(await due()).toEqual(['2040-10-29T09:00:00.000Z'])
    await story.put('dead', 'Dttp::RegisterForTrnJob', {
      trainee: 5913,
      args: [null],
      error: { class: 'Net::ReadTimeout', message: 'x' },
    })
    await story.sweep()
    const [, urgent] = await due()
    expect(Date.parse(urgent ?? '')).toBeLessThan(Date.parse('2040-10-26T00:00:00Z'))
    hours = 'any'
  })
})
