import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDttpClient } from '../../src/dttp/client/index.ts'
import { type Dttp, startDttp } from './client-setup.ts'

let dttp: Dttp

beforeEach(async () => {
  dttp = await startDttp({ tokenLifetimeSeconds: 3600 })
})

afterEach(() => dttp.stop())

/** Asks for the TRN and returns how often the token endpoint was asked for that. */
async function tokensFor(times = 1): Promise<number> {
  const { client, simulator, contact } = dttp
  const before = simulator.requestsTo('token').length
  await Promise.all(Array.from({ length: times }, () => client.getTrn(contact)))
  return simulator.requestsTo('token').length - before
}

test('one token is fetched, however many ask at once', async () => {
  expect(await tokensFor(20)).toBe(1)
  expect(await tokensFor(20)).toBe(0)
})

test('a token is replaced five minutes before it expires, by one request', async () => {
  await tokensFor()
  dttp.clock.time += 3_299_000
  expect(await tokensFor(5)).toBe(0)
  dttp.clock.time += 2_000
  expect(await tokensFor(5)).toBe(1)
})

test('the old token serves on while a new one cannot be had', async () => {
  const { client, simulator, clock, contact } = dttp
  await tokensFor()
  clock.time += 3_400_000
  simulator.faults.add({ kind: 'server-error', path: 'token', times: 3 })
  expect(await client.getTrn(contact)).toBe('1234567')
  expect(simulator.requestsTo('token')).toHaveLength(4)
  expect(await tokensFor(3), 'not asked again for half a minute').toBe(0)
  clock.time += 31_000
  expect(await tokensFor()).toBe(1)
})

test('an expired token is never sent', async () => {
  const { client, simulator, clock, contact } = dttp
  await tokensFor()
  clock.time += 3_600_000
  simulator.forgetRequests()
  simulator.faults.add({ kind: 'server-error', path: 'token', times: 3 })
  await expect(client.getTrn(contact)).rejects.toMatchObject({ kind: 'unavailable', call: 'token', status: 500 })
  expect(simulator.requestsTo('contacts')).toEqual([])
})

test('a token that is no longer accepted is replaced once, for everyone', async () => {
  const { client, simulator, contact } = dttp
  await tokensFor()
  simulator.revokeTokens()
  simulator.forgetRequests()
  await Promise.all(Array.from({ length: 10 }, () => client.getTrn(contact)))
  expect(simulator.requestsTo('token')).toHaveLength(1)
  expect(simulator.requestsTo('contacts')).toHaveLength(20)
})

describe('a secret that is wrong', () => {
  test('is unauthorised, and does not show', async () => {
    const client = createDttpClient({ ...dttp.given, clientSecret: 'hunter2-wrong' })
    const error = await client.getTrn(dttp.contact).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ kind: 'unauthorised', call: 'token', status: 401, code: 'invalid_client' })
    expect([String(error), JSON.stringify(error), dttp.logged.join('\n')].join('\n')).not.toContain('hunter2')
    expect(dttp.simulator.requestsTo('token')).toHaveLength(1)
    client.close()
  })
})

test('the token endpoint is told for which organisation the token is', async () => {
  const elsewhere = createDttpClient({ ...dttp.given, organisation: 'http://127.0.0.1:1' })
  await expect(elsewhere.getTrn(dttp.contact)).rejects.toMatchObject({ kind: 'unauthorised', code: 'invalid_scope' })
})
