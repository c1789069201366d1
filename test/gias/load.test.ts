// A load: all of the extract or nothing, one at a time, and what was there before stays until then.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../sandbox/gias/index.ts'
import { withClient } from '../../sandbox/register/database.ts'
import { findGiasAge, findGiasSchools } from '../../src/gias/schools.ts'
import { startChild } from '../bench/gias-child.ts'
import { type Gias, schools, startGias } from './gias-setup.ts'

const COUNT = 200
const DAY = 24 * 3_600_000

let gias: Gias

beforeAll(async () => {
  gias = await startGias(COUNT)
})
beforeEach(() => gias.forget())
afterAll(() => gias.stop())

const loaded = (rows = COUNT, defects = 0) => ({ kind: 'loaded', rows, defects })
const lastLoad = async () => (await gias.loads()).at(-1)

describe('a load', () => {
  test('takes every school, and says of which day they are', async () => {
    expect(await gias.load()).toEqual(loaded())
    const contents = await gias.contents()
    expect(contents).toHaveLength(COUNT)
    expect(contents[0]).toBe('(100001,"School 1",1,Open,1999-09-01,)')
    expect(await gias.loads()).toEqual([
      {
        id: expect.any(String),
        startedAt: new Date(gias.clock.time),
        finishedAt: new Date(gias.clock.time),
        sourceDate: '2021-10-27',
        rows: COUNT,
        defects: 0,
        outcome: 'loaded',
        problem: null,
      },
    ])
    expect(await gias.staged()).toBe(0)
  })

  test('says yesterday’s day of yesterday’s extract', async () => {
    gias.simulator.faults.add({ kind: 'not-there-yet' })
    expect(await gias.load()).toEqual(loaded())
    expect(await findGiasAge(gias.database.manager)).toMatchObject({ sourceDate: '2021-10-26' })
  })

  test('keeps accents, apostrophes and dashes', async () => {
    const [school, ...rest] = schools(COUNT)
    gias.simulator.setSchools([{ urn: school?.urn ?? '', name: 'St Zoë’s – “Élan”, Ltd', status: 1 }, ...rest])
    await gias.load()
    const found = await findGiasSchools(gias.database.manager, ['100001'])
    expect(found.get('100001')?.name).toBe('St Zoë’s – “Élan”, Ltd')
  })

  test('changes nothing when it is repeated', async () => {
    await gias.load()
    const before = [await gias.contents(), await versions()]
    expect(await gias.load()).toEqual(loaded())
    expect([await gias.contents(), await versions()]).toEqual(before)
  })

  test('writes what is new, what has changed and what is gone, and nothing else', async () => {
    await gias.load()
    const before = await versions()
    gias.clock.time += DAY
    const next = schools(COUNT + 2).filter(({ urn }) => urn !== '100007')
    Object.assign(next[0] ?? {}, { status: 2, closeDate: '2021-10-27' })
    gias.simulator.setSchools(next)
    expect(await gias.load()).toEqual(loaded(COUNT + 1))
    const after = await versions()
    const contents = await gias.contents()
    expect(contents[0]).toBe('(100001,"School 1",2,Closed,1999-09-01,2021-10-27)')
    expect(contents.some((school) => school.startsWith('(100007,'))).toBe(false)
    const moved = [...after].filter(([urn, version]) => before.get(urn) !== version).map(([urn]) => urn)
    expect(moved).toEqual(['100001', '100201', '100202'])
  })

  test('leaves out a row that cannot be used, and counts it', async () => {
    gias.simulator.faults.add({ kind: 'defective-rows', rows: 2 })
    expect(await gias.load()).toEqual(loaded(COUNT, 2))
    expect(await lastLoad()).toMatchObject({ outcome: 'loaded', defects: 2 })
    expect(gias.logged.at(-1)).toContain(`"firstDefects":[${COUNT + 2},${COUNT + 3}]`)
  })

  test('takes the later of two rows with one URN, and counts the other', async () => {
    gias.simulator.setSchools([...schools(COUNT), { urn: '100003', name: 'The same again', status: 2 }])
    expect(await gias.load()).toEqual(loaded(COUNT, 1))
    expect((await gias.contents())[2]).toBe('(100003,"The same again",2,Closed,,)')
  })

  test('reads UTF-8 behind a byte order mark', async () => {
    gias.simulator.faults.add({ kind: 'utf-8' })
    expect(await gias.load()).toEqual(loaded())
  })
})

const REFUSED: [string, Fault, string][] = [
  ['is empty', { kind: 'empty' }, 'The extract is empty.'],
  ['has a garbled header', { kind: 'garbled-header' }, 'The extract has no column “URN”'],
  ['lacks a column', { kind: 'without-column', column: 'CloseDate' }, 'The extract has no column “CloseDate”.'],
  ['has a column twice', { kind: 'column-twice', column: 'URN' }, 'The extract has the column “URN” twice.'],
  [
    'has too many rows that cannot be used',
    { kind: 'defective-rows', rows: 3 },
    '3 of the extract’s 203 rows cannot be used, the first of them 202, 203, 204.',
  ],
  [
    'has too many rows with the URN of another',
    { kind: 'rewritten', rewrite: (text) => text + text.slice(text.indexOf('\n') + 1) },
    '200 of the extract’s 400 rows cannot be used.',
  ],
  [
    'has too few schools for GIAS',
    { kind: 'shrunk', share: 0.2 },
    'The extract has 40 schools; there should be at least 50.',
  ],
  [
    'has lost more than one school in twenty',
    { kind: 'shrunk', share: 0.945 },
    'The extract has 189 schools, where 200 were loaded before.',
  ],
  ['is not CSV', { kind: 'rewritten', rewrite: (text) => `${text}"` }, 'a quotation mark that is never closed'],
  ['is not the UTF-8 it says', { kind: 'bytes', rewrite: lyingUtf8 }, 'The extract cannot be read as text.'],
  ['is somewhere else', { kind: 'redirect', to: 'https://example.test/' }, 'GIAS redirected to another site.'],
]

const UNAVAILABLE: [string, Fault][] = [
  ['GIAS fails', { kind: 'status', status: 500 }],
  ['there is none', { kind: 'status', status: 404, times: 2 }],
  ['half of it comes', { kind: 'half', how: 'cut' }],
  ['less comes than was announced', { kind: 'half', how: 'closed' }],
  ['half of its chunks come', { kind: 'half', how: 'cut-between-chunks' }],
]

describe('what was loaded stays', () => {
  let before: string[]
  let age: unknown

  beforeEach(async () => {
    await gias.load()
    before = await gias.contents()
    age = await findGiasAge(gias.database.manager)
    gias.clock.time += DAY
    gias.simulator.setSchools(schools(COUNT).map((school) => ({ ...school, name: 'Secret', status: 2 })))
  })

  async function expectAsBefore(): Promise<void> {
    expect(await gias.contents()).toEqual(before)
    expect(await findGiasAge(gias.database.manager)).toEqual(age)
    const told = [...gias.logged, JSON.stringify(await gias.loads())].join('\n')
    for (const word of ['Secret', 'Headteacher', '127.0.0.1']) expect(told).not.toContain(word)
    expect(await gias.load()).toEqual(loaded())
    expect(await gias.contents()).not.toEqual(before)
    expect(await gias.staged()).toBe(0)
  }

  test.each(REFUSED)('when the extract %s', async (_, fault, problem) => {
    gias.simulator.faults.add(fault)
    expect(await gias.load()).toEqual({ kind: 'refused', problem: expect.stringContaining(problem) })
    expect(await lastLoad()).toMatchObject({ outcome: 'refused', problem: expect.stringContaining(problem) })
    await expectAsBefore()
  })

  test.each(UNAVAILABLE)('when %s', async (_, fault) => {
    gias.simulator.faults.add(fault)
    await expect(gias.load()).rejects.toMatchObject({ name: 'GiasError', kind: 'unavailable' })
    expect(await lastLoad()).toMatchObject({ outcome: 'failed', problem: expect.stringMatching(/^[A-Z].*\.$/) })
    await expectAsBefore()
  })

  test('when the download stops in the middle', async () => {
    gias.simulator.faults.add({ kind: 'stall' })
    const load = gias.load({ timeoutMs: { idle: 200 } })
    await expect(load).rejects.toMatchObject({ problem: 'GIAS stopped in the middle of the extract.' })
    await expectAsBefore()
  })

  test('when the extract is older', async () => {
    gias.clock.time -= 2 * DAY
    expect(await gias.load()).toEqual({
      kind: 'refused',
      problem: 'The extract is older than the one loaded before.',
    })
    gias.clock.time += 2 * DAY
    await expectAsBefore()
  })

  test('when Postgres ends the session in the middle', async () => {
    gias.simulator.faults.add({ kind: 'slow', ms: 30 })
    const load = gias.load()
    load.catch(() => {})
    await expect.poll(() => gias.simulator.requests.at(-1)?.fault).toBe('slow')
    await expect.poll(endLoadingSessions).toBe(1)
    await expect(load).rejects.toThrow()
    expect(await lastLoad()).toMatchObject({ outcome: 'failed', problem: 'The database did not take the extract.' })
    await expectAsBefore()
  })

  test('when Postgres refuses the last step', async () => {
    await asAdmin(`CREATE FUNCTION chatops.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`)
    await asAdmin(
      'CREATE TRIGGER no BEFORE UPDATE ON chatops.gias_schools FOR EACH STATEMENT EXECUTE FUNCTION chatops.no()',
    )
    await expect(gias.load()).rejects.toThrow('no')
    await asAdmin('DROP TRIGGER no ON chatops.gias_schools', 'DROP FUNCTION chatops.no')
    expect(await lastLoad()).toMatchObject({ outcome: 'failed', problem: 'The database did not take the extract.' })
    await expectAsBefore()
  })
})

test('a fall of one school in twenty is taken', async () => {
  await gias.load()
  gias.simulator.faults.add({ kind: 'shrunk', share: 0.95 })
  expect(await gias.load()).toEqual(loaded(190))
})

test('a greater fall is taken once somebody says how many schools are enough', async () => {
  await gias.load()
  gias.simulator.faults.add({ kind: 'shrunk', share: 0.6, times: 3 })
  expect(await gias.load({ enough: 121 })).toMatchObject({ kind: 'refused' })
  expect(await gias.load({ enough: 120 })).toEqual(loaded(120))
  expect(await gias.load()).toEqual(loaded(120))
  gias.simulator.faults.add({ kind: 'shrunk', share: 0.2 })
  expect(await gias.load({ enough: 1 })).toMatchObject({ kind: 'refused' })
})

describe('two loads at once', () => {
  test('are one: the other gives way', async () => {
    gias.simulator.faults.add({ kind: 'slow', ms: 15 })
    const results = await Promise.all([gias.load(), gias.load(), gias.load()])
    expect(results.map(({ kind }) => kind).sort()).toEqual(['busy', 'busy', 'loaded'])
    expect(await gias.loads()).toHaveLength(1)
    expect(await gias.load()).toEqual(loaded())
  })

  test('are never seen half: readers see one extract or the other', async () => {
    await gias.load()
    const seen = new Set<string>()
    let isOver = false
    const reading = (async () => {
      while (!isOver) {
        const [row] = await gias.database.query(
          'SELECT count(*)::int AS rows, count(DISTINCT status)::int AS statuses FROM chatops.gias_schools',
        )
        seen.add(`${row.rows} ${row.statuses}`)
      }
    })()
    for (let round = 0; round < 6; round++) {
      const next = schools(round % 2 === 0 ? 210 : COUNT)
      gias.simulator.setSchools(next.map((school) => ({ ...school, status: (round % 2) + 1 })))
      expect(await gias.load()).toMatchObject({ kind: 'loaded' })
    }
    isOver = true
    await reading
    expect([...seen].filter((one) => !['200 1', '210 1'].includes(one))).toEqual([])
  })
})

test('a load whose process is killed leaves what was there, and the next one tidies up after it', async () => {
  await gias.load()
  const before = await gias.contents()
  gias.clock.time = Date.now()
  gias.simulator.setSchools(schools(6_000))
  gias.simulator.faults.add({ kind: 'slow', ms: 100 })
  const { child, ended } = startChild('load', { appUrl: gias.scratch.appUrl, giasUrl: gias.simulator.url })
  await expect.poll(isStaging).toBe(true)
  child.kill('SIGKILL')
  expect((await ended).signal).toBe('SIGKILL')
  expect(await gias.contents()).toEqual(before)
  expect(await lastLoad()).toMatchObject({ outcome: null, finishedAt: null })

  gias.simulator.setSchools(schools(COUNT + 1))
  gias.simulator.faults.add({ kind: 'empty' })
  await expect.poll(() => gias.load()).toMatchObject({ kind: 'refused' })
  expect(await gias.staged()).toBe(0)
  expect(await gias.load()).toEqual(loaded(COUNT + 1))
  expect((await gias.loads()).map(({ outcome, problem }) => [outcome, problem])).toEqual([
    ['loaded', null],
    ['failed', 'It was interrupted.'],
    ['refused', 'The extract is empty.'],
    ['loaded', null],
  ])
})

/** Whether a load has begun to write schools down, which nobody else sees before it is done. */
async function isStaging(): Promise<boolean> {
  const [found] = await gias.database.query(
    `SELECT FROM pg_locks WHERE relation = 'chatops.gias_staging'::regclass AND mode = 'RowExclusiveLock'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  )
  return found !== undefined
}

describe('the bot’s role', () => {
  test.each([
    'TRUNCATE chatops.gias_schools',
    'DELETE FROM chatops.gias_loads',
    'DROP TABLE chatops.gias_staging',
    'ALTER TABLE chatops.gias_schools ADD mine text',
  ])('may not: %s', async (statement) => {
    await expect(gias.database.query(statement)).rejects.toMatchObject({ code: '42501' })
  })
})

/** Where each school's row is in the table: another place after every write. */
async function versions(): Promise<Map<string, string>> {
  const rows = await gias.database.query<{ urn: string; version: string }[]>(
    'SELECT urn, ctid || xmin::text AS version FROM chatops.gias_schools ORDER BY urn',
  )
  return new Map(rows.map(({ urn, version }) => [urn, version]))
}

/** Ends the sessions that hold an advisory lock; how many there were. */
function endLoadingSessions(): Promise<number> {
  return withClient(gias.scratch.adminUrl, async (client) => {
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks
       WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    )
    return rowCount ?? 0
  })
}

async function asAdmin(...statements: string[]): Promise<void> {
  await withClient(gias.scratch.adminUrl, async (client) => {
    for (const statement of statements) await client.query(statement)
  })
}

function lyingUtf8(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes, Buffer.from([0xe9, 0x2c])])
}
