import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dealWith, troubleShown } from '../../src/changes/attention.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { findRequests } from '../../src/changes/lists/find-requests.ts'
import { readWork, type WorkList } from '../../src/changes/lists/work-lists.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { catchUp } from '../../src/changes/sweeps/catch-up.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { CardsOfAttention1795899152000 } from '../../src/entities/migrations/1795899152000-cards-of-attention.ts'
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

  test('is back, in its thread, too, if something else is wrong by the next look', async () => {
    await dealWith(world, { id, actor: DEVELOPER })
    await verify(world, id)
    expect(await getRequest(world.database, id)).toMatchObject({ dealtBy: DEVELOPER })
    await admin.query(`DELETE FROM chatops.outbox WHERE kind = 'thread'`)
    await admin.query('UPDATE public.trainees SET course_subject_one = $1 WHERE id = 5901', ['physics'])
    await verify(world, id)
    expect(await getRequest(world.database, id)).toMatchObject({ status: 'needs-attention', dealtAt: null })
    expect(await listed('attention')).toEqual([id])
    expect((await admin.query(`SELECT payload FROM chatops.outbox WHERE kind = 'thread'`)).rows).toEqual([
      { payload: { part: 'outcome' } },
    ])
    const { rows } = await admin.query('SELECT event FROM chatops.ledger ORDER BY seq DESC LIMIT 1')
    expect(rows).toEqual([{ event: 'needs-attention' }])
    await admin.query('UPDATE public.trainees SET course_subject_one = NULL WHERE id = 5901')
  })

  test('is dealt with only as it was shown', async () => {
    const shown = troubleShown(await getRequest(world.database, id))
    await admin.query('UPDATE public.trainees SET course_subject_one = $1 WHERE id = 5901', ['physics'])
    await verify(world, id)
    const marking = dealWith(world, { id, actor: DEVELOPER, shown })
    await expect(marking).rejects.toMatchObject({ code: 'attention-changed' })
    expect(await listed('attention')).toEqual([id])
    await admin.query('UPDATE public.trainees SET course_subject_one = NULL WHERE id = 5901')
    await verify(world, id)
    expect(await dealWith(world, { id, actor: DEVELOPER, shown })).toMatchObject({ dealtBy: DEVELOPER })
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

  test('leaves the lists, too, if a version of the bot before this one saw that all is as approved', async () => {
    await asAnEarlierVersion(true)
    expect(await catchUp(world)).toBe(1)
    expect(await getRequest(world.database, id)).toMatchObject({ dealtBy: 'chatops' })
    expect(await listed('attention')).toEqual([])
    expect(await catchUp(world)).toBe(0)
  })

  test('has its card drawn again, once, if a version of the bot before this one drew it', async () => {
    await asAnEarlierVersion(false)
    expect(await catchUp(world)).toBe(0)
    const owner = await createDataSource(scratch.ownerUrl, 1).initialize()
    const runner = owner.createQueryRunner()
    await new CardsOfAttention1795899152000().up(runner)
    await runner.release()
    await owner.destroy()
    expect(await catchUp(world)).toBe(1)
    const cards = `SELECT status FROM chatops.outbox WHERE kind = 'card' AND change_request_id = $1 AND status = 'queued'`
    expect((await admin.query(cards, [id])).rowCount).toBe(1)
    expect(await catchUp(world)).toBe(0)
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

/** It is posted, as its card was drawn then; nothing more is said or looked at. */
async function asAnEarlierVersion(isTrue: boolean): Promise<void> {
  await admin.query(`UPDATE chatops.outbox SET status = 'sent'`)
  await admin.query(
    `UPDATE chatops.change_requests SET card_ts = '1.1', rendered_version = card_version, next_verify_at = NULL,
       outcome = jsonb_set(outcome, '{verified}', $2) WHERE id = $1`,
    [id, JSON.stringify([{ sentence: 'The columns are as approved', holds: isTrue, found: 'x' }])],
  )
}

async function slugOf(trainee: number): Promise<string> {
  const { rows } = await admin.query('SELECT slug FROM public.trainees WHERE id = $1', [trainee])
  return rows[0].slug
}
