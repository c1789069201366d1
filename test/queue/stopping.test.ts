import { expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { getRequest } from '../../src/changes/requests.ts'
import type { World } from '../../src/world.ts'
import { startBot, useStory } from '../support/bot.ts'
import { approveRequest, CHANNEL, createLifecycle, SUPPORT, sendRequest } from '../support/lifecycle.ts'

const use = useStory(() => ({ DATABASE_POOL: '10' }))
const BLOCKED = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`

test('a worker that is asked to stop carries out nothing any more, however long its sweeps last', async () => {
  const { scratch, slack, bot } = use.story
  const elsewhere = await createLifecycle(scratch.appUrl)
  const [trainee] = await elsewhere.database.query('SELECT slug FROM public.trainees WHERE id = 5901')
  const form = { subject: trainee.slug, route: 'assessment_only', reason: 'x', ticket: '' }
  const request = await sendRequest(elsewhere, 'fix-route', form)
  const statusOf = async (world: World) => (await getRequest(world.database, request.id)).status
  await withClient(scratch.adminUrl, async (holder) => {
    await holder.query('BEGIN; LOCK TABLE chatops.alerts IN ACCESS EXCLUSIVE MODE')
    await expect.poll(async () => (await use.admin.query(BLOCKED)).rowCount).toBeGreaterThan(0)
    const stopped = bot.stop()
    await approveRequest(elsewhere, request)
    await stopped
  })
  expect(await statusOf(elsewhere)).toBe('approved')
  use.story.bot = await startBot(slack, scratch.appUrl)
  await expect.poll(() => statusOf(elsewhere)).toBe('done')
  await elsewhere.database.destroy()
})

test('a bot that is asked to stop takes no clicks any more, however long its rounds last', async () => {
  const { scratch, slack, bot } = use.story
  await withClient(scratch.adminUrl, async (holder) => {
    await holder.query('BEGIN; LOCK TABLE chatops.home_tabs IN ACCESS EXCLUSIVE MODE')
    await expect.poll(async () => (await use.admin.query(BLOCKED)).rowCount).toBeGreaterThan(0)
    const stopped = bot.stop()
    const typed = slack.command({ user: SUPPORT, channel: CHANNEL, text: 'help' })
    expect((await fetch(`http://127.0.0.1:${bot.port}/healthz`)).status).toBe(200) // the command came before this
    await slack.clock.advance(60_000)
    expect(await typed).toMatchObject({ error: 'operation_timeout' })
    expect(slack.takeViolations()).toHaveLength(1)
    await holder.query('ROLLBACK')
    await stopped
  })
  use.story.bot = await startBot(slack, scratch.appUrl)
})
