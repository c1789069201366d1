import { expect, test } from 'vitest'
import { isTransient, unlistedCode } from '../../src/entities/transient.ts'

const withCode = (code: string) => Object.assign(new Error('no'), { code })

test.each([
  ['a serialization failure', '40001'],
  ['a lost connection', '08006'],
  ['a server that shuts down', '57P01'],
  ['too many connections', '53300'],
  ['a transaction that idled for too long', '25P03'],
  ['a server that is no primary any more', '25006'],
  ['a password that is being changed', '28P01'],
  ['a pooler that does not know us yet', '28000'],
  ['a disk that stutters', '58030'],
  ['a look-up of what Rails replaces just now', 'XX000'],
  ['a code that is on no list', '99999'],
  ['a connection that is refused', 'ECONNREFUSED'],
  ['a name that cannot be looked up just now', 'EAI_AGAIN'],
])('%s goes away by itself', (_, code) => {
  expect(isTransient(withCode(code))).toBe(true)
  expect(isTransient(Object.assign(new Error('no'), { driverError: withCode(code) }))).toBe(true)
})

test.each([
  ['a row that is there already', '23505'],
  ['a check that does not hold', '23514'],
  ['a column that is not there', '42703'],
  ['a text that is no number', '22P02'],
  ['a statement that cannot be read', '42601'],
  ['what a function of ours refuses', 'P0001'],
  ['a mistake of ours', 'ERR_INVALID_ARG_TYPE'],
])('%s does not', (_, code) => {
  expect(isTransient(withCode(code))).toBe(false)
})

test('what is tried again only because no list has it can be told from the rest', () => {
  expect(['58030', '57P01', '42601', 'ERR_ANY'].map((code) => unlistedCode(withCode(code)))).toEqual([
    ...['58030', null, null, null],
  ])
})
