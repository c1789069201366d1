import { beforeEach, expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { addToOutbox } from '../../src/outbox/add.ts'
import { claimOutbox } from '../../src/outbox/claim.ts'
import { giveUp, leaveToOperator, postponeRow } from '../../src/outbox/held.ts'
import { listTroubled, retry } from '../../src/outbox/operator.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()
/** By name: waits for an operator, given up, put off, and not yet tried. */
let ids: Record<'left' | 'given' | 'putOff' | 'fresh', string>

beforeEach(async () => {
  await withClient(use.scratch.adminUrl, (client) => client.query('TRUNCATE chatops.outbox'))
  const sql = use.world.database.manager
  for (const stream of ['left', 'given', 'putOff'])
    await addToOutbox(sql, { stream, kind: 'card', changeRequest: null })
  const [left = '', given = '', putOff = ''] = (await claimOutbox(use.world.database, 3)).map(({ id }) => id)
  await leaveToOperator(sql, { id: left, attempts: 1 }, 'RetryLater: msg_too_long', {})
  await giveUp(sql, { id: given, attempts: 1 }, 'Undeliverable: user_not_found')
  await postponeRow(sql, { id: putOff, attempts: 1 }, 3_600_000, 'RetryLater: invalid_blocks')
  await addToOutbox(sql, { stream: 'fresh', kind: 'card', changeRequest: null })
  const fresh = '0b0c8f0e-0000-4000-8000-000000000001'
  ids = { left, given, putOff, fresh }
})

test('operators see what could not be sent, and why', async () => {
  expect((await listTroubled(use.world.database)).map(({ status, lastError }) => [status, lastError])).toEqual([
    ['waiting', 'RetryLater: msg_too_long'],
    ['failed', 'Undeliverable: user_not_found'],
    ['queued', 'RetryLater: invalid_blocks'],
  ])
})

test('what waits for an operator is tried again, all of it or one by one', async () => {
  await claimOutbox(use.world.database, 5)
  expect(await claimOutbox(use.world.database, 5)).toEqual([])
  expect(await retry(use.world.database, 'all')).toBe(1)
  expect(await claimOutbox(use.world.database, 5)).toMatchObject([{ id: ids.left, failingSince: null, again: true }])
  expect(await retry(use.world.database, [ids.given, ids.putOff])).toBe(2)
  expect((await claimOutbox(use.world.database, 5)).map(({ id }) => id)).toEqual([ids.given, ids.putOff])
})

test('what is not there is not tried again', async () => {
  expect(await retry(use.world.database, [ids.fresh])).toBe(0)
})

test('a Trello card that was given up is not tried again: people were asked to add it by hand', async () => {
  await withClient(use.scratch.adminUrl, (client) =>
    client.query(`UPDATE chatops.outbox SET kind = 'trello' WHERE id = ANY($1)`, [[ids.left, ids.given]]),
  )
  expect(await retry(use.world.database, [ids.left, ids.given])).toBe(1)
  const { rows } = await withClient(use.scratch.adminUrl, (client) =>
    client.query('SELECT status FROM chatops.outbox WHERE id = $1', [ids.given]),
  )
  expect(rows).toEqual([{ status: 'failed' }])
})
