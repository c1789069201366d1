// The simulator serves what GIAS serves, and fails as it was told to.
import { afterAll, beforeEach, expect, test } from 'vitest'
import { type GiasSimulator, startGiasSimulator } from '../../sandbox/gias/index.ts'

const NOW = new Date('2021-10-27T11:00:00Z')
const SCHOOLS = [
  { urn: '100001', name: 'St Zoë’s School', status: 3, openDate: '1999-09-01', closeDate: '2022-08-31' },
  { urn: '100002', name: 'The "Old", School', status: 2 },
]

const simulator: GiasSimulator = await startGiasSimulator({ schools: SCHOOLS, now: () => NOW })

beforeEach(() => simulator.faults.clear())
afterAll(() => simulator.stop())

const get = (day: string, init?: RequestInit) => fetch(simulator.url.replace('{yyyymmdd}', day), init)
const read = async (day: string) => Buffer.from(await (await get(day)).arrayBuffer())

test('has the extracts of today and yesterday, in London, and no other', async () => {
  const answers = await Promise.all(['20211028', '20211027', '20211026', '20211025'].map((day) => get(day)))
  expect(answers.map(({ status }) => status)).toEqual([404, 200, 200, 404])
  expect(answers[1]?.headers.get('last-modified')).toBe('Wed, 27 Oct 2021 02:30:00 GMT')
  expect(answers[2]?.headers.get('last-modified')).toBe('Tue, 26 Oct 2021 02:30:00 GMT')
  await Promise.all(answers.map((answer) => answer.arrayBuffer()))
})

test('is only read', async () => {
  expect((await get('20211027', { method: 'POST' })).status).toBe(405)
})

test('writes Windows-1252, CRLF, quotation marks where they are needed, and days as dd-mm-yyyy', async () => {
  const file = await read('20211027')
  const [header = '', first = '', second = '', end] = file.toString('latin1').split('\r\n')
  expect(header.split(',')).toHaveLength(139)
  expect(header).toMatch(/^URN,LA \(code\),.*,FSM$/)
  expect(first).toContain('St Zo\xEB\x92s School,')
  expect(first).toContain(',3,"Open, but proposed to close",')
  expect(first).toContain(',01-09-1999,')
  expect(first).toContain(',31-08-2022,')
  expect(second).toContain('"The ""Old"", School"')
  expect(end).toBe('')
})

test('refuses a school that GIAS could not have, and a name it could not write', async () => {
  const wrong = [
    { urn: 'X', name: 'A', status: 1 },
    { urn: '100003', name: 'A', status: 9 },
    { urn: '100003', name: '学校', status: 1 },
  ]
  for (const school of wrong) {
    simulator.setSchools([school])
    await expect(read('20211027')).rejects.toThrow()
  }
  simulator.setSchools(SCHOOLS)
  expect((await get('20211027')).status).toBe(200)
})

test('suffers a fault as often as it was told, and keeps what it was asked', async () => {
  const before = simulator.requests.length
  simulator.faults.add({ kind: 'not-there-yet' })
  simulator.faults.add({ kind: 'status', status: 503, times: 2 })
  const statuses: number[] = []
  for (const day of ['20211026', '20211027', '20211027', '20211027']) statuses.push((await get(day)).status)
  expect(statuses).toEqual([503, 404, 503, 200])
  expect(simulator.requests.slice(before).map(({ status, fault }) => [status, fault])).toEqual([
    [503, 'status'],
    [404, 'not-there-yet'],
    [503, 'status'],
    [200, null],
  ])
})
