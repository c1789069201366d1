import { expect, test } from 'vitest'
import { findMirrorAge, findUnread } from '../../src/jobs/mirror/age.ts'
import { endMirror } from '../../src/jobs/mirror/end.ts'
import { useMirror } from './mirror-story.ts'

// What the mirror bears: a Register whose tables are others, members with odd numbers, and a Sidekiq that is taken away.

const story = useMirror()

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
  expect(await findMirrorAge(story.context.database.manager, story.context.now())).toMatchObject({ isTooOld: false })
  await story.sweep(HALF_AN_HOUR)
  expect((await story.rows()).find(({ name }) => name === 'update-trainee')).toMatchObject({
    failure: { code: 'vanished' },
  })
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
  expect(await endMirror(story.context)).toBe(1)
  expect(await story.row()).toMatchObject({ place: 'gone', told: true, curedAt: expect.any(Date) })
  await story.sweep()
  expect(await story.row()).toMatchObject({ place: 'schedule', failure: null })
})

test('operators are told while nobody reads Sidekiq anew, and not after that', async () => {
  await story.sweep()
  expect(await findUnread(story.context)).toBeNull()
  story.clock.time += 4 * 60_000
  expect(await findUnread(story.context)).toContain('Check the way to Register’s Redis')
  await story.sweep()
  expect(await findUnread(story.context)).toBeNull()
})
