import { expect, test } from 'vitest'
import { isTransient } from '../../src/entities/transient.ts'

const withCode = (code: string) => Object.assign(new Error('no'), { code })

test.each([
  ['a serialization failure', '40001'],
  ['a lost connection', '08006'],
  ['a server that shuts down', '57P01'],
  ['too many connections', '53300'],
  ['a transaction that idled for too long', '25P03'],
  ['a server that is no primary any more', '25006'],
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
  ['a mistake of ours', 'ERR_INVALID_ARG_TYPE'],
])('%s does not', (_, code) => {
  expect(isTransient(withCode(code))).toBe(false)
})
