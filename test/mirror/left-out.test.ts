import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { EVERY_POLL } from '../../src/contract/effect.ts'
import { STATUS_AFTER_REGISTRATION } from '../../src/dttp/statuses.ts'
import { REPLACED } from '../../src/failures/register-words.ts'
import { pushToSidekiq } from '../../src/jobs/start/in-sidekiq.ts'
import { relayToSidekiq } from '../sidekiq/beside-stage.ts'
import { aTime, useMirror } from './mirror-story.ts'

// What was to be pushed to Register's Sidekiq, and is not any more once Sidekiq can be given it.

const story = useMirror()
const TRAINEE = '5902'

async function poll(timeoutAt: string, instead: typeof EVERY_POLL | null = EVERY_POLL): Promise<string> {
  const id = randomUUID()
  const job = { name: 'retrieve-trn', trainee: TRAINEE, timeoutAt } as const
  const push = { id, name: job.name, trainee: TRAINEE, job, dueAt: story.world.now(), instead }
  await story.world.database.transaction((sql) => pushToSidekiq(sql, push))
  return id
}

const row = async (id: string) => (await story.rows()).find((one) => one.id === id)
const outbox = async (id: string) =>
  (await story.admin.query('SELECT * FROM chatops.outbox WHERE id = $1', [id])).rows[0]

const putOff = (id: string, until: string, more = '') =>
  story.admin.query(`UPDATE chatops.outbox SET status = 'queued', due_at = ${until} ${more} WHERE id = $1`, [id])

/** The ids of the polls that Sidekiq has. */
async function polls(): Promise<string[]> {
  const members = [
    ...(await story.redis.lrange('queue:default', 0, -1)),
    ...(await story.redis.zrange('schedule', 0, -1)),
  ]
  return members.map((member) => JSON.parse(member).args[0].job_id)
}

/** Sidekiq has run what was in the queue, and that waits for its next hour. */
async function runQueue(): Promise<void> {
  for (const member of await story.redis.lrange('queue:default', 0, -1)) {
    await story.take('queue', member)
    await story.putMember('schedule', member, 3600)
  }
  await story.sweep()
}

test.each([
  ['and replaces all', EVERY_POLL],
  ['', null],
] as const)('a poll that has waited takes nothing from one that was asked for later %s', async (_, instead) => {
  await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: [aTime('2021-10-28T12:00:00Z')], inSeconds: 3600 })
  await story.sweep()
  const older = await poll('2021-10-27 18:00:00')
  await putOff(older, `now() + interval '1 hour'`)
  const later = await poll('2021-10-29 18:00:00', instead)
  await relayToSidekiq(story.world)
  await runQueue()
  expect(await polls()).toContain(later)
  await putOff(older, 'now()')
  await relayToSidekiq(story.world)
  expect(await polls()).toContain(later)
  expect(await polls()).not.toContain(older)
  expect(await row(later)).toMatchObject({ place: 'schedule', args: expect.not.objectContaining({ replaced: true }) })
  expect(await row(older)).toMatchObject({ place: 'gone', failure: { words: REPLACED }, curedAt: expect.any(Date) })
  await story.sweep()
  expect(await story.alerts()).toEqual([])
})

test('a poll that was pushed without our hearing of it is only said to be so, if one was asked for since', async () => {
  const older = await poll('2021-10-27 18:00:00')
  await relayToSidekiq(story.world)
  await runQueue()
  await poll('2021-10-29 18:00:00')
  await putOff(older, 'now()', ', unsure = true')
  await relayToSidekiq(story.world)
  expect(await outbox(older)).toMatchObject({ status: 'sent' })
  expect(await row(older)).toMatchObject({ failure: null })
})

test('a poll that people were told has not run is not given any more, and is not if its sender wakes up', async () => {
  const id = await poll('2021-10-27 18:00:00')
  await story.admin.query(`UPDATE chatops.outbox SET status = 'waiting' WHERE id = $1`, [id])
  await story.sweep()
  await story.sweep(31 * 60)
  expect(await row(id)).toMatchObject({ place: 'gone', failure: { code: 'not-given' } })
  await putOff(id, 'now()', ', unsure = true')
  await relayToSidekiq(story.world)
  expect(await outbox(id)).toMatchObject({
    status: 'failed',
    last_error: expect.stringContaining('asked for it again'),
  })
  const job = { name: 'retrieve-trn', trainee: TRAINEE, timeoutAt: null } as const
  const asleep = { kind: 'push', job, at: null } as const
  await story.world.upstreams.sidekiq?.write(asleep, { id, now: story.world.now() })
  expect(await polls()).toEqual([])
})

test('a status change that was pushed without our hearing of it is not said to be needless', async () => {
  await story.admin.query(`UPDATE trainees SET state = 1, trn = NULL WHERE id = $1`, [TRAINEE])
  const id = randomUUID()
  const args = { status: STATUS_AFTER_REGISTRATION, entity: 'contact' } as const
  const job = { name: 'change-trainee-status', trainee: TRAINEE, ...args } as const
  const push = { id, name: job.name, trainee: TRAINEE, job, args, dueAt: story.world.now() }
  await story.world.database.transaction((sql) => pushToSidekiq(sql, push))
  await relayToSidekiq(story.world)
  await story.admin.query(`UPDATE trainees SET state = 2, trn = '7654321' WHERE id = $1`, [TRAINEE])
  await putOff(id, 'now()', ', unsure = true')
  await relayToSidekiq(story.world)
  expect(await outbox(id)).toMatchObject({ status: 'sent' })
  expect(await row(id)).toMatchObject({ args: expect.not.objectContaining({ needless: true }) })
})
