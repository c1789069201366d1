import { describe, expect, test } from 'vitest'
import { readRegisterFailure } from '../../src/failures/register-failure.ts'

const codeOf = (job: 'register-for-trn' | 'update-trainee', errorClass: string | null, message = 'x') =>
  readRegisterFailure({ job, errorClass, message }).code

describe('a registration of Register’s own', () => {
  test.each([
    ['TypeError', 'no implicit conversion of nil into String'],
    ['PG::ConnectionBad', 'x'],
    ['ActiveRecord::RecordInvalid', 'x'],
    ['NoMethodError', "undefined method `body' for nil:NilClass"],
    ['OpenSSL::SSL::SSLError', 'SSL_read: unexpected eof while reading'],
    ['Net::ReadTimeout', 'x'],
    ['Dttp::Client::HttpError', 'status: 408, body: , headers: {}'],
    ['Dttp::Client::HttpError', 'x'],
    [null, 'x'],
  ])('that died of %s (%s) may have been sent', (errorClass, message) => {
    expect(codeOf('register-for-trn', errorClass, message)).toBe('outcome-unknown')
  })

  test.each([
    ['NoMethodError', "undefined method `in_time_zone' for nil:NilClass", 'unexpected'],
    ['NoMethodError', "undefined method `urn' for nil:NilClass", 'unexpected'],
    ['NameError', 'uninitialized constant Dttp::RegisterForTrnJob', 'unexpected'],
    [
      'ActiveJob::DeserializationError',
      "Error while trying to deserialize arguments: Couldn't find Trainee with 'id'=\"9\"",
      'trainee-gone',
    ],
    [
      'ActiveJob::DeserializationError',
      'Error while trying to deserialize arguments: PG::ConnectionBad: x',
      'register-unavailable',
    ],
    ['OpenSSL::SSL::SSLError', 'SSL_connect returned=1 errno=0', 'dttp-unavailable'],
    ['Net::OpenTimeout', 'execution expired', 'dttp-unavailable'],
    ['Dttp::Client::HttpError', 'status: 400, body: {}, headers: {}', 'dttp-refused'],
  ])('that died of %s (%s) was not sent', (errorClass, message, code) => {
    expect(codeOf('register-for-trn', errorClass, message)).toBe(code)
  })
})

test('of another job, what nobody has thought of stays that', () => {
  expect(codeOf('update-trainee', 'TypeError')).toBe('unexpected')
  expect(codeOf('update-trainee', 'OpenSSL::SSL::SSLError', 'SSL_read')).toBe('dttp-unavailable')
})
