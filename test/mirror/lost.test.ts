import { beforeEach, expect, test } from 'vitest'
import { lookAtAlerts } from '../../src/alerts/sweeps.ts'
import { RegistrationAttempt } from '../../src/entities/chatops/registration-attempt.ts'
import type { World } from '../../src/world.ts'
import { putProcess } from '../sidekiq/recorded.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { IDENTITY, useMirror } from './mirror-story.ts'

// A registration that was refused, and that is gone when a process of Sidekiq's has ended: people may have had it run
// again on Sidekiq's page.

const use = useStoryDttp()
const story = useMirror(() => ({ upstreams: { dttp: use.dttp.client } as World['upstreams'] }))

const REFUSED = { class: 'Dttp::Client::HttpError', message: 'status: 400, body: {}, headers: {}' }
const ANOTHER = 'register:2:def'
const HALF_AN_HOUR = 30 * 60
const UNKNOWN = 'registration-unknown:5902'
const POSTED = 'register-for-trn:dttp-refused:5902'

beforeEach(async () => {
  await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id = 5902')
  await story.sweep()
})

const die = (trainee = 5902) =>
  story.put('dead', 'Dttp::RegisterForTrnJob', { trainee, args: [null], error: REFUSED, inSeconds: trainee / 10_000 })

/** A minute after its last heartbeat nothing is left of a killed process; by then another one works. */
async function killProcess(): Promise<void> {
  await story.redis.del(IDENTITY)
  await putProcess(story.redis, ANOTHER)
}

const unknown = () => story.world.database.manager.findBy(RegistrationAttempt, { outcome: 'unknown' })

test('its outcome is unknown, and a post of its own says what DTTP holds', async () => {
  const member = await die()
  await story.sweep()
  await story.take('dead', member)
  await story.sweep()
  await killProcess()
  await story.sweep(60)
  expect(await story.row()).toMatchObject({ place: 'missing' })
  await story.sweep(HALF_AN_HOUR)
  expect(await story.row()).toMatchObject({ place: 'gone', curedAt: null, failure: { code: 'outcome-unknown' } })
  expect(await unknown()).toMatchObject([{ traineeId: '5902' }])
  expect(await story.causes()).toEqual([UNKNOWN])
  expect(await story.causes('resolved')).toEqual([POSTED])
  await lookAtAlerts(story.world)
  const alert = (await story.alerts()).find(({ cause }) => cause === UNKNOWN)
  expect(alert?.found).toMatchObject({
    trainees: { '5902': { candidates: ['c0000000-0000-4000-8000-000000005902'] } },
  })
})

test('so it is where it was dead before the first start, and where nobody looked for over a minute', async () => {
  await story.admin.query('UPDATE chatops.mirror SET read_at = NULL')
  const member = await die()
  await story.sweep()
  await story.take('dead', member)
  await story.sweep(61)
  await story.sweep(HALF_AN_HOUR)
  expect(await story.causes()).toEqual([UNKNOWN])
})

test('one that dies once more is as dead as before, and may be deleted then', async () => {
  const member = await die()
  await story.sweep()
  await story.take('dead', member)
  await killProcess()
  await story.sweep()
  const again = member.replace(/"retry_count":\d/, '"retry_count":1')
  await story.putMember('dead', again)
  await story.sweep()
  expect(await story.row()).toMatchObject({ place: 'dead', failure: { code: 'dttp-refused' } })
  await story.take('dead', again)
  await story.sweep()
  await story.sweep(60)
  await story.sweep(HALF_AN_HOUR)
  expect(await story.row()).toMatchObject({ place: 'gone', failure: { code: 'dttp-refused' } })
  expect(await unknown()).toEqual([])
})

test('so it is where the sweep that saw it ended before it had used what it saw', async () => {
  const member = await die()
  await story.sweep()
  await story.take('dead', member)
  await killProcess()
  const goOn = await story.endAt('UPDATE', 'chatops.mirrored_jobs', `jsonb_exists(NEW.args, 'lost')`)
  for (let sweeps = 0; sweeps < 12; sweeps += 1) await expect(story.sweep()).rejects.toThrow('raised by a function')
  await goOn()
  await story.sweep()
  await story.sweep(HALF_AN_HOUR)
  expect(await story.row()).toMatchObject({ place: 'gone', failure: { code: 'outcome-unknown' } })
})

test('more than any process could have taken were deleted, and share one post', async () => {
  const { rows } = await story.admin.query('SELECT id::int FROM trainees WHERE dttp_id IS NULL ORDER BY id LIMIT 26')
  const trainees = [...rows.map(({ id }) => id), ...Array.from({ length: 26 }, (_, index) => 90_000 + index)]
  for (const trainee of trainees.slice(0, 26)) await die(trainee)
  await story.sweep()
  await story.redis.del('dead')
  await killProcess()
  await story.sweep()
  await story.sweep(60)
  await story.sweep(HALF_AN_HOUR)
  expect(await story.rows()).toHaveLength(26)
  expect(await story.causes()).toContain('vanished:register-for-trn')
  expect(await unknown()).toEqual([])
})
