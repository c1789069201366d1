import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dealWith } from '../../src/changes/attention.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { findRequests } from '../../src/changes/lists/find-requests.ts'
import { readWork, type WorkList } from '../../src/changes/lists/work-lists.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import type { World } from '../../src/world.ts'
import { demoDatabase, type ScratchDatabase } from '../support/database.ts'
import { approveRequest, createLifecycle, DEVELOPER, STRANGER, SUPPORT, sendRequest } from '../support/lifecycle.ts'

const FORM = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'school_direct_salaried', reason: 'Test', ticket: '' }
const DAY = 24 * 60 * 60_000

let scratch: ScratchDatabase
let admin: pg.Client
let world: World
let clock: number
let id: string

beforeAll(async () => {
  scratch = await demoDatabase()
  admin = new pg.Client(scratch.adminUrl)
  await admin.connect()
  clock = Date.now()
  world = await createLifecycle(scratch.appUrl, { now: () => new Date(clock) })
  const request = await sendRequest(world, 'fix-route', FORM)
  id = request.id
  await approveRequest(world, request)
  expect(await execute(world, id)).toBe('executed')
  await overwrite(1)
  await verify(world, id)
})

beforeEach(async () => {
  clock = Date.now()
  await overwrite(1)
  await verify(world, id)
  await admin.query('UPDATE chatops.change_requests SET dealt_at = NULL, dealt_by = NULL')
})

afterAll(async () => {
  await admin.end()
  await world.database.destroy()
  await scratch.drop()
})

const overwrite = (mode: number | null) =>
  admin.query('UPDATE public.trainees SET study_mode = $1 WHERE id = 5901', [mode])
const listed = async (list: WorkList) =>
  (await readWork(world, DEVELOPER, list, { page: 1, perPage: 5 })).items.map((request) => request.id)
const own = async () => (await findRequests(world, SUPPORT, [{ by: 'own', value: '' }], 1)).items.map((one) => one.id)

describe('what needs attention', () => {
  test('stays on the lists, however long ago it ended, until somebody has dealt with it', async () => {
    clock += 60 * DAY
    expect(await listed('attention')).toEqual([id])
    expect(await own()).toEqual([id])
    expect(await dealWith(world, { id, actor: DEVELOPER })).toMatchObject({ dealtBy: DEVELOPER })
    expect(await listed('attention')).toEqual([])
    expect(await own()).toEqual([])
    const { rows } = await admin.query('SELECT event, actor FROM chatops.ledger ORDER BY seq DESC LIMIT 1')
    expect(rows).toEqual([{ event: 'dealt-with', actor: DEVELOPER }])
  })

  test('is among what has ended lately once it is dealt with', async () => {
    expect(await listed('finished')).toEqual([])
    await dealWith(world, { id, actor: SUPPORT })
    expect(await listed('finished')).toEqual([id])
  })

  test('is dealt with once: the first who says so is named', async () => {
    await dealWith(world, { id, actor: DEVELOPER })
    await dealWith(world, { id, actor: SUPPORT })
    expect(await getRequest(world.database, id)).toMatchObject({ dealtBy: DEVELOPER })
  })

  test('leaves the lists by itself once all is as approved, and is back if that is lost again', async () => {
    await overwrite(null)
    await verify(world, id)
    expect(await getRequest(world.database, id)).toMatchObject({ status: 'needs-attention', dealtBy: 'chatops' })
    expect(await listed('attention')).toEqual([])
    await overwrite(1)
    await verify(world, id)
    expect(await listed('attention')).toEqual([id])
  })

  test('leaves the lists once another request has undone it', async () => {
    await admin.query(`UPDATE chatops.change_requests SET outcome = outcome || '{"undoneBy": "9"}'`)
    expect(await listed('attention')).toEqual([])
    await admin.query(`UPDATE chatops.change_requests SET outcome = outcome - 'undoneBy'`)
  })

  test('is dealt with by nobody who may neither ask nor approve, and nothing else can be dealt with', async () => {
    await expect(dealWith(world, { id, actor: STRANGER })).rejects.toMatchObject({ code: 'not-a-requester' })
    const other = await sendRequest(world, 'fix-route', { ...FORM, subject: await slugOf(5911) })
    await expect(dealWith(world, { id: other.id, actor: DEVELOPER })).rejects.toMatchObject({ code: 'not-found' })
  })
})

async function slugOf(trainee: number): Promise<string> {
  const { rows } = await admin.query('SELECT slug FROM public.trainees WHERE id = $1', [trainee])
  return rows[0].slug
}
