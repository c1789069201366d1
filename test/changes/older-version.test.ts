import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { approve } from '../../src/changes/decide/decide.ts'
import { openReview } from '../../src/changes/decide/review.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import type { Execution } from '../../src/changes/execute/unexecuted.ts'
import { remindApprovers } from '../../src/changes/propose/call.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { send } from '../../src/changes/propose/send.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { createDriftSweep } from '../../src/changes/sweeps/drift.ts'
import { hintAgain } from '../../src/changes/sweeps/sweep.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { digestOf } from '../../src/contract/plan.ts'
import { checksOf, planOf } from '../../src/contract/stored.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { UpstreamUnavailable } from '../../src/errors.ts'
import { findPlaybook, getPlaybook } from '../../src/playbooks/index.ts'
import { renderCard } from '../../src/views/request/card.ts'
import { approveRequest, CHANNEL, DEVELOPER, REGISTER_URL, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'
import { readingOf } from '../views/shown.ts'

// What another version of the bot has left behind: it goes on, or ends in words.

const MADE_BY_ANOTHER = 'The request was made with this version of the bot, for this database'
const UNKNOWN_JOB = '[{"kind": "enqueue", "job": "drop-schools", "args": {}}]'

const use = useWorld({ rows: 'demo' }, () => ({
  now: () => new Date(Date.now() + later),
  async onStep() {
    if (isAway) throw new UpstreamUnavailable('DTTP')
  },
}))
let slug: string
let later = 0
/** Whether something that an execution needs does not answer. */
let isAway = false

beforeAll(async () => {
  slug = (await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')).rows[0].slug
})

beforeEach(async () => {
  later = 0
  isAway = false
  await use.admin.query(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE status = 'pending'`)
  await use.admin.query(`UPDATE chatops.change_requests SET status = 'stale' WHERE status = 'approved'`)
  await use.admin.query(`UPDATE chatops.change_requests SET status = 'done' WHERE status = 'verifying'`)
  await use.admin.query('UPDATE trainees SET training_route = 0 WHERE id = 5901')
})

const sent = () =>
  sendRequest(use.world, 'fix-route', { subject: slug, route: 'provider_led_postgrad', reason: 'x', ticket: '' })

/** Puts something else into a request's row, as another version would have. */
async function leave(request: ChangeRequest, set: string, ...values: unknown[]): Promise<ChangeRequest> {
  await use.admin.query('ALTER TABLE chatops.change_requests DISABLE TRIGGER guard_change_request')
  await use.admin.query(`UPDATE chatops.change_requests SET ${set} WHERE id = $1`, [request.id, ...values])
  await use.admin.query('ALTER TABLE chatops.change_requests ENABLE TRIGGER guard_change_request')
  return getRequest(use.world.database, request.id)
}

const leavePlan = (request: ChangeRequest) => leave(request, `plan = jsonb_set(plan, '{effects}', $2)`, UNKNOWN_JOB)

/** Its digest as the version would have made it whose playbook has this version. */
function digestAs(request: ChangeRequest, version: number): string {
  const { id: changeRequest, playbook, form } = request
  const kept = { plan: planOf(request), checks: checksOf(request), database: use.world.databaseIdentity }
  return digestOf({ changeRequest, playbook, version, form: form ?? {}, ...kept })
}

/** As its form was kept before a request's subject had a name of its own, with the digest that it had then. */
async function leaveOldForm(request: ChangeRequest): Promise<ChangeRequest> {
  const form = { trainee: slug, route: 'provider_led_postgrad', reason: 'x', ticket: '' }
  const { id: changeRequest, playbook, playbookVersion: version } = request
  const kept = { plan: planOf(request), checks: checksOf(request), database: use.world.databaseIdentity }
  const digest = digestOf({ changeRequest, playbook, version, form, ...kept })
  return leave(request, 'form = $2, digest = $3', form, digest)
}

test('a request whose form names its trainee as it used to is approved and carried out', async () => {
  const request = await leaveOldForm(await sent())
  await approveRequest(use.world, request)
  expect(await execute(use.world, request.id)).toBe('executed')
  const { rows } = await use.admin.query('SELECT training_route FROM trainees WHERE id = 5901')
  expect(rows).toEqual([{ training_route: 1 }])
})

async function cardOf(id: string): Promise<string> {
  const changeRequest = await getRequest(use.world.database, id)
  const playbook = findPlaybook(changeRequest.playbook) ?? getPlaybook('fix-route')
  return readingOf(renderCard({ changeRequest, playbook, registerUrl: REGISTER_URL }).blocks)
}

/** Tries to carry it out in each of as many minutes, and answers what came of it in the last. */
async function tryFor(minutes: number, id: string) {
  let execution: Execution = 'postponed'
  for (let minute = 0; minute < minutes; minute++) {
    later += 60_000
    await hintAgain(use.world)
    execution = await execute(use.world, id)
  }
  return execution
}

describe.each([
  ['an earlier version', 'playbook_version = 0'],
  ['a later version', 'playbook_version = 99'],
  ['a version that has another playbook', `playbook = 'fix-everything'`],
  ['a version that writes plans in another way', `plan = jsonb_set(plan, '{effects}', '${UNKNOWN_JOB}')`],
])('what was approved with %s', (_version, set) => {
  const approved = async () => {
    const request = await sent()
    await approveRequest(use.world, request)
    return leave(request, set)
  }

  test('is left to the workers of that version as long as an upgrade may take, and then ends, in words', async () => {
    const { id } = await approved()
    expect(await execute(use.world, id)).toBe('postponed')
    expect(await cardOf(id)).toContain('another version of the bot made this request, and carries it out.')
    expect(await tryFor(29, id)).toBe('postponed')
    expect(await tryFor(1, id)).toBe('stale')
    expect((await getRequest(use.world.database, id)).outcome.moved?.checks).toEqual([MADE_BY_ANOTHER])
  })

  test('is carried out by whoever made it', async () => {
    const before = await sent()
    await approveRequest(use.world, before)
    const { playbook, playbookVersion, plan } = await getRequest(use.world.database, before.id)
    await leave(before, set)
    expect(await execute(use.world, before.id)).toBe('postponed')
    await leave(before, 'playbook = $2, playbook_version = $3, plan = $4', playbook, playbookVersion, plan)
    expect(await execute(use.world, before.id)).toBe('executed')
  })
})

test('what its own version cannot reach has half an hour of its own, and says so', async () => {
  const request = await sent()
  await approveRequest(use.world, request)
  await leave(request, 'playbook_version = 99')
  expect(await tryFor(20, request.id)).toBe('postponed')
  const { cardVersion } = await leave(request, 'playbook_version = $2', request.playbookVersion)
  isAway = true
  expect(await tryFor(1, request.id)).toBe('postponed')
  expect((await getRequest(use.world.database, request.id)).cardVersion).toBe(cardVersion + 1)
  expect(await cardOf(request.id)).toContain('something that they need does not answer.')
  expect(await tryFor(29, request.id)).toBe('postponed')
  expect(await tryFor(1, request.id)).toBe('failed')
})

test('a request of a later playbook is neither shown nor approved, and goes on waiting', async () => {
  const request = await sent()
  const { digest } = await openReview(use.world, { id: request.id, actor: DEVELOPER, viewId: 'V1' })
  await leave(request, 'playbook_version = 99, digest = $2', digestAs(request, 99))
  const opened = openReview(use.world, { id: request.id, actor: DEVELOPER, viewId: 'V2' })
  await expect(opened).rejects.toMatchObject({ code: 'another-version' })
  await leave(request, 'digest = $2', digest)
  const approval = approve(use.world, { id: request.id, actor: DEVELOPER, digest, viewId: 'V1' })
  await expect(approval).rejects.toMatchObject({ code: 'another-version' })
  expect((await getRequest(use.world.database, request.id)).status).toBe('pending')
})

test('a request of an older playbook is not shown to anybody, and ends out of date', async () => {
  const request = await sent()
  await leave(request, 'playbook_version = 0, digest = $2', digestAs(request, 0))
  const opened = openReview(use.world, { id: request.id, actor: DEVELOPER, viewId: 'V1' })
  await expect(opened).rejects.toMatchObject({ code: 'already-over' })
  expect((await getRequest(use.world.database, request.id)).outcome.moved?.checks).toEqual([MADE_BY_ANOTHER])
})

describe.each([
  ['of an older playbook', 'playbook_version = 0'],
  ['that cannot be read', `plan = jsonb_set(plan, '{effects}', '${UNKNOWN_JOB}')`],
])('a request %s that waited long before this version was started', (_what, set) => {
  const HOURS = 2 * 60 * 60_000

  test('is left to the version that made it for half an hour, and then ends by itself, in words', async () => {
    const { id } = await leave(await sent(), set)
    later = HOURS
    const sweep = createDriftSweep({ ...use.world, startedAt: use.world.now() })
    await sweep()
    expect((await getRequest(use.world.database, id)).status).toBe('pending')
    later = HOURS + 31 * 60_000
    await sweep()
    const { status, outcome } = await getRequest(use.world.database, id)
    expect({ status, checks: outcome.moved?.checks }).toEqual({ status: 'stale', checks: [MADE_BY_ANOTHER] })
  })

  test('calls nobody once more before it expires', async () => {
    const { id } = await leave(await sent(), `${set}, remind_at = now() - interval '1 minute'`)
    await remindApprovers(use.world)
    const { rows } = await use.admin.query(
      `SELECT FROM chatops.outbox WHERE change_request_id = $1 AND payload ->> 'part' = 'reminder'`,
      [id],
    )
    expect(rows).toEqual([])
  })
})

test('what a later version has put down of an outcome stays there, whatever this one adds', async () => {
  const request = await sent()
  await approveRequest(use.world, request)
  expect(await execute(use.world, request.id)).toBe('executed')
  await leave(request, `outcome = outcome || '{"since": {"a": 1}}'`)
  await verify(use.world, request.id)
  expect((await getRequest(use.world.database, request.id)).outcome).toMatchObject({
    since: { a: 1 },
    verified: expect.any(Array),
  })
})

describe('a preview that another version has made', () => {
  const preview = async () => {
    const form = { subject: slug, route: 'provider_led_postgrad', reason: 'x', ticket: '' }
    const asked = { playbook: getPlaybook('fix-route'), form, requester: SUPPORT, channel: CHANNEL }
    const proposal = await propose(use.world, asked)
    if (proposal.kind !== 'ready') throw new Error(`the preview was ${proposal.kind}`)
    return proposal.changeRequest
  }

  test('is not sent if that was an earlier one: it is out of date', async () => {
    const { id } = await leave(await preview(), 'playbook_version = 0')
    expect(await send(use.world, { id, requester: SUPPORT })).toMatchObject({ status: 'stale', sentAt: null })
    expect((await getRequest(use.world.database, id)).outcome.moved?.checks).toEqual([MADE_BY_ANOTHER])
  })

  test.each([
    ['of a later version', 'playbook_version = 99'],
    ['that cannot be read', `plan = jsonb_set(plan, '{effects}', '${UNKNOWN_JOB}')`],
  ])('is not sent here, and kept, if it is one %s', async (_what, set) => {
    const { id } = await leave(await preview(), set)
    await expect(send(use.world, { id, requester: SUPPORT })).rejects.toMatchObject({ code: 'another-version' })
    expect((await getRequest(use.world.database, id)).status).toBe('unsent')
  })
})

describe('a request that cannot be read', () => {
  test('waits for the version that made it, and ends out of date by itself, in words', async () => {
    const request = await leavePlan(await sent())
    const sweep = createDriftSweep(use.world)
    await sweep()
    expect((await getRequest(use.world.database, request.id)).status).toBe('pending')
    later = 31 * 60_000
    await sweep()
    const { status, outcome } = await getRequest(use.world.database, request.id)
    expect({ status, checks: outcome.moved?.checks }).toEqual({ status: 'stale', checks: [MADE_BY_ANOTHER] })
  })

  test('cannot be reviewed', async () => {
    const request = await leavePlan(await sent())
    const opened = openReview(use.world, { id: request.id, actor: DEVELOPER, viewId: 'V1' })
    await expect(opened).rejects.toMatchObject({ code: 'another-version' })
  })

  test('has a card that says so', async () => {
    const changeRequest = await leavePlan(await sent())
    const playbook = getPlaybook('fix-route')
    const card = renderCard({ changeRequest, playbook, registerUrl: REGISTER_URL })
    expect(readingOf(card.blocks)).toContain('This version of the bot cannot read the details of this request.')
    expect(readingOf(card.blocks)).toContain('trainee 5901')
  })

  test('needs attention if it was carried out, and no other version looks at it', async () => {
    const request = await sent()
    await approveRequest(use.world, request)
    await execute(use.world, request.id)
    await leavePlan(request)
    await verify(use.world, request.id)
    expect((await getRequest(use.world.database, request.id)).status).toBe('verifying')
    later = 31 * 60_000
    await verify({ ...use.world, startedAt: use.world.now() }, request.id)
    expect((await getRequest(use.world.database, request.id)).status).toBe('verifying')
    await verify(use.world, request.id)
    const { status, outcome } = await getRequest(use.world.database, request.id)
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
  expect(request.outcome).toEqual({
    problem: 'Words.',
    later: outcome.later,
    advice: outcome.advice,
    verified: outcome.verified,
  })
})
