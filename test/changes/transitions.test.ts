import { expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { isOpen, TRANSITIONS } from '../../src/changes/transitions.ts'
import type { Status } from '../../src/entities/chatops/change-request.ts'
import { useScratch } from '../support/world.ts'

const use = useScratch()

test('the steps in the code are the steps in the database', async () => {
  const { rows } = await withClient(use.scratch.appUrl, (client) => client.query('SELECT * FROM chatops.transitions'))
  const inDatabase = rows.map(({ from_status, to_status }) => `${from_status} → ${to_status}`)
  const inCode = Object.entries(TRANSITIONS).flatMap(([from, steps]) => steps.map((to) => `${from} → ${to}`))
  expect(inDatabase.sort()).toEqual(inCode.sort())
})

test('every step leads to a state that there is, and none to where it began', () => {
  for (const [from, steps] of Object.entries(TRANSITIONS)) {
    expect(Object.keys(TRANSITIONS)).toEqual(expect.arrayContaining([...steps]))
    expect(steps).not.toContain(from)
  }
})

test('a request holds its rows from the sending to the end', () => {
  const open = (Object.keys(TRANSITIONS) as Status[]).filter(isOpen)
  expect(open).toEqual(['pending', 'approved', 'verifying'])
  expect(open.every((status) => TRANSITIONS[status].length > 0)).toBe(true)
})
