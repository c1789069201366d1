import { beforeEach, describe, expect, test } from 'vitest'

import { execute } from '../../src/changes/execute/execute.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { announceNews } from '../../src/changes/verify/job-news.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { runChecks } from '../../src/contract/check.ts'
import { isEmpty, subjectsOf } from '../../src/contract/plan.ts'
import { DttpError } from '../../src/dttp/client/index.ts'
import { Job } from '../../src/entities/chatops/job.ts'
import type { JobFailure } from '../../src/entities/chatops/job-failure.ts'
import { Poll } from '../../src/entities/chatops/poll.ts'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { Trainee } from '../../src/entities/register/trainee.ts'
import type { JobNews } from '../../src/jobs/news.ts'
import { runJob } from '../../src/jobs/run/run-job.ts'
import { type Answers, lookInDttp } from '../../src/playbooks/requeue-trn/dttp.ts'
import { requeueTrn } from '../../src/playbooks/requeue-trn/index.ts'
import type { Rows } from '../../src/playbooks/requeue-trn/rows.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import type { POLL_DURATIONS } from '../../src/register/jobs/poll-durations.ts'
import { sayingOf } from '../../src/views/request/saying.ts'
import { approveRequest, CHANNEL, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { resetToDemo } from '../support/reset.ts'
import { useWorldWithDttp } from '../support/world.ts'
import { around, plannedIn } from './around.ts'

const CONTACT = 'c0000000-0000-4000-8000-000000005902'
const SLUG = 'YEXq5VcjRjQ47sjr9L3CxKLC'
const REGISTER = { url: 'https://register.example.test', runsJobs: true, isEnabled: () => true }
const THERE: Answers = { exists: true, hasTrn: false, became: null }

type Situation = Partial<Omit<Rows, 'trainee'>> & {
  trainee?: Partial<Trainee>
  inDttp?: Answers | null
  register?: Partial<typeof REGISTER>
  replace?: string
}

describe('checks', () => {
  const polled = (status: Job['status'], timeoutAt: string | null = '2021-10-28T13:14:00.5'): SeenJob =>
    job({ status, timeoutAt, runner: 'bot', finishedAt: new Date('2021-10-15T16:40:00Z') })
  const inSidekiq = (place: SeenJob['place'], fingerprint: string | null) =>
    Object.assign(polled('waiting'), { runner: 'register', place, fingerprint })
  const mirror = { readAt: new Date('2021-10-27T13:00:00Z'), deadBefore: 0, strange: 0, processes: 1, isTooOld: false }
  const unregistered = { trainee: { dttp_id: null }, inDttp: null }

  test.each<[check: string, when: string, Situation, verdict: string, found: string]>([
    ['trainee', 'there is one', {}, 'holds', 'It is trainee 5902.'],
    ['jobs', 'the bot runs them', {}, 'holds', ''],
    ['jobs', 'it does not', { register: { runsJobs: false } }, 'blocks', 'not run by this bot'],
    ['flag', 'it is on', {}, 'holds', ''],
    ['flag', 'it is off', { register: { isEnabled: () => false } }, 'blocks', 'persist_to_dttp is off'],

    ['state', 'Pending TRN', {}, 'holds', 'Pending TRN.'],
    ['state', 'deferred', { trainee: { state: 5 } }, 'holds', 'Deferred. It stays so'],
    ['state', 'withdrawn', { trainee: { state: 4 } }, 'holds', 'Withdrawn. It stays so'],
    ['state', 'a draft', { trainee: { state: 0 } }, 'blocks', 'The provider must submit it'],
    ['state', 'TRN received', { trainee: { state: 2 } }, 'blocks', 'TRN received already'],
    ['state', 'recommended', { trainee: { state: 3 } }, 'blocks', 'QTS recommended'],
    ['state', 'awarded', { trainee: { state: 6 } }, 'blocks', 'QTS awarded'],
    ['state', 'one that Register added since', { trainee: { state: 9 } }, 'blocks', 'Unknown state (9)'],

    ['submitted', 'it was', {}, 'holds', 'Submitted on 11 October 2021 at 5:40pm.'],
    ['submitted', 'it never was', { trainee: { submitted_for_trn_at: null } }, 'blocks', 'never submitted'],

    ['trn', 'there is none anywhere', {}, 'holds', 'DTTP has none yet either'],
    ['trn', 'DTTP has one by now', { inDttp: { ...THERE, hasTrn: true } }, 'holds', 'will be saved at once'],
    ['trn', 'DTTP was not asked', unregistered, 'holds', 'There is none in Register.'],
    ['trn', 'Register has one', { trainee: { trn: '3000003' } }, 'blocks', 'nothing to ask for'],

    ['dttp', 'the record is there', {}, 'holds', CONTACT],
    ['dttp', 'it was deleted', { inDttp: { ...THERE, exists: false } }, 'blocks', 'must be registered again'],
    [
      'dttp',
      'it was merged',
      { inDttp: { ...THERE, became: 'merged into c-1' } },
      'warns',
      'it was merged into c-1 there',
    ],
    ['dttp', 'there never was one', unregistered, 'blocks', 'no record of an attempt'],
    [
      'dttp',
      'registering failed',
      { ...unregistered, registration: job({ status: 'failed', failure: failure('URN 900004 is not active.') }) },
      'blocks',
      'Registering them failed on 27 October 2021 at 2:14pm: URN 900004 is not active.',
    ],
    [
      'dttp',
      'they are being registered',
      { ...unregistered, registration: job({ status: 'running' }) },
      'blocks',
      'wait until that is finished',
    ],

    ['poll', 'there never was one', {}, 'holds', ''],
    [
      'poll',
      'one is waiting',
      { lastPoll: polled('waiting') },
      'blocks',
      'until 28 October 2021 at 2:14pm. If that time is wrong, choose to replace it.',
    ],
    [
      'poll',
      'one is waiting, and is to be replaced',
      { lastPoll: polled('waiting'), replace: 'replace' },
      'warns',
      'until 28 October 2021 at 2:14pm. This request',
    ],
    ['poll', 'one is being made', { lastPoll: polled('running'), replace: 'replace' }, 'warns', 'replaces that time'],
    ['poll', 'one has no time yet', { lastPoll: polled('waiting', null) }, 'blocks', '4 days after the submission'],
    [
      'poll',
      'Sidekiq has one',
      { lastPoll: inSidekiq('schedule', 'schedule 1 a'), mirror },
      'blocks',
      'choose to replace',
    ],
    [
      'poll',
      'Sidekiq has one that is to be replaced',
      { lastPoll: inSidekiq('schedule', 'schedule 1 a'), mirror, replace: 'replace' },
      'warns',
      'replaces that time',
    ],
    [
      'poll',
      'Sidekiq is just about to make it',
      { lastPoll: inSidekiq('queue', null), mirror, replace: 'replace' },
      'warns',
      'replaces that time',
    ],
    [
      'poll',
      'Sidekiq may have lost it',
      { lastPoll: inSidekiq('missing', null), mirror, replace: 'replace' },
      'warns',
      'replaces that time',
    ],
    [
      'jobs',
      'Sidekiq did not answer for too long',
      { mirror: { ...mirror, isTooOld: true } },
      'unchecked',
      'could not be checked since 27 October 2021 at 2',
    ],
    ['poll', 'the last one is over', { lastPoll: polled('done') }, 'holds', 'ended on 15 October 2021 at 5:40pm.'],
  ])('%s: %s', (check, _when, situation, verdict, found) => {
    const result = runChecks(requeueTrn.checks, facts(situation)).find(({ id }) => id === check)
    expect(result).toMatchObject({ verdict, found: expect.stringContaining(found) })
  })

  test('a poll that failed says why', () => {
    const lastPoll = polled('failed')
    lastPoll.failure = failure('Dttp::RetrieveTrnJob for Trainee id: 5902 has timed out after 4 days.')
    const result = runChecks(requeueTrn.checks, facts({ lastPoll })).find(({ id }) => id === 'poll')
    expect(result).toMatchObject({ verdict: 'holds', found: expect.stringContaining('has timed out after 4 days.') })
  })

  test('rest on the same evidence when time passes, the poll’s time moves or DTTP has the TRN', () => {
    const evidence = (situation: Situation) =>
      runChecks(requeueTrn.checks, facts(situation)).map(({ id, verdict, evidence }) => ({ id, verdict, evidence }))
    const before = evidence({ lastPoll: polled('waiting'), replace: 'replace' })
    const after = evidence({
      lastPoll: polled('running', '2021-10-29T00:00:00'),
      replace: 'replace',
      inDttp: { ...THERE, hasTrn: true },
    })
    expect(after).toEqual(before)
  })
})

describe('the plan', () => {
  test('is one job with a duration; it changes no column', () => {
    const plan = plannedIn(requeueTrn.outcome(facts({})))
    expect(plan).toMatchObject({ updates: [], inserts: [] })
    expect(plan.effects[0]).toEqual({
      kind: 'enqueue',
      job: 'retrieve-trn',
      args: { trainee: '5902', poll_for: '1 day' },
    })
    expect(isEmpty(plan)).toBe(false)
    expect(subjectsOf(plan)).toEqual(['trainees:5902'])
    expect(plan.effects).toHaveLength(1)
  })

  test('is the same whether or not DTTP has the TRN; only then there is nothing to ask the operations team', () => {
    const [without, having] = [false, true].map((hasTrn) => requeueTrn.outcome(facts({ inDttp: { ...THERE, hasTrn } })))
    if (!without || !having || 'wait' in without || 'wait' in having) throw new Error('nothing is to wait for')
    expect(having.plan).toEqual(without.plan)
    expect(having.advice).toMatchObject({ lead: expect.stringContaining('DTTP has the TRN already'), message: null })
    expect(without.advice?.lead).toContain('Ask the operations team')
    for (const words of [CONTACT, 'Trainee 5902', '11 October 2021', SLUG]) {
      expect(without.advice?.message).toContain(words)
    }
    expect(JSON.stringify(without.advice)).not.toMatch(/Demo|example\.test[^/]|trainee\.two/)
  })
})

describe('with DTTP and a database', () => {
  const use = useWorldWithDttp({}, () => ({ now: () => clock }))
  let clock: Date

  beforeEach(async () => {
    clock = new Date('2030-03-15T15:06:47.120Z') // a Friday
    use.dttp.reset()
    await resetToDemo(use.admin)
  })

  test('DTTP is asked whether the record is there and has a TRN, and for nothing without a record', async () => {
    expect(await lookInDttp(CONTACT, use.dttp.client)).toEqual({ exists: true, hasTrn: false, became: null })
    use.dttp.giveTrn(5902, 'Not Registered')
    expect(await lookInDttp(CONTACT, use.dttp.client)).toEqual({ exists: true, hasTrn: false, became: null })
    use.dttp.giveTrn(5902, '3999999')
    expect(await lookInDttp(CONTACT, use.dttp.client)).toEqual({ ...THERE, hasTrn: true })
    use.dttp.deleteContact(5902)
    expect(await lookInDttp(CONTACT, use.dttp.client)).toEqual({ ...THERE, exists: false })
    use.dttp.goDown()
    await expect(lookInDttp(CONTACT, use.dttp.client)).rejects.toBeInstanceOf(DttpError)
    expect(await lookInDttp(null, use.dttp.client)).toBeNull()
  })

  test.each([
    ['the end of the next working day', '2030-03-19T00:00:00'],
    ['1 day', '2030-03-16T15:09:47.12'],
    ['3 days', '2030-03-18T15:09:47.12'],
    ['7 days', '2030-03-22T15:09:47.12'],
  ] satisfies [(typeof POLL_DURATIONS)[number], string][])(
    'the poll goes on for %s, counted from when the request is carried out',
    async (duration, timeout) => {
      const id = await approved(duration)
      clock = new Date(clock.getTime() + 180_000)
      expect(await execute(use.world, id)).toBe('executed')
      expect(await poll()).toMatchObject({ timeoutAt: timeout, polledAt: null })
      expect(await jobOfPoll()).toMatchObject({ status: 'waiting', dueAt: clock, changeRequestId: id })
      expect(await result(id)).toMatchObject({ status: 'done', held: [true] })
    },
  )

  test('a TRN that DTTP has by the time of the execution does not make the request out of date', async () => {
    const id = await approved()
    use.dttp.giveTrn(5902)
    expect(await execute(use.world, id)).toBe('executed')
  })

  test('a poll that has found the TRN is a good result', async () => {
    const id = await approved()
    await execute(use.world, id)
    use.dttp.giveTrn(5902, '3999999')
    await runJob(use.world, jobRunner, (await jobOfPoll()).id)
    expect(await result(id)).toMatchObject({ status: 'done', found: ['The TRN has arrived.'] })
    expect(await trainee()).toMatchObject({ trn: '3999999', state: 2 })
  })

  test('a poll that failed needs attention, and says why', async () => {
    const id = await approved()
    await execute(use.world, id)
    use.dttp.deleteContact(5902)
    await runJob(use.world, jobRunner, (await jobOfPoll()).id)
    const { status, found } = await result(id)
    expect(status).toBe('needs-attention')
    expect(found[0]).toContain('Asking failed: DTTP does not have the record')
  })

  test('a poll whose time someone has moved needs attention, and says to when', async () => {
    const id = await approved()
    await execute(use.world, id)
    await use.admin.query(`UPDATE chatops.polls SET timeout_at = timeout_at + interval '1 millisecond'`)
    expect(await result(id)).toMatchObject({ status: 'needs-attention', held: [false] })
  })

  test('a poll that is gone, or another’s, needs attention', async () => {
    const id = await approved()
    await execute(use.world, id)
    await use.admin.query('UPDATE chatops.jobs SET change_request_id = NULL')
    expect(await result(id)).toMatchObject({ found: ['Nothing asks for it on behalf of this request.'] })
  })

  test('a trainee who is polled for already keeps that one poll, with the new time', async () => {
    await execute(use.world, await approved('7 days'))
    const before = await jobOfPoll()
    await use.admin.query(`UPDATE chatops.change_requests SET status = 'done' WHERE status = 'verifying'`)
    await expect(approved('1 day')).rejects.toThrow()
    const second = await approved('1 day', 'replace')
    const warned = (await getRequest(use.world.database, second)).checks as { id: string; found: string }[]
    expect(warned.find(({ id }) => id === 'poll')?.found).toContain('asked for this TRN already, until 22 March 2030')
    expect(await execute(use.world, second)).toBe('executed')
    expect(await jobOfPoll()).toMatchObject({ id: before.id, changeRequestId: second })
    expect(await poll()).toMatchObject({ timeoutAt: '2030-03-16T15:06:47.12' })
    expect(await use.world.database.manager.count(Job)).toBe(1)
    expect(await result(second)).toMatchObject({ status: 'done' })
  })

  test('what becomes of a poll is said of each request that asked for it', async () => {
    const first = await approved('7 days')
    await execute(use.world, first)
    const saidOf = async (id: string) => {
      return sayingOf(await getRequest(use.world.database, id), requeueTrn)?.done
    }
    const job = async (name: 'retrieve-trn' | 'update-trainee', changeRequestId: string | null, news: JobNews) =>
      use.world.database.transaction((sql) => announceNews(sql, { name, traineeId: '5902', changeRequestId }, news))
    const yet = { kind: 'no-trn-yet', next: '2030-03-15T16:06:47.12', timeout: '2030-03-22T15:06:47.12' } as const
    await job('retrieve-trn', first, yet)
    expect(await saidOf(first)).toBe(
      'DTTP is asked for the TRN of trainee 5902 again. DTTP has no TRN yet. We go on until 22 March 2030 at 3:06pm.',
    )
    await use.admin.query(`UPDATE chatops.change_requests SET status = 'done' WHERE id = $1`, [first])
    const second = await approved('1 day', 'replace')
    await execute(use.world, second)
    const failed = (code: JobFailure['code']) =>
      ({ kind: 'failed', failure: { code, words: 'It failed.', at: '2030-03-16T15:06:47Z' } }) as const
    await job('update-trainee', second, failed('timed-out'))
    expect(await saidOf(second)).toBe('DTTP is asked for the TRN of trainee 5902 again.')
    await job('retrieve-trn', second, failed('gone'))
    expect(await saidOf(second)).toContain('That has ended without a TRN.')
    expect(await saidOf(first)).toContain(
      `DTTP was asked for the TRN of trainee 5902 again, until CR-${second} took the place of that.`,
    )
    await job('retrieve-trn', second, yet)
    await job('retrieve-trn', null, { kind: 'trn-received' }) // one of Register's own polls
    expect(await saidOf(second)).toBe('The TRN of trainee 5902 has arrived. It is saved in Register.')
    expect(await saidOf(first)).toContain(`until CR-${second} took the place of that.`)
  })

  test('without an answer from DTTP there is no preview, and nothing is kept', async () => {
    use.dttp.goDown()
    const { count } = await requests()
    const asked = { playbook: requeueTrn, form: form('1 day'), requester: SUPPORT, channel: CHANNEL }
    await expect(propose(use.world, asked)).rejects.toMatchObject({
      code: 'upstream-unavailable',
      words: { text: expect.stringContaining('DTTP did not answer') },
    })
    expect(await requests()).toEqual({ count })
  })

  test('without an answer at the execution the request waits, and time counts from when it is carried out', async () => {
    const id = await approved()
    use.dttp.goDown()
    expect(await execute(use.world, id)).toBe('postponed')
    expect(await use.world.database.manager.count(Job)).toBe(0)
    clock = new Date(clock.getTime() + 600_000)
    use.dttp.comeBack()
    expect(await execute(use.world, id)).toBe('executed')
    expect(await poll()).toMatchObject({ timeoutAt: '2030-03-16T15:16:47.12' })
  })

  test('a draft is told to be submitted first, without DTTP being asked', async () => {
    use.dttp.goDown()
    const draft = { ...form('1 day'), subject: 'ZvjeJejNeS9KHEWzDgFWgg6C' }
    const proposal = await propose(use.world, {
      playbook: requeueTrn,
      form: draft,
      requester: SUPPORT,
      channel: CHANNEL,
    })
    if (proposal.kind !== 'blocked') throw new Error(`it was ${proposal.kind}`)
    const blocking = proposal.checks.filter(({ verdict }) => verdict === 'blocks').map(({ id }) => id)
    expect(blocking).toEqual(['state', 'submitted', 'dttp'])
  })

  const form = (duration: string, replace = '') => ({
    ...{ subject: SLUG, duration, replace, reason: 'Delay at DQT', ticket: '' },
  })

  async function approved(duration = '1 day', replace = ''): Promise<string> {
    const request = await sendRequest(use.world, 'requeue-trn', form(duration, replace))
    await approveRequest(use.world, request)
    return request.id
  }

  async function result(id: string) {
    await verify(use.world, id)
    const { status, outcome } = await getRequest(use.world.database, id)
    const verified = outcome.verified ?? []
    return { status, held: verified.map(({ holds }) => holds), found: verified.map(({ found }) => found) }
  }

  const poll = () => use.world.database.manager.findOneByOrFail(Poll, { traineeId: '5902' })
  const jobOfPoll = async () => use.world.database.manager.findOneByOrFail(Job, { id: (await poll()).jobId })
  const trainee = () => use.world.database.manager.findOneByOrFail(Trainee, { id: '5902' })
  const requests = async () =>
    (await use.admin.query<{ count: string }>('SELECT count(*) FROM chatops.change_requests')).rows[0] ?? { count: '' }
})

function facts(situation: Situation) {
  const { trainee = {}, inDttp = THERE, register = {}, lastPoll = null, registration = null, mirror = null } = situation
  const row = {
    ...{ id: '5902', slug: SLUG, state: 1, training_route: 0, trn: null, dttp_id: CONTACT },
    submitted_for_trn_at: '2021-10-11T16:40:03.000128',
    ...trainee,
  }
  return requeueTrn.situation(
    { trainee: Object.assign(new Trainee(), row), lastPoll, registration, mirror },
    inDttp,
    { subject: SLUG, duration: '1 day', replace: situation.replace ?? '', reason: 'Delay at DQT', ticket: '' },
    around({ ...REGISTER, ...register }),
  )
}

function job(columns: Partial<SeenJob>): SeenJob {
  return Object.assign(new SeenJob(), { failure: null, finishedAt: null, ...columns })
}

function failure(words: string): NonNullable<Job['failure']> {
  return { code: 'unexpected', words, at: '2021-10-27T13:14:00.000Z' }
}
