import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { workingDaysAfter } from '../../src/calendar/working-time.ts'
import { openReview } from '../../src/changes/decide/review.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { send } from '../../src/changes/propose/send.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { checksOf, planOf } from '../../src/contract/stored.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { MirroredJob } from '../../src/entities/chatops/mirrored-job.ts'
import { OutboxRow } from '../../src/entities/chatops/outbox-row.ts'
import { runAgain, startJob } from '../../src/jobs/start/start.ts'
import { pause, resume } from '../../src/pausing/pause.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { askedUntil } from '../../src/registration/asking.ts'
import { createSidekiqClient } from '../../src/sidekiq/index.ts'
import { renderReview } from '../../src/views/request/review.ts'
import type { World } from '../../src/world.ts'
import { NOW, SUBMITTER, TRAINEE, useStage } from '../jobs/stage.ts'
import { approved, carriedOut, FORM, look, lose, runJobs } from '../registration/setup.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { useRegistersRedis } from './beside-stage.ts'
import { IDENTITY } from './recorded.ts'

const register = useRegistersRedis(3)
const stage = useStage({ upstreams: { sidekiq: register.sidekiq } as never })

/** When the mirror was last read anew. */
const mirroredAt = (at: string) => stage.change('UPDATE chatops.mirror SET read_at = $1', at)
beforeEach(() => mirroredAt(NOW))

const batches = () => stage.simulator.requestsTo('$batch')
const rows = () => stage.context.database.manager.find(OutboxRow, { where: { kind: 'sidekiq' } })
const mirrored = () => stage.context.database.manager.find(MirroredJob, { order: { createdAt: 'ASC', id: 'ASC' } })
const POLL = { subject: 'slug5901', duration: '1 day', replace: '', reason: 'It has timed out', ticket: '' }
const PLACES = ['queue', 'schedule', 'retry', 'running'] as const

describe('a registration that two people approved', () => {
  test('runs on our own worker; both status changes and the poll go to Sidekiq, under our outbox ids', async () => {
    await lose(stage)
    const id = await carriedOut(stage, 're-register', FORM)
    await runJobs(stage, 'register-for-trn')
    expect(batches()).toHaveLength(1)
    await register.relay(stage.context)
    const pushed = await register.readAll()
    expect(pushed.map(({ name, place, args }) => ({ name, place, ...args }))).toEqual(
      expect.arrayContaining([
        { name: 'retrieve-trn', place: 'schedule', timeoutAt: '2021-10-31T13:14:00.000000000Z' },
        expect.objectContaining({ name: 'change-trainee-status', place: 'queue', entity: 'contact' }),
        expect.objectContaining({ name: 'change-trainee-status', place: 'queue', entity: 'placement_assignment' }),
      ]),
    )
    expect(pushed).toHaveLength(3)
    expect(pushed.find(({ name }) => name === 'retrieve-trn')?.score).toBe('1635344040')
    const sent = await rows()
    expect(sent.map((row) => row.id).sort()).toEqual(pushed.map(({ jobId }) => jobId).sort())
    expect(sent.map(({ status, changeRequestId }) => [status, changeRequestId])).toEqual(sent.map(() => ['sent', id]))
    expect(await mirrored()).toHaveLength(3)
    for (const name of ['change-trainee-status', 'retrieve-trn'] as const) expect(await stage.jobs(name)).toEqual([])
  })

  test('has no status change pushed once the trainee waits for a TRN no more, and its card says so', async () => {
    await lose(stage)
    const id = await carriedOut(stage, 're-register', FORM)
    await runJobs(stage, 'register-for-trn')
    await stage.change('UPDATE public.trainees SET state = 3')
    await register.relay(stage.context)
    expect((await register.readAll()).map(({ name }) => name)).toEqual(['retrieve-trn'])
    const notPushed = (await mirrored()).filter(({ name }) => name === 'change-trainee-status')
    expect(notPushed).toMatchObject([
      { place: 'gone', failure: null, args: { needless: true } },
      { place: 'gone', failure: null, args: { needless: true } },
    ])
    await verify(stage.context, id)
    const { verified } = (await getRequest(stage.context.database, id)).outcome
    const line = verified?.find(({ sentence }) => sentence === 'Both status changes went through')
    expect(line).toMatchObject({ holds: true, found: expect.stringContaining('did not wait for a TRN any more') })
  })

  test('promises nothing of what is sent where Register’s Sidekiq runs it, and ends once that is changed', async () => {
    await lose(stage)
    const { register: settings } = stage.context
    const handing: World = { ...stage.context, register: { ...settings, handsOverRegistrations: true } }
    const asked = { playbook: getPlaybook('re-register'), form: FORM, requester: SUPPORT, channel: CHANNEL }
    const proposal = await propose(handing, asked)
    if (proposal.kind !== 'ready') throw new Error(proposal.kind)
    const { changeRequest } = proposal
    const reviewed = () =>
      renderReview({ changeRequest, playbook: asked.playbook, registerUrl: '', personal: 'hidden' })
    expect(JSON.stringify(reviewed())).toContain('It sends the record as it is in Register then.')
    expect(JSON.stringify(reviewed())).not.toContain('If any of it changes before it is sent')
    await send(handing, { id: changeRequest.id, requester: SUPPORT })
    const opening = openReview(stage.context, { id: changeRequest.id, actor: DEVELOPER, viewId: 'V1' })
    await expect(opening).rejects.toMatchObject({ code: 'already-over' })
    expect((await getRequest(stage.context.database, changeRequest.id)).status).toBe('stale')
  })

  test.each([...PLACES, 'dead'] as const)('is not sent while Register’s own is in %s', async (place) => {
    await lose(stage)
    await carriedOut(stage, 're-register', FORM)
    await register.putRegistration(place)
    await runJobs(stage, 'register-for-trn')
    expect(batches()).toEqual([])
    expect(await stage.attempts()).toEqual([])
    const [job] = await stage.jobs('register-for-trn')
    expect(job).toMatchObject({ status: 'failed', failure: { code: 'not-as-approved' } })
    expect(job?.failure?.words).toContain('Register’s own Sidekiq has a registration of this trainee')
  })

  test('is not sent while one of Register’s is nowhere, and nobody knows how it ended', async () => {
    await lose(stage)
    await carriedOut(stage, 're-register', FORM)
    const missing = `INSERT INTO chatops.mirrored_jobs (id, name, trainee_id, args, place, queue, due_at, created_at, missing_since)
      VALUES (gen_random_uuid(), 'register-for-trn', $1, $2, 'missing', 'default', now(), now(), now())`
    await stage.change(missing, TRAINEE, { from: 'running' })
    await runJobs(stage, 'register-for-trn')
    expect(batches()).toEqual([])
    const [job] = await stage.jobs('register-for-trn')
    expect(job).toMatchObject({ status: 'failed', failure: { code: 'not-as-approved' } })
    expect(job?.failure?.words).toContain('has not ended, as far as anybody knows')
  })

  test('and that was sent before, without an answer, is then not said to be unsent', async () => {
    await lose(stage)
    const id = await carriedOut(stage, 're-register', FORM)
    stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
    await runJobs(stage, 'register-for-trn')
    await register.putRegistration('dead')
    const [job] = await stage.jobs('register-for-trn')
    const later = { ...stage.context, now: () => new Date(Date.parse(NOW) + 10 * 60_000) }
    await stage.run(job?.id ?? '', later)
    expect(batches()).toHaveLength(1)
    expect(await stage.job(job?.id ?? '')).toMatchObject({
      status: 'failed',
      failure: { code: 'outcome-unknown', words: expect.stringContaining('registration of the trainee as well') },
    })
    expect(await stage.attempts()).toMatchObject([{ outcome: 'unknown' }])
    expect((await look(stage, id)).status).toBe('needs-attention')
  })

  test('is not sent while Register’s Redis does not answer, and is made later', async () => {
    await lose(stage)
    await carriedOut(stage, 're-register', FORM)
    const [job] = await stage.jobs('register-for-trn')
    const nowhere = createSidekiqClient({ url: 'redis://127.0.0.1:9' }, { warn: () => {} })
    const away = { ...stage.context, upstreams: { ...stage.context.upstreams, sidekiq: nowhere } }
    const again = await stage.run(job?.id ?? '', away)
    nowhere.close()
    expect(again?.getTime()).toBeGreaterThan(Date.parse(NOW))
    expect(batches()).toEqual([])
    const later = { ...stage.context, now: () => again ?? new Date(0) }
    await stage.run(job?.id ?? '', later)
    expect(batches()).toHaveLength(1)
  })

  test('does not wait without end for a Redis that does not answer', async () => {
    await lose(stage)
    const id = await carriedOut(stage, 're-register', FORM)
    expect((await look(stage, id)).lines[2]).toContain('The registration has not been sent yet.')
    const [job] = await stage.jobs('register-for-trn')
    const nowhere = createSidekiqClient({ url: 'redis://127.0.0.1:9' }, { warn: () => {} })
    const upstreams = { ...stage.context.upstreams, sidekiq: nowhere }
    const begins = Date.parse('2021-10-28T09:00:00Z')
    const at = (minute: number) => ({ ...stage.context, upstreams, now: () => new Date(begins + minute * 60_000) })
    await stage.run(job?.id ?? '', at(0))
    expect(await stage.job(job?.id ?? '')).toMatchObject({ status: 'waiting' })
    const lastAt = at(24 * 60 - 10)
      .now()
      .toISOString()
    await stage.change(
      `UPDATE chatops.jobs SET progress = jsonb_set(progress, '{silentAt}', to_jsonb($1::text))`,
      lastAt,
    )
    await stage.run(job?.id ?? '', at(24 * 60 + 1))
    nowhere.close()
    expect(batches()).toEqual([])
    const { status, failure } = await stage.job(job?.id ?? '')
    expect([status, failure?.code]).toEqual(['failed', 'not-as-approved'])
    expect(failure?.words).toContain('did not say whether it has a registration of this trainee')
  })

  describe('is asked for once more when all is ready to be sent', () => {
    const whenNoted = (act: () => unknown) => ({
      ...stage.context,
      onJobStep: async (step: string) => {
        if (step === 'noted') await act()
      },
    })
    const run = async (world: World) => {
      await lose(stage)
      await carriedOut(stage, 're-register', FORM)
      const [job] = await stage.jobs('register-for-trn')
      const again = await stage.run(job?.id ?? '', world)
      expect(batches()).toEqual([])
      expect(await stage.attempts()).toMatchObject([{ outcome: 'not-sent' }])
      return { again, job: await stage.job(job?.id ?? '') }
    }

    test('and one that has come meanwhile stops it', async () => {
      const { job } = await run(whenNoted(() => register.putRegistration('queue')))
      expect(job).toMatchObject({ status: 'failed', failure: { code: 'not-as-approved' } })
      expect(job.failure?.words).toContain('has a registration of this trainee that has not ended')
    })

    test.each([true, false])('and a Redis that does not answer by then puts it back (own ids: %s)', async (ownIds) => {
      stage.context = { ...stage.context, ownIds }
      const leaving = createSidekiqClient({ url: register.url }, { warn: () => {} })
      const world = whenNoted(() => leaving.close())
      const { again, job } = await run({ ...world, upstreams: { ...world.upstreams, sidekiq: leaving } })
      expect(job).toMatchObject({ status: 'waiting', failure: null, attempts: 0 })
      await stage.run(job.id, { ...stage.context, now: () => again ?? new Date(0) })
      expect(batches()).toHaveLength(1)
      expect(await stage.attempts()).toMatchObject([{ outcome: 'registered', sendings: 1 }])
      expect((await stage.job(job.id)).status).toBe('done')
      stage.context = { ...stage.context, ownIds: true }
    })
  })

  test('of another trainee does not stand in its way', async () => {
    await lose(stage)
    await carriedOut(stage, 're-register', FORM)
    await register.putRegistration('queue', 59)
    await runJobs(stage, 'register-for-trn')
    expect(batches()).toHaveLength(1)
  })
})

describe('a registration of Register’s that died', () => {
  const removal = { kind: 'remove-job', job: 'register-for-trn', trainee: TRAINEE }

  test('is taken out first, as two people saw it; then ours is made', async () => {
    await lose(stage)
    await register.putRegistration('dead')
    const id = await carriedOut(stage, 're-register', FORM)
    const { effects } = planOf(await getRequest(stage.context.database, id))
    expect(effects).toMatchObject([
      { ...removal, member: { place: 'dead', score: '1795452175.5' } },
      { kind: 'enqueue', job: 'register-for-trn' },
      { kind: 'enqueue', job: 'retrieve-trn' },
    ])
    expect(await stage.jobs('register-for-trn')).toEqual([])
    expect((await look(stage, id)).status).toBe('verifying')
    await register.relay(stage.context)
    expect(await register.redis.zcard('dead')).toBe(0)
    await runJobs(stage, 'register-for-trn')
    expect(batches()).toHaveLength(1)
    expect(await stage.jobs('register-for-trn')).toMatchObject([
      { status: 'done', changeRequestId: id, args: { submitted_by: SUBMITTER, approved: expect.any(String) } },
    ])
  })

  test('that somebody retries or deletes before the execution makes the request out of date', async () => {
    await lose(stage)
    const member = await register.putRegistration('dead')
    const id = await approved(stage, 're-register', FORM)
    await register.redis.zrem('dead', member)
    expect(await execute(stage.context, id)).toBe('stale')
    expect(await rows()).toEqual([])
  })

  test('that somebody retries or deletes after the execution is not followed by ours: that needs attention', async () => {
    await lose(stage)
    const member = await register.putRegistration('dead')
    const id = await carriedOut(stage, 're-register', FORM)
    await register.redis.zrem('dead', member)
    await register.relay(stage.context)
    await runJobs(stage, 'register-for-trn')
    expect(batches()).toEqual([])
    expect(await stage.jobs('register-for-trn')).toMatchObject([
      {
        status: 'failed',
        failure: { code: 'not-as-approved', words: expect.stringContaining('no longer where it was') },
      },
    ])
    expect((await look(stage, id)).status).toBe('needs-attention')
  })

  test('and was taken out is known as ours, although another one of the same trainee has moved', async () => {
    await lose(stage)
    const first = await register.putRegistration('dead')
    const second = first.replace(/"jid":"[^"]*"/, '"jid":"0123456789abcdef01234567"')
    await register.redis.zadd('dead', 1_795_452_176.5, second)
    const id = await carriedOut(stage, 're-register', FORM)
    const { effects } = planOf(await getRequest(stage.context.database, id))
    const [taken, moved] = effects.flatMap((effect) => (effect.kind === 'remove-job' ? [effect.member] : []))
    await stage.change(
      `INSERT INTO chatops.mirrored_jobs (id, name, place, queue, sha1, due_at, created_at, finished_at)
       VALUES (gen_random_uuid(), 'register-for-trn', 'dead', 'default', $1, now(), now(), now())`,
      taken?.sha1,
    )
    await register.redis.zremrangebyscore('dead', moved?.score ?? '', moved?.score ?? '')
    await register.relay(stage.context)
    expect(await register.redis.zcard('dead')).toBe(0)
    expect((await mirrored()).filter(({ place }) => place === 'dead')).toMatchObject([{ args: { removed: true } }])
    await runJobs(stage, 'register-for-trn')
    const [ours] = await stage.jobs('register-for-trn')
    expect(ours?.failure?.words).toContain('We had taken out another failed one')
  })

  test('gives ours its working day from when that can begin', async () => {
    await lose(stage)
    await register.putRegistration('dead')
    const id = await carriedOut(stage, 're-register', FORM)
    const createdAt = new Date(Date.now() + 2 * 86_400_000)
    const until = await askedUntil(stage.context.database.manager, { changeRequestId: id, createdAt })
    expect(until).toEqual(workingDaysAfter(createdAt, 1))
  })

  test('that appears after the preview makes the request out of date', async () => {
    await lose(stage)
    const id = await approved(stage, 're-register', FORM)
    await register.putRegistration('dead')
    expect(await execute(stage.context, id)).toBe('stale')
  })
})

describe('a preview asks Redis itself', () => {
  const preview = () =>
    propose(stage.context, { playbook: getPlaybook('re-register'), form: FORM, requester: SUPPORT, channel: CHANNEL })
  const found = async () => {
    const { kind, ...rest } = await preview()
    const checks = 'checks' in rest ? rest.checks : []
    return [kind, checks.find(({ id }) => id === 'sidekiq')?.found]
  }

  test.each(PLACES)('and is blocked by a registration in %s', async (place) => {
    await lose(stage)
    await register.putRegistration(place)
    expect(await found()).toEqual(['blocked', expect.stringContaining('A second one could create a duplicate')])
  })

  test('and says when the mirror, on which its other checks rest, was last read', async () => {
    await lose(stage)
    const { changeRequest } = (await preview()) as { changeRequest?: ChangeRequest }
    const jobs = checksOf({ checks: changeRequest?.checks ?? null }).find(({ id }) => id === 'jobs')
    expect([jobs?.verdict, jobs?.found]).toEqual([
      'holds',
      'Register’s Sidekiq runs them. It was last read on 27 October 2021 at 2:14pm.',
    ])
  })

  test('and is blocked by a version that was not tried', async () => {
    await lose(stage)
    await register.redis.del(...(await register.redis.smembers('processes')))
    const info = JSON.stringify({ queues: ['default'], version: '7.3.0' })
    await register.redis.sadd('processes', 'vm:7:x')
    await register.redis.hset('vm:7:x', { info, beat: '1', quiet: 'false', rtt_us: '1' })
    expect(await found()).toEqual(['blocked', expect.stringContaining('version 7.3.0')])
  })

  test('and says when no process of Sidekiq is there to take it', async () => {
    await lose(stage)
    await register.redis.flushdb()
    await expect(preview()).rejects.toMatchObject({ code: 'upstream-unavailable' })
  })
})

describe('a request for a poll asks Redis itself', () => {
  const isThere = async (place: 'queue' | 'schedule' | 'retry' | 'running') => {
    await stage.change('UPDATE trainees SET dttp_id = $1', SUBMITTER)
    await register.putPoll(place)
  }
  const look = async () => {
    const proposal = await propose(stage.context, {
      ...{ playbook: getPlaybook('requeue-trn'), form: POLL, requester: SUPPORT, channel: CHANNEL },
    })
    return [proposal.kind, ('checks' in proposal ? proposal.checks : []).find(({ id }) => id === 'sidekiq')?.found]
  }

  test.each(PLACES)('and is refused while one is in %s, although no sweep has seen it', async (place) => {
    await isThere(place)
    expect(await look()).toEqual(['blocked', expect.stringContaining('It asks for the TRN of trainee 5901 already')])
  })

  test('and is out of date if one has come since', async () => {
    await stage.change('UPDATE trainees SET dttp_id = $1', SUBMITTER)
    const id = await approved(stage, 'requeue-trn', POLL)
    await register.putPoll('schedule')
    expect(await execute(stage.context, id)).toBe('stale')
  })
})

describe('a request to replace a poll of Sidekiq’s', () => {
  const REPLACE = { ...POLL, replace: 'replace' }
  beforeEach(async () => {
    await stage.change('UPDATE trainees SET dttp_id = $1', SUBMITTER)
    await mirrorPoll('schedule')
  })
  /** The mirror knows of a poll that is live. */
  const mirrorPoll = async (place: string) => {
    await stage.change('DELETE FROM chatops.mirrored_jobs')
    await stage.change(
      `INSERT INTO chatops.mirrored_jobs (id, name, trainee_id, args, timeout_at, place, queue, due_at, created_at, first_seen_at, last_seen_at, missing_since)
       VALUES (gen_random_uuid(), 'retrieve-trn', $1, '{}', '2021-10-31', $2, 'default', now(), now(), now(), now(),
         CASE WHEN $2 = 'missing' THEN now() END)`,
      ...[TRAINEE, place],
    )
  }
  const polls = async () => (await register.readAll()).filter(({ name }) => name === 'retrieve-trn')

  test('is carried out although the next hour’s poll is another job, and takes out every one there is', async () => {
    const first = await register.putPoll('schedule')
    const id = await approved(stage, 'requeue-trn', REPLACE)
    await register.redis.zrem('schedule', first)
    await register.redis.zadd('schedule', 1_795_452_176.5, first.replace(/"jid":"\w{4}/, '"jid":"0a0b'))
    await register.redis.zadd('retry', 1_795_452_176.5, first.replace(/"jid":"\w{4}/, '"jid":"0c0d'))
    expect(await execute(stage.context, id)).toBe('executed')
    await register.relay(stage.context)
    const [row] = await rows()
    expect((await polls()).map(({ jobId, place }) => [jobId, place])).toEqual([[row?.id, 'queue']])
    expect((await mirrored()).map(({ args }) => 'replaced' in args).sort()).toEqual([false, true])
  })

  test.each(['queue', 'running'] as const)('waits while one is in %s', async (place) => {
    const id = await approved(stage, 'requeue-trn', REPLACE)
    await register.putPoll(place)
    expect(await execute(stage.context, id)).toBe('postponed')
    await register.redis.del('queue:default', `${IDENTITY}:workers`)
    expect(await execute(stage.context, id)).toBe('executed')
    await register.putPoll(place)
    await register.relay(stage.context)
    expect(await rows()).toMatchObject([{ status: 'queued', lastError: 'RetryLater: a poll is being made' }])
    await register.redis.del('queue:default', `${IDENTITY}:workers`)
    await stage.change('UPDATE chatops.outbox SET due_at = now()')
    await register.relay(stage.context)
    expect(await rows()).toMatchObject([{ status: 'sent' }])
    expect(await polls()).toHaveLength(1)
  })

  test('cannot be previewed while the poll is nowhere', async () => {
    await mirrorPoll('missing')
    const given = { playbook: getPlaybook('requeue-trn'), form: REPLACE, requester: SUPPORT, channel: CHANNEL }
    await expect(propose(stage.context, given)).rejects.toMatchObject({
      ...{ code: 'upstream-unavailable', facts: { detail: expect.stringContaining('Within half an hour we know') } },
    })
  })

  test('cannot be previewed while Sidekiq is still to be given the poll of another request, whatever it has', async () => {
    await register.putPoll('schedule')
    await mirrorPoll('unsent')
    const given = { playbook: getPlaybook('requeue-trn'), form: REPLACE, requester: SUPPORT, channel: CHANNEL }
    await expect(propose(stage.context, given)).rejects.toMatchObject({
      ...{ code: 'upstream-unavailable', facts: { detail: expect.stringContaining('does not have it yet') } },
    })
  })

  test('replaces it once, also if the answer was lost', async () => {
    await register.putPoll('schedule')
    const id = await approved(stage, 'requeue-trn', REPLACE)
    expect(await execute(stage.context, id)).toBe('executed')
    await register.relay(stage.context)
    await stage.change(`UPDATE chatops.outbox SET status = 'queued' WHERE kind = 'sidekiq'`)
    const [pushed = ''] = await register.redis.lrange('queue:default', 0, -1)
    await register.redis.del('queue:default')
    await register.redis.zadd('schedule', 1_795_452_176.5, pushed.replace(/"job_id":"\w{4}/, '"job_id":"0a0b'))
    await register.relay(stage.context)
    expect((await polls()).map(({ place }) => place)).toEqual(['schedule'])
  })
})

describe('the poll that a request has asked for', () => {
  const ask = async () => {
    await stage.change('UPDATE trainees SET dttp_id = $1', SUBMITTER)
    const id = await carriedOut(stage, 'requeue-trn', POLL)
    await stage.change('UPDATE chatops.mirror SET read_at = now()')
    return id
  }
  const isIn = (place: string) =>
    stage.change(
      `UPDATE chatops.mirrored_jobs SET place = $1, missing_since = CASE WHEN $1 = 'missing' THEN now() END`,
      place,
    )

  test('is waited for until Register’s Sidekiq has it', async () => {
    const id = await ask()
    const later = { ...stage.context, now: () => new Date(Date.parse(NOW) + 2 * 60_000) }
    await verify(later, id)
    expect(await look(stage, id)).toMatchObject({ status: 'verifying', lines: [expect.stringMatching(/^○.*not have/)] })
    await isIn('missing')
    await verify(later, id)
    expect(await look(stage, id)).toMatchObject({
      status: 'verifying',
      lines: [expect.stringMatching(/^○.*not to be/)],
    })
    await isIn('schedule')
    await verify(later, id)
    expect(await look(stage, id)).toMatchObject({ status: 'done', lines: [expect.stringMatching(/^✓/)] })
  })

  test.each(['failed', 'waiting'])('needs attention where its row of the outbox is %s', async (status) => {
    const id = await ask()
    await stage.change('UPDATE chatops.outbox SET status = $1 WHERE kind = $2', status, 'sidekiq')
    expect(await look(stage, id)).toMatchObject({
      status: 'needs-attention',
      lines: [expect.stringMatching(/^✗.*could not be given/)],
    })
  })
})

describe('the poll that goes with a registration', () => {
  const POLL_LINE = 'DTTP will be asked for the TRN'
  const lineOf = async (id: string) => (await look(stage, id)).lines.find((line) => line.includes(POLL_LINE))

  test('is waited for until Sidekiq has it, and needs attention where it could not be given', async () => {
    await lose(stage)
    const id = await carriedOut(stage, 're-register', FORM)
    await runJobs(stage, 'register-for-trn')
    expect(await lineOf(id)).toMatch(/^○ .*does not have the job yet/)
    const refuse = `UPDATE chatops.outbox SET status = $1 WHERE kind = 'sidekiq' AND payload -> 'job' ->> 'name' = 'retrieve-trn'`
    await stage.change(refuse, 'failed')
    expect(await lineOf(id)).toMatch(/^✗ .*could not be given to Register’s Sidekiq/)
  })

  test('counts as scheduled once Sidekiq has it', async () => {
    await lose(stage)
    const id = await carriedOut(stage, 're-register', FORM)
    await runJobs(stage, 'register-for-trn')
    await register.relay(stage.context)
    await stage.change('UPDATE chatops.mirror SET read_at = now()')
    await stage.change(`UPDATE chatops.mirrored_jobs SET place = 'schedule' WHERE name = 'retrieve-trn'`)
    expect(await lineOf(id)).toMatch(/^✓/)
  })
})

test('a status change that could not be given to Sidekiq needs attention', async () => {
  await lose(stage)
  const id = await carriedOut(stage, 're-register', FORM)
  await runJobs(stage, 'register-for-trn')
  const lineOf = async () => (await look(stage, id)).lines.find((line) => line.includes('Both status changes'))
  expect(await lineOf()).toMatch(/^○/)
  await stage.change(
    `UPDATE chatops.outbox SET status = 'failed' WHERE id IN (SELECT id FROM chatops.mirrored_jobs WHERE name = $1)`,
    'change-trainee-status',
  )
  expect(await lineOf()).toMatch(/^✗.*could not be given to Register’s Sidekiq/)
})

describe('while nobody reads Register’s Sidekiq anew', () => {
  const OLD = '2021-10-27T13:10:00Z'

  test.each(['re-register', 'repair-school', 'settle-registration', 'requeue-trn'])(
    '%s is not checked',
    async (name) => {
      await lose(stage)
      await mirroredAt(OLD)
      const more = { duration: '1 day', decision: 'again', contact: '', row: '', missing: '', dttp_id: '', replace: '' }
      const proposal = await propose(stage.context, {
        ...{ playbook: getPlaybook(name), form: { ...FORM, ...more }, requester: SUPPORT, channel: CHANNEL },
      })
      const jobs = ('checks' in proposal ? proposal.checks : []).find(({ id }) => id === 'jobs')
      expect([proposal.kind, jobs?.verdict]).toEqual(['blocked', 'unchecked'])
      expect(jobs?.found).toContain('Register’s Sidekiq could not be checked since 27 October 2021 at 2:10pm')
    },
  )

  test('an approved request waits', async () => {
    await lose(stage)
    const id = await approved(stage, 're-register', FORM)
    await mirroredAt(OLD)
    expect(await execute(stage.context, id)).toBe('postponed')
    await mirroredAt(NOW)
    expect(await execute(stage.context, id)).toBe('executed')
  })
})

describe('a failed job that is to run again', () => {
  async function failed(): Promise<{ id: string; fingerprint: string }> {
    const id = await startJob(stage.context, stage.context.database.manager, {
      ...{ name: 'update-trainee', trainee: TRAINEE, dueAt: new Date(NOW), changeRequest: null },
    })
    await register.relay(stage.context)
    const [member = ''] = await register.redis.lrange('queue:dttp', 0, -1)
    await register.redis.lrem('queue:dttp', 1, member)
    await register.redis.zadd('dead', 1_635_340_440.25, member)
    const [dead] = await register.readAll()
    const fingerprint = `dead ${dead?.score} ${dead?.sha1}`
    await stage.change(
      `UPDATE chatops.mirrored_jobs SET place = 'dead', score = $1, sha1 = $2, finished_at = now()`,
      dead?.score,
      dead?.sha1,
    )
    return { id: id ?? '', fingerprint }
  }
  const again = async (job: { id: string; fingerprint: string }) => {
    const { id: changeRequest } = await approvedRequest()
    await runAgain(stage.context.database.manager, { ...job, dueAt: new Date(NOW), changeRequest, approved: null })
  }
  const approvedRequest = async () => {
    await lose(stage)
    return { id: await approved(stage, 're-register', FORM) }
  }

  test('runs once, however often its row is sent', async () => {
    await again(await failed())
    await register.relay(stage.context)
    await stage.change(`UPDATE chatops.outbox SET status = 'queued' WHERE kind = 'sidekiq'`)
    await register.relay(stage.context)
    expect(await register.redis.llen('queue:dttp')).toBe(1)
    expect(await register.redis.zcard('dead')).toBe(0)
    expect(await mirrored()).toMatchObject([{ place: 'unsent', changeRequestId: expect.any(String) }])
  })

  test('that somebody else has moved is left alone, and its row fails', async () => {
    const job = await failed()
    await again(job)
    await register.redis.del('dead')
    await register.relay(stage.context)
    expect(await register.redis.llen('queue:dttp')).toBe(0)
    expect((await rows()).filter(({ status }) => status === 'failed')).toHaveLength(1)
  })

  test('that the mirror has seen move is refused', async () => {
    const { id } = await failed()
    const fingerprint = `dead 1.5 ${'0'.repeat(40)}`
    await expect(again({ id, fingerprint })).rejects.toThrow('no longer as it was')
  })
})

test('nothing is written while the bot is paused, or to a Sidekiq that is away, and all of it later', async () => {
  const job = { name: 'update-trainee', trainee: TRAINEE, dueAt: new Date(NOW), changeRequest: null } as const
  await stage.context.database.transaction((sql) => startJob(stage.context, sql, { ...job, id: randomUUID() }))
  await pause(stage.context, { actor: DEVELOPER, reason: 'A test' })
  await register.relay(stage.context)
  expect(await register.readAll()).toEqual([])
  for (const actor of [DEVELOPER, SECOND_DEVELOPER]) await resume(stage.context, actor)
  await register.redis.flushdb()
  await register.relay(stage.context)
  expect(await register.readAll()).toEqual([])
  expect(await rows()).toMatchObject([{ status: 'queued', lastError: expect.stringContaining('not-writable') }])
})
