import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withBrake } from '../../src/brake/dttp.ts'
import { createDttpClient } from '../../src/dttp/client/index.ts'
import type { Job } from '../../src/entities/chatops/job.ts'
import { pauseAsOperator, resumeAsOperator } from '../../src/pausing/operator.ts'
import type { World } from '../../src/world.ts'
import { SUBMITTER, useStage } from '../jobs/stage.ts'

const stage = useStage()

const stop = () => pauseAsOperator(stage.context.database, '', 'Test')
const goOn = () => resumeAsOperator(stage.context.database, '')
const batches = () => stage.simulator.requestsTo('$batch')
const writes = () => stage.simulator.requests.filter(({ method, path }) => method !== 'GET' && path !== 'token')

/** As services.ts builds it. */
let context: World

beforeEach(() => {
  const { dttp } = stage.context.upstreams
  context = { ...stage.context, upstreams: { dttp: withBrake(dttp, stage.context) } }
})

afterEach(goOn)

const add = () => stage.add('register-for-trn', { submitted_by: SUBMITTER })

/** Runs the job; the bot is paused when the job has reached this step. */
const runUntil = (id: string, step: string) =>
  stage.run(id, { ...context, onJobStep: async (reached) => void (reached === step && (await stop())) })

/** A world whose DTTP can close its gate; does something while a call waits there. */
function holdingBack(act: () => Promise<unknown>) {
  let time = Date.now()
  let waits = 0
  const { url: organisation, tokenUrl, clientId, clientSecret, faults } = stage.simulator
  const client = createDttpClient({
    ...{ organisation, tokenUrl, clientId, clientSecret },
    now: () => new Date(time),
    async sleep(ms) {
      waits++
      time += ms
      await act()
    },
  })
  return {
    client,
    world: { ...stage.context, upstreams: { dttp: withBrake(client, stage.context) } },
    waits: () => waits,
    async closeGate() {
      faults.add({ kind: 'rate-limited', method: 'GET', retryAfter: '60' })
      await client.getTrn(SUBMITTER).catch(() => {}) // told to wait for longer than a call may
      time += 40_000
    },
  }
}

describe('a job', () => {
  test('does not begin while the bot is paused, and asks again later', async () => {
    const id = await add()
    await stop()
    const again = await stage.run(id, context)
    expect(again?.getTime()).toBeGreaterThan(context.now().getTime())
    expect(await stage.job(id)).toMatchObject({ status: 'waiting', attempts: 0, stalls: 0, run: 0 })
    await goOn()
    expect(await stage.run(id, context)).toBeNull()
    expect(batches()).toHaveLength(1)
  })

  test('that has begun sends nothing, counts as not failed, and is done afterwards', async () => {
    const id = await add()
    await runUntil(id, 'read')
    expect(batches()).toEqual([])
    expect(await stage.attempts()).toEqual([])
    expect(await stage.job(id)).toMatchObject({ status: 'waiting', attempts: 0, stalls: 0, failure: null })
    await goOn()
    await stage.change('UPDATE chatops.jobs SET due_at = $1 WHERE id = $2', context.now(), id)
    expect(await stage.run(id, context)).toBeNull()
    expect(batches()).toHaveLength(1)
    expect((await stage.trainee()).dttp_id).not.toBeNull()
  })

  test.each([true, false])('sends nothing even where its attempt is on record (own ids: %s)', async (ownIds) => {
    context = { ...context, ownIds }
    const id = await add()
    await runUntil(id, 'noted')
    expect(batches()).toEqual([])
    expect(await stage.job(id)).toMatchObject({ status: 'waiting', attempts: 0, failure: null })
    await goOn()
    await stage.change('UPDATE chatops.jobs SET due_at = $1 WHERE id = $2', context.now(), id)
    expect(await stage.run(id, context)).toBeNull()
    expect(await stage.job(id)).toMatchObject({ status: 'done' })
    expect(await stage.attempts()).toMatchObject([{ outcome: 'registered', sendings: 1, settledAt: expect.any(Date) }])
    expect(batches()).toHaveLength(1)
  })

  test('sends nothing after a pause at the last moment, nor again what DTTP did not let in', async () => {
    stage.simulator.faults.add({ kind: 'unauthorised', path: '$batch' })
    const id = await add()
    let sendings = 0
    const pauseAtSecond = async (step: string) => void (step === 'sending' && ++sendings === 2 && (await stop()))
    await stage.run(id, { ...context, onJobStep: pauseAtSecond })
    expect(batches().map(({ status }) => status)).toEqual([401])
    expect(await stage.job(id)).toMatchObject({ status: 'waiting', attempts: 0, stalls: 0, failure: null })
  })

  test('saves what DTTP has answered, also when the bot was paused meanwhile', async () => {
    const id = await add()
    await runUntil(id, 'answered')
    expect((await stage.trainee()).dttp_id).not.toBeNull()
    expect(await stage.job(id)).toMatchObject({ status: 'done' })
  })

  test('that sets a status sends nothing either', async () => {
    await stage.run(await add(), context)
    const [status] = await stage.jobs('change-trainee-status')
    if (!status) throw new Error('there is no job')
    const { length } = stage.simulator.requests
    const dttp = withBrake(stage.context.upstreams.dttp, { ...stage.context, mode: 'preview-only' })
    await stage.run(status.id, { ...context, upstreams: { dttp } })
    expect(stage.simulator.requests.slice(length).filter(({ method }) => method !== 'GET')).toEqual([])
    expect(await stage.job(status.id)).toMatchObject({ status: 'waiting', attempts: 0 })
  })

  test.each([
    { job: 'register-for-trn', step: 'noted' },
    { job: 'change-trainee-status', step: 'status-sending' },
  ] as const)('that waits because DTTP said so sends nothing once the bot is paused ($job)', async ({ job, step }) => {
    let id = await add()
    if (job === 'change-trainee-status') {
      await stage.run(id, context)
      ;[{ id }] = (await stage.jobs(job)) as [Job]
    }
    const held = holdingBack(stop)
    const { length } = writes()
    await stage.run(id, {
      ...held.world,
      onJobStep: async (reached) => void (reached === step && (await held.closeGate())),
    })
    held.client.close()
    expect(held.waits()).toBeGreaterThan(0)
    expect(writes()).toHaveLength(length)
    expect(await stage.job(id)).toMatchObject({ status: 'waiting', attempts: 0, failure: null })
  })

  test('does not begin where only previews are shown', async () => {
    const id = await add()
    await stage.run(id, { ...context, mode: 'preview-only' })
    expect(await stage.job(id)).toMatchObject({ status: 'waiting', run: 0 })
  })
})
