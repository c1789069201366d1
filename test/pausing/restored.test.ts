import { expect, test } from 'vitest'
import { findPause } from '../../src/brake/brake.ts'
import { pause, resume } from '../../src/pausing/pause.ts'
import { pauseBehind } from '../../src/pausing/restored.ts'
import { DEVELOPER, SECOND_DEVELOPER } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const FIVE_MINUTES = 5 * 60_000
let later = 0

const use = useWorld({}, () => ({ now: () => new Date(Date.now() + later) }))

/** What one more look into a channel finds, some minutes after the last one. */
async function lookAndFind(entries: string): Promise<boolean> {
  later += FIVE_MINUTES
  return pauseBehind(use.world, [{ entries, head: null, where: 'C1' }])
}

/** The reasons that channels were told. */
async function posted() {
  const rows = await use.world.database.query<{ event: string; reason: string }[]>(
    `SELECT payload ->> 'event' AS event, payload ->> 'reason' AS reason FROM chatops.outbox
     WHERE kind = 'brake' AND payload ->> 'by' = 'chatops' ORDER BY seq`,
  )
  return rows.map(({ reason }) => reason)
}

test('a database that is behind is told of once, whatever comes up later, with all of the reason it was paused for before', async () => {
  const earlier = `We upgrade Postgres, ${'which takes its time, '.repeat(11)}ask Dana.`
  await pause(use.world, { actor: DEVELOPER, reason: earlier })
  expect(await lookAndFind('1000')).toBe(true)
  expect(await lookAndFind('1001')).toBe(true)
  expect(await lookAndFind('1001')).toBe(false)
  const whole = expect.stringMatching(new RegExp(`older backup.* paused before that: ${earlier}$`))
  expect(await posted()).toEqual([whole])
  expect(await findPause(use.world.database.manager)).toMatchObject({ by: 'chatops', reason: whole })

  expect(await resume(use.world, DEVELOPER)).toBe('asked')
  expect(await lookAndFind('1002')).toBe(true)
  expect(await posted()).toEqual([whole, whole])
  expect(await resume(use.world, SECOND_DEVELOPER)).toBe('asked')
  expect(await resume(use.world, DEVELOPER)).toBe('resumed')

  expect(await lookAndFind('1003')).toBe(true)
  expect(await posted()).toEqual([whole, whole, expect.not.stringContaining('paused before that')])
})
