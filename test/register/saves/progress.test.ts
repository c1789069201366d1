import { describe, expect, it } from 'vitest'
import { columnLabel } from '../../../src/register/columns.ts'
import { isComplete, PARTS, padProgress } from '../../../src/register/saves/progress.ts'

describe('a part of progress', () => {
  it.each([false, 0, '0', 'f', 'F', 'false', 'FALSE', 'off', 'OFF', '', null, undefined])(
    'is not complete when it is stored as %j',
    (value) => {
      expect(isComplete(value)).toBe(false)
    },
  )

  it.each([true, 'true', 't', '1', 1, 'False', 'no', ' ', [], {}])('is complete when it is stored as %j', (value) => {
    expect(isComplete(value)).toBe(true)
  })
})

describe('progress as Register writes it', () => {
  it('has all ten parts as true or false, and no others', () => {
    const stored = JSON.parse('{"degrees":"true","funding":"off","schools":null,"legacy":true,"__proto__":{"a":1}}')
    const padded = padProgress(stored)
    expect(Object.keys(padded)).toEqual([...PARTS])
    expect(PARTS.filter((part) => padded[part])).toEqual(['degrees'])
  })

  it('keeps a part that is stored as empty, which is neither true nor false', () => {
    const stored = JSON.parse('{"degrees":null,"funding":"","schools":"0"}')
    expect(padProgress(stored)).toMatchObject({ degrees: null, funding: null, schools: false, diversity: false })
  })

  it('is all false where nothing is stored', () => {
    expect(Object.values(padProgress(null))).toEqual(Array(10).fill(false))
  })
})

it('reads a column named like a part of every object as words', () => {
  expect(['constructor', '__proto__', 'to_string', 'trn'].map(columnLabel)).toEqual([
    'Constructor',
    '  proto  ',
    'To string',
    'TRN',
  ])
})
