import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { findUnpolled } from '../../src/alerts/sweeps.ts'
import { Mirror } from '../../src/entities/chatops/mirrored-job.ts'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { findPolls } from '../../src/entities/chatops/seen-polls.ts'
import { pushToSidekiq } from '../../src/jobs/start/in-sidekiq.ts'
import { sweepsOf } from '../../src/queue/sweeper.ts'
import type { World } from '../../src/world.ts'
import { relayToSidekiq } from '../sidekiq/beside-stage.ts'
import { aTime, useMirror } from './mirror-story.ts'

// What becomes of the mirror's jobs once the bot is told not to read Register's Sidekiq any more.

const story = useMirror()
const UNTIL = [aTime('2021-10-31T12:00:00Z')]

/** The bot is started anew, with our own workers as those who run Register's jobs. */
function restarted(): World {
  const { sidekiq: _, ...upstreams } = story.world.upstreams
  return { ...story.world, upstreams }
}

async function leave(world: World): Promise<void> {
  story.clock.time += 5 * 60_000
  const sweep = sweepsOf(world, {} as never, 0).find(({ name }) => name === 'a mirror that is not kept any more')
  for (let rounds = 0; (await sweep?.round()) !== 0; rounds += 1) if (rounds > 9) throw new Error('it does not end')
}

test('whoever runs Register’s jobs from now on finds no poll of Sidekiq’s that seems to be live', async () => {
  await story.admin.query(`UPDATE trainees SET submitted_for_trn_at = '2021-10-20' WHERE id = 5902`)
  await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: UNTIL, inSeconds: 3600 })
  await story.sweep()
  const world = restarted()
  await leave(world)
  expect((await findPolls(world.database.manager, ['5902'])).get('5902')).toMatchObject({
    ...{ status: 'failed', place: 'gone', failure: { code: 'vanished' }, curedAt: expect.any(Date) },
  })
  expect(await story.alerts()).toEqual([])
  await findUnpolled(world)
  expect((await story.entries()).map(({ subject }) => subject)).toContain('retrieve-trn:5902')
})

test('a registration that Sidekiq had is for people to settle, and what had failed stays so', async () => {
  await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id IN (5902, 5913)')
  await story.sweep()
  await story.put('queue', 'Dttp::RegisterForTrnJob', { args: [null] })
  const error = { class: 'TypeError', message: 'x' }
  await story.put('dead', 'Dttp::UpdateTraineeJob', { trainee: 5901, error })
  await story.sweep()
  await leave(restarted())
  const jobs = await story.world.database.manager.find(SeenJob, { order: { name: 'ASC' } })
  expect(jobs).toMatchObject([
    { name: 'register-for-trn', status: 'failed', curedAt: null, failure: { code: 'outcome-unknown' } },
    { name: 'update-trainee', status: 'failed', curedAt: null, failure: { code: 'unexpected' }, fingerprint: null },
  ])
  expect(await story.causes()).toEqual(['unexpected:update-trainee', 'registration-unknown:5902'])
  const { rows } = await story.admin.query('SELECT outcome FROM chatops.registration_attempts')
  expect(rows).toEqual([{ outcome: 'unknown' }])
})

test('so it is where the bot ended before it had put the registration on record', async () => {
  await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id = 5902')
  await story.put('queue', 'Dttp::RegisterForTrnJob', { args: [null] })
  await story.sweep()
  const goOn = await story.endAt('INSERT', 'chatops.registration_attempts', 'true')
  await expect(leave(restarted())).rejects.toThrow('raised by a function')
  expect(await story.row()).toMatchObject({ place: 'gone', failure: { code: 'outcome-unknown' } })
  await goOn()
  await leave(restarted())
  const { rows } = await story.admin.query('SELECT trainee_id, outcome FROM chatops.registration_attempts')
  expect(rows).toEqual([{ trainee_id: '5902', outcome: 'unknown' }])
})

test.each([
  ['', false],
  [', nor when the mirror has forgotten it', true],
])(
  'a registration that Sidekiq was never given is not given to it later%s; what does no harm is',
  async (_, forgets) => {
    const dueAt = story.world.now()
    const register = { name: 'register-for-trn', trainee: '5902', submittedBy: null } as const
    const update = { name: 'update-trainee', trainee: '5902' } as const
    await story.world.database.transaction(async (sql) => {
      for (const job of [register, update]) {
        await pushToSidekiq(sql, { id: randomUUID(), name: job.name, trainee: job.trainee, job, dueAt })
      }
    })
    await leave(restarted())
    expect((await story.rows()).map(({ failure }) => failure?.code)).toEqual(['not-given', 'not-given'])
    if (forgets) await story.admin.query('DELETE FROM chatops.mirrored_jobs')
    await relayToSidekiq(story.world)
    const { rows } = await story.admin.query(
      `SELECT payload -> 'job' ->> 'name' AS name, status FROM chatops.outbox WHERE kind = 'sidekiq' ORDER BY name`,
    )
    expect(rows).toEqual([
      { name: 'register-for-trn', status: 'failed' },
      { name: 'update-trainee', status: 'sent' },
    ])
    expect(await story.redis.llen('queue:default')).toBe(0)
  },
)

test('when Sidekiq is read again, what is dead in it is counted and posted by nobody', async () => {
  await story.sweep()
  await leave(restarted())
  await story.put('dead', 'Dttp::UpdateTraineeJob', { error: { class: 'TypeError', message: 'x' } })
  await story.sweep()
  expect(await story.alerts()).toEqual([])
  expect(await story.world.database.manager.findOneByOrFail(Mirror, { id: true })).toMatchObject({ deadBefore: 1 })
})

test('as long as another process reads Sidekiq, none of its jobs is ended', async () => {
  await story.put('queue', 'Dttp::RegisterForTrnJob', { args: [null] })
  await story.sweep()
  const sweep = sweepsOf(restarted(), {} as never, 0).find(({ name }) => name === 'a mirror that is not kept any more')
  expect(await sweep?.round()).toBe(0)
  expect(await story.row()).toMatchObject({ place: 'queue' })
  expect(await story.world.database.manager.findOneByOrFail(Mirror, { id: true })).toMatchObject({
    readAt: expect.any(Date),
  })
})
