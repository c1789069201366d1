// "A client that keeps sending while told to wait waits longer."
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Dttp, registration, startDttp } from './client-setup.ts'

let dttp: Dttp
/** Those who wait, until the test lets them go on. */
let waiting: { ms: number; wake: () => void }[]

beforeEach(async () => {
  waiting = []
  dttp = await startDttp({}, { sleep: (ms) => new Promise((wake) => void waiting.push({ ms, wake })) })
  await dttp.client.getTrn(dttp.contact)
  dttp.simulator.forgetRequests()
})

afterEach(() => dttp.stop())

async function pass(ms: number): Promise<void> {
  dttp.clock.time += ms
  for (const { wake } of waiting.splice(0)) wake()
  await new Promise((resolve) => setTimeout(resolve, 50))
}

async function untilWaiting(count: number): Promise<void> {
  for (let tries = 0; waiting.length < count && tries < 200; tries++)
    await new Promise((resolve) => setTimeout(resolve, 5))
  expect(waiting).toHaveLength(count)
}

test('while one call was told to wait, nothing else is sent, reads, writes and tokens alike', async () => {
  const { client, simulator, contact, contactBody } = dttp
  simulator.faults.add({ kind: 'rate-limited', path: 'contacts', retryAfter: '20' })
  const calls = [client.getTrn(contact)]
  await untilWaiting(1)
  simulator.revokeTokens()
  const writes = [client.updateContact(contact, contactBody), client.createInBatch(registration(dttp))]
  await untilWaiting(3)
  await pass(19_000)
  expect(simulator.requests).toHaveLength(1)
  for (const { ms } of waiting) expect(ms).toBeGreaterThanOrEqual(1_000)

  await pass(1_300)
  expect(await Promise.all(calls)).toEqual(['1234567'])
  await Promise.all(writes)
  expect(simulator.requests.filter(({ wrote }) => wrote > 0)).toHaveLength(2)
})

test('a wait that is too long fails at once, and says how long it is', async () => {
  const { client, simulator, clock, contact, contactBody } = dttp
  simulator.faults.add({ kind: 'rate-limited', path: 'contacts', retryAfter: '120' })
  await expect(client.getTrn(contact)).rejects.toMatchObject({ kind: 'unavailable', retryAfterMs: 120_000 })
  clock.time += 60_000
  const told = { kind: 'unavailable', code: 'told-to-wait', retryAfterMs: 60_000 }
  await expect(client.updateContact(contact, contactBody)).rejects.toMatchObject(told)
  await expect(client.createInBatch(registration(dttp))).rejects.toMatchObject(told)
  expect(simulator.requests).toHaveLength(1)
  expect(waiting).toEqual([])
  clock.time += 60_000
  expect(await client.getTrn(contact)).toBe('1234567')
})

test('a write that was told to wait holds the others back', async () => {
  const { client, simulator, contact, contactBody } = dttp
  simulator.faults.add({ kind: 'rate-limited', path: 'contacts', retryAfter: '600' })
  const limited = { kind: 'unavailable', status: 429, retryAfterMs: 600_000, code: '0x80072322' }
  await expect(client.updateContact(contact, contactBody)).rejects.toMatchObject(limited)
  await expect(client.getTrn(contact)).rejects.toMatchObject({ kind: 'unavailable' })
  expect(simulator.requests).toHaveLength(1)
})

test.each([
  ['no header', null, 5_000],
  ['nonsense', 'soon', 5_000],
  ['a negative number', '-5', 5_000],
  ['a date', 'Wed, 27 Oct 2021 15:07:07 GMT', 20_000],
  ['a date gone by', 'Wed, 27 Oct 2021 15:00:00 GMT', 0],
  ['more than an hour', '999999', 3_600_000],
])('Retry-After may be %s', async (_, retryAfter, ms) => {
  const { client, simulator, contact, contactBody } = dttp
  simulator.faults.add({ kind: 'rate-limited', path: 'contacts', retryAfter })
  await expect(client.updateContact(contact, contactBody)).rejects.toMatchObject({ retryAfterMs: ms })
})
