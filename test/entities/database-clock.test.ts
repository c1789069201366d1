import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'

import { expireRequests } from '../../src/changes/sweeps/sweep.ts'
import { type Clock, startDatabaseClock } from '../../src/entities/database-clock.ts'
import type { World } from '../../src/world.ts'
import { startBot, startStorySlack } from '../support/bot.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const MINUTE = 60_000

const use = useWorld({ rows: 'demo' }, () => ({
  expiryOf: (_, sentAt) => new Date(sentAt.getTime() + 5 * MINUTE),
}))
let context: World
let clock: Clock

beforeAll(async () => {
  await onMachineAhead(10 * MINUTE, async () => {
    clock = await startDatabaseClock(use.world.database, pino({ level: 'silent' }))
  })
  context = { ...use.world, now: clock.now }
})

afterEach(() => {
  vi.useRealTimers()
})

afterAll(() => clock.stop())

/** Only what the machine calls its time of day is wrong; timers go on. */
async function onMachineAhead(ms: number, act: () => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
  try {
    await act()
  } finally {
    vi.useRealTimers()
  }
}

/** Milliseconds by which a time is later than the database's. */
async function aheadOfDatabase(time: () => Date): Promise<number> {
  const { rows } = await use.admin.query('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms')
  return time().getTime() - rows[0].ms
}

async function sent() {
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  return sendRequest(context, 'fix-route', {
    subject: rows[0].slug,
    route: 'assessment_only',
    reason: 'Asked for',
    ticket: '',
  })
}

describe.each([
  ['ahead', 10 * MINUTE],
  ['behind', -10 * MINUTE],
])('a machine whose clock is ten minutes %s', (_, ms) => {
  test('knows the database’s time, also when it was put wrong later', () =>
    onMachineAhead(ms, async () => {
      expect(Math.abs(await aheadOfDatabase(clock.now))).toBeLessThan(MINUTE)
      const other = await startDatabaseClock(context.database, pino({ level: 'silent' }))
      expect(Math.abs(await aheadOfDatabase(other.now))).toBeLessThan(MINUTE)
      other.stop()
    }))

  test('is no reason for its bot to have another time', async () => {
    const slack = await startStorySlack()
    await onMachineAhead(ms, async () => {
      const bot = await startBot(slack, use.scratch.appUrl, { env: { ROLES: 'worker' } })
      expect(Math.abs(await aheadOfDatabase(bot.changes.now))).toBeLessThan(MINUTE)
      await bot.stop()
    })
    await slack.stop()
  })
})

test('a machine that is ahead expires nothing early, and lets it be approved', async () => {
  const request = await sent()
  await onMachineAhead(10 * MINUTE, async () => {
    expect(await expireRequests(context)).toBe(0)
    const { status, decidedAt } = await approveRequest(context, request)
    expect(status).toBe('approved')
    expect(Math.abs((decidedAt?.getTime() ?? 0) - (await aheadOfDatabase(() => new Date(0))) * -1)).toBeLessThan(MINUTE)
  })
  await use.admin.query(`UPDATE chatops.change_requests SET status = 'stale' WHERE status = 'approved'`)
})

test('what the database’s clock has passed is expired', async () => {
  const request = await sent()
  await use.admin.query(
    `UPDATE chatops.change_requests SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1`,
    [request.id],
  )
  await onMachineAhead(-10 * MINUTE, async () => {
    expect(await expireRequests(context)).toBe(1)
  })
})
