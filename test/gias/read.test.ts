// From the extract's bytes to schools: encodings, the header, rows, and what cannot be read.
import { describe, expect, test } from 'vitest'
import { renderExtract, toWindows1252 } from '../../sandbox/gias/extract.ts'
import { GiasError } from '../../src/gias/errors.ts'
import { type Defects, type NumberedRow, readSchools } from '../../src/gias/read.ts'
import { schools } from './gias-setup.ts'

const HEADER = 'URN,EstablishmentName,EstablishmentStatus (code),EstablishmentStatus (name),OpenDate,CloseDate'
const file = (...rows: string[]) => toWindows1252(`${[HEADER, ...rows].join('\r\n')}\r\n`)

async function read(bytes: Buffer, pieceSize = bytes.length) {
  const defects: Defects = { count: 0, firstRows: [] }
  const batches: NumberedRow[][] = []
  for await (const batch of readSchools(pieces(bytes, pieceSize), defects)) batches.push(batch)
  return { schools: batches.flat(), batches, defects }
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const refusalOf = async (bytes: Buffer): Promise<string> => {
  const error = await read(bytes).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof GiasError)) throw new Error('it was not refused', { cause: error })
  expect(error.kind).toBe('refused')
  return error.problem
}

describe('the encoding', () => {
  const bytes = Buffer.concat([file(), Buffer.from([...'100001,St Zo'].map((letter) => letter.charCodeAt(0)))])
  const windows = Buffer.concat([
    bytes,
    Buffer.from([0xeb, 0x92, 0x73, 0x20, 0x96, 0x20, 0x80]),
    Buffer.from(',1,Open,,'),
  ])

  test('is Windows-1252, quotation marks, dashes and all', async () => {
    expect((await read(windows)).schools[0]?.name).toBe('St Zoë’s – €')
  })

  test.each([1, 2, 3, 7])('is read alike in pieces of %i bytes', async (size) => {
    expect(await read(windows, size)).toEqual(await read(windows))
  })

  test('is UTF-8 behind a byte order mark, wherever it is cut', async () => {
    const utf8 = Buffer.from(`\uFEFF${HEADER}\r\n100001,St Zoë’s – €,1,Open,,\r\n`)
    for (const size of [1, 2, 3, 5, utf8.length]) {
      expect((await read(utf8, size)).schools[0]?.name).toBe('St Zoë’s – €')
    }
  })

  test('is refused where a byte order mark promises UTF-8 and it is not', async () => {
    const lying = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), windows])
    expect(await refusalOf(lying)).toBe('The extract cannot be read as text.')
  })

  test('may not be another', async () => {
    const utf16 = Buffer.from(`\uFEFF${HEADER}\r\n100001,A,1,Open,,\r\n`, 'utf16le')
    expect(await refusalOf(utf16)).toContain('no column “URN”')
  })
})

describe('the header', () => {
  const row = '31-08-2021,01-09-1999,x,Closed,2,A School,100001'

  test('may have our columns in any order and case, with spaces around them and others between', async () => {
    const header =
      'closedate, OPENDATE ,Other,EstablishmentStatus (Name),establishmentstatus (CODE),EstablishmentName,urn'
    expect((await read(toWindows1252(`${header}\r\n${row}\r\n`))).schools).toEqual([
      {
        row: 2,
        urn: '100001',
        name: 'A School',
        status: 2,
        statusName: 'Closed',
        openDate: '1999-09-01',
        closeDate: '2021-08-31',
      },
    ])
  })

  test('is refused without one of them, and every missing one is named', async () => {
    expect(await refusalOf(toWindows1252(`URN,Other,OpenDate,CloseDate\r\n${row}\r\n`))).toBe(
      'The extract has no column “EstablishmentName”, no column “EstablishmentStatus (code)”, no column “EstablishmentStatus (name)”.',
    )
  })

  test('is refused with one of them twice', async () => {
    expect(await refusalOf(toWindows1252(`${HEADER}, urn\r\n`))).toBe('The extract has the column “URN” twice.')
  })

  test.each([
    ['nothing', ''],
    ['blank lines', '\r\n\r\n'],
  ])('is refused where there is %s', async (_, text) => {
    expect(await refusalOf(Buffer.from(text))).toBe('The extract is empty.')
  })

  test('is refused where there is a page instead', async () => {
    expect(await refusalOf(Buffer.from('<!DOCTYPE html>\n<html><body>"Sorry"</body></html>\n'))).toContain('no column')
  })
})

describe('a row', () => {
  test('may have line breaks, commas and quotation marks within quotation marks', async () => {
    const { schools: found, defects } = await read(
      file('100001,"The ""Old"",\r\nSchool",1,Open,,', '100002,B,1,Open,,'),
    )
    expect(found.map(({ name, row }) => [name, row])).toEqual([
      ['The "Old", School', 2],
      ['B', 3],
    ])
    expect(defects.count).toBe(0)
  })

  test('may end in a line feed alone, or not at all', async () => {
    const text = `${HEADER}\r\n100001,A,1,Open,,\n100002,B,1,Open,,`
    expect((await read(toWindows1252(text))).schools.map(({ urn }) => urn)).toEqual(['100001', '100002'])
  })

  test('that is blank is nothing, at the end and elsewhere', async () => {
    const { schools: found, defects } = await read(file('', '100001,A,1,Open,,', '', ''))
    expect(found).toHaveLength(1)
    expect(defects.count).toBe(0)
  })

  test('may lack both dates', async () => {
    const [school] = (await read(file('100001,A,4,Proposed to open,,'))).schools
    expect(school).toMatchObject({ status: 4, openDate: null, closeDate: null })
  })

  test('may have a shorter URN, as children’s centres do, but keeps it as it is', async () => {
    expect((await read(file('20001,A,1,Open,,'))).schools[0]?.urn).toBe('20001')
  })

  test('loses control characters and needless spaces in its name', async () => {
    expect((await read(file('100001, A \x00 School\t,1,Open,,'))).schools[0]?.name).toBe('A School')
  })

  test.each([
    ['too few columns', '100002,Secret,1,Open,'],
    ['too many columns', '100002,Secret,1,Open,,,'],
    ['no URN', ',Secret,1,Open,,'],
    ['letters in its URN', '10000X,Secret,1,Open,,'],
    ['a URN that is too long', '1000021,Secret,1,Open,,'],
    ['a URN that begins with 0', '010002,Secret,1,Open,,'],
    ['no name', '100002,  ,1,Open,,'],
    ['an endless name', `100002,${'Secret'.repeat(100)},1,Open,,`],
    ['a status GIAS has not', '100002,Secret,5,Open,,'],
    ['no status', '100002,Secret,,Open,,'],
    ['no name of its status', '100002,Secret,1,,,'],
    ['a day that never was', '100002,Secret,1,Open,31-02-1999,'],
    ['a month that never was', '100002,Secret,1,Open,,01-13-1999'],
    ['a day written otherwise', '100002,Secret,1,Open,,1999-01-31'],
    ['a year written otherwise', '100002,Secret,1,Open,31-01-99,'],
  ])('with %s is left out and counted', async (_, row) => {
    const { schools: found, defects } = await read(file('100001,A,1,Open,,', row, '100003,C,1,Open,,'))
    expect(found.map(({ urn, row: number }) => [urn, number])).toEqual([
      ['100001', 2],
      ['100003', 4],
    ])
    expect(defects).toEqual({ count: 1, firstRows: [3] })
  })

  test.each([
    ['100002,A "B" C,1,Open,,', 'A "B" C'],
    ['100002,"A" B,1,Open,,', '"A" B'],
  ])('may have quotation marks where none should be: %s', async (row, name) => {
    const { schools: found, defects } = await read(file(row, '100003,C,1,Open,,'))
    expect(found.map((school) => school.name)).toEqual([name, 'C'])
    expect(defects.count).toBe(0)
  })

  test('that an open quotation mark draws into another is left out and counted as well', async () => {
    const rows = ['100001,A,1,Open,,', '100002,"B,1,Open,,', '100003,C,1,Open,,', '100004,D",1,Open,,', 'X,E,1,Open,,']
    const { schools: found, defects } = await read(file(...rows, '100006,F,1,Open,,'))
    expect(found.map(({ urn, row }) => [urn, row])).toEqual([
      ['100001', 2],
      ['100006', 7],
    ])
    expect(defects).toEqual({ count: 4, firstRows: [3, 6] })
  })

  test('29 February is a day in a leap year only', async () => {
    const { schools: found, defects } = await read(file('100001,A,1,Open,29-02-2020,', '100002,B,1,Open,29-02-2021,'))
    expect(found.map(({ openDate }) => openDate)).toEqual(['2020-02-29'])
    expect(defects.count).toBe(1)
  })
})

describe('the whole file', () => {
  test.each([
    ['soon at its end', ['100001,A,1,Open,,', '100002,"B,1,Open,,', '100003,C,1,Open,,']],
    ['for long', ['100001,A,1,Open,,', '100002,"B,1,Open,,', ...Array(9_000).fill('100003,C,1,Open,,')]],
  ])('is refused with a quotation mark that is never closed, %s', async (_, rows) => {
    expect(await refusalOf(file(...rows))).toBe('The extract has a quotation mark that is never closed.')
  })

  test('comes in batches, and only the first few defects are named', async () => {
    const good = toWindows1252(renderExtract(schools(4_500)))
    const { batches, defects } = await read(Buffer.concat([good, Buffer.from('x\r\n'.repeat(20))]), 65_536)
    expect(batches.map(({ length }) => length)).toEqual([2_000, 2_000, 500])
    expect(defects.count).toBe(20)
    expect(defects.firstRows).toEqual(Array.from({ length: 10 }, (_, index) => 4_502 + index))
  })

  test('is given up as soon as nobody reads on', async () => {
    let isClosed = false
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        yield file()
        for (;;) yield Buffer.from('100001,A,1,Open,,\r\n'.repeat(1_000))
      } finally {
        isClosed = true
      }
    }
    for await (const batch of readSchools(endless(), { count: 0, firstRows: [] })) {
      expect(batch).toHaveLength(2_000)
      break
    }
    await expect.poll(() => isClosed).toBe(true)
  })

  test('that breaks off says why, not what was in it', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield file('100001,A,1,Open,,')
      throw new GiasError('unavailable', 'The download was cut off.')
    }
    const reading = (async () => {
      for await (const _ of readSchools(broken(), { count: 0, firstRows: [] }));
    })()
    await expect(reading).rejects.toMatchObject({ kind: 'unavailable', problem: 'The download was cut off.' })
  })
})
