import { expect, test } from 'vitest'
import { judgeMissing } from '../../src/jobs/mirror/missing.ts'
import { sweepsOf } from '../../src/queue/sweeper.ts'
import { countQueries } from '../bench/count-queries.ts'
import { useMirror } from './mirror-story.ts'

// Each night leaves as many jobs that are over as there are trainees, for eight days.

const story = useMirror()

test('what is over is purged, too, once Register’s Sidekiq is not read any more', () => {
  const { sidekiq: _, ...upstreams } = story.world.upstreams
  const names = sweepsOf({ ...story.world, upstreams }, {} as never, 0).map(({ name }) => name)
  expect(names).toContain('purge of the mirror')
})

test('what was lost and what is not to be found is read by an index, whatever else the nights have left', async () => {
  const { admin, world } = story
  await admin.query(`
    INSERT INTO chatops.mirrored_jobs (id, name, place, queue, due_at, created_at, finished_at, told)
    SELECT gen_random_uuid(), 'update-trainee', 'gone', 'dttp', now(), now(), now() - n * interval '1 second', true
    FROM generate_series(1, 5000) n`)
  await admin.query(`
    INSERT INTO chatops.mirrored_jobs (id, name, place, queue, due_at, created_at, missing_since, told)
    SELECT gen_random_uuid(), 'update-trainee', 'missing', 'dttp', now(), now(), now() - n * interval '1 second', true
    FROM generate_series(1, 5000) n`)
  await admin.query('ANALYZE chatops.mirrored_jobs')
  const counter = countQueries()
  await judgeMissing(world, world.database.manager, new Date())
  counter.stop()
  const isOf = (what: string) => (text: string) => text.includes(what) && text.includes('SELECT')
  const lost = counter.texts().find(isOf('"failure" IS NOT NULL')) ?? ''
  const due = counter.texts().find(isOf('row_number()')) ?? ''
  expect(await planOf(lost, ['gone', new Date()])).toContain('mirrored_jobs_newest_given_up')
  expect(await planOf(due, [new Date(), 100, ['update-trainee']])).toContain('mirrored_jobs_missing')
})

async function planOf(statement: string, values: unknown[]): Promise<string> {
  return JSON.stringify((await story.admin.query(`EXPLAIN ${statement}`, values)).rows)
}
