import { describe, expect, test } from 'vitest'
import { Mirror } from '../../src/entities/chatops/mirrored-job.ts'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { sweepSidekiq } from '../../src/jobs/mirror/sweep.ts'
import type { SidekiqClient } from '../../src/sidekiq/index.ts'
import { putRecorded, recorded } from '../sidekiq/recorded.ts'
import { aTime, IDENTITY, useMirror } from './mirror-story.ts'

const story = useMirror()
const UNTIL = '2021-10-31T13:00:00.123456789Z'
const HTTP_ERROR = {
  class: 'Dttp::Client::HttpError',
  message: 'status: 400, body: {"message":"Cannot find record to be updated"}',
}

const seen = () => story.world.database.manager.find(SeenJob, { order: { createdAt: 'ASC', id: 'ASC' } })

describe('a sweep', () => {
  test('keeps every job that Register’s own classes left, and not a word of what they say', async () => {
    await putRecorded(story.redis)
    await story.sweep()
    const rows = await story.rows()
    expect(rows.map(({ place }) => place)).toEqual(
      expect.arrayContaining(['queue', 'schedule', 'retry', 'dead', 'running']),
    )
    const names = new Set(rows.map(({ name }) => name))
    expect([...names]).toEqual(
      expect.arrayContaining([
        'retrieve-trn',
        'register-for-trn',
        'change-trainee-status',
        'update-trainee',
        'retrieve-award',
        'other',
      ]),
    )
    const { rows: raw } = await story.admin.query('SELECT to_jsonb(m) AS row FROM chatops.mirrored_jobs m')
    const text = JSON.stringify(raw)
    for (const message of ['no implicit conversion', 'status: 400', 'uninitialized constant', 'BaseHTTP']) {
      expect(text).not.toContain(message)
    }
    expect(rows.find(({ className }) => className === 'Dttp::NoSuchJob')).toMatchObject({
      ...{ name: 'other', place: 'dead', errorClass: 'NameError', attempts: 1 },
      failure: { code: 'unexpected', words: 'Register’s job ended with NameError.', by: 'register' },
    })
    expect(rows.find(({ jid }) => jid === recorded.retry[4]?.job.jid)).toMatchObject({
      ...{ name: 'sync-schools', score: '1795452243.8491015', queue: 'dttp', attempts: 3 },
      failure: { code: 'gone' },
    })
  })

  test('keeps on whose behalf a registration is, whatever Dynamics makes of an id', async () => {
    const submitted_by = '1d2c3b4a-07d9-e711-80e1-005056ac45bb'
    await story.put('dead', 'Dttp::RegisterForTrnJob', { args: [submitted_by], error: HTTP_ERROR })
    await story.sweep()
    expect((await story.row()).args).toMatchObject({ submitted_by })
    await story.admin.query(`UPDATE chatops.mirrored_jobs SET args = args - 'submitted_by'`) // as an earlier version kept it
    await story.sweep()
    expect((await story.row()).args).toMatchObject({ submitted_by })
  })

  test('remembers a version that says no number by what it ran', async () => {
    const isNewer = async () => (await story.world.database.manager.findOneByOrFail(Mirror, { id: true })).isNewer
    await story.sweep()
    expect(await isNewer()).toBe(false)
    const work = JSON.stringify({ queue: 'default', payload: story.member('Dttp::WithdrawJob'), run_at: 1 })
    await story.redis.hset(`${IDENTITY}:work`, 'a1', work)
    await story.sweep()
    await story.redis.del(`${IDENTITY}:work`)
    await story.sweep()
    expect(await isNewer()).toBe(true)
    await story.runs(story.member('Dttp::WithdrawJob'))
    await story.sweep()
    expect(await isNewer()).toBe(false)
  })

  test('writes nothing where nothing has changed', async () => {
    await putRecorded(story.redis)
    await story.sweep()
    const before = await story.rows()
    expect(await sweepSidekiq(story.world, story.world.upstreams.sidekiq as never)).toMatchObject({ changed: 0 })
    expect(await story.rows()).toEqual(before)
  })

  test('that has lost its lock writes nothing more', async () => {
    await putRecorded(story.redis)
    const { sidekiq } = story.world.upstreams
    if (!sidekiq) throw new Error('there is no Sidekiq')
    async function* readWaiting(...given: Parameters<NonNullable<typeof sidekiq>['readWaiting']>) {
      for await (const page of sidekiq?.readWaiting(...given) ?? []) {
        await story.admin.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
        yield page
      }
    }
    await expect(sweepSidekiq(story.world, { ...sidekiq, readWaiting })).rejects.toThrow()
    expect(await story.rows()).toEqual([])
    await story.sweep()
    expect(await story.rows()).not.toEqual([])
  })

  test('follows a job from place to place by ActiveJob’s id', async () => {
    const member = await story.put('queue', 'Dttp::UpdateTraineeJob', { jobId: '86fe0d41-5996-4563-ba69-c81389006bb6' })
    await story.sweep()
    expect(await story.row()).toMatchObject({ place: 'queue', traineeId: '5902', failure: null })
    await story.take('queue', member)
    await story.runs(member)
    await story.sweep()
    expect(await story.row()).toMatchObject({ place: 'running', id: '86fe0d41-5996-4563-ba69-c81389006bb6' })
    await story.runs(null)
    await story.put('dead', 'Dttp::UpdateTraineeJob', {
      jobId: '86fe0d41-5996-4563-ba69-c81389006bb6',
      error: HTTP_ERROR,
    })
    await story.sweep()
    expect(await story.row()).toMatchObject({ place: 'dead', failure: { code: 'gone' } })
    expect(await seen()).toMatchObject([{ status: 'failed', runner: 'register', run: 1 }])
  })

  test('gives a job that is found in two places the one that it moves to', async () => {
    const member = await story.put('queue', 'Dttp::UpdateTraineeJob')
    await story.runs(member)
    await story.sweep()
    expect(await story.row()).toMatchObject({ place: 'running' })
  })

  test('keeps a poll’s row over the hours, known by its trainee and time-out', async () => {
    const first = await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: [aTime(UNTIL)], inSeconds: 3600 })
    await story.sweep()
    const { id } = await story.row()
    await story.take('schedule', first)
    await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: [aTime(UNTIL)], inSeconds: 7200 })
    await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: [aTime('2021-11-05T13:00:00Z')], inSeconds: 7200 })
    await story.sweep()
    const rows = await story.rows()
    expect(rows).toHaveLength(2)
    expect(rows.find((row) => row.id === id)).toMatchObject({
      place: 'schedule',
      timeoutAt: '2021-10-31T13:00:00.123456',
    })
  })

  test('takes an error that a queued job still carries, or a wait of retry_on, for no failure', async () => {
    await story.put('queue', 'Dttp::UpdateTraineeJob', { error: HTTP_ERROR })
    await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: [aTime(UNTIL)], executions: 2, inSeconds: 3 })
    await story.sweep()
    for (const row of await story.rows()) expect(row).toMatchObject({ failure: null, attempts: 0 })
    expect(await story.alerts()).toEqual([])
  })

  test('is made by one worker at a time', async () => {
    await story.admin.query('SELECT pg_advisory_lock(7031522)')
    expect(await sweepSidekiq(story.world, story.world.upstreams.sidekiq as never)).toBeNull()
    await story.admin.query('SELECT pg_advisory_unlock(7031522)')
  })

  test('by a worker that is frozen holds up no other, and writes nothing when it wakes', async () => {
    const sidekiq = story.world.upstreams.sidekiq as SidekiqClient
    await story.put('queue', 'Dttp::UpdateTraineeJob')
    let wake = () => {}
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    let fallAsleep = () => {}
    const asleep = new Promise<void>((resolve) => {
      fallAsleep = resolve
    })
    async function* readAsleep(): ReturnType<SidekiqClient['readWaiting']> {
      for await (const page of sidekiq.readWaiting()) {
        fallAsleep()
        await woken
        yield page
      }
    }
    const frozen = sweepSidekiq(story.world, { ...sidekiq, readWaiting: readAsleep }, 2_000)
    const outcome = frozen.then(
      () => 'swept',
      () => 'lost its lock',
    )
    await asleep
    expect(await sweepSidekiq(story.world, sidekiq)).toBeNull()
    await expect.poll(() => sweepSidekiq(story.world, sidekiq)).toMatchObject({ changed: 1 })
    await story.admin.query('DELETE FROM chatops.mirrored_jobs')
    wake()
    expect(await outcome).toBe('lost its lock')
    expect(await story.rows()).toEqual([])
  })

  test('ends where it is once its process is to stop, and the next one reads everything', async () => {
    await putRecorded(story.redis)
    const readAt = async () => (await story.world.database.manager.findOneByOrFail(Mirror, { id: true })).readAt
    const { sidekiq } = story.world.upstreams
    if (!sidekiq) throw new Error('there is no Sidekiq')
    const before = await readAt()
    expect(await sweepSidekiq({ ...story.world, stopping: AbortSignal.abort() }, sidekiq)).toBeNull()
    expect(await readAt()).toEqual(before)
    await story.sweep()
    expect(await readAt()).not.toEqual(before)
    expect(await story.rows()).not.toEqual([])
  })
})
