import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { execute } from '../../src/changes/execute/execute.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { followUpSchools } from '../../src/changes/verify/school-follow-ups.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { NOT_BACKED, REPLACED } from '../../src/failures/register-words.ts'
import { mirrorRetry } from '../../src/jobs/mirror/asked.ts'
import { purgeMirror } from '../../src/jobs/mirror/purge.ts'
import { giveToRequest } from '../../src/jobs/mirror/told.ts'
import { addToOutbox } from '../../src/outbox/add.ts'
import type { World } from '../../src/world.ts'
import { relayToSidekiq } from '../sidekiq/beside-stage.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { loadGias } from '../support/gias.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'
import { aTime, useMirror } from './mirror-story.ts'

// Requests hear of what Register's Sidekiq does for them, as they do of our own workers' jobs.

const use = useStoryDttp()
const story = useMirror(() => ({ upstreams: { dttp: use.dttp.client } as World['upstreams'] }))

const TRAINEE = '5902'
const SUBMITTER = '1d2c3b4a-07d9-e711-80e1-005056ac45bb'
const WHY = { reason: 'It has timed out', ticket: '' }

async function carriedOut(playbook: string, form: Record<string, string>): Promise<string> {
  await story.sweep()
  const request = await sendRequest(story.world, playbook, { ...form, ...WHY })
  await approveRequest(story.world, request)
  expect(await execute(story.world, request.id)).toBe('executed')
  await relayToSidekiq(story.world)
  await story.admin.query('UPDATE chatops.outbox SET sent_at = $1', [new Date(story.clock.time)])
  story.clock.time += 1_000
  return request.id
}

/** A request for a poll, whose job has been taken by a process and is nowhere since; and the job itself. */
async function polled(): Promise<{ id: string; member: string }> {
  const { rows } = await story.admin.query('SELECT slug FROM trainees WHERE id = $1', [TRAINEE])
  const id = await carriedOut('requeue-trn', { subject: rows[0].slug, duration: '1 day', replace: '' })
  const [member = ''] = await story.redis.lrange('queue:default', 0, -1)
  await story.take('queue', member)
  return { id, member }
}

const told = async () =>
  (
    await story.admin.query(
      `SELECT payload FROM chatops.outbox WHERE payload ->> 'part' IN ('job-news', 'school-sync')`,
    )
  ).rows
const outcome = async (id: string) => (await getRequest(story.world.database, id)).outcome

test('a poll without a TRN stands on the card with its next time; the TRN is told in the thread', async () => {
  const { id, member } = await polled()
  // The poll of the next hour is another job.
  const next = member.replace(/"job_id":"\w{8}/, '"job_id":"0a0b0c0d').replace(/"jid":"\w{4}/, '"jid":"abcd')
  await story.putMember('schedule', next, 3600)
  await story.sweep()
  const at = new Date(story.clock.time + 3_585_000).toISOString()
  expect(await outcome(id)).toMatchObject({ poll: { next: at, timeout: expect.stringMatching(/^2021-10-28T13:00/) } })
  expect(await told()).toEqual([])

  await story.take('schedule', next)
  await story.admin.query(`UPDATE trainees SET trn = '7654321' WHERE id = $1`, [TRAINEE])
  await story.sweep(3600)
  await story.sweep(60)
  expect(await outcome(id)).toMatchObject({ poll: 'trn' })
  expect(await told()).toMatchObject([{ payload: { trainee: TRAINEE, news: { kind: 'trn-received' } } }])
})

test('a poll that has only put another one in its place has brought no TRN', async () => {
  const { id } = await polled()
  const first = await story.put('queue', 'Dttp::RetrieveTrnJob')
  await story.sweep()
  const ofRegister = async () => (await story.rows()).find(({ timeoutAt }) => timeoutAt === null)
  await giveToRequest(story.world.database.manager, (await ofRegister())?.id ?? '', id)
  await story.take('queue', first)
  await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: [aTime('2021-10-30T00:00:00Z')], inSeconds: 3600 })
  await story.sweep()
  await story.sweep(60)
  expect(await ofRegister()).toMatchObject({ place: 'gone', failure: null, told: true, changeRequestId: id })
  expect(await outcome(id)).not.toHaveProperty('poll')
  expect(await told()).toEqual([])
})

test('a poll that another request replaces is no news, and what was posted about it is settled', async () => {
  const { rows } = await story.admin.query('SELECT slug FROM trainees WHERE id = $1', [TRAINEE])
  const form = { subject: rows[0].slug, duration: '1 day', replace: '' }
  const first = await carriedOut('requeue-trn', form)
  const [member = ''] = await story.redis.lrange('queue:default', 0, -1)
  await story.take('queue', member)
  const failed = {
    ...JSON.parse(member),
    error_class: 'TypeError',
    error_message: 'x',
    failed_at: story.clock.time / 1000,
  }
  await story.putMember('retry', JSON.stringify({ ...failed, retry_count: 0 }), 3600)
  await story.sweep()
  expect(await story.causes()).toEqual(['unexpected:retrieve-trn'])
  await story.admin.query(`UPDATE chatops.change_requests SET status = 'done' WHERE id = $1`, [first])
  await story.admin.query('DELETE FROM chatops.open_subjects')

  await carriedOut('requeue-trn', { ...form, duration: '3 days', replace: 'replace' })
  expect(await story.redis.zcard('retry')).toBe(0)
  await story.sweep()
  await story.sweep(60)
  const [earlier] = await story.rows()
  expect(earlier).toMatchObject({ place: 'gone', curedAt: expect.any(Date), failure: { words: REPLACED } })
  expect(await told()).toEqual([])
  const [alert] = await story.alerts()
  expect(alert).toMatchObject({ status: 'resolved', found: { because: { [`retrieve-trn:${TRAINEE}`]: 'polled' } } })
})

test('a poll that replaces one with the same time-out is followed, and the other one is over', async () => {
  const { rows } = await story.admin.query('SELECT slug FROM trainees WHERE id = $1', [TRAINEE])
  const form = { subject: rows[0].slug, duration: 'the end of the next working day', replace: '' }
  const first = await carriedOut('requeue-trn', form)
  const [member = ''] = await story.redis.lrange('queue:default', 0, -1)
  await story.take('queue', member)
  await story.putMember('schedule', member, 3600)
  await story.sweep()
  await story.admin.query(`UPDATE chatops.change_requests SET status = 'done' WHERE id = $1`, [first])
  await story.admin.query('DELETE FROM chatops.open_subjects')

  const second = await carriedOut('requeue-trn', { ...form, replace: 'replace' })
  expect(await story.redis.zcard('schedule')).toBe(0)
  const [pushed = ''] = await story.redis.lrange('queue:default', 0, -1)
  await story.sweep()
  await story.take('queue', pushed)
  const next = pushed.replace(/"job_id":"\w{8}/, '"job_id":"0a0b0c0d').replace(/"jid":"\w{4}/, '"jid":"abcd')
  await story.putMember('schedule', next, 3600)
  await story.sweep(60)
  await story.sweep(60)
  expect(
    (await story.rows()).map(({ changeRequestId, place, args }) => [changeRequestId, place, 'replaced' in args]),
  ).toEqual([
    [first, 'gone', true],
    [second, 'schedule', false],
  ])
  await story.take('schedule', next)
  await story.sweep(3 * 24 * 3600)
  await story.sweep(60)
  expect(await story.causes()).toEqual([expect.stringMatching(/^timed-out:/)])
  expect(await told()).toMatchObject([{ payload: { news: { kind: 'failed', failure: { code: 'timed-out' } } } }])
})

test('a poll that ends without a TRN is told in the thread', async () => {
  await polled()
  await story.sweep()
  await story.sweep(25 * 3600)
  await story.sweep(60)
  expect(await told()).toMatchObject([
    { payload: { trainee: TRAINEE, news: { kind: 'failed', failure: { code: 'timed-out' } } } },
  ])
})

test('a school sync of Register’s is followed up once its last page is over', async () => {
  await loadGias(story.admin)
  const form = { subject: 'URN 900004', row: '', missing: '', dttp_id: '' }
  await carriedOut('repair-school', form)
  const first = await story.put('queue', 'Dttp::SyncSchoolsJob', { trainee: null })
  await story.sweep()
  await story.take('queue', first)
  const second = await story.put('queue', 'Dttp::SyncSchoolsJob', { trainee: null, args: ['https://dttp.test/page/2'] })
  await story.admin.query(`UPDATE dttp_schools SET updated_at = '2021-10-27T13:30:00'`)
  await story.sweep()
  await story.sweep(60)
  expect(await followUpSchools(story.world)).toBe(0)
  await story.take('queue', second)
  await story.sweep()
  expect(await followUpSchools(story.world)).toBe(0)
  await story.sweep(60)
  expect(await followUpSchools(story.world)).toBe(1)
  expect(await told()).toMatchObject([{ payload: { part: 'school-sync', by: 'register' } }])
})

/** A repaired school sets a dead registration of Register's going, which is handed over; returns the request's id. */
async function setGoing(): Promise<string> {
  await loadGias(story.admin)
  await story.sweep()
  const message = `Couldn't find Dttp::School with [WHERE "dttp_schools"."status_code" IN ($1, $2) AND "dttp_schools"."urn" = $3]`
  const error = { class: 'ActiveRecord::RecordNotFound', message }
  await story.put('dead', 'Dttp::RegisterForTrnJob', { trainee: 5914, args: [SUBMITTER], error })
  await story.sweep()
  const form = { subject: 'URN 900004', row: '', missing: '', dttp_id: '', ...WHY }
  const request = await sendRequest(story.world, 'repair-school', form)
  await approveRequest(story.world, request)
  expect(await execute(story.world, request.id)).toBe('executed')
  return request.id
}

async function lineOf(id: string, words: string) {
  await verify(story.world, id)
  return (await outcome(id)).verified?.find(({ sentence }) => sentence.includes(words))
}

test('the poll of a trainee whom a repaired school sets going is waited for until Sidekiq has it', async () => {
  const id = await setGoing()
  const line = () => lineOf(id, 'asked for their TRN again')
  expect(await line()).toMatchObject({ holds: false, waiting: true, found: expect.stringContaining('does not have') })
  const refuse = `UPDATE chatops.outbox SET status = 'failed' WHERE payload -> 'job' ->> 'name' = 'retrieve-trn'`
  await story.admin.query(refuse)
  const refused = await line()
  expect([refused?.holds, refused?.found]).toEqual([false, 'The job could not be given to Register’s Sidekiq.'])
})

test.each([
  ['failed', `Undeliverable: ${NOT_BACKED}`, NOT_BACKED],
  ['waiting', 'SidekiqUnavailable: ECONNREFUSED', 'The job could not be given to Register’s Sidekiq.'],
])(
  'a dead registration whose turn was %s is said not to have run again, instead of why it had died',
  async (status, error, why) => {
    const { register } = story.world
    Object.assign(story.world, { register: { ...register, handsOverRegistrations: true } })
    const id = await setGoing()
    expect(await lineOf(id, '5914')).toMatchObject({ waiting: true, found: 'Under way.' })
    await story.admin.query(
      `UPDATE chatops.outbox SET status = $1, last_error = $2 WHERE kind = 'sidekiq' AND payload ->> 'do' = 'retry'`,
      [status, error],
    )
    await story.sweep()
    await story.sweep()
    expect(await lineOf(id, '5914')).toMatchObject({ holds: false, found: `It was not run again: ${why}` })
    await story.admin.query(`UPDATE chatops.mirrored_jobs SET sha1 = repeat('0', 40)`) // somebody else has had it run
    expect(await lineOf(id, '5914')).toMatchObject({ found: expect.not.stringContaining('not run again') })
  },
)

const ofSync = async () => (await story.rows()).find(({ name }) => name === 'sync-schools')

test('what a request writes into the list of schools proves no sync of Register’s', async () => {
  await loadGias(story.admin)
  await story.admin.query(`UPDATE dttp_schools SET updated_at = '2021-10-01'`)
  const sync = await story.put('queue', 'Dttp::SyncSchoolsJob', { trainee: null })
  await carriedOut('repair-school', { subject: 'URN 900004', row: '', missing: '', dttp_id: '' })
  await story.take('queue', sync)
  await story.sweep()
  await story.sweep(60)
  expect((await ofSync())?.place).toBe('missing')
  expect(await followUpSchools(story.world)).toBe(0)
  await story.admin.query(`UPDATE dttp_schools SET updated_at = '2021-10-27T13:30:00' WHERE urn <> '900004'`)
  await story.sweep()
  expect(await ofSync()).toMatchObject({ place: 'gone', failure: null })
})

test('a sync that had failed, and runs again after the request, counts as one after it', async () => {
  await loadGias(story.admin)
  await story.sweep()
  const error = { class: 'TypeError', message: 'x' }
  const dead = await story.put('dead', 'Dttp::SyncSchoolsJob', { trainee: null, error })
  await story.sweep()
  await carriedOut('repair-school', { subject: 'URN 900004', row: '', missing: '', dttp_id: '' })
  const { place, score, sha1, id = '' } = (await ofSync()) ?? {}
  const [outboxId, fingerprint] = [randomUUID(), `${place} ${score} ${sha1}`]
  const sql = story.world.database.manager
  await addToOutbox(sql, { id: outboxId, stream: `job:${id}`, kind: 'job', changeRequest: null })
  await mirrorRetry(sql, { id, fingerprint, outboxId, changeRequest: null as never })
  await story.admin.query(`UPDATE chatops.outbox SET status = 'sent', sent_at = $1`, [new Date(story.clock.time)])
  await story.take('dead', dead)
  await story.sweep()
  await story.admin.query(`UPDATE dttp_schools SET updated_at = '2099-01-01'`)
  await story.sweep(60)
  expect(await ofSync()).toMatchObject({ place: 'gone', failure: null })
  expect(await followUpSchools(story.world)).toBe(1)
})

test('a request’s job is kept as long as its plan', async () => {
  await polled()
  await story.sweep()
  await story.admin.query(`UPDATE trainees SET trn = '7654321' WHERE id = $1`, [TRAINEE])
  await story.sweep(3600)
  await story.sweep(60)
  story.clock.time += 9 * 24 * 3_600_000
  expect(await purgeMirror(story.world)).toBe(0)
  await story.admin.query(`UPDATE chatops.change_requests SET status = 'done', finished_at = now()`)
  await story.admin.query('UPDATE chatops.change_requests SET form = NULL, plan = NULL, checks = NULL')
  expect(await purgeMirror(story.world)).toBe(1)
})
