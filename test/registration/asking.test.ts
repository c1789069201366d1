import { expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { workingDaysAfter } from '../../src/calendar/working-time.ts'
import { pause, resume } from '../../src/pausing/pause.ts'
import { askedUntil } from '../../src/registration/asking.ts'
import { DEVELOPER, SECOND_DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()

const DAY = 86_400_000

/** What the ledger says, as though it had been said so many days ago. */
async function backdate(event: string, days: number): Promise<void> {
  await withClient(use.scratch.adminUrl, async (admin) => {
    await admin.query('SET session_replication_role = replica')
    await admin.query(`UPDATE chatops.ledger SET at = now() - $2 * interval '1 day' WHERE event = $1`, [event, days])
  })
}

test('the time for which the bot was paused does not count towards giving a registration up', async () => {
  const createdAt = new Date(Date.now() - 9 * DAY)
  const until = () => askedUntil(use.world.database.manager, { changeRequestId: null, createdAt })
  expect(await until()).toEqual(workingDaysAfter(createdAt, 1))

  await pause(use.world, { actor: DEVELOPER, reason: 'Something is odd' })
  await backdate('paused', 8.9)
  const whilePaused = (await until()).getTime()
  expect(whilePaused).toBeGreaterThan(Date.now())

  await resume(use.world, DEVELOPER)
  await resume(use.world, SECOND_DEVELOPER)
  await backdate('resumed', 1)
  const paused = 7.9 * DAY
  const expected = workingDaysAfter(new Date(createdAt.getTime() + paused), 1).getTime()
  expect(Math.abs((await until()).getTime() - expected)).toBeLessThan(60_000)
})

test('the time for which an approved request waited for its playbook does not count either', async () => {
  const [approved, executed] = [new Date(Date.now() - 9 * DAY), new Date(Date.now() - 2 * DAY)]
  const id = await withClient(use.scratch.adminUrl, async (admin) => {
    const { rows } = await admin.query(
      `INSERT INTO chatops.change_requests (playbook, playbook_version, requester, channel, subjects, digest, decided_at, executed_at)
       VALUES ('re-register', 1, $1, 'C01', '{}', repeat('0', 64), $2, $3) RETURNING id`,
      [SUPPORT, approved, executed],
    )
    return rows[0].id
  })
  await backdate('paused', 100)
  await backdate('resumed', 99)
  const until = await askedUntil(use.world.database.manager, { changeRequestId: id, createdAt: executed })
  expect(until).toEqual(workingDaysAfter(executed, 1))
})
