import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  ABSENT,
  ASSIGNMENT_PART,
  CONTACT_PART,
  DEGREE_PART,
  type Dttp,
  registration,
  startDttp,
} from './client-setup.ts'

let dttp: Dttp

beforeEach(async () => {
  dttp = await startDttp()
})

afterEach(() => dttp.stop())

/** Registers with an answer that the simulator put together, after `rewrite`. */
async function registerAnswered(
  rewrite: (body: string) => string,
  more: { status?: number; contentType?: string } = {},
) {
  dttp.simulator.faults.add({
    kind: 'rewritten',
    path: '$batch',
    rewrite: (reply) => ({
      ...reply,
      status: more.status ?? reply.status,
      headers: { ...reply.headers, ...(more.contentType ? { 'content-type': more.contentType } : {}) },
      body: rewrite(reply.body),
    }),
  })
  return dttp.client.createInBatch(registration(dttp))
}

test('creates all of it, and knows each record by its content id', async () => {
  const { client, simulator } = dttp
  const ids = await client.createInBatch(registration(dttp))
  const { contacts, dfe_placementassignments: assignments, dfe_degreequalifications: degrees } = simulator.state
  const [contact, assignment, degree] = [CONTACT_PART, ASSIGNMENT_PART, DEGREE_PART].map((part) => ids.get(part) ?? '')
  expect(contacts.get(contact ?? '')).toMatchObject({ firstname: 'Zoë', _parentcustomerid_value: dttp.provider })
  expect(assignments.get(assignment ?? '')).toMatchObject({ _dfe_contactid_value: contact })
  expect(degrees.get(degree ?? '')).toMatchObject({
    _dfe_contactid_value: contact,
    _dfe_trainingrecordid_value: assignment,
  })
  expect(ids.size).toBe(3)
})

describe('with ids of our own', () => {
  const own = ['11111111-0000-4000-8000-000000000001', '11111111-0000-4000-8000-000000000002'] as const
  const parts = () => {
    const [contact, assignment, degree] = registration(dttp)
    return [
      { ...contact, body: { contactid: own[0], ...contact.body } },
      { ...assignment, body: { dfe_placementassignmentid: own[1], ...assignment.body } },
      degree,
    ]
  }

  test('gives the records those', async () => {
    const ids = await dttp.client.createInBatch(parts())
    expect([ids.get(CONTACT_PART), ids.get(ASSIGNMENT_PART)]).toEqual(own)
    expect(dttp.simulator.state.contacts.get(own[0])).toMatchObject({ firstname: 'Zoë' })
  })

  test('and sent twice, creates nothing the second time and says that a key exists', async () => {
    const { client, simulator } = dttp
    await client.createInBatch(parts())
    const sizes = () => [simulator.state.contacts, simulator.state.dfe_placementassignments].map(({ size }) => size)
    const before = sizes()
    await expect(client.createInBatch(parts())).rejects.toMatchObject({
      ...{ kind: 'exists', status: 412, code: '0x80040237' },
    })
    expect(sizes()).toEqual(before)
  })
})

describe('just before it is sent', () => {
  test('somebody may object, and then nothing is', async () => {
    const { client, simulator } = dttp
    const objection = new Error('not mine any more')
    await expect(client.createInBatch(registration(dttp), () => Promise.reject(objection))).rejects.toBe(objection)
    expect(simulator.requestsTo('$batch')).toEqual([])
  })

  test('the token is there, and every wait is over', async () => {
    const { client, simulator } = dttp
    const asked: string[][] = []
    const note = async () => void asked.push(simulator.requests.map(({ path }) => path))
    await client.createInBatch(registration(dttp), note)
    expect(asked).toEqual([['token']])
    expect(simulator.requestsTo('$batch')).toHaveLength(1)
  })
})

test('is sent as Microsoft describes it', async () => {
  const { client, simulator } = dttp
  await client.createInBatch(registration(dttp))
  const { body = '', headers } = simulator.requestsTo('$batch')[0] ?? {}
  const boundary = /^multipart\/mixed;boundary=(batch_[0-9a-f-]{36})$/.exec(headers?.['content-type'] ?? '')?.[1]
  const changeSet = /boundary=(changeset_[0-9a-f-]{36})/.exec(body)?.[1]
  expect(
    body
      .replaceAll(/\{.*\}/g, '{…}')
      .split('\r\n')
      .slice(0, 20),
  ).toEqual([
    `--${boundary}`,
    `Content-Type: multipart/mixed;boundary=${changeSet}`,
    '',
    `--${changeSet}`,
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    `Content-ID: ${CONTACT_PART}`,
    '',
    'POST /api/data/v9.1/contacts HTTP/1.1',
    'Content-Type: application/json;type=entry',
    '',
    '{…}',
    `--${changeSet}`,
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    `Content-ID: ${ASSIGNMENT_PART}`,
    '',
    'POST /api/data/v9.1/dfe_placementassignments HTTP/1.1',
    'Content-Type: application/json;type=entry',
    '',
  ])
  expect(body.endsWith(`\r\n--${changeSet}--\r\n\r\n--${boundary}--\r\n`)).toBe(true)
  expect(body).not.toMatch(/(?<!\r)\n/)
})

describe('an answer is read, though', () => {
  const VARIANTS: Record<string, (body: string) => string> = {
    'its lines end in bare LF': (body) => body.replaceAll('\r\n', '\n'),
    'it is indented': (body) => body.replaceAll('\r\n', '\r\n    '),
    'it is indented with tabs and bare LF': (body) => `\n\t${body.replaceAll('\r\n', '\n\t')}`,
    'its header names are in lower case': (body) => body.replaceAll(/^[\w-]+:/gm, (name) => name.toLowerCase()),
    'its header names are in upper case': (body) => body.replaceAll(/^[\w-]+:/gm, (name) => name.toUpperCase()),
    'its headers have no space after the colon': (body) => body.replaceAll(/^([\w-]+): /gm, '$1:'),
    'its boundaries are quoted': (body) => body.replace(/boundary=(\S+)/, 'boundary="$1"'),
    'its boundaries are unlike any we know': (body) => body.replaceAll(/changesetresponse_[0-9a-f-]+/g, "x'y_1=+z"),
    'its parts come in another order': reversedParts,
    'only OData-EntityId names the record': (body) => body.replaceAll(/^Location:.*\r\n/gm, ''),
    'only Location names the record': (body) => body.replaceAll(/^OData-EntityId:.*\r\n/gm, ''),
    'its ids are in upper case': (body) => body.replaceAll(/\(([0-9a-f-]{36})\)/g, (id) => id.toUpperCase()),
    'something stands before and after it': (body) => `A preamble.\r\n${body}\r\nAn epilogue.`,
    'it is not closed': (body) => body.replace(/--changesetresponse_[0-9a-f-]+--[\s\S]*$/, ''),
    'the content id stands among the inner headers': (body) =>
      body.replaceAll(/(Content-ID: .*\r\n)\r\n(HTTP.*\r\n)/g, '\r\n$2$1'),
  }

  test.each(Object.keys(VARIANTS))('%s', async (variant) => {
    const ids = await registerAnswered(VARIANTS[variant] ?? String)
    const { contacts, dfe_placementassignments: assignments, dfe_degreequalifications: degrees } = dttp.simulator.state
    expect(contacts.has(ids.get(CONTACT_PART) ?? '')).toBe(true)
    expect(assignments.has(ids.get(ASSIGNMENT_PART) ?? '')).toBe(true)
    expect(degrees.has(ids.get(DEGREE_PART) ?? '')).toBe(true)
  })

  test('its own boundary is named by no header', async () => {
    expect((await registerAnswered(String, { contentType: 'multipart/mixed' })).size).toBe(3)
  })
})

describe('the outcome is unknown, and nothing is sent again, if', () => {
  const VARIANTS: Record<string, [(body: string) => string, { status?: number; contentType?: string }?]> = {
    'a part is missing': [
      (body) => body.replace(/--changesetresponse_[0-9a-f-]+\r\n[\s\S]*?(?=--changesetresponse_)/, ''),
    ],
    'a part has no content id': [(body) => body.replace(/Content-ID: .*\r\n/, '')],
    'a content id comes twice': [(body) => body.replaceAll(DEGREE_PART, CONTACT_PART)],
    'a content id is not ours': [(body) => body.replace(DEGREE_PART, ABSENT)],
    'a part has no id': [(body) => body.replaceAll(/^(Location|OData-EntityId):.*contacts.*\r\n/gm, '')],
    'the two ids of a part differ': [(body) => body.replace(/(Location: .*)\([0-9a-f-]{36}\)/, `$1(${ABSENT})`)],
    'an id is of another record set': [(body) => body.replaceAll('/contacts(', '/accounts(')],
    'two parts have one id': [(body) => body.replaceAll(/\([0-9a-f-]{36}\)/g, `(${ABSENT})`)],
    'some parts succeeded and one did not': [(body) => body.replace('204 No Content', '400 Bad Request')],
    'a part failed with 500': [(body) => body.replaceAll('204 No Content', '500 Internal Server Error')],
    'the answer is a page of HTML': [() => '<html>Please sign in</html>', { contentType: 'text/html' }],
    'the answer is empty': [() => '', { contentType: 'text/plain' }],
    'the status is 202': [String, { status: 202 }],
    'the status is 502': [() => 'Bad gateway', { status: 502, contentType: 'text/html' }],
    'the status is 400 and the parts say otherwise': [String, { status: 400 }],
  }

  test.each(Object.keys(VARIANTS))('%s', async (variant) => {
    const [rewrite, more] = VARIANTS[variant] ?? [String]
    await expect(registerAnswered(rewrite, more)).rejects.toMatchObject({
      kind: 'outcome-unknown',
      call: 'createInBatch',
    })
    expect(dttp.simulator.requestsTo('$batch')).toHaveLength(1)
  })
})

describe('a change set that DTTP refuses', () => {
  test('creates nothing, and says which property that we sent is not known', async () => {
    const { client, simulator, logged } = dttp
    const parts = registration(dttp)
    Object.assign(parts[2].body, { dfe_surprise: 'Zoë' })
    await expect(client.createInBatch(parts)).rejects.toMatchObject({
      kind: 'refused',
      status: 400,
      code: '0x80048d19',
      said: 'it does not know a property that we sent (dfe_surprise)',
    })
    expect(simulator.state.contacts.size).toBe(1)
    expect(simulator.state.dfe_placementassignments.size).toBe(1)
    expect(logged.join('\n')).not.toContain('Zoë')
  })

  test('for a school that is not there is refused, not gone', async () => {
    const parts = registration({ ...dttp, school: ABSENT })
    await expect(dttp.client.createInBatch(parts)).rejects.toMatchObject({
      kind: 'refused',
      status: 404,
      code: '0x80040217',
      said: `it does not have a record that we refer to (${ABSENT})`,
    })
  })

  test.each([
    [401, 'unauthorised'],
    [403, 'refused'],
    [429, 'unavailable'],
    [503, 'outcome-unknown'],
  ])('with an inner %i is %s', async (status, kind) => {
    const part = (body: string): string => {
      const [batch = ''] = /^--\S+/.exec(body) ?? []
      const error = '{"error":{"code":"0x80072322","message":"Number of requests"}}'
      const head = 'Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n'
      return `${batch}\r\n${head}HTTP/1.1 ${status} No\r\nRetry-After: 7\r\nContent-Type: application/json\r\n\r\n${error}\r\n${batch}--\r\n`
    }
    const told = status === 429 || status === 503 ? 7_000 : null
    await expect(registerAnswered(part)).rejects.toMatchObject({ kind, status, code: '0x80072322', retryAfterMs: told })
  })
})

describe('a batch that could not be right is not sent', () => {
  test.each([
    ['nothing to create', []],
    ['a content id with a line break', [{ contentId: '1\r\nX: y', entity: 'contacts', body: {} }]],
    ['an empty content id', [{ contentId: '', entity: 'contacts', body: {} }]],
    [
      'one content id for two parts',
      [
        { contentId: 'a', entity: 'contacts', body: {} },
        { contentId: 'A', entity: 'contacts', body: {} },
      ],
    ],
    [
      'a reference to a later part',
      [{ contentId: '1', entity: 'contacts', body: { 'dfe_CreatedById@odata.bind': '$2' } }],
    ],
  ] as const)('%s', async (_, parts) => {
    await expect(dttp.client.createInBatch(parts)).rejects.toMatchObject({ kind: 'refused', status: null })
    expect(dttp.simulator.requests).toEqual([])
  })
})

test('values cannot break out of their part', async () => {
  const { client, simulator } = dttp
  const firstname = '\r\n--changeset\r\nContent-ID: 9\r\n\r\nPOST /api/data/v9.1/accounts HTTP/1.1\u2028'
  const ids = await client.createInBatch([{ contentId: '1', entity: 'contacts', body: { firstname } }])
  expect(simulator.state.contacts.get(ids.get('1') ?? '')).toMatchObject({ firstname })
})

function reversedParts(body: string): string {
  const delimiter = /--changesetresponse_[0-9a-f-]+(?=\r)/.exec(body)?.[0] ?? ''
  const end = `${delimiter}--`
  const [head = '', ...parts] = body.slice(0, body.indexOf(end)).split(`${delimiter}\r\n`)
  return [head, ...parts.reverse()].join(`${delimiter}\r\n`) + body.slice(body.indexOf(end))
}
