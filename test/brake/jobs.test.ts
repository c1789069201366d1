import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withBrake } from '../../src/brake/dttp.ts'
import { pauseAsOperator, resumeAsOperator } from '../../src/brake/operator.ts'
import type { World } from '../../src/world.ts'
import { SUBMITTER, useStage } from '../jobs/stage.ts'

const stage = useStage()

const stop = () => pauseAsOperator(stage.context.database, '', 'Test')
const goOn = () => resumeAsOperator(stage.context.database, '')
const batches = () => stage.simulator.requestsTo('$batch')

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

  test('sends nothing even where its attempt is on record', async () => {
    await runUntil(await add(), 'noted')
    expect(batches()).toEqual([])
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

  test('does not begin where only previews are shown', async () => {
    const id = await add()
    await stage.run(id, { ...context, mode: 'preview-only' })
    expect(await stage.job(id)).toMatchObject({ status: 'waiting', run: 0 })
  })
})
