// Dataverse's messages quote what was sent; none of it may reach an error or a log.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DttpError } from '../../src/dttp/client/errors.ts'
import { valuesIn, withoutValues } from '../../src/dttp/client/without-values.ts'
import { type Dttp, PERSONAL, startDttp } from './client-setup.ts'

describe('a message without its values', () => {
  test.each([
    ['Cannot find record to be updated', 'Cannot find record to be updated'],
    [
      "Cannot convert the literal 'zoe@example.com' to 'Edm.DateTimeOffset'.",
      "Cannot convert the literal […] to 'Edm.DateTimeOffset'.",
    ],
    ["The property 'dfe_foo' does not exist.", "The property 'dfe_foo' does not exist."],
    ["A contact named 'O'Neil' exists already", 'A contact named […] exists already'],
    ['A contact named "O\'Neil" exists already', 'A contact named […] exists already'],
    ['The value “Zoë Neil” isn’t allowed', 'The value […] isn’t allowed'],
    ["It doesn't work for Zoë", "It doesn't work for […]"],
    ['Duplicate of zoe@example.com, born 1991-05-16, born 16/05/1991.', 'Duplicate of […] born […] born […]'],
    [
      'Entity With Id = 00000000-1111-4111-8111-00000000000a Does Not Exist',
      'Entity With Id = 00000000-1111-4111-8111-00000000000a Does Not Exist',
    ],
    ["The value 'Zoë", 'The value […]'],
    ['It failed. ---> System.Exception: Zoë Smith', 'It failed.'],
    ['It failed.\r\n   at Zoë Smith', 'It failed.'],
    ['The text zoë is too long', 'The text […] is too long'],
    ['x'.repeat(1_000), 'x'.repeat(240)],
  ])('%s', (message, expected) => {
    expect(withoutValues(message, ['Zoë'])).toBe(expected)
  })

  test('has no word of what was sent, however it is repeated', () => {
    const sent = valuesIn({ a: 'Anne-Marie (O.)', b: { c: ['12 High St', 42] }, 'd@odata.bind': '/accounts(1)' })
    expect(sent).toEqual(['Anne-Marie (O.)', '12 High St', '42'])
    expect(withoutValues('ANNE-MARIE of high lives at 12, 42 times', sent)).toBe('[…] of […] lives at […], […] times')
  })
})

describe('an error of a call', () => {
  let dttp: Dttp

  beforeEach(async () => {
    dttp = await startDttp()
  })

  afterEach(() => dttp.stop())

  test.each([200, 204, 302, 400, 403, 404, 409, 412, 500])(
    'holds nothing of an answer with status %i that repeats it all',
    async (status) => {
      const { client, simulator, contact, contactBody, logged } = dttp
      const everything = JSON.stringify(contactBody)
      simulator.faults.add({
        kind: 'rewritten',
        path: 'contacts',
        times: 3,
        rewrite: (reply) => ({
          ...reply,
          status,
          headers: { 'content-type': 'application/json', location: 'https://example/?Zoë'.replace('ë', 'e') },
          body: JSON.stringify({
            error: { code: `zoe ${everything}`, message: `Zoë's "${everything}" ${everything} O'Neil` },
          }),
        }),
      })
      const thrown = await client.updateContact(contact, contactBody).catch((error: unknown) => error)
      if (status === 204) expect(thrown).toBeUndefined()
      else expect(thrown).toBeInstanceOf(DttpError)
      const told = [String(thrown), JSON.stringify(thrown), (thrown as Error | undefined)?.stack, ...logged].join('\n')
      for (const word of PERSONAL) expect(told).not.toContain(word)
    },
  )

  test('does not name the trainee it looked for', async () => {
    const { client, simulator, logged } = dttp
    simulator.faults.add({
      kind: 'rewritten',
      path: 'contacts',
      rewrite: (reply) => ({
        ...reply,
        status: 400,
        body: JSON.stringify({ error: { code: '0x80060888', message: 'Syntax error at 21/22-Jones of contacts' } }),
      }),
    })
    const thrown = await client.findContactsBy({ traineeId: '21/22-Jones' }).catch((error: unknown) => error)
    expect(thrown).toMatchObject({ kind: 'refused', detail: 'Syntax error at […] of contacts' })
    expect([String(thrown), ...logged].join('\n')).not.toContain('Jones')
  })
})
