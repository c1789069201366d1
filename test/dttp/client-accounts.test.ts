import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collect, type Dttp, startDttp } from './client-setup.ts'

let dttp: Dttp
let schools: string[]

beforeEach(async () => {
  dttp = await startDttp()
  const added = Array.from({ length: 11 }, (_, index) =>
    dttp.simulator.state.add('accounts', { name: `School ${index}`, dfe_urn: String(200_000 + index) }),
  )
  schools = [dttp.school, ...added].sort()
})

afterEach(() => dttp.stop())

test('all schools come, page by page, and no providers', async () => {
  const pages = await collect(dttp.client.accounts(5))
  expect(pages.map(({ accounts }) => accounts.length)).toEqual([5, 5, 2])
  expect(pages.flatMap(({ accounts }) => accounts.map(({ id }) => id)).sort()).toEqual(schools)
  expect(pages.at(-1)?.next).toBeNull()
  expect(pages[0]?.accounts[0]).toEqual({
    id: expect.any(String),
    name: expect.stringMatching(/^School/),
    urn: expect.stringMatching(/^\d{6}$/),
    statusCode: 1,
  })
  for (const { headers } of dttp.simulator.requestsTo('accounts')) expect(headers['prefer']).toBe('odata.maxpagesize=5')
})

test('after a page that failed, it goes on where it stopped', async () => {
  const { client, simulator } = dttp
  const seen: string[] = []
  let next: string | null = null
  simulator.faults.add({ kind: 'slow', path: 'accounts', ms: 0, times: 1 })
  simulator.faults.add({ kind: 'server-error', path: 'accounts', times: 3 })
  const failing = async (): Promise<void> => {
    for await (const page of client.accounts(5)) {
      seen.push(...page.accounts.map(({ id }) => id))
      next = page.next
    }
  }
  await expect(failing()).rejects.toMatchObject({ kind: 'unavailable', status: 500 })
  expect(seen).toHaveLength(5)
  for await (const page of client.accounts(5, next ?? undefined)) seen.push(...page.accounts.map(({ id }) => id))
  expect(seen.sort()).toEqual(schools)
})

describe('the link to the next page', () => {
  test.each([
    ['another host', 'https://evil.example/api/data/v9.1/accounts?$skiptoken=1'],
    ['another scheme', 'ftp://127.0.0.1/api/data/v9.1/accounts'],
    ['another record set', '/api/data/v9.1/contacts?$select=firstname'],
    ['credentials', 'user:secret@'],
    ['nothing at all', ''],
  ])('is not followed to %s', async (_, target) => {
    const { client, simulator } = dttp
    const link = target.startsWith('/')
      ? `${simulator.url}${target}`
      : target.endsWith('@')
        ? `${simulator.url.replace('//', `//${target}`)}/api/data/v9.1/accounts`
        : target
    const rewrite = <T extends { body: string }>(reply: T): T => ({
      ...reply,
      body: JSON.stringify({ ...JSON.parse(reply.body), '@odata.nextLink': link }),
    })
    simulator.faults.add({ kind: 'rewritten', path: 'accounts', rewrite })
    const foreign = { kind: 'malformed', code: 'foreign-next-link' }
    await expect(collect(client.accounts(5))).rejects.toMatchObject(foreign)
    expect(simulator.requestsTo('accounts')).toHaveLength(1)
    simulator.forgetRequests()
    await expect(collect(client.accounts(5, link))).rejects.toMatchObject(foreign)
    expect(simulator.requests).toEqual([])
  })

  test('is refused if it leads to the page it stands on', async () => {
    const { client, simulator } = dttp
    const [first] = await collect(client.accounts(5))
    const rewrite = <T extends { body: string }>(reply: T): T => ({
      ...reply,
      body: JSON.stringify({ value: [], '@odata.nextLink': first?.next }),
    })
    simulator.faults.add({ kind: 'rewritten', path: 'accounts', times: Number.POSITIVE_INFINITY, rewrite })
    await expect(collect(client.accounts(5))).rejects.toMatchObject({ kind: 'malformed', code: 'endless-pages' })
  })

  test('is refused if DTTP gives another organisation as its own', async () => {
    const other = await startDttp({ organisation: 'https://other.crm4.dynamics.com' })
    for (const name of ['one', 'two']) other.simulator.state.add('accounts', { name })
    await expect(collect(other.client.accounts(1))).rejects.toMatchObject({ code: 'foreign-next-link' })
    await other.stop()
  })
})
