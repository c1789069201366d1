import { beforeEach, describe, expect, test } from 'vitest'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { findHanging } from '../../src/alerts/news/hanging.ts'
import { findAlertSight } from '../../src/alerts/sight/read.ts'
import { createUnpolledSweep, findUnpolled, lookAtAlerts } from '../../src/alerts/sweeps.ts'
import { findCode } from '../../src/dttp/code-sets.ts'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { findPolls } from '../../src/entities/chatops/seen-polls.ts'
import { mirrorRemoval } from '../../src/jobs/mirror/asked.ts'
import { noteMissing } from '../../src/jobs/mirror/missing.ts'
import { purgeMirror } from '../../src/jobs/mirror/purge.ts'
import { memberId } from '../../src/sidekiq/job.ts'
import type { World } from '../../src/world.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { aTime, useMirror } from './mirror-story.ts'

// What becomes of a job that is in Redis no longer.

const use = useStoryDttp()
const story = useMirror(() => ({ upstreams: { dttp: use.dttp.client } as World['upstreams'] }))

const only = async () => (await story.world.database.manager.find(SeenJob))[0]
const minutes = 60
const UNTIL = '2021-10-27T14:30:00.123456789Z'

/** A job that a sweep has found, and that is nowhere since. */
async function lose(...put: Parameters<typeof story.put>): Promise<void> {
  const member = await story.put(...put)
  await story.sweep()
  await story.take(put[0], member)
  await story.sweep()
}

test('between two places a job is nowhere, which says nothing', async () => {
  await lose('queue', 'Dttp::UpdateTraineeJob')
  await story.admin.query(`UPDATE trainees SET dttp_update_sha = 'another' WHERE id = 5902`)
  expect(await only()).toMatchObject({ status: 'running', place: 'missing' })
  await story.sweep(45)
  expect(await only()).toMatchObject({ status: 'running', place: 'missing' })
  expect(await story.alerts()).toEqual([])
})

test('what has done its work is done, after a second look a minute later', async () => {
  await lose('queue', 'Dttp::UpdateTraineeJob')
  await story.admin.query(`UPDATE trainees SET dttp_update_sha = 'another' WHERE id = 5902`)
  await story.sweep(60)
  expect(await only()).toMatchObject({ status: 'done', place: 'gone', failure: null })
})

test('what is found again was never gone', async () => {
  const member = await story.put('queue', 'Dttp::UpdateTraineeJob')
  await story.sweep()
  await story.take('queue', member)
  await story.sweep()
  await story.putMember('queue', member)
  await story.sweep(60)
  expect(await only()).toMatchObject({ status: 'waiting', place: 'queue' })
})

test('without proof we cannot tell, and say so after half an hour; proof that comes later counts', async () => {
  await lose('queue', 'Dttp::UpdateTraineeJob')
  await story.sweep(29 * minutes)
  expect(await only()).toMatchObject({ status: 'running' })
  await story.sweep(1 * minutes)
  expect(await only()).toMatchObject({ status: 'failed', failure: { code: 'vanished', by: 'register' } })
  expect(await story.causes()).toEqual(['vanished:update-trainee'])
  await story.admin.query(`UPDATE trainees SET dttp_update_sha = 'another' WHERE id = 5902`)
  await story.sweep()
  expect(await only()).toMatchObject({ status: 'done' })
  expect(await story.causes('resolved')).toEqual(['vanished:update-trainee'])
})

test('a registration that vanished may have been sent: nobody knows, and that is urgent', async () => {
  await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id = 5902')
  await lose('queue', 'Dttp::RegisterForTrnJob', { args: [null] })
  await story.sweep(31 * minutes)
  expect(await only()).toMatchObject({ failure: { code: 'outcome-unknown' } })
  expect(await story.causes()).toEqual(['registration-unknown:5902'])
  await story.admin.query(`UPDATE trainees SET dttp_id = '${dttpId('contact', 5902)}' WHERE id = 5902`)
  await story.sweep()
  expect(await only()).toMatchObject({ status: 'done' })
})

test('one that hung before goes on in the same urgent post', async () => {
  await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id = 5902')
  const member = await story.put('queue', 'Dttp::RegisterForTrnJob', { args: [null] })
  await story.sweep()
  await story.take('queue', member)
  await story.runs(member)
  await story.sweep()
  story.clock.time += 16 * minutes * 1000
  expect(await findHanging(story.world)).toBe(1)
  await story.runs(null)
  await story.sweep()
  await story.sweep(31 * minutes)
  expect(await only()).toMatchObject({ place: 'gone', failure: { code: 'outcome-unknown' } })
  expect(await story.alerts()).toMatchObject([{ cause: 'registration-unknown:5902', status: 'open' }])
})

describe('a change of status', () => {
  const status = 'Prospective trainee - TREFNO requested'
  const entity = { _aj_serialized: 'ActiveJob::Serializers::SymbolSerializer', value: 'contact' }
  const shows = (_dfe_traineestatusid_value: string | null) =>
    use.dttp.simulator.state.change('contacts', dttpId('contact', 5902), { _dfe_traineestatusid_value })

  test('is proved by DTTP', async () => {
    await lose('queue', 'Dttp::ChangeTraineeStatusJob', { args: [status, entity] })
    shows(findCode('statuses', 'Awarded QTS'))
    await story.sweep(60)
    expect(await only()).toMatchObject({ status: 'running', args: { status, entity: 'contact' } })
    shows(findCode('statuses', status))
    await story.sweep(30)
    expect(await only()).toMatchObject({ status: 'done', place: 'gone', failure: null })
  })

  test('is not posted as long as DTTP does not answer whether it ran', async () => {
    await lose('queue', 'Dttp::ChangeTraineeStatusJob', { args: [status, entity] })
    use.dttp.goDown()
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await story.sweep(31 * minutes)
    expect(await only()).toMatchObject({ status: 'running', place: 'missing' })
    expect(await story.alerts()).toEqual([])
    use.dttp.comeBack()
    await story.sweep(31 * minutes)
    expect(await story.causes()).toEqual(['vanished:change-trainee-status'])
  })

  test('is asked about in its turn, however many others stay unproven', async () => {
    const asked = () => use.dttp.simulator.requestsTo('contacts').length
    const others = Array.from({ length: 25 }, () =>
      story.member('Dttp::ChangeTraineeStatusJob', { args: ['Awarded QTS', entity] }),
    )
    for (const member of others) await story.putMember('queue', member)
    const last = { trainee: 5901, args: [status, entity], jobId: 'ffffffff-ffff-4fff-8fff-ffffffffffff' }
    await story.put('queue', 'Dttp::ChangeTraineeStatusJob', last)
    await story.sweep()
    await story.redis.del('queue:default')
    await story.sweep()
    use.dttp.simulator.state.change('contacts', dttpId('contact', 5901), {
      _dfe_traineestatusid_value: findCode('statuses', status),
    })
    const places = async () => (await story.rows()).map(({ place, failure }) => `${place} ${failure?.code ?? '-'}`)
    // Nobody has looked at the last ones yet when the half hour is over.
    await story.sweep(31 * minutes)
    expect(await places()).toEqual([...Array(20).fill('gone vanished'), ...Array(6).fill('missing -')])
    await story.sweep()
    expect(await places()).toEqual([...Array(25).fill('gone vanished'), 'gone -'])
    const before = asked()
    expect(before).toBe(26)
    for (let sweep = 0; sweep < 5; sweep += 1) await story.sweep(1)
    expect(asked()).toBe(before)
  })
})

test('a poll whose time is up has timed out, unless the TRN is there', async () => {
  for (const trainee of [5902, 5913])
    await story.put('schedule', 'Dttp::RetrieveTrnJob', { trainee, args: [aTime(UNTIL)] })
  await story.sweep()
  await story.redis.del('schedule')
  await story.admin.query(`UPDATE trainees SET trn = '7654321' WHERE id = 5913`)
  await story.sweep(120 * minutes)
  await story.sweep(60)
  const jobs = await findPolls(story.world.database.manager, ['5902', '5913'])
  expect(jobs.get('5902')).toMatchObject({ status: 'failed', failure: { code: 'timed-out' } })
  expect(jobs.get('5913')).toMatchObject({ status: 'done' })
  expect(await story.causes()).toEqual(['timed-out:2021-10-27'])
  const [entry] = await story.entries()
  expect(entry).toMatchObject({ traineeId: '5902', failure: { deadline: '2021-10-27T14:30:00.123456' } })
})

test.each([
  ['Dttp::RetrieveTrnJob', 'timed-out:2021-10-27'],
  ['Dttp::RetrieveAwardJob', 'timed-out-award:2021-10-27'],
])('hundreds of %s that time out on one day share one post', async (className, cause) => {
  const { rows } = await story.admin.query('SELECT id FROM trainees WHERE trn IS NULL ORDER BY id')
  for (const { id } of rows) await story.put('schedule', className, { trainee: id, args: [aTime(UNTIL)] })
  await story.sweep()
  await story.redis.del('schedule')
  await story.sweep(120 * minutes)
  await story.sweep(60)
  expect(rows.length).toBeGreaterThan(5)
  expect(await story.entries()).toHaveLength(rows.length)
  expect(await story.causes()).toEqual([cause])
})

test('what people delete on Sidekiq’s page is followed, and nobody is told that it vanished', async () => {
  await story.sweep()
  const error = { class: 'TypeError', message: 'x' }
  const member = await story.put('dead', 'Dttp::UpdateTraineeJob', { error })
  await story.sweep()
  expect(await story.causes()).toEqual(['unexpected:update-trainee'])
  await story.take('dead', member)
  await story.sweep()
  await story.sweep(60)
  expect(await only()).toMatchObject({ place: 'gone', curedAt: expect.any(Date) })
  expect(await story.causes('resolved')).toEqual(['unexpected:update-trainee'])
  const [alert] = await story.alerts()
  expect(alert?.found).toMatchObject({ because: { 'update-trainee:5902': 'removed' } })
})

test('what fell due while a sweep was reading may have run: nobody has deleted it', async () => {
  const member = await story.put('schedule', 'Dttp::RetrieveTrnJob', {
    args: [aTime('2021-10-30T00:00:00Z')],
    inSeconds: 20,
  })
  await story.sweep()
  await story.take('schedule', member)
  const startedAt = new Date(story.clock.time)
  story.clock.time += 10_000
  await noteMissing(story.world, story.world.database.manager, [], startedAt)
  await story.sweep(60)
  expect(await only()).toMatchObject({ place: 'missing' })
  await story.sweep(30 * minutes)
  expect(await story.causes()).toEqual(['vanished:retrieve-trn'])
})

test('a poll without a time-out ran where the poll that it starts is there, also in the row of an earlier one', async () => {
  const until = [aTime('2021-10-30T00:00:00Z')]
  await lose('schedule', 'Dttp::RetrieveTrnJob', { args: until, inSeconds: 3600 })
  await story.sweep(60)
  const first = await story.put('queue', 'Dttp::RetrieveTrnJob')
  await story.sweep()
  await story.take('queue', first)
  await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: until, inSeconds: 3600 })
  await story.sweep()
  await story.sweep(60)
  const rows = await story.rows()
  expect(rows.map(({ timeoutAt, place }) => [timeoutAt === null, place])).toEqual([
    [false, 'schedule'],
    [true, 'gone'],
  ])
  expect(await story.alerts()).toEqual([])
})

describe('a job that only Register runs', () => {
  const error = { class: 'NameError', message: 'x' }

  test('and that ran, or was lost, is posted by nobody: nothing would show that it ran', async () => {
    await lose('queue', 'Dttp::WithdrawJob')
    await story.sweep(31 * minutes)
    expect(await only()).toMatchObject({ place: 'gone', curedAt: expect.any(Date) })
    expect(await story.alerts()).toEqual([])
  })

  test('and that had failed is not settled by being nowhere: we cannot tell whether it ran', async () => {
    await story.sweep()
    const member = await story.put('retry', 'Dttp::WithdrawJob', { error, inSeconds: 20 })
    await story.sweep()
    expect(await story.causes()).toEqual(['unexpected:withdraw'])
    await story.take('retry', member)
    await story.runs(member)
    await story.sweep()
    await story.runs(null)
    await story.sweep()
    await story.sweep(29 * minutes)
    expect(await story.causes()).toEqual(['unexpected:withdraw'])
    await story.sweep(1 * minutes)
    expect(await story.causes()).toEqual(['vanished:withdraw'])
    const [earlier, later] = await story.alerts()
    expect(earlier?.found).toMatchObject({ because: { 'withdraw:5902': 'vanished' } })
    const sight = await findAlertSight(story.world.database, later?.id ?? '')
    expect(sight?.diagnosis.title).toBe('We cannot tell whether a job ran: Withdraw in DTTP')
    expect(sight?.diagnosis.todo).toContain('whether DTTP has the withdrawal')
  })

  test('and that asks for an award is polled for by nobody once it is lost, and that is posted', async () => {
    await lose('queue', 'Dttp::RetrieveAwardJob', { args: [aTime('2021-10-30T00:00:00Z')] })
    await story.sweep(31 * minutes)
    expect(await story.causes()).toEqual(['vanished:retrieve-award'])
    await story.admin.query('UPDATE trainees SET state = 6 WHERE id = 5902')
    await story.sweep()
    expect(await story.causes('resolved')).toEqual(['vanished:retrieve-award'])
  })
})

describe('a registration that died', () => {
  const UNSURE = { class: 'Net::ReadTimeout', message: 'x' }
  const REFUSED = { class: 'Dttp::Client::HttpError', message: 'status: 400, body: {}, headers: {}' }
  const attempts = async () =>
    (await story.admin.query('SELECT outcome FROM chatops.registration_attempts')).rows.map(({ outcome }) => outcome)

  beforeEach(async () => {
    await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id = 5902')
    await story.sweep()
  })

  test('and then is nowhere keeps why it died, and shares one post with all that vanished so', async () => {
    const given = (trainee: number) => ({ trainee, args: [null], error: REFUSED })
    await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id = 5913')
    for (const trainee of [5902, 5913]) await story.put('dead', 'Dttp::RegisterForTrnJob', given(trainee))
    await story.sweep()
    await story.redis.del('dead')
    await story.sweep()
    await story.sweep(60)
    expect(await only()).toMatchObject({ place: 'missing' })
    await story.sweep(30 * minutes)
    for (const job of await story.rows()) {
      expect(job).toMatchObject({ place: 'gone', curedAt: null, failure: { code: 'dttp-refused' } })
    }
    expect((await story.causes()).filter((cause) => /unknown|vanished/.test(cause))).toEqual([
      'vanished:register-for-trn',
    ])
    expect(await attempts()).toEqual([])
  })

  test('and that we took out is not taken for lost', async () => {
    const member = await story.put('dead', 'Dttp::RegisterForTrnJob', { args: [null], error: REFUSED })
    await story.sweep()
    const { place, queue, score, sha1 } = await story.row()
    await mirrorRemoval(story.world.database.manager, memberId.parse({ place, queue, score, sha1 }))
    await story.take('dead', member)
    await story.sweep()
    await story.sweep(60)
    expect(await only()).toMatchObject({ place: 'gone', curedAt: expect.any(Date), failure: { code: 'vanished' } })
    expect(await attempts()).toEqual([])
  })

  test('without an answer is on record, and once Register names a record, it has worked', async () => {
    const member = await story.put('dead', 'Dttp::RegisterForTrnJob', { args: [null], error: UNSURE })
    await story.sweep()
    await story.sweep()
    expect(await attempts()).toEqual(['unknown'])
    await story.admin.query(`UPDATE trainees SET dttp_id = '${dttpId('contact', 5902)}' WHERE id = 5902`)
    await story.sweep()
    expect(await attempts()).toEqual(['registered'])
    // It stays settled, also when the record is lost later on.
    await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id = 5902')
    await story.sweep()
    expect(await attempts()).toEqual(['registered'])
    await story.take('dead', member)
  })

  test('once more after it was settled must be settled again', async () => {
    const given = { args: [null], error: UNSURE, jobId: '9b6f6a5e-3a0e-4b53-8d25-6d2d7c5a1f01' }
    const member = await story.put('dead', 'Dttp::RegisterForTrnJob', given)
    await story.sweep()
    await story.admin.query(`UPDATE chatops.registration_attempts SET outcome = 'not-sent', settled_at = $1`, [
      new Date(story.clock.time),
    ])
    await story.sweep()
    expect(await attempts()).toEqual(['not-sent'])
    await story.take('dead', member)
    await story.put('dead', 'Dttp::RegisterForTrnJob', given)
    await story.sweep()
    expect(await attempts()).toEqual(['unknown'])
  })

  test('is kept as long as it has to be settled', async () => {
    await lose('dead', 'Dttp::RegisterForTrnJob', { args: [null], error: UNSURE })
    await story.sweep(31 * minutes)
    await story.admin.query('UPDATE chatops.alert_entries SET settled_at = now()')
    story.clock.time += 9 * 24 * 60 * minutes * 1000
    expect(await purgeMirror(story.world)).toBe(0)
  })
})

test('what is over is forgotten after a week, unless an open alert is about it', async () => {
  await lose('queue', 'Dttp::UpdateTraineeJob')
  await lose('queue', 'Dttp::UpdateTraineeJob', { trainee: 5913 })
  await story.admin.query(`UPDATE trainees SET dttp_update_sha = 'another' WHERE id = 5902`)
  await story.sweep(31 * minutes)
  expect(await purgeMirror(story.world)).toBe(0)
  story.clock.time += 9 * 24 * 60 * minutes * 1000
  expect(await purgeMirror(story.world)).toBe(1)
  expect((await story.row()).traineeId).toBe('5913')
})

test('a lost registration does not wait behind a queue that somebody has cleared', async () => {
  await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id = 5913')
  await story.sweep()
  const updates = Array.from({ length: 2_100 }, () => story.member('Dttp::UpdateTraineeJob', { trainee: 5902 }))
  await story.redis.lpush('queue:default', ...updates)
  await story.sweep()
  await story.redis.del('queue:default')
  await story.sweep()
  const member = await story.put('queue', 'Dttp::RegisterForTrnJob', { trainee: 5913, args: [null] })
  await story.sweep()
  await story.take('queue', member)
  await story.sweep()
  await story.sweep(31 * minutes)
  expect(await story.causes()).toContain('registration-unknown:5913')
})

test('a trainee without a live poll is found, whoever polls; not while Redis does not answer', async () => {
  await story.admin.query(`UPDATE trainees SET submitted_for_trn_at = '2021-10-20' WHERE id IN (5902, 5913)`)
  await story.admin.query(`DELETE FROM trainees WHERE state = 1 AND id NOT IN (5902, 5913)`).catch(() => {})
  await story.put('schedule', 'Dttp::RetrieveTrnJob', { trainee: 5902, args: [aTime(UNTIL)], inSeconds: 900 })
  await story.sweep()
  story.clock.time += 10 * minutes * 1000
  expect(await findUnpolled(story.world)).toBe(0)
  const look = createUnpolledSweep(story.world)
  await look()
  await story.sweep()
  await story.admin.query(`UPDATE trainees SET state = 1, trn = NULL, dttp_id = gen_random_uuid(),
    submitted_for_trn_at = '2021-10-01' WHERE id = (SELECT max(id) FROM trainees)`)
  expect(await look()).toBeGreaterThan(0) // the part that could not be looked at has its turn
  await findUnpolled(story.world)
  const subjects = (await story.entries()).map(({ subject }) => subject)
  expect(subjects).toContain('retrieve-trn:5913')
  expect(subjects).not.toContain('retrieve-trn:5902')
})

test('so is one whose poll was deleted, although our own workers had polled before', async () => {
  await story.admin.query(`UPDATE trainees SET submitted_for_trn_at = '2021-10-20' WHERE id IN (5902, 5913)`)
  const ended = { createdAt: new Date('2021-10-16T00:00:00Z'), finishedAt: new Date('2021-10-20T00:00:00Z') }
  await story.poll(5902, '2021-10-20T00:00:00', { status: 'done', ...ended })
  const failure = { code: 'timed-out', words: 'x', at: '2021-10-20T00:00:00Z' } as const
  await story.poll(5913, '2021-10-20T00:00:00', { status: 'failed', failure, ...ended })
  const found = async () => (await story.entries()).map(({ subject }) => subject)
  await story.sweep()
  await findUnpolled(story.world)
  expect(await found()).toContain('retrieve-trn:5902')
  expect(await found()).not.toContain('retrieve-trn:5913') // people have heard that its time was up
  const member = await story.put('schedule', 'Dttp::RetrieveTrnJob', {
    ...{ trainee: 5913, args: [aTime(UNTIL)], inSeconds: 900 },
  })
  await story.sweep()
  await story.take('schedule', member)
  await story.sweep()
  await story.sweep(60)
  await findUnpolled(story.world)
  expect(await found()).toContain('retrieve-trn:5913')
})

test('so is one whose poll was dead before the first start, since nobody has heard of it', async () => {
  await story.admin.query(`UPDATE trainees SET submitted_for_trn_at = '2021-10-20' WHERE id = 5913`)
  const error = { class: 'TypeError', message: 'x' }
  await story.put('dead', 'Dttp::RetrieveTrnJob', { trainee: 5913, args: [aTime(UNTIL)], error })
  await story.sweep()
  expect(await story.alerts()).toEqual([])
  await findUnpolled(story.world)
  expect((await story.entries()).map(({ subject }) => subject)).toContain('retrieve-trn:5913')
  expect(await story.causes()).toEqual(['not-polled'])
  // The dead one makes nothing better; another one does.
  const isOpen = async () =>
    (await story.entries()).some((entry) => entry.subject === 'retrieve-trn:5913' && entry.settledAt === null)
  await lookAtAlerts(story.world)
  expect(await isOpen()).toBe(true)
  const again = { trainee: 5913, args: [aTime('2021-11-02T00:00:00Z')], inSeconds: 60 }
  await story.put('schedule', 'Dttp::RetrieveTrnJob', again)
  await story.sweep()
  await story.forgetLook()
  await lookAtAlerts(story.world)
  expect(await isOpen()).toBe(false)
})

test('a registration that was dead before the first start, and then is nowhere, is posted by nobody', async () => {
  await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id = 5902')
  const error = { class: 'Dttp::Client::HttpError', message: 'status: 400, body: {}, headers: {}' }
  await lose('dead', 'Dttp::RegisterForTrnJob', { args: [null], error })
  await story.sweep(31 * minutes)
  expect(await only()).toMatchObject({ place: 'gone', failure: { code: 'dttp-refused' } })
  expect(await story.alerts()).toEqual([])
})
