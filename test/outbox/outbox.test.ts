import { beforeEach, expect, test } from 'vitest'
import * as z from 'zod'
import { withClient } from '../../sandbox/register/database.ts'
import { announce } from '../../src/changes/announce.ts'
import { OutboxRow } from '../../src/entities/chatops/outbox-row.ts'
import { addToOutbox } from '../../src/outbox/add.ts'
import { type Claimed, claimOutbox } from '../../src/outbox/claim.ts'
import { giveUp, isStillClaimed, markSent, postponeRow } from '../../src/outbox/held.ts'
import { TURN } from '../../src/outbox/not-sent.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()

beforeEach(() => asAdmin('DELETE FROM chatops.outbox'))

test('rows of one stream are sent one at a time, in the order in which they were added', async () => {
  await add('a', 1)
  await add('a', 2)
  expect(await claim()).toEqual(['a1'])
  expect(await claim()).toEqual([])
  await markAllSent()
  expect(await claim()).toEqual(['a2'])
})

test('streams do not wait for each other', async () => {
  await add('a', 1)
  await add('b', 1)
  await add('a', 2)
  expect(await claim()).toEqual(['a1', 'b1'])
})

test('no more are claimed than asked for', async () => {
  for (const stream of ['a', 'b', 'c']) await add(stream, 1)
  expect(await claimOutbox(use.world.database, 2)).toHaveLength(2)
})

test('what was rolled back is never sent', async () => {
  const failing = use.world.database.transaction(async (sql) => {
    await addToOutbox(sql, { stream: 'a', kind: 'card', changeRequest: null })
    throw new Error('rolled back')
  })
  await expect(failing).rejects.toThrow('rolled back')
  expect(await claim()).toEqual([])
})

test('those who claim at once never get the same row, nor two of one stream', async () => {
  for (const stream of ['a', 'b', 'c', 'd']) for (const number of [1, 2, 3, 4, 5]) await add(stream, number)
  const claims = await Promise.all(Array.from({ length: 10 }, () => claim(20)))
  expect(claims.flat().sort()).toEqual(['a1', 'b1', 'c1', 'd1'])
})

test('however many send at once, each row is sent once and every stream in order', async () => {
  for (const number of [1, 2, 3, 4, 5]) for (const stream of ['a', 'b', 'c']) await add(stream, number)
  const sent: string[] = []
  await Promise.all(Array.from({ length: 4 }, () => drain(sent)))
  expect(sent).toHaveLength(15)
  for (const stream of ['a', 'b', 'c'])
    expect(sent.filter((name) => name.startsWith(stream))).toEqual([1, 2, 3, 4, 5].map((n) => `${stream}${n}`))
})

test('the first attempt is not “again”; the row of a sender that died is taken over after a minute, and is', async () => {
  await add('a', 1)
  const [first] = await claimOutbox(use.world.database, 1)
  expect(first).toMatchObject({ again: false, attempts: 1 })
  await claimedSecondsAgo(59)
  expect(await claimOutbox(use.world.database, 1)).toEqual([])
  await claimedSecondsAgo(61)
  const [second] = await claimOutbox(use.world.database, 1)
  expect(second).toMatchObject({ id: first?.id, again: true, attempts: 2 })
  expect(await claimOutbox(use.world.database, 1)).toEqual([])
})

test('of several who would take over from a dead sender, one does', async () => {
  await add('a', 1)
  await claimOutbox(use.world.database, 1)
  await claimedSecondsAgo(61)
  const claims = await Promise.all(Array.from({ length: 8 }, () => claim()))
  expect(claims.flat()).toEqual(['a1'])
})

test('a row that is put off waits until it is due, and its stream with it', async () => {
  await add('a', 1)
  await add('a', 2)
  const [row] = await claimOutbox(use.world.database, 1)
  await postponeRow(use.world.database.manager, claimed(row), 3_600_000, 'Error: timeout')
  expect(await claim()).toEqual([])
  expect(await findRow(row)).toMatchObject({ status: 'queued', lastError: 'Error: timeout' })
  await asAdmin('UPDATE chatops.outbox SET due_at = now()')
  expect(await claimOutbox(use.world.database, 5)).toMatchObject([{ id: row?.id, again: true }])
})

test('a reply leaves its turn to a card that waits for one, unless that is far', async () => {
  const sql = use.world.database.manager
  await addToOutbox(sql, { stream: 'card:1', kind: 'card', changeRequest: null, payload: { name: 'card' } })
  const [card] = await claimOutbox(use.world.database, 5)
  await addToOutbox(sql, { stream: 'thread:2', kind: 'thread', changeRequest: null, payload: { name: 'reply' } })
  if (card) await postponeRow(sql, card, 5_000, 'RetryLater: ratelimited', { waitsFor: TURN, isBlameless: true })
  expect(await claim()).toEqual([])
  await asAdmin(`UPDATE chatops.outbox SET due_at = now() + interval '1 hour' WHERE kind = 'card'`)
  expect(await claim()).toEqual(['reply'])
})

test('a card that waits to be drawn is not asked for again; one that is being drawn is, and so is its thread', async () => {
  const draw = () => use.world.database.transaction((sql) => announce(sql, '12', ['outcome']))
  const kinds = async () =>
    (await use.world.database.manager.find(OutboxRow, { order: { seq: 'ASC' } })).map(({ kind }) => kind)
  await asAdmin(`SET session_replication_role = 'replica'; ${REQUEST}`)
  await draw()
  await draw()
  expect(await kinds()).toEqual(['card', 'thread', 'thread'])
  await claimOutbox(use.world.database, 20)
  await draw()
  expect(await kinds()).toEqual(['card', 'thread', 'thread', 'card', 'thread'])
})

test('a card is asked for before anybody can take the row that waits, so it is drawn as it then is', async () => {
  await asAdmin(`SET session_replication_role = 'replica'; ${REQUEST}`)
  await announce(use.world.database.manager, '12')
  await use.world.database.transaction(async (sql) => {
    await announce(sql, '12')
    expect(await claimOutbox(use.world.database, 20)).toEqual([])
  })
  expect(await claimOutbox(use.world.database, 20)).toHaveLength(1)
})

test('a row that is given up keeps its reason, and those after it go on', async () => {
  await add('a', 1)
  await add('a', 2)
  const [row] = await claimOutbox(use.world.database, 1)
  await giveUp(use.world.database.manager, claimed(row), 'Undeliverable: is_archived')
  expect(await findRow(row)).toMatchObject({ status: 'failed', lastError: 'Undeliverable: is_archived' })
  expect(await claim()).toEqual(['a2'])
})

test('what is sent is never claimed again', async () => {
  await add('a', 1)
  const [row] = await claimOutbox(use.world.database, 1)
  await markSent(use.world.database.manager, claimed(row))
  await claimedSecondsAgo(3_600)
  expect(await claim()).toEqual([])
  expect(await findRow(row)).toMatchObject({ status: 'sent', lastError: null })
})

test('a sender that asks whether it has its row still writes that down only if it has not for a while', async () => {
  await add('a', 1)
  const [row] = await claimOutbox(use.world.database, 1)
  const isHeldSince = async () => ((await row?.isHeld()) ? (await findRow(row)).claimedAt : null)
  const claimed = (await findRow(row)).claimedAt
  expect(await isHeldSince()).toEqual(claimed)
  await claimedSecondsAgo(30)
  expect((await isHeldSince())?.getTime()).toBeGreaterThan(claimed?.getTime() ?? Number.POSITIVE_INFINITY)
})

test('a sender that has lost its row to another says nothing of it any more', async () => {
  await add('a', 1)
  const [asleep] = await claimOutbox(use.world.database, 1)
  await claimedSecondsAgo(61)
  const [awake] = await claimOutbox(use.world.database, 1)
  expect(await isStillClaimed(use.world.database.manager, claimed(asleep))).toBe(false)
  await markSent(use.world.database.manager, claimed(asleep))
  await giveUp(use.world.database.manager, claimed(asleep), 'too late')
  await postponeRow(use.world.database.manager, claimed(asleep), 1_000, 'too late')
  expect(await findRow(awake)).toMatchObject({ status: 'sending', lastError: null })
  expect(await isStillClaimed(use.world.database.manager, claimed(awake))).toBe(true)
  await markSent(use.world.database.manager, claimed(awake))
  expect(await findRow(awake)).toMatchObject({ status: 'sent' })
})

function claimed(row: Claimed | undefined): Claimed {
  if (!row) throw new Error('nothing was claimed')
  return row
}

function add(stream: string, number: number): Promise<void> {
  const payload = { name: `${stream}${number}` }
  return addToOutbox(use.world.database.manager, { stream, kind: 'card', changeRequest: null, payload })
}

/** Claims what can be claimed, by name. */
const REQUEST = `
  INSERT INTO chatops.change_requests (id, playbook, playbook_version, status, requester, channel, subjects, digest)
  OVERRIDING SYSTEM VALUE VALUES (12, 'fix-route', 1, 'pending', 'U1', 'C1', '{}', repeat('0', 64)) ON CONFLICT DO NOTHING`

async function claim(limit = 20): Promise<string[]> {
  return (await claimOutbox(use.world.database, limit)).map(nameOf).sort()
}

/** Sends as a relay does, until nothing is left. */
async function drain(sent: string[]): Promise<void> {
  while (await use.world.database.manager.existsBy(OutboxRow, { status: 'queued' })) {
    for (const row of await claimOutbox(use.world.database, 20)) {
      sent.push(nameOf(row))
      await markSent(use.world.database.manager, row)
    }
  }
}

function nameOf({ payload }: Claimed): string {
  return z.object({ name: z.string() }).parse(payload).name
}

function markAllSent(): Promise<void> {
  return asAdmin(`UPDATE chatops.outbox SET status = 'sent' WHERE status = 'sending'`)
}

function claimedSecondsAgo(seconds: number): Promise<void> {
  return asAdmin(`UPDATE chatops.outbox SET claimed_at = now() - interval '${seconds} seconds'`)
}

function findRow(row: Claimed | undefined): Promise<OutboxRow> {
  return use.world.database.manager.findOneByOrFail(OutboxRow, { id: row?.id ?? '' })
}

async function asAdmin(statement: string): Promise<void> {
  await withClient(use.scratch.adminUrl, (client) => client.query(statement))
}
