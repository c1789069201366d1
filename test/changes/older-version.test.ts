import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { seedRegister } from '../../sandbox/register/seed.ts'
import { openReview } from '../../src/changes/decide/decide.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { createDriftSweep } from '../../src/changes/sweeps/drift.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { digestOf } from '../../src/contract/plan.ts'
import { checksOf, planOf } from '../../src/contract/stored.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { renderCard } from '../../src/views/request/card.ts'
import type { World } from '../../src/world.ts'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { approveRequest, createLifecycle, DEVELOPER, REGISTER_URL, sendRequest } from '../support/lifecycle.ts'
import { readingOf } from '../views/shown.ts'

// What another version of the bot has left behind: it goes on, or ends in words.

const MADE_BY_ANOTHER = 'The request was made with this version of the bot, for this database'
const UNKNOWN_JOB = '[{"kind": "enqueue", "job": "drop-schools", "args": {}}]'

let scratch: ScratchDatabase
let world: World
let admin: pg.Client
let slug: string

beforeAll(async () => {
  scratch = await scratchDatabase()
  await seedRegister(scratch.adminUrl)
  world = await createLifecycle(scratch.appUrl)
  admin = new pg.Client(scratch.adminUrl)
  await admin.connect()
  slug = (await admin.query('SELECT slug FROM trainees WHERE id = 5901')).rows[0].slug
})

afterAll(async () => {
  await admin.end()
  await world.database.destroy()
  await scratch.drop()
})

beforeEach(async () => {
  await admin.query(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE status = 'pending'`)
  await admin.query(`UPDATE chatops.change_requests SET status = 'stale' WHERE status = 'approved'`)
  await admin.query(`UPDATE chatops.change_requests SET status = 'done' WHERE status = 'verifying'`)
  await admin.query('UPDATE trainees SET training_route = 0 WHERE id = 5901')
})

const sent = () =>
  sendRequest(world, 'fix-route', { subject: slug, route: 'provider_led_postgrad', reason: 'x', ticket: '' })

/** Puts something else into a request's row, as another version would have. */
async function leave(request: ChangeRequest, set: string, ...values: unknown[]): Promise<ChangeRequest> {
  await admin.query('ALTER TABLE chatops.change_requests DISABLE TRIGGER guard_change_request')
  await admin.query(`UPDATE chatops.change_requests SET ${set} WHERE id = $1`, [request.id, ...values])
  await admin.query('ALTER TABLE chatops.change_requests ENABLE TRIGGER guard_change_request')
  return getRequest(world.database, request.id)
}

const leavePlan = (request: ChangeRequest) => leave(request, `plan = jsonb_set(plan, '{effects}', $2)`, UNKNOWN_JOB)

/** As its form was kept before a request's subject had a name of its own, with the digest that it had then. */
async function leaveOldForm(request: ChangeRequest): Promise<ChangeRequest> {
  const form = { trainee: slug, route: 'provider_led_postgrad', reason: 'x', ticket: '' }
  const { id: changeRequest, playbook, playbookVersion: version } = request
  const kept = { plan: planOf(request), checks: checksOf(request), database: world.databaseIdentity }
  const digest = digestOf({ changeRequest, playbook, version, form, ...kept })
  return leave(request, 'form = $2, digest = $3', form, digest)
}

test('a request whose form names its trainee as it used to is approved and carried out', async () => {
  const request = await leaveOldForm(await sent())
  await approveRequest(world, request)
  expect(await execute(world, request.id)).toBe('executed')
  const { rows } = await admin.query('SELECT training_route FROM trainees WHERE id = 5901')
  expect(rows).toEqual([{ training_route: 1 }])
})

test('a request of an older playbook ends out of date, in words', async () => {
  const request = await sent()
  await approveRequest(world, request)
  await leave(request, 'playbook_version = 0')
  expect(await execute(world, request.id)).toBe('stale')
  expect((await getRequest(world.database, request.id)).outcome.moved?.checks).toEqual([MADE_BY_ANOTHER])
})

test('a request of an older playbook is not shown to anybody, and ends out of date', async () => {
  const request = await sent()
  const { id: changeRequest, playbook, form } = request
  const kept = { plan: planOf(request), checks: checksOf(request), database: world.databaseIdentity }
  const digest = digestOf({ changeRequest, playbook, version: 0, form: form ?? {}, ...kept })
  await leave(request, 'playbook_version = 0, digest = $2', digest)
  const opened = openReview(world, { id: request.id, actor: DEVELOPER, viewId: 'V1' })
  await expect(opened).rejects.toMatchObject({ code: 'already-over' })
  expect((await getRequest(world.database, request.id)).outcome.moved?.checks).toEqual([MADE_BY_ANOTHER])
})

test('a request of a playbook that there is no longer ends out of date, in words', async () => {
  const request = await sent()
  await approveRequest(world, request)
  await leave(request, `playbook = 'fix-everything'`)
  expect(await execute(world, request.id)).toBe('stale')
})

describe('a request that cannot be read', () => {
  test('ends out of date by itself, in words', async () => {
    const request = await leavePlan(await sent())
    await createDriftSweep(world)()
    const { status, outcome } = await getRequest(world.database, request.id)
    expect({ status, checks: outcome.moved?.checks }).toEqual({ status: 'stale', checks: [MADE_BY_ANOTHER] })
  })

  test('cannot be reviewed', async () => {
    const request = await leavePlan(await sent())
    const opened = openReview(world, { id: request.id, actor: DEVELOPER, viewId: 'V1' })
    await expect(opened).rejects.toMatchObject({ code: 'altered' })
  })

  test('is not carried out', async () => {
    const request = await sent()
    await approveRequest(world, request)
    await leavePlan(request)
    expect(await execute(world, request.id)).toBe('stale')
  })

  test('has a card that says so', async () => {
    const changeRequest = await leavePlan(await sent())
    const playbook = getPlaybook('fix-route')
    const card = renderCard({ changeRequest, playbook, registerUrl: REGISTER_URL })
    expect(readingOf(card.blocks)).toContain('This version of the bot cannot read the details of this request.')
    expect(readingOf(card.blocks)).toContain('trainee 5901')
  })

  test('needs attention if it was carried out', async () => {
    const request = await sent()
    await approveRequest(world, request)
    await execute(world, request.id)
    await leavePlan(request)
    await verify(world, request.id)
    const { status, outcome } = await getRequest(world.database, request.id)
    expect({ status, problem: outcome.problem }).toEqual({
      status: 'needs-attention',
      problem: expect.stringContaining('This version of the bot cannot read what was approved.'),
    })
  })
})

test('an outcome is read as far as it can be', async () => {
  const outcome = {
    ...{ problem: 'Words.', trello: 'one', advice: { lead: 'Ask', message: null }, later: { more: true } },
    verified: [{ sentence: 'S', holds: false, found: 'F', followUps: [{ label: 'L', playbook: 'undo', values: {} }] }],
  }
  const request = await leave(await sent(), 'outcome = $2', outcome)
  expect(request.outcome).toEqual({ problem: 'Words.', advice: outcome.advice, verified: outcome.verified })
})
