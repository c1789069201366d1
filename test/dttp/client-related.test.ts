import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ABSENT, type Dttp, registration, startDttp } from './client-setup.ts'

let dttp: Dttp

beforeEach(async () => {
  dttp = await startDttp()
})

afterEach(() => dttp.stop())

describe('what hangs on a contact', () => {
  test('is its training records and its degrees, and nobody else’s', async () => {
    const ids = [...(await dttp.client.createInBatch(registration(dttp))).values()]
    const [contact = '', assignment = '', degree = ''] = ids
    const assignments = await dttp.client.findPlacementAssignmentsOf(contact)
    expect(assignments).toMatchObject([{ id: assignment, contactId: contact, providerId: dttp.provider }])
    const [found] = await dttp.client.findDegreeQualificationsOf(contact)
    expect(found).toMatchObject({ id: degree, countryId: null })
    expect(await dttp.client.findDegreeQualificationsOf(dttp.contact)).toEqual([])
  })

  test('is nothing for a contact that there is not', async () => {
    expect(await dttp.client.findPlacementAssignmentsOf(ABSENT)).toEqual([])
  })

  test('is not asked about by anything but an id', async () => {
    await expect(dttp.client.findPlacementAssignmentsOf("x' or 1 eq 1")).rejects.toMatchObject({ kind: 'refused' })
    expect(dttp.simulator.requests).toEqual([])
  })
})

describe('one account', () => {
  test('comes with its URN and status', async () => {
    const { school } = dttp
    expect(await dttp.client.findAccount(school)).toEqual({ id: school, name: 'School', urn: '100000', statusCode: 1 })
  })

  test('is null where there is none', async () => {
    expect(await dttp.client.findAccount(ABSENT)).toBeNull()
  })
})
