import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { mirrorPush, mirrorRetry } from '../../src/jobs/mirror/asked.ts'
import { addToOutbox } from '../../src/outbox/add.ts'
import { useMirror } from './mirror-story.ts'

// What proves that a job ran must be of its present run.

const story = useMirror()
const sql = () => story.world.database.manager

const ERROR = { class: 'TypeError', message: 'x' }
const jobId = '3f0c9a52-8a57-4d0b-9e0c-1f7a2d2f6b10'

const only = async () => (await sql().find(SeenJob))[0]
const remembers = (sha: string) => story.admin.query('UPDATE trainees SET dttp_update_sha = $1 WHERE id = 5902', [sha])

/** What a request has asked for has been done in Redis. */
async function sent(id: string): Promise<void> {
  await addToOutbox(sql(), { id, stream: `job:${id}`, kind: 'job', changeRequest: null })
  const at = new Date(story.clock.time)
  await story.admin.query(`UPDATE chatops.outbox SET status = 'sent', sent_at = $2 WHERE id = $1`, [id, at])
}

/** A dead job that a request has run again: it is nowhere since. */
async function runAgain(): Promise<void> {
  await story.sweep()
  const job = await only()
  const [outboxId, fingerprint = ''] = [randomUUID(), job?.fingerprint ?? '']
  await mirrorRetry(sql(), { id: job?.id ?? '', fingerprint, outboxId, changeRequest: null as never })
  await sent(outboxId)
  await story.redis.del('dead')
  await story.sweep()
}

test('what moved before a dead update was asked for anew proves nothing of it; what moves after does', async () => {
  await remembers('first')
  await story.put('dead', 'Dttp::UpdateTraineeJob', { error: ERROR })
  await story.sweep()
  await remembers('by another job')
  await runAgain()
  await story.sweep(60)
  expect(await only()).toMatchObject({ status: 'running', place: 'missing' })
  await remembers('by this one')
  await story.sweep()
  expect(await only()).toMatchObject({ status: 'done' })
})

test('what moved before an update failed proves nothing of a run after it', async () => {
  await remembers('first')
  const member = await story.put('queue', 'Dttp::UpdateTraineeJob', { jobId })
  await story.sweep()
  await remembers('by another job')
  await story.take('queue', member)
  const dead = await story.put('dead', 'Dttp::UpdateTraineeJob', { jobId, error: ERROR })
  await story.sweep()
  await story.take('dead', dead)
  await story.putMember('queue', dead)
  await story.sweep()
  await story.take('queue', dead)
  await story.sweep()
  await story.sweep(60)
  expect(await only()).toMatchObject({ status: 'running', place: 'missing' })
})

test('an update that was pushed is proved by what moves from then on', async () => {
  await remembers('first')
  const id = randomUUID()
  const asked = { name: 'update-trainee', trainee: '5902', args: {}, timeoutAt: null, queue: 'dttp' } as const
  await mirrorPush(sql(), { ...asked, id, dueAt: story.world.now(), changeRequest: null })
  await sent(id)
  await story.sweep()
  await story.sweep(60)
  expect(await only()).toMatchObject({ status: 'running' })
  await remembers('by this one')
  await story.sweep()
  expect(await only()).toMatchObject({ status: 'done' })
})

test('schools that a sync wrote before it failed prove nothing of its next run', async () => {
  await story.put('dead', 'Dttp::SyncSchoolsJob', { trainee: null, error: ERROR })
  await story.sweep()
  await story.admin.query(`UPDATE dttp_schools SET updated_at = '2021-10-27T13:00:20'`)
  await runAgain()
  await story.sweep(60)
  expect(await only()).toMatchObject({ status: 'running', place: 'missing' })
  await story.admin.query(
    `UPDATE dttp_schools SET updated_at = '2099-01-01' WHERE id = (SELECT min(id) FROM dttp_schools)`,
  )
  await story.sweep()
  expect(await only()).toMatchObject({ status: 'done' })
})
