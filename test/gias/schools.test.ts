// What is said of a school, and of the age of what is said.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  describeGiasAge,
  findGiasAge,
  findGiasSchools,
  giasStatusLabel,
  giasUrl,
  isOpenOnGias,
  isTooOld,
} from '../../src/gias/schools.ts'
import { type Gias, startGias } from './gias-setup.ts'

const HOUR = 3_600_000

describe('a status', () => {
  test.each([
    [1, true],
    [2, false],
    [3, true],
    [4, false],
  ])('%i is open: %s', (status, isOpen) => expect(isOpenOnGias(status)).toBe(isOpen))

  test('is called what GIAS calls it, with the close date', () => {
    expect(giasStatusLabel({ statusName: 'Open', closeDate: null })).toBe('Open')
    expect(giasStatusLabel({ statusName: 'Closed', closeDate: '2021-08-31' })).toBe('Closed, close date 31 August 2021')
    const proposed = { statusName: 'Open, but proposed to close', closeDate: '2022-03-27' }
    expect(giasStatusLabel(proposed)).toBe('Open, but proposed to close, close date 27 March 2022')
  })
})

test('a school’s page on GIAS is under its URN', () => {
  const page = 'https://get-information-schools.service.gov.uk/Establishments/Establishment/Details'
  expect(giasUrl('100000')).toBe(`${page}/100000`)
  expect(giasUrl('../x?y')).toBe(`${page}/..%2Fx%3Fy`)
})

describe('the age', () => {
  const age = { sourceDate: '2021-10-27' }
  const begins = Date.parse('2021-10-27T00:00:00Z')

  test('is counted from the beginning of the extract’s day', () => {
    expect(isTooOld(age, new Date(begins + 48 * HOUR), 48 * HOUR)).toBe(false)
    expect(isTooOld(age, new Date(begins + 48 * HOUR + 1), 48 * HOUR)).toBe(true)
  })

  test('of nothing is always too old', () => {
    expect(isTooOld(null, new Date(begins), Number.MAX_SAFE_INTEGER)).toBe(true)
    expect(describeGiasAge(null)).toBe('nothing from GIAS yet')
  })

  test('is told by the day', () => {
    expect(describeGiasAge(age)).toBe('GIAS’s extract of 27 October 2021')
  })
})

describe('what is loaded', () => {
  let gias: Gias

  beforeAll(async () => {
    gias = await startGias()
  })
  afterAll(() => gias.stop())

  test('is nothing, and of no age, before anything was', async () => {
    expect(await findGiasAge(gias.database.manager)).toBeNull()
    expect(await findGiasSchools(gias.database.manager, ['100001'])).toEqual(new Map())
  })

  test('is found by URN, those that GIAS has', async () => {
    gias.simulator.setSchools([
      { urn: '100001', name: 'St Zoë’s School', status: 3, openDate: '1999-09-01', closeDate: '2022-08-31' },
      { urn: '100002', name: 'The Old School', status: 2 },
    ])
    await gias.load({ limits: { minimumRows: 1 } })
    const found = await findGiasSchools(gias.database.manager, ['100001', '100002', '100001', '999999', `' OR true`])
    expect(Object.fromEntries(found)).toEqual({
      100001: {
        urn: '100001',
        name: 'St Zoë’s School',
        status: 3,
        statusName: 'Open, but proposed to close',
        openDate: '1999-09-01',
        closeDate: '2022-08-31',
      },
      100002: {
        urn: '100002',
        name: 'The Old School',
        status: 2,
        statusName: 'Closed',
        openDate: null,
        closeDate: null,
      },
    })
    expect(await findGiasSchools(gias.database.manager, [])).toEqual(new Map())
    expect(await findGiasAge(gias.database.manager)).toEqual({
      sourceDate: '2021-10-27',
      loadedAt: new Date(gias.clock.time),
      rows: 2,
      defects: 0,
    })
  })
})
