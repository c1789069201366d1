// What comes over the wire: the right day's extract, whole, or a reason why not.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type Fault, startGiasSimulator } from '../../sandbox/gias/index.ts'
import { type Download, openExtract } from '../../src/gias/download.ts'
import { GiasError } from '../../src/gias/errors.ts'
import { NOON, schools } from './gias-setup.ts'

let time = NOON
const now = (): Date => new Date(time)
const simulator = await startGiasSimulator({ schools: schools(300), now })
const always = Number.POSITIVE_INFINITY

afterEach(() => {
  simulator.faults.clear()
  time = NOON
})
afterAll(() => simulator.stop())

const wanted = (changes: Partial<Download> = {}): Download => ({
  url: simulator.url,
  now: now(),
  timeoutMs: { idle: 2_000, overall: 10_000 },
  maxBytes: 5e6,
  ...changes,
})

async function download(changes: Partial<Download> = {}) {
  const extract = await openExtract(wanted(changes))
  const chunks: Buffer[] = []
  for await (const chunk of extract.bytes) chunks.push(chunk)
  return { sourceDate: extract.sourceDate, size: Buffer.concat(chunks).length }
}

async function failureOf(changes: Partial<Download> = {}): Promise<GiasError> {
  const error = await download(changes).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof GiasError)) throw new Error('it did not fail as it should', { cause: error })
  expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(new URL(simulator.url).host)
  return error
}

const asked = () => simulator.requests.map(({ path }) => /\d{8}/.exec(path)?.[0])

describe('the day', () => {
  test('is today', async () => {
    expect(await download()).toEqual({ sourceDate: '2021-10-27', size: simulator.bytes() })
  })

  test('is yesterday while today’s extract is not there yet', async () => {
    simulator.faults.add({ kind: 'not-there-yet' })
    expect(await download()).toEqual({ sourceDate: '2021-10-26', size: simulator.bytes() })
    expect(asked().slice(-2)).toEqual(['20211027', '20211026'])
  })

  test.each([
    ['2021-10-26T22:59:59Z', '2021-10-26'],
    ['2021-10-26T23:00:00Z', '2021-10-27'],
    ['2022-01-01T00:30:00Z', '2022-01-01'],
  ])('at %s is London’s: %s', async (instant, day) => {
    time = Date.parse(instant)
    expect(await download()).toMatchObject({ sourceDate: day })
  })

  test.each([
    ['2022-01-01T10:00:00Z', '2021-12-31'],
    ['2021-11-01T00:30:00Z', '2021-10-31'],
    ['2021-03-28T23:30:00Z', '2021-03-28'],
  ])('before that, at %s, is %s', async (instant, day) => {
    time = Date.parse(instant)
    simulator.faults.add({ kind: 'not-there-yet' })
    expect(await download()).toMatchObject({ sourceDate: day })
  })

  describe('where the address does not say it', () => {
    const url = simulator.url.replace('{yyyymmdd}', '20211026')

    test('is when the file was last modified', async () => {
      expect(await download({ url })).toMatchObject({ sourceDate: '2021-10-26' })
    })

    test.each([
      ['nothing', null],
      ['nonsense', 'the other day'],
      ['tomorrow', 'Thu, 28 Oct 2021 02:30:00 GMT'],
    ])('is today where the file says %s', async (_, value) => {
      simulator.faults.add({ kind: 'header', name: 'last-modified', value })
      expect(await download({ url })).toMatchObject({ sourceDate: '2021-10-27' })
    })

    test('is asked for once', async () => {
      const before = simulator.requests.length
      simulator.faults.add({ kind: 'status', status: 404, times: always })
      await failureOf({ url })
      expect(simulator.requests.slice(before)).toHaveLength(1)
    })
  })
})

const UNAVAILABLE: [string, Fault, string, Partial<Download>?][] = [
  [
    'neither today’s nor yesterday’s is there',
    { kind: 'status', status: 404, times: 2 },
    'GIAS has no extract at the configured address, neither today’s nor yesterday’s.',
  ],
  ['GIAS fails', { kind: 'status', status: 500 }, 'GIAS answered with 500.'],
  ['GIAS is busy', { kind: 'status', status: 503 }, 'GIAS answered with 503.'],
  ['GIAS has had enough of us', { kind: 'status', status: 429 }, 'GIAS answered with 429.'],
  ['the connection is cut', { kind: 'half', how: 'cut' }, 'The download was cut off.'],
  ['it closes before all that was announced', { kind: 'half', how: 'closed' }, 'The download was cut off.'],
  ['it is cut between chunks', { kind: 'half', how: 'cut-between-chunks' }, 'The download was cut off.'],
  ['nobody answers', { kind: 'hang' }, 'GIAS did not answer.', { timeoutMs: { idle: 150, overall: 10_000 } }],
  [
    'it stops in the middle',
    { kind: 'stall' },
    'GIAS stopped in the middle of the extract.',
    { timeoutMs: { idle: 150, overall: 10_000 } },
  ],
  [
    'it trickles for ever',
    { kind: 'slow', ms: 100 },
    'GIAS took too long.',
    { timeoutMs: { idle: 2_000, overall: 400 } },
  ],
  ['it is not ours to read at the moment', { kind: 'status', status: 403 }, 'GIAS answered with 403.'],
  ['nobody answers for long', { kind: 'hang' }, 'GIAS took too long.', { timeoutMs: { idle: 5_000, overall: 200 } }],
]

const REFUSED: [string, Fault, string, Partial<Download>?][] = [
  ['there is nothing in the answer', { kind: 'status', status: 204 }, 'GIAS answered with 204.'],
  ['it is elsewhere', { kind: 'redirect', to: 'https://example.test/' }, 'GIAS redirected to another site.'],
  ['it is on another port', { kind: 'redirect', to: 'http://127.0.0.1:1/' }, 'GIAS redirected to another site.'],
  ['it is nowhere', { kind: 'redirect', to: 'http://' }, 'GIAS redirected to another site.'],
  ['it goes round in circles', { kind: 'redirect', to: '?again', times: always }, 'GIAS redirected again and again.'],
  [
    'it is compressed',
    { kind: 'header', name: 'content-encoding', value: 'gzip' },
    'GIAS sent the extract compressed.',
  ],
  [
    'it does not say how long it is',
    { kind: 'without-length' },
    'GIAS did not say how long the extract is, so nobody could tell if all of it came.',
  ],
  [
    'it says that it is enormous',
    { kind: 'slow', ms: 1 },
    'The extract is far larger than GIAS’s is.',
    { maxBytes: 1_000 },
  ],
  [
    'it is enormous without saying so',
    { kind: 'header', name: 'content-length', value: null },
    'The extract is far larger than GIAS’s is.',
    { maxBytes: 100_000 },
  ],
]

describe('nothing comes of it', () => {
  test.each(UNAVAILABLE)('for the time being if %s', async (_, fault, problem, changes) => {
    simulator.faults.add(fault)
    expect(await failureOf(changes)).toMatchObject({ kind: 'unavailable', problem })
  })

  test('for the time being if nobody listens', async () => {
    const gone = await startGiasSimulator({ schools: [] })
    await gone.stop()
    expect(await failureOf({ url: gone.url })).toMatchObject({
      kind: 'unavailable',
      problem: 'GIAS could not be reached.',
      code: 'ECONNREFUSED',
    })
  })

  test.each(REFUSED)('at all if %s', async (_, fault, problem, changes) => {
    simulator.faults.add(fault)
    expect(await failureOf(changes)).toMatchObject({ kind: 'refused', problem })
  })

  test.each(['http://gias.example.test/{yyyymmdd}.csv', 'http://127.0.0.1.example.test/', 'ftp://127.0.0.1/', 'gias'])(
    'at all by %s, and nothing is asked',
    async (url) => {
      expect(await failureOf({ url })).toMatchObject({ kind: 'refused', problem: 'GIAS must be reached by https.' })
    },
  )
})

describe('everything comes', () => {
  test('in chunks of unknown number, as long as the last is marked', async () => {
    simulator.faults.add({ kind: 'header', name: 'content-length', value: null })
    expect(await download()).toMatchObject({ size: simulator.bytes() })
  })

  test('slowly, as long as it never stops for long', async () => {
    simulator.faults.add({ kind: 'slow', ms: 150 })
    expect(await download({ timeoutMs: { idle: 2_000, overall: 60_000 } })).toMatchObject({ size: simulator.bytes() })
  })

  test('from another place of the same site', async () => {
    simulator.faults.add({ kind: 'redirect', to: '?moved' })
    simulator.faults.add({ kind: 'redirect', to: simulator.url.replace('{yyyymmdd}', '20211027') })
    expect(await download()).toEqual({ sourceDate: '2021-10-27', size: simulator.bytes() })
  })

  test('without anything being said of who asks', async () => {
    const seen: object[] = []
    const server = createServer((request, response) => {
      seen.push({ ...request.headers, host: '' })
      response.end('x')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await download({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
    server.close()
    expect(seen).toEqual([{ host: '', 'accept-encoding': 'identity', connection: 'close' }])
  })
})

test('hanging up ends the download', async () => {
  simulator.faults.add({ kind: 'slow', ms: 50 })
  const extract = await openExtract(wanted())
  extract.close()
  const reading = (async () => {
    for await (const _ of extract.bytes);
  })()
  await expect(reading).rejects.toBeInstanceOf(GiasError)
})
