// The queue may be away for a day. What was approved waits for it, and the outbox stays as small as it was.
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { hintAgain } from '../../../src/changes/sweeps/sweep.ts'
import { OutboxRow } from '../../../src/entities/chatops/outbox-row.ts'
import { createRelay, type Effects } from '../../../src/outbox/relay.ts'
import { ROUTE, seedTrainees } from '../../proof/trainees.ts'
import { approveRequest, sendRequest } from '../../support/lifecycle.ts'
import { useWorld } from '../../support/world.ts'

const ROUNDS = 60
const HALF_A_MINUTE = 30_000

const use = useWorld({}, () => ({ now: () => new Date(clock) }))
let clock: number
let slugs: string[]
/** The requests of which a worker was told, and what becomes of a hint meanwhile. */
let hinted: (string | null)[]
let give: () => Promise<void>

beforeAll(async () => {
  slugs = await seedTrainees(use.scratch.adminUrl, 6)
})

beforeEach(() => {
  clock = Date.now()
  hinted = []
})

test.each(['refuses', 'does not answer'])('a queue that %s for half an hour, and a day', async (how) => {
  let isBack = () => {}
  const back = new Promise<void>((resolve) => {
    isBack = resolve
  })
  give = () => (how === 'refuses' ? Promise.reject(new Error('away')) : back)
  const ids: string[] = []
  for (const subject of slugs.splice(0, 3)) ids.push(await approveOne(subject))
  const relay = createRelay(use.world, hints())
  for (let round = 0; round < ROUNDS; round++) {
    clock += HALF_A_MINUTE
    expect(await hintAgain(use.world)).toBe(3)
    await relay.sendDue(() => {})
  }
  expect((await waiting()).length).toBeLessThanOrEqual(6)

  await asAdmin(
    `UPDATE chatops.outbox SET due_at = now(), failing_since = now() - interval '25 hours' WHERE kind = 'hint'`,
  )
  await relay.sendDue(() => {})
  give = async () => {}
  isBack()
  await expect
    .poll(async () => {
      await relay.sendDue(() => {})
      return (await waiting()).length
    })
    .toBe(0)
  expect([...new Set(hinted)].sort()).toEqual(ids.sort())
  await asAdmin(`UPDATE chatops.change_requests SET status = 'cancelled'`)
})

async function approveOne(subject: string): Promise<string> {
  const form = { subject, route: ROUTE, reason: 'Away', ticket: '' }
  return (await approveRequest(use.world, await sendRequest(use.world, 'fix-route', form))).id
}

function hints(): Effects {
  const others = async () => {}
  const slack = { card: others, thread: others, direct: others, alert: others, brake: others, morning: others }
  const hint: Effects['hint'] = async ({ changeRequest }) => {
    await give()
    hinted.push(changeRequest)
  }
  return { ...slack, trello: others, job: others, sidekiq: others, hint }
}

async function waiting(): Promise<OutboxRow[]> {
  const rows = await use.world.database.manager.findBy(OutboxRow, { kind: 'hint' })
  return rows.filter(({ status }) => status !== 'sent')
}

function asAdmin(statement: string): Promise<unknown> {
  return use.admin.query(statement)
}
