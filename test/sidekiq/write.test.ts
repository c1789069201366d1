import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { RegisterJob } from '../../src/sidekiq/job.ts'
import type { JobToPush } from '../../src/sidekiq/payload.ts'
import { describeBesideSidekiq } from '../support/sidekiq.ts'

const now = () => new Date()
const STATUS = 'Prospective trainee - TREFNO requested'
const SUBMITTER = '1d2c3b4a-07d9-e711-80e1-005056ac45bb'
const trainee = '5901'
const GIVEN_TRAINEE = { type: 'Trainee', value: '5901' }

/** Each job with each kind of argument, and what Ruby must be given. */
const JOBS: [JobToPush, { type: string; value: string }[]][] = [
  [
    { name: 'register-for-trn', trainee, submittedBy: SUBMITTER },
    [GIVEN_TRAINEE, { type: 'String', value: SUBMITTER }],
  ],
  [{ name: 'register-for-trn', trainee, submittedBy: null }, [GIVEN_TRAINEE, { type: 'NilClass', value: '' }]],
  ...(['contact', 'placement_assignment'] as const).map((entity): (typeof JOBS)[number] => [
    { name: 'change-trainee-status', trainee, status: STATUS, entity },
    [GIVEN_TRAINEE, { type: 'String', value: STATUS }, { type: 'Symbol', value: entity }],
  ]),
  [{ name: 'update-trainee', trainee }, [GIVEN_TRAINEE]],
  [{ name: 'retrieve-trn', trainee, timeoutAt: null }, [GIVEN_TRAINEE]],
  [
    { name: 'retrieve-trn', trainee, timeoutAt: '2026-12-02 07:13:25.275262' },
    [GIVEN_TRAINEE, { type: 'ActiveSupport::TimeWithZone', value: '2026-12-02T07:13:25.275262000Z UTC' }],
  ],
  [
    { name: 'retrieve-trn', trainee, timeoutAt: '2026-06-02 07:13:25' },
    [GIVEN_TRAINEE, { type: 'ActiveSupport::TimeWithZone', value: '2026-06-02T07:13:25.000000000Z UTC' }],
  ],
  [{ name: 'sync-schools' }, []],
]

describeBesideSidekiq('jobs that we push to a real Sidekiq', 6, (use) => {
  const ended = (id: string) =>
    expect.poll(async () => (await use.sidekiq.ran()).filter(({ jobId, what }) => jobId === id && what === 'ended'))

  test('run once with the right arguments, at once and later', async () => {
    const pushed = JOBS.flatMap(([job, given]) =>
      [null, new Date(Date.now() + 2_000)].map((at) => ({ job, given, at, id: randomUUID() })),
    )
    for (const { job, at, id } of [...pushed, ...pushed]) {
      expect(await use.client.write({ kind: 'push', job, at }, { id, now: now() })).toBe('done')
    }
    for (const { id, given, job } of pushed) {
      await ended(id).toHaveLength(1)
      const [ran] = (await use.sidekiq.ran()).filter(({ jobId }) => jobId === id)
      expect(ran, JSON.stringify(job)).toMatchObject({ arguments: given })
    }
    expect(await use.redis.exists('retry', 'dead')).toBe(0)
    expect((await use.redis.smembers('queues')).every((queue) => ['default', 'dttp'].includes(queue))).toBe(true)
  })

  test.each([
    ['Dttp::UpdateTraineeJob', 'unexpected'],
    ['Dttp::RegisterForTrnJob', 'outcome-unknown'], // it may have sent already
  ])('%s that fails dies at once', async (className, code) => {
    await use.sidekiq.tell(className, { error: 'TypeError', message: 'x' }, 5906)
    const job: JobToPush = className.includes('Update')
      ? { name: 'update-trainee', trainee: '5906' }
      : { name: 'register-for-trn', trainee: '5906', submittedBy: null }
    const id = randomUUID()
    await use.client.write({ kind: 'push', job, at: null }, { id, now: now() })
    const died = () => use.client.findJobsOf(['5906'])
    await expect.poll(died).toMatchObject([{ place: 'dead', jobId: id, retryCount: 0, failure: { code } }])
    const [dead] = (await died()) as [RegisterJob]

    const retry = { id: randomUUID(), now: now() }
    expect(await use.client.write({ kind: 'retry', member: dead }, retry)).toBe('done')
    await expect.poll(died).toMatchObject([{ place: 'dead', jobId: id, jid: dead.jid, retryCount: 0 }])
    expect((await died())[0]?.sha1).not.toBe(dead.sha1)

    await use.sidekiq.tell(className, null, 5906)
    const [again] = (await died()) as [RegisterJob]
    await use.client.write({ kind: 'retry', member: again }, { id: randomUUID(), now: now() })
    await ended(id).toHaveLength(1)
    await expect.poll(died).toEqual([])
  })

  test('a retry that retry_on caught before goes on where it was', async () => {
    await use.sidekiq.tell('Dttp::ChangeTraineeStatusJob', { error: 'TypeError', message: 'x' }, 5907)
    const id = randomUUID()
    const job = { name: 'change-trainee-status', trainee: '5907', status: STATUS, entity: 'contact' } as const
    await use.client.write({ kind: 'push', job, at: null }, { id, now: now() })
    await expect.poll(() => use.client.findJobsOf(['5907'])).toMatchObject([{ place: 'retry', retryCount: 0 }])
    const [failed] = (await use.client.findJobsOf(['5907'])) as [RegisterJob]
    await use.sidekiq.tell('Dttp::ChangeTraineeStatusJob', null, 5907)
    expect(await use.client.write({ kind: 'retry', member: failed }, { id: randomUUID(), now: now() })).toBe('done')
    await ended(id).toHaveLength(1)
  })
})
