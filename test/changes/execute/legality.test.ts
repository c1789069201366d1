import { afterEach, beforeEach, expect, test } from 'vitest'

import { openReview } from '../../../src/changes/decide/review.ts'
import { execute } from '../../../src/changes/execute/execute.ts'
import type { ChangeRequest } from '../../../src/entities/chatops/change-request.ts'
import { verifyLedger } from '../../../src/ledger/verify.ts'
import { approveRequest, DEVELOPER, SECOND_DEVELOPER, sendRequest } from '../../support/lifecycle.ts'
import { useWorld } from '../../support/world.ts'

const use = useWorld({ rows: 'demo' })
let request: ChangeRequest

beforeEach(async () => {
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  const form = { subject: rows[0].slug, route: 'assessment_only', reason: 'Asked for', ticket: '' }
  request = await sendRequest(use.world, 'fix-route', form)
})

afterEach(() =>
  use.admin.query(`
    UPDATE chatops.change_requests SET status = 'cancelled' WHERE status = 'pending';
    UPDATE chatops.change_requests SET status = 'stale' WHERE status = 'approved'`),
)

const trainee = async () => (await use.admin.query('SELECT * FROM trainees WHERE id = 5901')).rows[0]

/** As the bot's own role could, past the modal. */
const approveBySql = (decidedBy: string) =>
  use.world.database.query(
    `UPDATE chatops.change_requests SET status = 'approved', decided_by = $2, decided_at = now() WHERE id = $1`,
    [request.id, decidedBy],
  )

const enter = (actor: string, details: object) =>
  use.world.database.query('SELECT chatops.append_ledger($1, $2, $3, $4)', [
    request.id,
    'approved',
    actor,
    JSON.stringify(details),
  ])

async function expectRefused(): Promise<void> {
  const before = await trainee()
  expect(await execute(use.world, request.id)).toBe('failed')
  expect(await trainee()).toEqual(before)
  const { rows } = await use.admin.query('SELECT status, outcome FROM chatops.change_requests WHERE id = $1', [
    request.id,
  ])
  expect(rows[0].status).toBe('failed')
  expect(rows[0].outcome.problem).toContain('no record that a second person reviewed and approved it')
}

test('a bare approval in the row is not carried out', async () => {
  await approveBySql(DEVELOPER)
  await expectRefused()
  expect(await verifyLedger(use.world.database)).toMatchObject({ broken: null })
})

test('nor is one of somebody who only opened the review', async () => {
  await openReview(use.world, { id: request.id, actor: DEVELOPER, viewId: `V${request.id}` })
  await approveBySql(DEVELOPER)
  await expectRefused()
})

test('nor is one in the ledger of somebody who was shown nothing', async () => {
  await approveBySql(DEVELOPER)
  await enter(DEVELOPER, { digest: request.digest, viewId: 'V1' })
  await expectRefused()
})

test('nor is one of another digest', async () => {
  const viewId = `V${request.id}`
  await openReview(use.world, { id: request.id, actor: DEVELOPER, viewId })
  await approveBySql(DEVELOPER)
  await enter(DEVELOPER, { digest: 'f'.repeat(64), viewId })
  await expectRefused()
})

test('nor is one by another person than the row names', async () => {
  const viewId = `V${request.id}`
  await openReview(use.world, { id: request.id, actor: SECOND_DEVELOPER, viewId })
  await approveBySql(DEVELOPER)
  await enter(SECOND_DEVELOPER, { digest: request.digest, viewId })
  await expectRefused()
})

test('what was approved in a review is carried out, and a ledger is not sound that lacks the approval', async () => {
  await approveRequest(use.world, request)
  expect(await execute(use.world, request.id)).toBe('executed')
  expect(await verifyLedger(use.world.database)).toMatchObject({ broken: null })

  const details = { digest: 'f'.repeat(64), requester: request.requester, approver: DEVELOPER }
  await use.world.database.query('SELECT chatops.append_ledger($1, $2, $3, $4)', [
    request.id,
    'executed',
    'chatops',
    JSON.stringify(details),
  ])
  expect(await verifyLedger(use.world.database)).toMatchObject({
    broken: { why: 'a request was carried out that nobody had approved as it was' },
  })
})
