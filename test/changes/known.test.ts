// What the bot knows beside a request, of the same trainees and schools.
import { beforeEach, describe, expect, test } from 'vitest'
import { findAlertsAbout } from '../../src/alerts/sight/about.ts'
import { findRequests } from '../../src/changes/lists/find-requests.ts'
import { findKnown } from '../../src/changes/lists/known.ts'
import { SchoolWait } from '../../src/entities/chatops/school-wait.ts'
import { gatherTraineeFacts } from '../../src/trainee/facts.ts'
import { readHistory } from '../../src/trainee/history.ts'
import { addFailedJob } from '../support/failed-job.ts'
import { loadGias } from '../support/gias.ts'
import { DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { resetToDemo } from '../support/reset.ts'
import { useWorldWithDttp } from '../support/world.ts'

const URN = '900004'
const REPAIR = { subject: `URN ${URN}`, row: '', missing: '', dttp_id: '', reason: 'Test', ticket: '' }
const ROUTE = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Test', ticket: '' }

const use = useWorldWithDttp()

beforeEach(async () => {
  await resetToDemo(use.admin)
  await use.admin.query('DELETE FROM chatops.school_waits')
  await loadGias(use.admin)
})

const ids = (requests: readonly { id: string }[]) => requests.map(({ id }) => id)

async function waitFor(urn: string): Promise<void> {
  const wait = { urn, requester: DEVELOPER, channel: 'C01', playbook: 'repair-school', form: { ...REPAIR } }
  const asks = { title: 'Add it', text: 'Please' }
  const at = new Date()
  await use.world.database.manager.insert(SchoolWait, { ...wait, asks, status: 'waiting', createdAt: at, askedAt: at })
}

describe('beside the repair of a school', () => {
  test('is the open request of a trainee of that school, and beside that one the repair', async () => {
    await use.admin.query(
      `UPDATE public.trainees SET lead_school_id = (SELECT id FROM public.schools WHERE urn = $1) WHERE id = 5901`,
      [URN],
    )
    const repair = await sendRequest(use.world, 'repair-school', REPAIR)
    const route = await sendRequest(use.world, 'fix-route', ROUTE)
    expect(ids((await findKnown(use.world.database, repair)).open)).toEqual([route.id])
    expect(ids((await findKnown(use.world.database, route)).open)).toEqual([repair.id])
  })

  test('is no request of a trainee at another school', async () => {
    const repair = await sendRequest(use.world, 'repair-school', REPAIR)
    await sendRequest(use.world, 'fix-route', ROUTE)
    expect((await findKnown(use.world.database, repair)).open).toEqual([])
  })

  test('are who waits for the school, and the alert about it', async () => {
    const repair = await sendRequest(use.world, 'repair-school', REPAIR)
    await waitFor(URN)
    await waitFor('900005')
    await use.admin.query(
      `WITH alert AS (INSERT INTO chatops.alerts (cause, channel, opened_at) VALUES ('school:${URN}', 'C01', now()) RETURNING id)
       INSERT INTO chatops.alert_entries (alert_id, subject, failure, added_at)
       SELECT id, 'update-trainee:-', '{"code": "school-not-active", "words": "No.", "at": "2029-12-31T10:00:00Z"}', now()
       FROM alert`,
    )
    const { about, waits } = await findKnown(use.world.database, repair)
    expect(waits.map(({ urn }) => urn)).toEqual([URN])
    const alerts = await findAlertsAbout(use.world.database, about)
    expect(alerts.map(({ urn }) => urn)).toEqual([URN])
  })
})

describe('a request that starts a job for a trainee under the number of a school', () => {
  test('is found by that trainee, is in their history, and is shown with them', async () => {
    await addFailedJob(use.admin, { name: 'register-for-trn', trainee: 5914, urns: [URN] })
    const { id, traineeId, subjects } = await sendRequest(use.world, 'repair-school', REPAIR)
    expect(traineeId).toBeNull()
    expect(subjects).toContain('trainees:5914')
    const found = await findRequests(use.world, SUPPORT, [{ by: 'trainee', value: '5914' }], 1)
    expect(ids(found.items)).toContain(id)
    const slug = (await use.admin.query('SELECT slug FROM public.trainees WHERE id = 5914')).rows[0].slug
    const { items } = await readHistory(use.world, { id: '5914', slug }, SUPPORT, 1)
    expect(items.filter(({ which }) => which === id).map(({ what }) => what)).toEqual(['sent', 'proposed'])
    expect(ids((await gatherTraineeFacts(use.world, slug)).requests)).toContain(id)
  })
})

test('a wait for a school is in the history of its trainees, also where it was begun with the school', async () => {
  await waitFor(URN)
  const { rows } = await use.admin.query(
    'SELECT trainee.id, slug FROM public.trainees trainee JOIN public.schools school ON school.id IN (lead_school_id, employing_school_id) WHERE urn = $1',
    [URN],
  )
  const { items } = await readHistory(use.world, rows[0], SUPPORT, 1)
  expect(items.filter(({ kind }) => kind === 'wait')).toMatchObject([{ which: URN, who: DEVELOPER }])
})
