import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dealWith, stillKnown, troubleShown } from '../../src/changes/attention.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { findRequests } from '../../src/changes/lists/find-requests.ts'
import { readWork, type WorkList } from '../../src/changes/lists/work-lists.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { catchUp } from '../../src/changes/sweeps/catch-up.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import type { Postcondition } from '../../src/entities/chatops/change-request.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { CardsOfAttention1795899152000 } from '../../src/entities/migrations/1795899152000-cards-of-attention.ts'
import { unknownOutcome } from '../../src/registration/unknown.ts'
import { approveRequest, DEVELOPER, STRANGER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const FORM = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'school_direct_salaried', reason: 'Test', ticket: '' }
const DAY = 24 * 60 * 60_000

const use = useWorld({ rows: 'demo' }, () => ({ now: () => new Date(clock) }))
let clock: number
let id: string

beforeAll(async () => {
  clock = Date.now()
  const request = await sendRequest(use.world, 'fix-route', FORM)
  id = request.id
  await approveRequest(use.world, request)
  expect(await execute(use.world, id)).toBe('executed')
  await overwrite(1)
  await verify(use.world, id)
})

beforeEach(async () => {
  clock = Date.now()
  await overwrite(1)
  await verify(use.world, id)
  await use.admin.query('UPDATE chatops.change_requests SET dealt_at = NULL, dealt_by = NULL')
})

const overwrite = (mode: number | null) =>
  use.admin.query('UPDATE public.trainees SET study_mode = $1 WHERE id = 5901', [mode])
const listed = async (list: WorkList) =>
  (await readWork(use.world, DEVELOPER, list, { page: 1, perPage: 5 })).items.map((request) => request.id)
const own = async () =>
  (await findRequests(use.world, SUPPORT, [{ by: 'own', value: '' }], 1)).items.map((one) => one.id)

describe('what needs attention', () => {
  test('stays on the lists, however long ago it ended, until somebody has dealt with it', async () => {
    clock += 60 * DAY
    expect(await listed('attention')).toEqual([id])
    expect(await own()).toEqual([id])
    expect(await dealWith(use.world, { id, actor: DEVELOPER })).toMatchObject({ dealtBy: DEVELOPER })
    expect(await listed('attention')).toEqual([])
    expect(await own()).toEqual([])
    const { rows } = await use.admin.query('SELECT event, actor FROM chatops.ledger ORDER BY seq DESC LIMIT 1')
    expect(rows).toEqual([{ event: 'dealt-with', actor: DEVELOPER }])
  })

  test('is back, in its thread, too, if something else is wrong by the next look', async () => {
    await dealWith(use.world, { id, actor: DEVELOPER })
    await verify(use.world, id)
    expect(await getRequest(use.world.database, id)).toMatchObject({ dealtBy: DEVELOPER })
    await use.admin.query(`DELETE FROM chatops.outbox WHERE kind = 'thread'`)
    await use.admin.query('UPDATE public.trainees SET course_subject_one = $1 WHERE id = 5901', ['physics'])
    await verify(use.world, id)
    expect(await getRequest(use.world.database, id)).toMatchObject({ status: 'needs-attention', dealtAt: null })
    expect(await listed('attention')).toEqual([id])
    expect((await use.admin.query(`SELECT payload FROM chatops.outbox WHERE kind = 'thread'`)).rows).toEqual([
      { payload: { part: 'outcome' } },
    ])
    const { rows } = await use.admin.query('SELECT event FROM chatops.ledger ORDER BY seq DESC LIMIT 1')
    expect(rows).toEqual([{ event: 'needs-attention' }])
    await use.admin.query('UPDATE public.trainees SET course_subject_one = NULL WHERE id = 5901')
  })

  test('stays dealt with where another version of the bot says the same in other words, and is back if more is wrong later', async () => {
    await dealWith(use.world, { id, actor: DEVELOPER })
    await inOtherWords()
    await verify(use.world, id)
    expect(await getRequest(use.world.database, id)).toMatchObject({ dealtBy: DEVELOPER })
    expect(await listed('attention')).toEqual([])
    await use.admin.query('UPDATE public.trainees SET course_subject_one = $1 WHERE id = 5901', ['physics'])
    await verify(use.world, id)
    expect(await listed('attention')).toEqual([id])
    await use.admin.query('UPDATE public.trainees SET course_subject_one = NULL WHERE id = 5901')
  })

  test('is back, too, if what held before is lost at the first look of another version', async () => {
    await dealWith(use.world, { id, actor: DEVELOPER })
    await overwrite(null)
    await verify(use.world, id)
    await inOtherWords()
    await overwrite(1)
    await verify(use.world, id)
    expect(await listed('attention')).toEqual([id])
  })

  test('is dealt with only as it was shown', async () => {
    const shown = troubleShown(await getRequest(use.world.database, id))
    await use.admin.query('UPDATE public.trainees SET course_subject_one = $1 WHERE id = 5901', ['physics'])
    await verify(use.world, id)
    const marking = dealWith(use.world, { id, actor: DEVELOPER, shown })
    await expect(marking).rejects.toMatchObject({ code: 'attention-changed' })
    expect(await listed('attention')).toEqual([id])
    await use.admin.query('UPDATE public.trainees SET course_subject_one = NULL WHERE id = 5901')
    await verify(use.world, id)
    expect(await dealWith(use.world, { id, actor: DEVELOPER, shown })).toMatchObject({ dealtBy: DEVELOPER })
  })

  test('has its card drawn anew for whoever clicked on another, so that the next click counts', async () => {
    const { cardVersion } = await getRequest(use.world.database, id)
    const marking = dealWith(use.world, { id, actor: DEVELOPER, shown: '1' })
    await expect(marking).rejects.toMatchObject({ code: 'attention-changed' })
    expect((await getRequest(use.world.database, id)).cardVersion).toBe(cardVersion + 1)
  })

  test('is among what has ended lately once it is dealt with', async () => {
    expect(await listed('finished')).toEqual([])
    await dealWith(use.world, { id, actor: SUPPORT })
    expect(await listed('finished')).toEqual([id])
  })

  test('is dealt with once: the first who says so is named', async () => {
    await dealWith(use.world, { id, actor: DEVELOPER })
    await dealWith(use.world, { id, actor: SUPPORT })
    expect(await getRequest(use.world.database, id)).toMatchObject({ dealtBy: DEVELOPER })
  })

  test('leaves the lists by itself once all is as approved, and is back if that is lost again', async () => {
    await overwrite(null)
    await verify(use.world, id)
    expect(await getRequest(use.world.database, id)).toMatchObject({ status: 'needs-attention', dealtBy: 'chatops' })
    expect(await listed('attention')).toEqual([])
    await overwrite(1)
    await verify(use.world, id)
    expect(await listed('attention')).toEqual([id])
  })

  test('leaves the lists, too, if a version of the bot before this one saw that all is as approved', async () => {
    await asAnEarlierVersion(true)
    expect(await catchUp(use.world)).toBe(1)
    expect(await getRequest(use.world.database, id)).toMatchObject({ dealtBy: 'chatops' })
    expect(await listed('attention')).toEqual([])
    expect(await catchUp(use.world)).toBe(0)
  })

  test('has its card drawn again, once, if a version of the bot before this one drew it', async () => {
    await asAnEarlierVersion(false)
    expect(await catchUp(use.world)).toBe(0)
    const owner = await createDataSource(use.scratch.ownerUrl, 1).initialize()
    const runner = owner.createQueryRunner()
    await new CardsOfAttention1795899152000().up(runner)
    await runner.release()
    await owner.destroy()
    expect(await catchUp(use.world)).toBe(1)
    const cards = `SELECT status FROM chatops.outbox WHERE kind = 'card' AND change_request_id = $1 AND status = 'queued'`
    expect((await use.admin.query(cards, [id])).rowCount).toBe(1)
    expect(await catchUp(use.world)).toBe(0)
    expect(await listed('attention')).toEqual([id])
  })

  test('leaves the lists once another request has undone it', async () => {
    await use.admin.query(`UPDATE chatops.change_requests SET outcome = outcome || '{"undoneBy": "9"}'`)
    expect(await listed('attention')).toEqual([])
    await use.admin.query(`UPDATE chatops.change_requests SET outcome = outcome - 'undoneBy'`)
  })

  test('is dealt with by nobody who may neither ask nor approve, and nothing else can be dealt with', async () => {
    await expect(dealWith(use.world, { id, actor: STRANGER })).rejects.toMatchObject({ code: 'not-a-requester' })
    const other = await sendRequest(use.world, 'fix-route', { ...FORM, subject: await slugOf(5911) })
    await expect(dealWith(use.world, { id: other.id, actor: DEVELOPER })).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('what people know to be wrong', () => {
  const line = (found: string, more: Partial<Postcondition> = {}): Postcondition => {
    return { sentence: 'It is there', holds: false, found, ...more }
  }
  const dealtWith = [line('DTTP shows 1 of 2.'), line('Next at 2:14pm on 27 October 2021.')]

  test.each<[what: string, isKnown: boolean, one: Postcondition]>([
    ['the same', true, line('DTTP shows 1 of 2.')],
    ['the same at another time', true, line('Next at 9am on 3 May 2022.')],
    ['another number', false, line('DTTP shows 0 of 2.')],
    ['what is waited for', true, line('DTTP did not answer.', { waiting: true })],
    ['what nobody has said', true, line('Nobody knows.', { silent: true })],
  ])('holds %s: %s', (_what, isKnown, one) => {
    expect(stillKnown([one], { verified: dealtWith, build: 'A' }, { build: 'A' }) !== null).toBe(isKnown)
  })

  const held = line('It is there.', { holds: true })
  const known = line('DTTP shows 1 of 2.')
  const asked = line('DTTP did not answer.', { silent: true })
  const other = line('DTTP has one.')

  test.each<[what: string, isKnown: boolean, lines: Postcondition[], before: Postcondition[]]>([
    ['in other words', true, [held, other], [held, known]],
    ['what held before', false, [other, known], [held, known]],
    ['what nobody had said before', false, [other, known], [asked, known]],
    ['what a line more says', false, [known, other], [known]],
    ['the same beside a line more that holds', true, [known, held], [known]],
    ['of another trainee', false, [{ ...other, trainee: { id: '2', is: 'failed' } }], [known]],
  ])('holds at the first look of another build %s: %s', (_what, isKnown, lines, before) => {
    const outcome = { verified: before, dealtWith: [' It is there: DTTP shows 1 of 2.'], build: 'A' }
    expect(stillKnown(lines, outcome, { build: 'B' }) !== null).toBe(isKnown)
  })

  test('is not news that DTTP does not say what became of a registration', () => {
    const unknown = unknownOutcome({ slug: 'x' }, { sentAt: new Date(), ids: null }, null)
    expect(stillKnown([line('', unknown)], { verified: dealtWith, build: 'A' }, { build: 'A' })).not.toBeNull()
  })
})

/** It is posted, as its card was drawn then; nothing more is said or looked at. */
async function asAnEarlierVersion(isTrue: boolean): Promise<void> {
  await use.admin.query(`UPDATE chatops.outbox SET status = 'sent'`)
  await use.admin.query(
    `UPDATE chatops.change_requests SET card_ts = '1.1', rendered_version = card_version, next_verify_at = NULL,
       outcome = jsonb_set(outcome, '{verified}', $2) WHERE id = $1`,
    [id, JSON.stringify([{ sentence: 'The columns are as approved', holds: isTrue, found: 'x' }])],
  )
}

/** As though another version had looked last. */
async function inOtherWords(): Promise<void> {
  const { outcome } = await getRequest(use.world.database, id)
  const verified = (outcome.verified ?? []).map((one) => ({
    ...one,
    sentence: `It is so: ${one.sentence}`,
    found: 'Else.',
  }))
  const dealtWith = verified.flatMap(({ holds, sentence, found }) => (holds ? [] : [` ${sentence}: ${found}`]))
  const other = { ...outcome, verified, dealtWith, build: 'another' }
  await use.admin.query('UPDATE chatops.change_requests SET outcome = $2 WHERE id = $1', [id, other])
}

async function slugOf(trainee: number): Promise<string> {
  const { rows } = await use.admin.query('SELECT slug FROM public.trainees WHERE id = $1', [trainee])
  return rows[0].slug
}
