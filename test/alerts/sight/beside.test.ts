// Alerts, requests and waits know each other.
import { describe, expect, test } from 'vitest'
import { settleEntries } from '../../../src/alerts/live/entries.ts'
import { findAlertsAbout } from '../../../src/alerts/sight/about.ts'
import { noteBeside } from '../../../src/alerts/sight/beside.ts'
import { findAlertSight } from '../../../src/alerts/sight/read.ts'
import { cancel } from '../../../src/changes/decide/decide.ts'
import { execute } from '../../../src/changes/execute/execute.ts'
import { SchoolWait } from '../../../src/entities/chatops/school-wait.ts'
import { approveRequest, SUPPORT, sendRequest } from '../../support/lifecycle.ts'
import { useAlertStory } from '../alert-story.ts'

const story = useAlertStory()

const FORM = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'opt_in_undergrad', reason: 'Test', ticket: '' }

/** What stands beside the one alert, as its post would show it. */
async function beside() {
  const sight = await findAlertSight(story.world.database, (await story.onlyAlert()).id)
  return {
    requests: sight?.requests.map(({ id, status }) => `${id} ${status}`),
    waits: sight?.waits.map(({ requester }) => requester),
    resolvedBy: sight?.resolvedBy.map(({ id }) => id),
  }
}

async function fail(): Promise<Awaited<ReturnType<typeof story.job>>> {
  const job = await story.job('update-trainee', 5901)
  await story.fails(job, { code: 'gone', words: 'DTTP does not have the record.', at: new Date().toISOString() })
  await story.drawAll()
  return job
}

/** A request for the trainee that is carried out while the alert is open. */
async function carryOut() {
  const request = await sendRequest(story.world, 'fix-route', FORM)
  await approveRequest(story.world, request)
  expect(await execute(story.world, request.id)).toBe('executed')
  return request
}

/** As a look does that finds the cause gone. */
async function settle(because: string): Promise<void> {
  const { id } = await story.onlyAlert()
  const found = { at: '', dttp: null, statuses: null, trainees: {}, because: { 'update-trainee:5901': because } }
  await story.admin.query('UPDATE chatops.alerts SET found = $2 WHERE id = $1', [id, found])
  await story.world.database.transaction((sql) => settleEntries(sql, id, ['update-trainee:5901']))
}

describe('an open alert', () => {
  test('links the request for its trainee while that is not over, and has its post drawn again', async () => {
    await fail()
    expect(await noteBeside(story.world)).toBe(0)
    const request = await sendRequest(story.world, 'fix-route', FORM)
    expect(await noteBeside(story.world)).toBe(1)
    expect(await noteBeside(story.world)).toBe(0)
    expect(await beside()).toMatchObject({ requests: [`${request.id} pending`] })
    expect(await story.messages()).toBeGreaterThan(1)
    await cancel(story.world, { id: request.id, actor: SUPPORT })
    expect(await noteBeside(story.world)).toBe(1)
    expect(await beside()).toMatchObject({ requests: [] })
  })

  test('says who waits for its school', async () => {
    await story.fails(await story.job('update-trainee', 5903), { code: 'school-not-active', urns: ['900002'] })
    const wait = { urn: '900002', requester: SUPPORT, channel: 'C01', playbook: 'repair-school', form: null }
    const asks = { title: 'Add it', text: 'Please' }
    await story.world.database.manager.insert(SchoolWait, { ...wait, asks, status: 'waiting', createdAt: new Date() })
    expect(await noteBeside(story.world)).toBe(1)
    expect(await beside()).toMatchObject({ waits: [SUPPORT] })
  })

  test('is found for its trainee, and for nobody else', async () => {
    await fail()
    const about = await findAlertsAbout(story.world.database, { trainees: ['5901'], urns: [] })
    expect(about.map(({ diagnosis }) => diagnosis.title)).toEqual(['DTTP no longer has the record of trainee 5901'])
    expect(await findAlertsAbout(story.world.database, { trainees: ['5902'], urns: [] })).toEqual([])
  })
})

describe('an alert that is resolved', () => {
  test('names the request that started a job for its trainee meanwhile', async () => {
    const job = await fail()
    const request = await sendRequest(story.world, 'fix-route', FORM)
    await approveRequest(story.world, request)
    expect(await execute(story.world, request.id)).toBe('executed')
    await story.admin.query('UPDATE chatops.jobs SET change_request_id = $1 WHERE id = $2', [request.id, job.id])
    await story.ran(job)
    expect((await story.onlyAlert()).status).toBe('resolved')
    expect(await beside()).toEqual({ requests: [], waits: [], resolvedBy: [request.id] })
  })

  test('names no request that started another kind of job for its trainee', async () => {
    const job = await fail()
    const request = await carryOut()
    await story.job('retrieve-trn', 5901, { changeRequestId: request.id, status: 'done', finishedAt: new Date() })
    await story.ran(job)
    expect(await beside()).toMatchObject({ resolvedBy: [] })
  })

  test('names the request that registered its trainee again', async () => {
    await fail()
    const request = await carryOut()
    await story.job('register-for-trn', 5901, { changeRequestId: request.id, status: 'done', finishedAt: new Date() })
    await settle('registered-again')
    expect(await beside()).toMatchObject({ resolvedBy: [request.id] })
  })

  test.each(['record-back', 'switched-on', 'trainee-gone', 'timed-out-again'])(
    'names no request where its end was none’s doing: %s',
    async (because) => {
      const job = await fail()
      const request = await carryOut()
      await story.admin.query('UPDATE chatops.jobs SET change_request_id = $1 WHERE id = $2', [request.id, job.id])
      await settle(because)
      expect(await beside()).toMatchObject({ resolvedBy: [] })
    },
  )

  test('names no request that only happened to change the same trainee', async () => {
    const job = await fail()
    const request = await sendRequest(story.world, 'fix-route', FORM)
    await approveRequest(story.world, request)
    await execute(story.world, request.id)
    await story.ran(job)
    expect(await beside()).toMatchObject({ resolvedBy: [] })
  })
})
