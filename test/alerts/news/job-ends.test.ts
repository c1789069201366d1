import { describe, expect, test } from 'vitest'
import { dismiss } from '../../../src/alerts/dismiss.ts'
import { noteFailure } from '../../../src/alerts/news/job-ends.ts'
import { queueEffects } from '../../../src/changes/execute/effects.ts'
import type { Plan } from '../../../src/contract/plan.ts'
import type { ChangeRequest } from '../../../src/entities/chatops/change-request.ts'
import { CHANNEL, SUPPORT } from '../../support/lifecycle.ts'
import { useAlertStory } from '../alert-story.ts'

const story = useAlertStory()

const TIMED_OUT = 'Dttp::RetrieveTrnJob for Trainee id: 5902 has timed out after 4 days.'

describe('a failure', () => {
  test('opens one alert in the configured channel, and one message', async () => {
    const job = await story.job('update-trainee', 5903)
    await story.fails(job, { code: 'incomplete', words: 'The graduation year is missing.' })
    expect(await story.onlyAlert()).toMatchObject({
      cause: 'update-trainee:incomplete:5903',
      status: 'open',
      channel: CHANNEL,
      cardVersion: 1,
      openedAt: new Date('2021-10-27T09:02:00Z'),
    })
    expect(await story.entries()).toMatchObject([
      { subject: 'update-trainee:5903', traineeId: '5903', jobId: job.id, settledAt: null },
    ])
    expect(await story.messages()).toBe(1)
  })

  test('of the same school joins one alert with a list', async () => {
    for (const trainee of [5901, 5902, 5903]) {
      const job = await story.job('update-trainee', trainee)
      await story.fails(job, { code: 'school-not-active', urns: ['900002'] })
    }
    expect(await story.onlyAlert()).toMatchObject({ cause: 'school:900002', cardVersion: 3 })
    expect(await story.entries()).toHaveLength(3)
  })

  test('that two schools cause joins the alerts of both', async () => {
    const job = await story.job('update-trainee', 5903)
    await story.fails(job, { code: 'school-not-active', urns: ['900009', '900002'] })
    expect(await story.causes()).toEqual(['school:900002', 'school:900009'])
  })

  test('whose job does not name the school has it worked out from the trainee’s schools', async () => {
    await story.fails(await story.job('update-trainee', 5903), { code: 'school-not-active' })
    await story.fails(await story.job('register-for-trn', 5914), { code: 'school-not-active' })
    expect(await story.causes()).toEqual(['school:900002', 'school:900004'])
  })

  test('of the same outage joins one alert, whichever the job', async () => {
    await story.fails(await story.job('update-trainee', 5903), { code: 'dttp-unavailable' })
    await story.fails(await story.job('sync-schools', null), { code: 'dttp-unavailable' })
    expect(await story.causes()).toEqual(['dttp:unavailable'])
    expect((await story.entries()).map(({ subject }) => subject)).toEqual(['sync-schools:-', 'update-trainee:5903'])
  })

  test('with Register’s jobs switched off, or a fault of the bot, is one cause for all trainees', async () => {
    for (const trainee of [5901, 5902]) {
      await story.fails(await story.job('update-trainee', trainee), { code: 'switched-off' })
      await story.fails(await story.job('change-trainee-status', trainee), { code: 'unexpected' })
    }
    await story.fails(await story.job('sync-schools', null), { code: 'switched-off' })
    expect(await story.causes()).toEqual([
      'switched-off:persist_to_dttp',
      'unexpected:change-trainee-status',
      'switched-off:sync_from_dttp',
    ])
  })

  test('of a poll that timed out keeps its true deadline, also once the next poll has another', async () => {
    const job = await story.poll(5902, '2021-10-20T09:15:27.123456')
    await story.fails(job, { code: 'timed-out', words: TIMED_OUT })
    await story.poll(5902, '2021-11-20T00:00:00.000000')
    expect(await story.causes()).toEqual(['timed-out:2021-10-27'])
    expect((await story.entries())[0]?.failure).toMatchObject({
      words: TIMED_OUT,
      deadline: '2021-10-20T09:15:27.123456',
    })
  })

  test('to find a record keeps which record it was', async () => {
    await story.fails(await story.job('update-trainee', 5913), { code: 'gone' })
    await story.fails(await story.job('retrieve-trn', 5913), { code: 'gone' })
    expect(await story.causes()).toEqual(['contact-gone:5913'])
    expect((await story.entries())[0]?.failure.contact).toBe('c0000000-0000-4000-8000-000000005913')
  })

  test('that rolls back leaves no alert and no message', async () => {
    const job = await story.job('update-trainee', 5903)
    const failing = story.world.database.transaction(async (sql) => {
      const at = '2021-10-27T09:02:00.000Z'
      await noteFailure(sql, story.world, job, { code: 'gone', words: 'DTTP does not have the record.', at })
      throw new Error('rolled back')
    })
    await expect(failing).rejects.toThrow('rolled back')
    expect(await story.alerts()).toEqual([])
    expect(await story.messages()).toBe(0)
  })
})

describe('failures at the same time', () => {
  test('of one cause make one alert, lose none, and need not as many messages', async () => {
    const jobs = await Promise.all(Array.from({ length: 60 }, (_, n) => story.job('update-trainee', 10_000 + n)))
    await Promise.all(jobs.map((job) => story.fails(job, { code: 'dttp-unavailable' })))
    expect(await story.onlyAlert()).toMatchObject({ cause: 'dttp:unavailable', cardVersion: 60 })
    expect(await story.entries()).toHaveLength(60)
    expect(await story.messages()).toBeLessThan(60)
  })

  test('of two schools in whatever order do not stand in each other’s way', async () => {
    const failing = Array.from({ length: 20 }, async (_, n) => {
      const job = await story.job('update-trainee', 10_000 + n)
      const urns = n % 2 === 0 ? ['900002', '900009'] : ['900009', '900002']
      await story.fails(job, { code: 'school-not-active', urns })
      if (n % 3 === 0) await story.ran(job)
    })
    await Promise.all(failing)
    const open = (await story.entries()).filter(({ settledAt }) => settledAt === null)
    expect(open).toHaveLength(26)
  })
})

describe('a job that fails again', () => {
  test('with the same words is no news', async () => {
    const job = await story.job('retrieve-trn', 5901)
    for (let n = 0; n < 5; n++) await story.faltered(job, { code: 'dttp-unauthorised' })
    expect(await story.onlyAlert()).toMatchObject({ cardVersion: 1 })
    expect(await story.messages()).toBe(1)
  })

  test('with other words takes the place of the failure before', async () => {
    const job = await story.job('retrieve-trn', 5901)
    await story.faltered(job, { code: 'dttp-unauthorised', words: 'One.' })
    await story.faltered(job, { code: 'dttp-unauthorised', words: 'Two.' })
    expect(await story.entries()).toMatchObject([{ failure: { words: 'Two.' } }])
    expect(await story.onlyAlert()).toMatchObject({ cardVersion: 2 })
  })
})

describe('a job that ran', () => {
  test('settles what was said of it, and with the last one the alert is resolved and drawn anew', async () => {
    const [one, other] = [await story.job('update-trainee', 5901), await story.job('update-trainee', 5902)]
    for (const job of [one, other]) await story.fails(job, { code: 'dttp-unavailable' })
    await story.ran(await story.job('update-trainee', 5901))
    expect(await story.onlyAlert()).toMatchObject({ status: 'open', cardVersion: 3 })
    await story.ran(other)
    expect(await story.onlyAlert()).toMatchObject({ status: 'resolved', closedAt: expect.any(Date), cardVersion: 4 })
  })

  test('settles nothing of another kind or another trainee', async () => {
    await story.fails(await story.job('update-trainee', 5901))
    await story.ran(await story.job('change-trainee-status', 5901))
    await story.ran(await story.job('update-trainee', 5902))
    expect(await story.onlyAlert()).toMatchObject({ status: 'open', cardVersion: 1 })
  })

  test('settles a status change only for the record whose status it changed', async () => {
    const of = (entity: string) => story.job('change-trainee-status', 5901, { args: { entity, status: 'x' } })
    await story.fails(await of('contact'), { code: 'gone' })
    await story.ran(await of('placement_assignment'))
    expect(await story.causes()).toEqual(['contact-gone:5901'])
    await story.ran(await of('contact'))
    expect(await story.causes()).toEqual([])
  })

  test('as a poll that found no TRN does not settle the poll that timed out before it', async () => {
    const job = await story.poll(5902, '2021-10-20T09:15:27.123456')
    await story.fails(job, { code: 'timed-out', words: TIMED_OUT })
    const next = await story.poll(5902, '2021-11-20T00:00:00.000000')
    await story.ran(next)
    expect(await story.causes()).toEqual(['timed-out:2021-10-27'])
    await story.admin.query(`UPDATE public.trainees SET trn = '1234567' WHERE id = 5902`)
    await story.ran(next)
    expect(await story.causes('resolved')).toEqual(['timed-out:2021-10-27'])
  })

  test('has what other jobs failed for looked at again soon, if it is the same trainee’s', async () => {
    for (const trainee of [5913, 5912]) await story.fails(await story.job('retrieve-trn', trainee), { code: 'gone' })
    await story.admin.query('UPDATE chatops.alerts SET looked_at = now()')
    await story.ran(await story.job('register-for-trn', 5913))
    const alerts = await story.alerts()
    const due = alerts.filter(({ lookedAt }) => lookedAt === null).map(({ cause }) => cause)
    expect(due).toEqual(['contact-gone:5913'])
  })

  test('has schools looked at again soon, if it fetched them from DTTP', async () => {
    await story.fails(await story.job('register-for-trn', 5917), { code: 'school-not-active', urns: ['900005'] })
    await story.fails(await story.job('retrieve-trn', 5913), { code: 'gone' })
    await story.admin.query('UPDATE chatops.alerts SET looked_at = now()')
    await story.ran(await story.job('sync-schools', null))
    const alerts = await story.alerts()
    const due = alerts.filter(({ lookedAt }) => lookedAt === null).map(({ cause }) => cause)
    expect(due).toEqual(['school:900005'])
  })
})

describe('an alert that was resolved', () => {
  test('stays as it is, and the next failure of its cause opens another', async () => {
    const job = await story.job('update-trainee', 5903)
    await story.fails(job)
    await story.ran(job)
    await story.fails(await story.job('update-trainee', 5903))
    expect((await story.alerts()).map(({ status }) => status)).toEqual(['resolved', 'open'])
  })
})

describe('an alert that was dismissed', () => {
  const dismissOpen = async () => {
    const [open] = (await story.alerts()).filter(({ status }) => status === 'open')
    await dismiss(story.world, { id: open?.id ?? '', actor: SUPPORT, reason: 'Known' })
  }

  test('is not opened again by the same job failing on', async () => {
    const job = await story.job('retrieve-trn', 5901)
    await story.faltered(job, { code: 'dttp-unauthorised' })
    await dismissOpen()
    await story.faltered(job, { code: 'dttp-unauthorised', words: 'Other words.' })
    expect((await story.alerts()).map(({ status }) => status)).toEqual(['dismissed'])
  })

  test('does not keep the same job from being posted that two people have had run again', async () => {
    const job = await story.job('register-for-trn', 5917)
    await story.fails(job, { code: 'school-not-active', urns: ['900005'] })
    await dismissOpen()
    const effect = {
      kind: 'retry',
      job: job.name,
      jobId: job.id,
      fingerprint: String(job.run),
      trainee: '5917',
    } as const
    const plan = { changes: [], effects: [effect] } as unknown as Plan
    const { manager } = story.world.database
    await queueEffects(story.world, manager, { id: null } as unknown as ChangeRequest, plan, new Date())
    await story.fails(job, { code: 'school-not-active', urns: ['900005'] })
    expect((await story.alerts()).map(({ status }) => status)).toEqual(['dismissed', 'open'])
  })

  test('does not keep a new job’s failure from being posted', async () => {
    await story.fails(await story.job('update-trainee', 5903))
    await dismissOpen()
    await story.fails(await story.job('update-trainee', 5903))
    expect((await story.alerts()).map(({ status }) => status)).toEqual(['dismissed', 'open'])
  })

  test('does not keep the same job from being posted once it ran in between', async () => {
    const job = await story.job('retrieve-trn', 5901)
    await story.faltered(job, { code: 'dttp-unauthorised' })
    await dismissOpen()
    await story.ran(job)
    expect(await story.onlyAlert()).toMatchObject({ status: 'dismissed' })
    await story.faltered(job, { code: 'dttp-unauthorised' })
    expect((await story.alerts()).map(({ status }) => status)).toEqual(['dismissed', 'open'])
  })
})
