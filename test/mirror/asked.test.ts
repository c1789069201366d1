import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { findAlertSight } from '../../src/alerts/sight/read.ts'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { mirrorPush, mirrorRetry } from '../../src/jobs/mirror/asked.ts'
import { pushToSidekiq } from '../../src/jobs/start/in-sidekiq.ts'
import { addToOutbox } from '../../src/outbox/add.ts'
import { demandMember } from '../../src/sidekiq/job.ts'
import { relayToSidekiq } from '../sidekiq/beside-stage.ts'
import { aTime, useMirror } from './mirror-story.ts'

const story = useMirror()
const sql = () => story.world.database.manager

async function push(id: string): Promise<void> {
  const asked = {
    name: 'update-trainee',
    trainee: '5902',
    args: {},
    timeoutAt: null,
    queue: 'dttp',
    changeRequest: null,
  } as const
  await mirrorPush(sql(), { ...asked, id, dueAt: story.world.now() })
  await addToOutbox(sql(), { id, stream: `job:${id}`, kind: 'job', changeRequest: null })
}

const sent = (id: string) =>
  story.admin.query(`UPDATE chatops.outbox SET status = 'sent', sent_at = '2021-10-27T13:00:00Z' WHERE id = $1`, [id])

const only = async () => (await sql().find(SeenJob))[0]

test('what a request asks Register’s Sidekiq for waits until it is sent', async () => {
  const id = randomUUID()
  await push(id)
  await story.sweep()
  await story.sweep(120)
  expect(await only()).toMatchObject({ id, status: 'waiting', place: 'unsent', runner: 'register', fingerprint: null })
})

test('what was sent and that no sweep finds is missing, and vanished unless something shows that it ran', async () => {
  const id = randomUUID()
  await push(id)
  await sent(id)
  await story.sweep()
  expect(await only()).toMatchObject({ status: 'running', place: 'missing' })
  await story.sweep(60)
  expect((await only())?.status).toBe('running')
  await story.sweep(30 * 60)
  expect(await only()).toMatchObject({ status: 'failed', failure: { code: 'vanished' } })
})

test('a poll of ours is found in its own row, beside an older one with the same time-out', async () => {
  const [until, timeoutAt] = ['2021-10-31T12:00:00.000000000Z', '2021-10-31 12:00:00']
  await story.put('schedule', 'Dttp::RetrieveTrnJob', { args: [aTime(until)], inSeconds: 3600 })
  await story.sweep()
  const job = { name: 'retrieve-trn', trainee: '5902', timeoutAt } as const
  const id = randomUUID()
  await story.world.database.transaction((sql) =>
    pushToSidekiq(sql, { id, name: job.name, trainee: job.trainee, job, dueAt: story.world.now() }),
  )
  await relayToSidekiq(story.world)
  await story.sweep()
  const rows = await story.rows()
  expect(rows.map((row) => [row.id === id, row.place]).sort()).toEqual([
    [false, 'schedule'],
    [true, 'queue'],
  ])
})

test('what is left to an operator counts as not given to Sidekiq, until it is found after all', async () => {
  const id = randomUUID()
  await push(id)
  await story.admin.query(`UPDATE chatops.outbox SET status = 'waiting' WHERE id = $1`, [id])
  await story.sweep()
  await story.sweep(31 * 60)
  expect(await only()).toMatchObject({ status: 'failed', failure: { code: 'not-given' } })
  expect(await story.causes()).toEqual(['not-given:update-trainee'])
  const sight = await findAlertSight(story.world.database, (await story.onlyAlert()).id)
  expect(sight?.diagnosis.title).toContain('could not be given to Register’s Sidekiq')
  await story.put('queue', 'Dttp::UpdateTraineeJob', { jobId: id })
  await story.sweep()
  expect(await only()).toMatchObject({ status: 'waiting', place: 'queue', failure: null })
})

test('of what an attempt may have brought there, we cannot tell whether it ran', async () => {
  const id = randomUUID()
  await push(id)
  await story.admin.query(`UPDATE chatops.outbox SET status = 'waiting', unsure = true WHERE id = $1`, [id])
  await story.sweep()
  await story.sweep(31 * 60)
  expect(await only()).toMatchObject({ status: 'failed', failure: { code: 'vanished' } })
})

test('what was pushed is the job that is found', async () => {
  const id = randomUUID()
  await push(id)
  await sent(id)
  await story.put('queue', 'Dttp::UpdateTraineeJob', { jobId: id })
  await story.sweep()
  expect(await only()).toMatchObject({ id, place: 'queue', status: 'waiting' })
})

test('a dead job that is asked for stands as waiting, also while it is still where it was', async () => {
  const error = { class: 'TypeError', message: 'x' }
  await story.sweep()
  await story.put('dead', 'Dttp::UpdateTraineeJob', { error })
  await story.sweep()
  const job = await only()
  const fingerprint = job?.fingerprint ?? ''
  expect(demandMember(fingerprint)).toMatchObject({ place: 'dead' })
  const { rows } = await story.admin.query('SELECT id FROM chatops.change_requests')
  expect(rows).toEqual([])
  const retry = { id: job?.id ?? '', outboxId: randomUUID(), changeRequest: null as never }
  await mirrorRetry(sql(), { ...retry, fingerprint })
  await story.sweep()
  expect(await only()).toMatchObject({ place: 'unsent', status: 'waiting', failure: null })
  await expect(mirrorRetry(sql(), { ...retry, fingerprint })).rejects.toThrow('no longer as it was')
  expect(() => demandMember('3')).toThrow(TypeError)
})
