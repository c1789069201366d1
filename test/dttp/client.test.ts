import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDttpClient } from '../../src/dttp/client/index.ts'
import { ABSENT, type Dttp, registration, startDttp, TRAINEE_ID } from './client-setup.ts'

let dttp: Dttp

beforeEach(async () => {
  dttp = await startDttp()
})

afterEach(() => dttp.stop())

describe('reading', () => {
  test('finds a contact without asking for names or addresses', async () => {
    const { client, simulator, contact, provider } = dttp
    expect(await client.findContact(contact.toUpperCase())).toEqual({
      id: contact,
      trn: '1234567',
      traineeId: TRAINEE_ID,
      statusId: null,
      providerId: provider,
      standing: 'active',
      mergedInto: null,
      createdOn: '2021-10-27T15:06:47.000Z',
      etag: simulator.state.etagOf(contact),
    })
    const { query } = simulator.requestsTo('contacts')[0] ?? {}
    expect(query).toMatch(/^\?\$select=contactid,dfe_trn,/)
    expect(query).not.toMatch(/name|address|birth|email/)
  })

  test('says what has become of a contact that was merged or deactivated', async () => {
    const { client, simulator, contact } = dttp
    const master = simulator.state.add('contacts', { dfe_traineeid: TRAINEE_ID })
    simulator.state.deactivate('contacts', contact)
    expect(await client.findContact(contact)).toMatchObject({ standing: 'inactive', mergedInto: null })
    simulator.state.merge(contact, master)
    expect(await client.findContact(contact)).toMatchObject({ standing: 'merged', mergedInto: master })
    const found = await client.findContactsBy({ traineeId: TRAINEE_ID })
    expect(found.map(({ id, standing }) => [id, standing]).sort()).toEqual(
      [
        [contact, 'merged'],
        [master, 'active'],
      ].sort(),
    )
  })

  test('finds nothing where the record was deleted', async () => {
    dttp.simulator.state.delete('contacts', dttp.contact)
    expect(await dttp.client.findContact(dttp.contact)).toBeNull()
    expect(await dttp.client.findPlacementAssignment(ABSENT)).toBeNull()
    await expect(dttp.client.getTrn(dttp.contact)).rejects.toMatchObject({
      kind: 'gone',
      status: 404,
      code: '0x80040217',
    })
  })

  test('reads the TRN from when DTTP has it', async () => {
    const { client, simulator, clock } = dttp
    const contact = simulator.state.add('contacts', {})
    simulator.state.giveTrn(contact, { trn: '7654321', afterMs: 3_600_000 })
    expect(await client.getTrn(contact)).toBeNull()
    clock.time += 3_600_000
    expect(await client.getTrn(contact)).toBe('7654321')
  })

  test('looks for what was created since a time', async () => {
    const { client, simulator } = dttp
    const at = (createdon: string) => simulator.state.add('contacts', { dfe_traineeid: 'T1', createdon })
    at('2021-10-27T13:13:59Z')
    const since = [at('2021-10-27T13:14:00Z'), at('2021-10-28T00:00:00Z')]
    const found = await client.findContactsBy({ traineeId: 'T1', createdSince: new Date('2021-10-27T13:14:00Z') })
    expect(found.map((one) => one.id).sort()).toEqual(since.sort())
  })

  test.each(["O'Neil", "' or '1' eq '1", 'a&$filter=1 eq 1#?', '100% ü +', "''"])(
    'looks for the trainee id %s',
    async (id) => {
      const { client, simulator, provider } = dttp
      const contact = simulator.state.add('contacts', { dfe_traineeid: id, _parentcustomerid_value: provider })
      simulator.state.add('contacts', { dfe_traineeid: id })
      const found = await client.findContactsBy({ traineeId: id, providerId: provider })
      expect(found.map((one) => one.id)).toEqual([contact])
      expect(await client.findContactsBy({ traineeId: id })).toHaveLength(2)
    },
  )

  test('does not take another record for the one it asked for', async () => {
    const { client, simulator, contact } = dttp
    const rewrite = <T extends { body: string }>(reply: T): T => ({
      ...reply,
      body: reply.body.replaceAll(contact, ABSENT),
    })
    simulator.faults.add({ kind: 'rewritten', rewrite })
    await client.findContact(ABSENT)
    simulator.faults.add({ kind: 'rewritten', path: 'contacts', rewrite })
    await expect(client.findContact(contact)).rejects.toMatchObject({ kind: 'malformed', code: 'another-record' })
  })

  test('stops reading an answer that is too long', async () => {
    const { client, simulator, contact } = dttp
    const rewrite = <T extends { body: string }>(reply: T): T => ({
      ...reply,
      body: ' '.repeat(5_000_000) + reply.body,
    })
    simulator.faults.add({ kind: 'rewritten', path: 'contacts', rewrite })
    await expect(client.findContact(contact)).rejects.toMatchObject({ kind: 'malformed', code: 'too-large' })
  })
})

describe('updating', () => {
  test('never creates what it cannot find', async () => {
    const { client, simulator, contactBody } = dttp
    await expect(client.updateContact(ABSENT, contactBody)).rejects.toMatchObject({ kind: 'gone' })
    expect(simulator.state.contacts.has(ABSENT)).toBe(false)
    expect(simulator.requestsTo('contacts')[0]).toMatchObject({ method: 'PATCH', headers: { 'if-match': '*' } })
  })

  test('overwrites no other version than the one it was made for', async () => {
    const { client, simulator, contact } = dttp
    const { etag = null } = (await client.findContact(contact)) ?? {}
    simulator.state.change('contacts', contact, { firstname: 'Newer' })
    await expect(client.updateContact(contact, { firstname: 'Older' }, etag)).rejects.toMatchObject({
      ...{ kind: 'changed', status: 412, code: '0x80060882' },
    })
    expect(simulator.state.contacts.get(contact)).toMatchObject({ firstname: 'Newer' })
    const read = await client.findContact(contact)
    await client.updateContact(contact, { firstname: 'Newest' }, read?.etag ?? null)
    expect(simulator.state.contacts.get(contact)).toMatchObject({ firstname: 'Newest' })
  })

  test('of a record that is gone says so, whatever version was read', async () => {
    const { client, simulator, placementAssignment } = dttp
    const read = await client.findPlacementAssignment(placementAssignment)
    simulator.state.delete('dfe_placementassignments', placementAssignment)
    await expect(client.updatePlacementAssignment(placementAssignment, {}, read?.etag ?? null)).rejects.toMatchObject({
      kind: 'gone',
    })
  })

  test.each([
    ['an alternate key', { kind: 'key-exists' } as const, '*', 'exists'],
    ['a record that is not there', { kind: 'version-differs' } as const, '*', 'gone'],
    ['another version', { kind: 'version-differs' } as const, 'W/"1"', 'changed'],
  ])('412 is about %s: the code decides, then what was asked for', async (_, fault, ifMatch, kind) => {
    const { client, simulator, contact } = dttp
    simulator.faults.add({ ...fault, path: 'contacts' })
    const etag = ifMatch === '*' ? null : ifMatch
    await expect(client.updateContact(contact, {}, etag)).rejects.toMatchObject({ kind, status: 412 })
    expect(simulator.requestsTo('contacts')[0]?.headers['if-match']).toBe(ifMatch)
  })

  test('does not say a trainee is gone when it is the school that is', async () => {
    const { client, placementAssignment } = dttp
    const body = { 'dfe_LeadSchoolId@odata.bind': `/accounts(${ABSENT})` }
    await expect(client.updatePlacementAssignment(placementAssignment, body)).rejects.toMatchObject({
      kind: 'refused',
      status: 404,
      code: '0x80040217',
      said: `it does not have a record that we refer to (${ABSENT})`,
    })
  })

  test('sends a status to both records', async () => {
    const { client, simulator, contact, placementAssignment } = dttp
    const body = { 'dfe_TraineeStatusId@odata.bind': '/dfe_traineestatuses(1b5af972-9e1b-e711-80c7-0050568902d3)' }
    await client.updateContact(contact, body)
    await client.updatePlacementAssignment(placementAssignment, body)
    expect((await client.findContact(contact))?.statusId).toBe('1b5af972-9e1b-e711-80c7-0050568902d3')
    expect((await client.findPlacementAssignment(placementAssignment))?.statusId).toBe(
      '1b5af972-9e1b-e711-80c7-0050568902d3',
    )
    expect(simulator.requests.filter(({ wrote }) => wrote > 0)).toHaveLength(2)
  })
})

describe('ids', () => {
  const HOSTILE = [
    '',
    ' ',
    '1',
    `${ABSENT})`,
    `${ABSENT}?$select=firstname`,
    `../accounts(${ABSENT}`,
    `${ABSENT}\r\nX: y`,
  ]

  test.each(HOSTILE)('%j is refused before anything is sent', async (id) => {
    const { client, simulator } = dttp
    const refused = { kind: 'refused', status: null, code: 'invalid-id' }
    await expect(client.findContact(id)).rejects.toMatchObject(refused)
    await expect(client.findPlacementAssignment(id)).rejects.toMatchObject(refused)
    await expect(client.getTrn(id)).rejects.toMatchObject(refused)
    await expect(client.updateContact(id, {})).rejects.toMatchObject(refused)
    await expect(client.updatePlacementAssignment(id, {})).rejects.toMatchObject(refused)
    if (id) await expect(client.findContactsBy({ traineeId: 'x', providerId: id })).rejects.toMatchObject(refused)
    expect(simulator.requests).toEqual([])
  })

  test('those of Dynamics are taken, though they are no RFC 9562 UUIDs', async () => {
    const id = dttp.simulator.state.add('contacts', { id: 'faba11c7-07d9-e711-80e1-005056ac45bb' })
    expect(await dttp.client.findContact(id)).toMatchObject({ id })
  })
})

describe('credentials', () => {
  test.each([
    ['organisation', 'http://org.crm4.dynamics.com'],
    ['tokenUrl', 'http://login.example/token'],
    ['tokenUrl', 'http://127.0.0.1.example/token'],
  ])('are not sent by plain http to another machine (%s %s)', (setting, url) => {
    expect(() => createDttpClient({ ...dttp.given, [setting]: url })).toThrow('DTTP must be reached by https')
  })

  test('do not follow a redirect', async () => {
    const { client, simulator, contact, contactBody } = dttp
    const redirected = <T extends { status: number; headers: Record<string, string> }>(reply: T): T => ({
      ...reply,
      status: 307,
      headers: { location: 'http://127.0.0.1:1/elsewhere' },
    })
    simulator.faults.add({ kind: 'rewritten', path: 'contacts', times: 2, rewrite: redirected })
    await expect(client.findContact(contact)).rejects.toMatchObject({ kind: 'refused', status: 307 })
    await expect(client.updateContact(contact, contactBody)).rejects.toMatchObject({ kind: 'refused', status: 307 })
    expect(simulator.requestsTo('contacts')).toHaveLength(2)
  })

  test('a write has a connection of its own', async () => {
    const { client, simulator } = dttp
    await client.createInBatch(registration(dttp))
    await client.getTrn(dttp.contact)
    expect(simulator.requestsTo('$batch')[0]?.headers['connection']).toBe('close')
    expect(simulator.requestsTo('contacts')[0]?.headers['connection']).toBe('keep-alive')
  })
})
