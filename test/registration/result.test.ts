import { expect, test } from 'vitest'
import { heldByDttp } from '../../src/registration/result.ts'

const IDS = { contact: 'c-1', placementAssignment: 'p-1', degrees: { '7001': 'd-1' } }
const RECORDS = { contact: true, became: null, placementAssignment: true, degrees: ['d-1'], statuses: true, others: [] }

test('a record that DTTP has merged into another since is named, and is not what was asked for', () => {
  expect(heldByDttp({ job: null, records: RECORDS }, IDS)).toMatchObject({ holds: true })
  expect(heldByDttp({ job: null, records: { ...RECORDS, became: 'merged into c-2' } }, IDS)).toMatchObject({
    holds: false,
    found: 'The trainee is there, but was merged into c-2. The training record is there. 1 of 1 degree there.',
  })
})
