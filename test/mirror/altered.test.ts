import { expect, test } from 'vitest'
import { tellOfMirrored } from '../../src/alerts/news/mirrored.ts'
import { verifyAgain } from '../../src/changes/requests.ts'
import { findMirrorAge, findUnread } from '../../src/jobs/mirror/age.ts'
import { endMirror } from '../../src/jobs/mirror/end.ts'
import { sweepSidekiq } from '../../src/jobs/mirror/sweep.ts'
import { findUntold } from '../../src/jobs/mirror/told.ts'
import type { SidekiqClient } from '../../src/sidekiq/index.ts'
import { useMirror } from './mirror-story.ts'

// What the mirror bears: a Register whose tables are others, members with odd numbers, and a Sidekiq that is taken away.

const story = useMirror()

const GONE = {
  class: 'Dttp::Client::HttpError',
  message: 'status: 400, body: {"message":"Cannot find record to be updated"}',
}
const HALF_AN_HOUR = 30 * 60

test.each([
  ['trainees', 'dttp_update_sha'],
  ['degrees', 'other_grade'],
  ['providers', 'dttp_id'],
])('without the column %s.%s jobs are read, and missing, all the same', async (table, column) => {
  await story.admin.query(`ALTER TABLE ${table} DROP COLUMN ${column} CASCADE`)
  const update = await story.put('queue', 'Dttp::UpdateTraineeJob')
  await story.put('schedule', 'Dttp::RetrieveTrnJob', { trainee: 5913, inSeconds: 900 })
  await story.sweep()
  await story.take('queue', update)
  await story.sweep()
  await story.sweep(60)
  expect((await story.rows()).map(({ name, place }) => [name, place]).sort()).toEqual([
    ['retrieve-trn', 'schedule'],
    ['update-trainee', 'missing'],
  ])
  expect(await findMirrorAge(story.world.database.manager, story.world.now())).toMatchObject({ isTooOld: false })
  await story.sweep(HALF_AN_HOUR)
  expect((await story.rows()).find(({ name }) => name === 'update-trainee')).toMatchObject({
    failure: { code: 'vanished' },
  })
})

test.each([
  ['trainees', 'ebacc'],
  ['trainees', 'dttp_id'],
  ['trainees', 'lead_school_id'],
  ['schools', 'lead_school'],
  ['dttp_schools', 'status_code'],
])('without the column %s.%s what fails is posted all the same', async (table, column) => {
  await story.sweep()
  await story.admin.query(`ALTER TABLE ${table} DROP COLUMN IF EXISTS ${column} CASCADE`)
  const noSchool = { class: 'RuntimeError', message: 'Unable to find DTTP school with URN' }
  await story.put('dead', 'Dttp::UpdateTraineeJob', { trainee: 5902, error: GONE })
  await story.put('dead', 'Dttp::RegisterForTrnJob', { trainee: 5914, args: [null], error: noSchool })
  await story.sweep()
  expect(await story.causes()).toHaveLength(2)
  expect((await story.rows()).map(({ told }) => told)).toEqual([true, true])
})

test.each([
  ['trainees', 'ebacc'],
  ['schools', 'postcode'],
  ['dttp_schools', 'name'],
])('a column that is not needed, such as %s.%s, takes nothing from what is posted', async (table, column) => {
  await story.sweep()
  await story.admin.query(`ALTER TABLE ${table} DROP COLUMN ${column} CASCADE`)
  const noSchool = { class: 'RuntimeError', message: 'Unable to find DTTP school with URN' }
  await story.put('dead', 'Dttp::UpdateTraineeJob', { trainee: 5902, error: GONE })
  await story.put('dead', 'Dttp::RegisterForTrnJob', { trainee: 5914, args: [null], error: noSchool })
  await story.sweep()
  const failures = (await story.entries()).map(({ failure }) => failure)
  expect(failures).toContainEqual(expect.objectContaining({ code: 'gone', contact: expect.any(String) }))
  expect(failures).toContainEqual(expect.objectContaining({ code: 'school-not-active', urns: [expect.any(String)] }))
})

test('a job of which nobody can be told holds up no other, and does not have the round begin again', async () => {
  await story.sweep()
  const error = { class: 'TypeError', message: 'x' }
  await story.put('dead', 'Dttp::UpdateTraineeJob', { error, jobId: '00000000-0000-4000-8000-000000000001' })
  await story.put('dead', 'Dttp::WithdrawJob', { error, jobId: '00000000-0000-4000-8000-000000000002' })
  const goOn = await story.endAt('INSERT', 'chatops.alert_entries', `new.subject LIKE 'update-trainee:%'`)
  await story.sweep()
  expect(await story.causes()).toEqual(['unexpected:withdraw'])
  expect(await tellOfMirrored(story.world, verifyAgain)).toBe(0)
  expect(await findUntold(story.world.database.manager, 9)).toEqual(['00000000-0000-4000-8000-000000000001'])
  await story.put('dead', 'Dttp::DeferJob', { error, jobId: '00000000-0000-4000-8000-000000000003' })
  await sweepSidekiq(story.world, story.world.upstreams.sidekiq as SidekiqClient)
  expect(await findUntold(story.world.database.manager, 1)).toEqual(['00000000-0000-4000-8000-000000000003'])
  await goOn()
  await story.sweep()
  expect(await findUntold(story.world.database.manager, 9)).toEqual([])
})

const ODD = [1_795_850_005_276_593, 8e15, 253_402_300_800, 1e300]

test.each(ODD)('a job with %s for a time is read without that time', async (odd) => {
  const error = { class: 'TypeError', message: 'x' }
  const member = JSON.parse(story.member('Dttp::UpdateTraineeJob', { error }))
  const times = { created_at: odd, enqueued_at: odd, failed_at: odd, retried_at: odd }
  await story.redis.zadd('dead', String(odd), JSON.stringify({ ...member, ...times }))
  await story.redis.lpush('queue:default', JSON.stringify({ ...member, ...times, args: [{ job_class: 'X' }] }))
  await story.sweep()
  expect((await story.rows()).map(({ place }) => place).sort()).toEqual(['dead', 'queue'])
})

test('where Sidekiq is not beside the bot any more, no job of its counts as live', async () => {
  await story.put('schedule', 'Dttp::RetrieveTrnJob', { inSeconds: 900 })
  await story.sweep()
  expect(await endMirror(story.world)).toBe(1)
  expect(await story.row()).toMatchObject({ place: 'gone', told: true, curedAt: expect.any(Date) })
  await story.sweep()
  expect(await story.row()).toMatchObject({ place: 'schedule', failure: null })
})

test('operators are told while nobody reads Sidekiq anew, and not after that', async () => {
  await story.sweep()
  expect(await findUnread(story.world)).toBeNull()
  story.clock.time += 4 * 60_000
  expect(await findUnread(story.world)).toContain('Check the way to Register’s Redis')
  await story.sweep()
  expect(await findUnread(story.world)).toBeNull()
})
