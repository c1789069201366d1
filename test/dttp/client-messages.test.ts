// Dataverse's messages quote people; none of it may reach an error or a log.
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DttpError } from '../../src/dttp/client/errors.ts'
import { sampleOfEach } from '../support/extent.ts'
import { DATES, fill, MESSAGES, peopleIn, type QuotingMessage, SPELLINGS, TRAINEE } from '../support/quoted-people.ts'
import { type Dttp, registration, startDttp } from './client-setup.ts'

let dttp: Dttp

beforeEach(async () => {
  dttp = await startDttp()
})

afterEach(() => dttp.stop())

const REQUEST_ID = 'c2f5b8a1-0000-4000-8000-00000000c0de'

/** Every call, by the method it is sent with. */
const CALLS: Readonly<Record<string, (dttp: Dttp) => Promise<unknown>>> = {
  GET: ({ client, contact }) => client.getTrn(contact),
  PATCH: ({ client, contact, contactBody }) => client.updateContact(contact, contactBody),
  POST: ({ client, ...rest }) =>
    client.createInBatch(registration({ ...rest, contactBody: quotedBody(rest.contactBody) })),
  $batch: ({ client, ...rest }) =>
    client.createInBatch(registration({ ...rest, contactBody: quotedBody(rest.contactBody) })),
}

function quotedBody<T extends object>(body: T): T {
  return { ...body, firstname: TRAINEE.first, lastname: TRAINEE.last, birthdate: TRAINEE.dob }
}

function answer({ status, code, message }: QuotingMessage, text: string, inBatch: boolean): void {
  const body = message.startsWith('<') ? text : JSON.stringify({ error: { code, message: text } })
  const headers = { 'content-type': 'application/json', 'x-ms-service-request-id': REQUEST_ID, 'x-quoted': 'Zoelinde' }
  const part = `--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 400 Bad\r\n\r\n${body}\r\n--b--\r\n`
  dttp.simulator.faults.add({
    kind: 'rewritten',
    times: 5,
    path: /^(?!token)/,
    rewrite: (reply) =>
      inBatch
        ? { ...reply, status: 200, headers: { ...headers, 'content-type': 'multipart/mixed; boundary=b' }, body: part }
        : { ...reply, status, headers, body },
  })
}

/** Everything that anybody could see of an error. */
function whole(error: unknown): string {
  return [
    String(error),
    JSON.stringify(error),
    (error as Error).stack,
    inspect(error, { depth: 9, showHidden: true }),
  ].join('\n')
}

const answers = MESSAGES.flatMap((message) => message.on.map((on) => [on, message.message, message] as const))

test.each(sampleOfEach(answers, ([on]) => on, 8))(
  'an error of a %s says nothing of anyone, however “%s” is spelled',
  async (on, _, message) => {
    for (const spelling of Object.keys(SPELLINGS)) {
      const text = fill(on === '$batch' ? (MESSAGES[0]?.message ?? '') : message.message, spelling, dttp.contact)
      dttp.simulator.faults.clear()
      answer({ ...message, code: fill(message.code, spelling, '') }, text, on === '$batch')
      const thrown = await CALLS[on]?.(dttp).catch((error: unknown) => error)
      expect(thrown).toBeInstanceOf(DttpError)
      expect([spelling, ...peopleIn(whole(thrown))]).toEqual([spelling])
    }
    expect(peopleIn(dttp.logged.join('\n'))).toEqual([])
  },
)

test('every spelling of everybody is found where it is', () => {
  for (const spelling of Object.keys(SPELLINGS)) {
    for (const name of ['first', 'last', 'email', 'address', 'other_first', 'other_last']) {
      expect([spelling, name, peopleIn(fill(`it is {${name}}, really`, spelling, ''))]).not.toEqual([
        spelling,
        name,
        [],
      ])
    }
  }
  for (const turn of DATES.keys()) expect(peopleIn(fill('born {dob}', 'as stored', '', turn))).not.toEqual([])
})

describe('an error', () => {
  const refusal = (code: string, message: string, headers = {}) =>
    dttp.simulator.faults.add({
      kind: 'rewritten',
      path: 'contacts',
      rewrite: (reply) => ({ ...reply, status: 400, headers, body: JSON.stringify({ error: { code, message } }) }),
    })
  const refused = (call: Promise<unknown>) =>
    call.then(
      () => expect.fail('it was not refused'),
      (error: unknown) => error,
    )

  test('names the id by which DTTP’s operators find the request, from whichever header', async () => {
    for (const name of ['x-ms-service-request-id', 'REQ_ID', 'x-ms-client-request-id']) {
      refusal('0x80041234', 'Zoë', { [name]: REQUEST_ID })
      const error = await refused(dttp.client.updateContact(dttp.contact, {}))
      expect(error).toMatchObject({ kind: 'refused', code: '0x80041234', said: null, requestId: REQUEST_ID })
    }
    expect(dttp.logged.join('\n')).toContain(REQUEST_ID)
  })

  test('takes nothing for such an id that is none', async () => {
    refusal('0x80041234', '', { req_id: 'Zoe Smith', 'x-ms-client-request-id': REQUEST_ID })
    expect(await refused(dttp.client.updateContact(dttp.contact, {}))).toMatchObject({ requestId: REQUEST_ID })
  })

  test('names a property only if we sent it', async () => {
    const said = async (message: string, body: object) => {
      refusal('0x80048d19', message)
      return ((await refused(dttp.client.updateContact(dttp.contact, { ...body }))) as DttpError).said
    }
    const about = (name: string) =>
      `Error identified in Payload: The property '${name}' does not exist on type 'contact'.`
    expect(await said(about('dfe_foo'), { dfe_foo: 1 })).toBe('it does not know a property that we sent (dfe_foo)')
    expect(await said(about('Mueller'), { dfe_foo: 'Mueller' })).toBe('it does not know a property that we sent')
  })

  test('names a column only if we asked for it', async () => {
    refusal('0x0', "Could not find a property named 'dfe_trn' on type 'Microsoft.Dynamics.CRM.contact'.")
    expect(await refused(dttp.client.getTrn(dttp.contact))).toMatchObject({
      said: 'it does not know a property that we asked for (dfe_trn)',
    })
  })

  test('still tells a record that is gone from everything else', async () => {
    refusal('', 'Cannot find record to be updated. Zoë')
    expect(await refused(dttp.client.updateContact(dttp.contact, {}))).toMatchObject({
      kind: 'gone',
      said: 'it cannot find the record to be updated',
    })
  })
})
