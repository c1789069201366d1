// How often Home tabs are drawn again.
import { beforeEach, describe, expect, test } from 'vitest'
import { claimOutdated, noteOpened } from '../../src/people/home-tabs.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()

beforeEach(() => use.admin.query('DELETE FROM chatops.home_tabs'))

/** Tabs that were opened lately, drawn 31 seconds ago, and are out of date since. */
async function open(people: number): Promise<void> {
  for (let person = 1; person <= people; person++) await noteOpened(use.world.database, `U0PERSON${person}`, {})
  await use.admin.query(`UPDATE chatops.home_tabs SET drawn_at = now() - interval '31 seconds', drawn_as = 'before'`)
}

const claimed = async () => (await claimOutdated(use.world.database)).length

describe('Home tabs that are out of date', () => {
  test('are drawn 30 a minute in all, by however many processes, and the others in the next one', async () => {
    await open(45)
    const [one, other] = await Promise.all([claimed(), claimed()])
    expect((one ?? 0) + (other ?? 0)).toBe(30)
    expect(await claimed()).toBe(0)
    await use.admin.query(`UPDATE chatops.home_tabs SET redrawn_at = redrawn_at - interval '59 seconds'`)
    expect(await claimed()).toBe(0)
    await use.admin.query(`UPDATE chatops.home_tabs SET redrawn_at = redrawn_at - interval '2 seconds'`)
    expect(await claimed()).toBe(15)
    expect(await claimed()).toBe(0)
  })

  test('are drawn every 30 seconds for one person at the most, and not once they were left for 15 minutes', async () => {
    await open(3)
    await use.admin.query(
      `UPDATE chatops.home_tabs SET drawn_at = now() - interval '25 seconds' WHERE slack_user = 'U0PERSON1'`,
    )
    await use.admin.query(
      `UPDATE chatops.home_tabs SET opened_at = now() - interval '16 minutes' WHERE slack_user = 'U0PERSON2'`,
    )
    expect((await claimOutdated(use.world.database)).map(({ user }) => user)).toEqual(['U0PERSON3'])
    await use.admin.query(`UPDATE chatops.home_tabs SET drawn_as = 'before'`)
    expect(await claimed()).toBe(0)
  })
})
