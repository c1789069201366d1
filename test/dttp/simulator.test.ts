// The simulator refuses what Dataverse refuses, and fails as it was told to.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DttpSimulator, startDttpSimulator, type Value } from '../../sandbox/dttp/index.ts'

const ABSENT = '00000000-1111-4111-8111-000000000000'
const JSON_TYPE = { 'content-type': 'application/json' }

let simulator: DttpSimulator
let time: number
let token: string

beforeEach(async () => {
  time = Date.parse('2021-10-27T15:00:00Z')
  simulator = await startDttpSimulator({ now: () => new Date(time), tokenLifetimeSeconds: 60, trnAfterMs: 5_000 })
  token = String((await readJson(await askForToken({})))['access_token'])
})

afterEach(() => simulator.stop())

const readJson = async (response: Response) => (await response.json()) as Record<string, unknown>

function askForToken(changes: Record<string, string>): Promise<Response> {
  const form = {
    grant_type: 'client_credentials',
    client_id: simulator.clientId,
    client_secret: simulator.clientSecret,
    scope: `${simulator.url}/.default`,
    ...changes,
  }
  return fetch(simulator.tokenUrl, { method: 'POST', body: new URLSearchParams(form) })
}

async function ask(path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) }
  const response = await fetch(`${simulator.url}/api/data/v9.1/${path}`, { ...init, headers })
  const text = await response.text()
  const body = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : { text }
  return { status: response.status, headers: response.headers, body, code: body.error?.code as string | undefined }
}

const patch = (path: string, body: object, headers: Record<string, string> = {}) =>
  ask(path, { method: 'PATCH', body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } })

describe('tokens', () => {
  test.each([
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{ client_id: 'someone' }, 400, 'unauthorized_client'],
    [{ client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ scope: 'https://other.example/.default' }, 400, 'invalid_scope'],
  ])('are refused for %j', async (changes, status, error) => {
    const response = await askForToken(changes)
    expect({ status: response.status, error: (await readJson(response))['error'] }).toEqual({ status, error })
  })

  test('are needed, and expire', async () => {
    expect((await ask('contacts')).status).toBe(200)
    expect((await ask('contacts', { headers: { authorization: '' } })).status).toBe(401)
    expect((await ask('contacts', { headers: { authorization: 'Bearer made-up' } })).status).toBe(401)
    time += 60_000
    expect((await ask('contacts')).status).toBe(401)
  })

  test('and secrets are not kept in its record', () => {
    expect(JSON.stringify(simulator.requests)).not.toContain(simulator.clientSecret)
    expect(JSON.stringify(simulator.requests)).not.toContain(token)
  })
})

describe('records', () => {
  test('PATCH without If-Match creates what is not there; with it, it does not', async () => {
    expect(await patch(`contacts(${ABSENT})`, { firstname: 'A' }, { 'if-match': '*' })).toMatchObject({
      status: 404,
      code: '0x80040217',
    })
    expect(simulator.state.contacts.size).toBe(0)
    expect((await patch(`contacts(${ABSENT})`, { firstname: 'A' })).status).toBe(204)
    expect(simulator.state.contacts.get(ABSENT)).toMatchObject({ firstname: 'A' })
    expect((await patch(`contacts(${ABSENT})`, { firstname: 'B' }, { 'if-match': '*' })).status).toBe(204)
    expect(simulator.state.contacts.get(ABSENT)).toMatchObject({ firstname: 'B' })
  })

  test('a deleted record is not found', async () => {
    const id = simulator.state.add('dfe_degreequalifications', { dfe_name: 'BA' })
    expect((await ask(`dfe_degreequalifications(${id})?$select=dfe_name`)).body).toMatchObject({ dfe_name: 'BA' })
    simulator.state.delete('dfe_degreequalifications', id)
    expect(await ask(`dfe_degreequalifications(${id})`)).toMatchObject({ status: 404, code: '0x80040217' })
  })

  test('a new contact is given a TRN after a while', async () => {
    const id = simulator.state.add('contacts', {})
    expect((await ask(`contacts(${id})?$select=dfe_trn`)).body.dfe_trn).toBeNull()
    time += 5_000
    expect((await ask(`contacts(${id})?$select=dfe_trn`)).body.dfe_trn).toMatch(/^\d{7}$/)
    simulator.state.giveTrn(id, { trn: '7654321' })
    expect((await ask(`contacts(${id})?$select=dfe_trn`)).body.dfe_trn).toBe('7654321')
  })

  test.each([
    ['teapots', 404, '0x8006088a'],
    ['contacts(1)', 400, '0x80060888'],
    ['contacts?$select=dfe_teapot', 400, '0x80060888'],
    ['contacts?$filter=dfe_teapot eq 1', 400, '0x80060888'],
    ['contacts?$filter=firstname eq O', 200, undefined],
    ["contacts?$filter=firstname eq 'O'Neil'", 400, '0x80060888'],
    ["contacts?$filter=firstname eq 'O' and createdon ge 2021-10-27T13:14:00Z", 200, undefined],
    ["contacts?$filter=createdon ge '2021-10-27'", 400, '0x80060888'],
    ['contacts?$filter=firstname ge 2021-10-27T13:14:00Z', 400, '0x80060888'],
    ['contacts?$orderby=firstname', 400, '0x80060888'],
    ['accounts?$skiptoken=nonsense', 400, '0x80041129'],
  ])('GET %s is answered %i', async (path, status, code) => {
    expect(await ask(path)).toMatchObject({ status, ...(code && { code }) })
  })

  test.each<[string, Record<string, Value | object>, number, string]>([
    ['an unknown column', { dfe_teapot: 1 }, 400, '0x80048d19'],
    ['a column only DTTP fills in', { dfe_trn: '1234567' }, 400, '0x80048d19'],
    ['an unknown lookup', { 'dfe_TeapotId@odata.bind': `/accounts(${ABSENT})` }, 400, '0x80048d19'],
    ['a lookup to another set', { 'dfe_CreatedById@odata.bind': `/accounts(${ABSENT})` }, 400, '0x80060888'],
    ['an empty reference', { 'parentcustomerid_account@odata.bind': '/accounts()' }, 400, '0x80060888'],
    [
      'a provider that is not there',
      { 'parentcustomerid_account@odata.bind': `/accounts(${ABSENT})` },
      404,
      '0x80040217',
    ],
    ['a contact that is not there', { 'dfe_CreatedById@odata.bind': `/contacts(${ABSENT})` }, 404, '0x80040217'],
    ['a reference outside a batch', { 'dfe_CreatedById@odata.bind': '$1' }, 400, '0x80060888'],
    ['a nested value', { firstname: {} }, 400, '0x80060888'],
  ])('%s is refused', async (_, body, status, code) => {
    const id = simulator.state.add('contacts', { firstname: 'A' })
    expect(await patch(`contacts(${id})`, { lastname: 'B', ...body }, { 'if-match': '*' })).toMatchObject({
      status,
      code,
    })
    expect(simulator.state.contacts.get(id)).not.toHaveProperty('lastname')
  })
})

describe('keys', () => {
  const CHOSEN = '00000000-2222-4222-8222-000000000001'
  const post = (body: object) => ask('contacts', { method: 'POST', body: JSON.stringify(body), headers: JSON_TYPE })
  const EXISTS = { status: 412, code: '0x80040237' }

  test('are chosen by whoever creates the record, and taken once', async () => {
    expect((await post({ contactid: CHOSEN.toUpperCase(), firstname: 'A' })).status).toBe(204)
    expect(simulator.state.contacts.get(CHOSEN)).toMatchObject({ firstname: 'A', statecode: 0, merged: false })
    expect(await post({ contactid: CHOSEN, firstname: 'B' })).toMatchObject(EXISTS)
    expect(simulator.state.contacts.get(CHOSEN)).toMatchObject({ firstname: 'A' })
    simulator.state.delete('contacts', CHOSEN)
    expect((await post({ contactid: CHOSEN, firstname: 'B' })).status).toBe(204)
  })

  test('are ids, and can be named in no update', async () => {
    expect(await post({ contactid: 'A1' })).toMatchObject({ status: 400, code: '0x80060888' })
    const id = simulator.state.add('contacts', {})
    expect(await patch(`contacts(${id})`, { contactid: CHOSEN })).toMatchObject({ status: 400, code: '0x80048d19' })
  })

  test('that are alternate ones are answered with the same code; nothing has no key', async () => {
    simulator.state.addKey('contacts', ['dfe_traineeid'])
    expect((await post({ dfe_traineeid: '21/22-1' })).status).toBe(204)
    expect(await post({ contactid: CHOSEN, dfe_traineeid: '21/22-1' })).toMatchObject(EXISTS)
    expect((await post({ firstname: 'A' })).status).toBe(204)
    expect((await post({ firstname: 'B' })).status).toBe(204)
  })

  test.each([
    ['ignored', 204],
    ['refused', 400],
  ] as const)('can be %s', async (ownIds, status) => {
    await simulator.stop()
    simulator = await startDttpSimulator({ ownIds })
    token = String((await readJson(await askForToken({})))['access_token'])
    expect((await post({ contactid: CHOSEN })).status).toBe(status)
    expect(simulator.state.contacts.has(CHOSEN)).toBe(false)
  })
})

describe('versions', () => {
  test('an update of another version than is there is refused, and changes nothing', async () => {
    const id = simulator.state.add('contacts', { firstname: 'A' })
    const read = await ask(`contacts(${id})?$select=firstname`)
    const etag = String(read.headers.get('etag'))
    expect(read.body['@odata.etag']).toBe(etag)
    expect((await patch(`contacts(${id})`, { firstname: 'B' }, { 'if-match': etag })).status).toBe(204)
    expect(await patch(`contacts(${id})`, { firstname: 'C' }, { 'if-match': etag })).toMatchObject({
      status: 412,
      code: '0x80060882',
    })
    expect(simulator.state.contacts.get(id)).toMatchObject({ firstname: 'B' })
  })

  test('whatever happens to a record is another version', async () => {
    const id = simulator.state.add('contacts', {})
    const etag = simulator.state.etagOf(id)
    simulator.state.giveTrn(id)
    await ask(`contacts(${id})`)
    expect(simulator.state.etagOf(id)).not.toBe(etag)
  })
})

test('a contact that was merged or deactivated can still be read, and says so', async () => {
  const [one, other] = [simulator.state.add('contacts', {}), simulator.state.add('contacts', {})]
  simulator.state.merge(one, other)
  const columns = '$select=statecode,merged,_masterid_value'
  expect((await ask(`contacts(${one})?${columns}`)).body).toMatchObject({
    ...{ statecode: 1, merged: true, _masterid_value: other },
  })
  simulator.state.deactivate('contacts', other)
  expect((await ask(`contacts(${other})?${columns}`)).body).toMatchObject({ statecode: 1, merged: false })
  expect((await ask('contacts?$select=contactid&$filter=statecode eq 0')).body.value).toEqual([])
})

describe('pages', () => {
  test('honour odata.maxpagesize and link on until all have been given', async () => {
    for (let index = 0; index < 7; index++)
      simulator.state.add('accounts', { dfe_urn: String(index), dfe_provider: index === 0 })
    let path: string | undefined = 'accounts?$select=dfe_urn&$filter=dfe_provider eq false'
    const sizes: number[] = []
    const urns: string[] = []
    while (path) {
      const { body } = await ask(path, { headers: { prefer: 'odata.maxpagesize=4' } })
      sizes.push(body.value.length)
      urns.push(...body.value.map((one: { dfe_urn: string }) => one.dfe_urn))
      const next: string | undefined = body['@odata.nextLink']
      if (next) expect(next.startsWith(`${simulator.url}/api/data/v9.1/accounts?`)).toBe(true)
      path = next?.slice(`${simulator.url}/api/data/v9.1/`.length)
    }
    expect(sizes).toEqual([4, 2])
    expect(urns.sort()).toEqual(['1', '2', '3', '4', '5', '6'])
  })
})

describe('a batch', () => {
  const part = (id: string | null, body: object, more: { line?: string; type?: string } = {}): string[] => [
    '--cs',
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(id === null ? [] : [`Content-ID: ${id}`]),
    '',
    more.line ?? 'POST /api/data/v9.1/contacts HTTP/1.1',
    `Content-Type: ${more.type ?? 'application/json'}`,
    '',
    JSON.stringify(body),
  ]
  const batch = (...parts: string[][]): string =>
    ['--b', 'Content-Type: multipart/mixed;boundary=cs', '', ...parts.flat(), '--cs--', '--b--', ''].join('\r\n')
  const post = (body: string, contentType = 'multipart/mixed;boundary=b') =>
    ask('$batch', { method: 'POST', body, headers: { 'content-type': contentType } })

  test('is all or nothing', async () => {
    const [good, bad] = [part('1', { firstname: 'A' }), part('2', { dfe_teapot: 1 })]
    const { status, headers, body } = await post(batch(good, bad))
    expect({ status, contacts: simulator.state.contacts.size }).toEqual({ status: 400, contacts: 0 })
    expect(headers.get('content-type')).toMatch(/^multipart\/mixed; boundary=batchresponse_/)
    expect(body.text).toMatch(/Content-ID: 2\r\n\r\nHTTP\/1.1 400 Refused\r\n[\s\S]*0x80048d19/)
    expect((await post(batch(good))).status).toBe(200)
    expect(simulator.state.contacts.size).toBe(1)
  })

  test('with a key that is taken changes nothing, whichever part has it; own keys can be referred to', async () => {
    const [contactid, other] = ['00000000-2222-4222-8222-000000000002', '00000000-2222-4222-8222-000000000003']
    const degree = (id: string) =>
      part(
        '2',
        { dfe_degreequalificationid: id, 'dfe_ContactId@odata.bind': '$1' },
        {
          line: 'POST /api/data/v9.1/dfe_degreequalifications HTTP/1.1',
        },
      )
    expect((await post(batch(part('1', { contactid }), degree(contactid)))).status).toBe(200)
    expect(simulator.state.dfe_degreequalifications.get(contactid)).toMatchObject({ _dfe_contactid_value: contactid })
    for (const again of [batch(part('1', { contactid })), batch(part('1', { contactid: other }), degree(contactid))]) {
      const { status, body } = await post(again)
      expect({ status, contacts: simulator.state.contacts.size }).toEqual({ status: 400, contacts: 1 })
      expect(body.text).toMatch(/HTTP\/1.1 412 Refused\r\n[\s\S]*0x80040237/)
    }
  })

  test.each<[string, string, string?]>([
    ['no content id', batch(part(null, {}))],
    ['one content id twice', batch(part('1', {}), part('1', {}))],
    ['bare LF', batch(part('1', {})).replaceAll('\r\n', '\n')],
    ['no closing boundary', batch(part('1', {})).replace('--b--', '')],
    ['no closing boundary of the change set', batch(part('1', {})).replace('--cs--', '')],
    ['another boundary than announced', batch(part('1', {})), 'multipart/mixed;boundary=other'],
    ['no boundary', batch(part('1', {})), 'multipart/mixed'],
    ['another content type', batch(part('1', {})), 'application/json'],
    ['nothing in it', ''],
    ['an empty change set', batch()],
    ['a query in the change set', batch(part('1', {}, { line: 'GET /api/data/v9.1/contacts HTTP/1.1' }))],
    ['no HTTP version', batch(part('1', {}, { line: 'POST /api/data/v9.1/contacts' }))],
    ['a part that is not JSON', batch(part('1', {}, { type: 'text/plain' }))],
    ['a transfer encoding that is not binary', batch(part('1', {})).replace('binary', 'base64')],
  ])('with %s is refused as a whole', async (_, body, contentType) => {
    expect(await post(body, contentType)).toMatchObject({ status: 400, code: '0x80060888' })
    expect(simulator.state.contacts.size).toBe(0)
  })

  test.each([
    ['a reference to nothing', { 'dfe_CreatedById@odata.bind': '$9' }],
    ['a reference to itself', { 'dfe_CreatedById@odata.bind': '$1' }],
    ['a reference to a record of another set', { 'parentcustomerid_account@odata.bind': '$0' }],
  ])('with %s changes nothing', async (_, body) => {
    expect((await post(batch(part('0', {}), part('1', body)))).status).toBe(400)
    expect(simulator.state.contacts.size).toBe(0)
  })
})

describe('faults', () => {
  test('strike what they are meant for, as often as they are meant to', async () => {
    simulator.faults.add({ kind: 'server-error', method: 'GET', path: /^accounts/, times: 2 })
    expect((await ask('contacts')).status).toBe(200)
    expect((await ask('accounts')).status).toBe(500)
    expect((await ask('accounts')).status).toBe(500)
    expect((await ask('accounts')).status).toBe(200)
    simulator.faults.add({ kind: 'rate-limited', retryAfter: '30' })
    expect((await ask('contacts')).headers.get('retry-after')).toBe('30')
  })

  test('an answer can be lost before or after the write', async () => {
    const id = simulator.state.add('contacts', { firstname: 'A' })
    simulator.faults.add({ kind: 'lost-request', method: 'PATCH' })
    await expect(patch(`contacts(${id})`, { firstname: 'B' })).rejects.toThrow()
    expect(simulator.state.contacts.get(id)).toMatchObject({ firstname: 'A' })
    simulator.faults.add({ kind: 'lost-answer', method: 'PATCH' })
    await expect(patch(`contacts(${id})`, { firstname: 'B' })).rejects.toThrow()
    expect(simulator.state.contacts.get(id)).toMatchObject({ firstname: 'B' })
    expect(simulator.requestsTo('contacts').map(({ fault, wrote, status }) => [fault, wrote, status])).toEqual([
      ['lost-request', 0, null],
      ['lost-answer', 1, null],
    ])
  })
})
