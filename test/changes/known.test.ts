// What the bot knows beside a request, of the same trainees and schools.
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findAlertsAbout } from '../../src/alerts/sight/about.ts'
import { findRequests } from '../../src/changes/lists/find-requests.ts'
import { findKnown } from '../../src/changes/lists/known.ts'
import { SchoolWait } from '../../src/entities/chatops/school-wait.ts'
import { gatherTraineeFacts } from '../../src/trainee/facts.ts'
import { readHistory } from '../../src/trainee/history.ts'
import type { World } from '../../src/world.ts'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { type StoryDttp, startStoryDttp } from '../support/dttp.ts'
import { addFailedJob } from '../support/failed-job.ts'
import { loadGias } from '../support/gias.ts'
import { createLifecycle, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { resetToDemo } from '../support/reset.ts'

const URN = '900004'
const REPAIR = { subject: `URN ${URN}`, row: '', missing: '', dttp_id: '', reason: 'Test', ticket: '' }
const ROUTE = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Test', ticket: '' }

let scratch: ScratchDatabase
let dttp: StoryDttp
let world: World
let admin: pg.Client

beforeAll(async () => {
  scratch = await scratchDatabase()
  dttp = await startStoryDttp()
  world = await createLifecycle(scratch.appUrl, { upstreams: { dttp: dttp.client } })
  admin = new pg.Client(scratch.adminUrl)
  await admin.connect()
})

beforeEach(async () => {
  await resetToDemo(admin)
  await admin.query('DELETE FROM chatops.school_waits')
  await loadGias(admin)
})

afterAll(async () => {
  await admin.end()
  await world.database.destroy()
  await dttp.stop()
  await scratch.drop()
})

const ids = (requests: readonly { id: string }[]) => requests.map(({ id }) => id)

async function waitFor(urn: string): Promise<void> {
  const wait = { urn, requester: DEVELOPER, channel: 'C01', playbook: 'repair-school', form: { ...REPAIR } }
  const asks = { title: 'Add it', text: 'Please' }
  const at = new Date()
  await world.database.manager.insert(SchoolWait, { ...wait, asks, status: 'waiting', createdAt: at, askedAt: at })
}

describe('beside the repair of a school', () => {
  test('is the open request of a trainee of that school, and beside that one the repair', async () => {
    await admin.query(
      `UPDATE public.trainees SET lead_school_id = (SELECT id FROM public.schools WHERE urn = $1) WHERE id = 5901`,
      [URN],
    )
    const repair = await sendRequest(world, 'repair-school', REPAIR)
    const route = await sendRequest(world, 'fix-route', ROUTE)
    expect(ids((await findKnown(world.database, repair)).open)).toEqual([route.id])
    expect(ids((await findKnown(world.database, route)).open)).toEqual([repair.id])
  })

  test('is no request of a trainee at another school', async () => {
    const repair = await sendRequest(world, 'repair-school', REPAIR)
    await sendRequest(world, 'fix-route', ROUTE)
    expect((await findKnown(world.database, repair)).open).toEqual([])
  })

  test('are who waits for the school, and the alert about it', async () => {
    const repair = await sendRequest(world, 'repair-school', REPAIR)
    await waitFor(URN)
    await waitFor('900005')
    await admin.query(
      `WITH alert AS (INSERT INTO chatops.alerts (cause, channel, opened_at) VALUES ('school:${URN}', 'C01', now()) RETURNING id)
       INSERT INTO chatops.alert_entries (alert_id, subject, failure, added_at)
       SELECT id, 'update-trainee:-', '{"code": "school-not-active", "words": "No.", "at": "2029-12-31T10:00:00Z"}', now()
       FROM alert`,
    )
    const { about, waits } = await findKnown(world.database, repair)
    expect(waits.map(({ urn }) => urn)).toEqual([URN])
    const alerts = await findAlertsAbout(world.database, about)
    expect(alerts.map(({ urn }) => urn)).toEqual([URN])
  })
})

describe('a request that starts a job for a trainee under the number of a school', () => {
  test('is found by that trainee, is in their history, and is shown with them', async () => {
    await addFailedJob(admin, { name: 'register-for-trn', trainee: 5914, urns: [URN] })
    const { id, traineeId, subjects } = await sendRequest(world, 'repair-school', REPAIR)
    expect(traineeId).toBeNull()
    expect(subjects).toContain('trainees:5914')
    const found = await findRequests(world, SUPPORT, [{ by: 'trainee', value: '5914' }], 1)
    expect(ids(found.items)).toContain(id)
    const slug = (await admin.query('SELECT slug FROM public.trainees WHERE id = 5914')).rows[0].slug
    const { items } = await readHistory(world, { id: '5914', slug }, SUPPORT, 1)
    expect(items.filter(({ which }) => which === id).map(({ what }) => what)).toEqual(['sent', 'proposed'])
    expect(ids((await gatherTraineeFacts(world, slug)).requests)).toContain(id)
  })
})

test('a wait for a school is in the history of its trainees, also where it was begun with the school', async () => {
  await waitFor(URN)
  const { rows } = await admin.query(
    'SELECT trainee.id, slug FROM public.trainees trainee JOIN public.schools school ON school.id IN (lead_school_id, employing_school_id) WHERE urn = $1',
    [URN],
  )
  const { items } = await readHistory(world, rows[0], SUPPORT, 1)
  expect(items.filter(({ kind }) => kind === 'wait')).toMatchObject([{ which: URN, who: DEVELOPER }])
})
