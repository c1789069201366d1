import { beforeEach, expect, test } from 'vitest'

import { approve } from '../../src/changes/decide/decide.ts'
import { openReview } from '../../src/changes/decide/review.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { createDriftSweep } from '../../src/changes/sweeps/drift.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { approveRequest, DEVELOPER, sendRequest } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld({ rows: 'demo' })
let request: ChangeRequest

beforeEach(async () => {
  await use.admin.query(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE status = 'pending'`)
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  request = await sendRequest(use.world, 'fix-route', {
    subject: rows[0].slug,
    route: 'assessment_only',
    reason: 'x',
    ticket: '',
  })
})

/** As someone who administers the database could, past our own guard. */
async function alter(path: string, value: string): Promise<void> {
  await use.admin.query('ALTER TABLE chatops.change_requests DISABLE TRIGGER guard_change_request')
  await use.admin.query(
    'UPDATE chatops.change_requests SET plan = jsonb_set(plan, $2::text[], $3::jsonb) WHERE id = $1',
    [request.id, path, value],
  )
  await use.admin.query('ALTER TABLE chatops.change_requests ENABLE TRIGGER guard_change_request')
}

const EVIL = ['{updates,0,changes,course_subject_two}', '["statistics", "altered"]'] as const

test('a request whose row was altered cannot be reviewed or approved', async () => {
  await openReview(use.world, { id: request.id, actor: DEVELOPER, viewId: 'V1' })
  await alter(...EVIL)
  const review = openReview(use.world, { id: request.id, actor: DEVELOPER, viewId: 'V2' })
  await expect(review).rejects.toMatchObject({ code: 'altered' })
  const approval = approve(use.world, { id: request.id, actor: DEVELOPER, viewId: 'V1', digest: request.digest })
  await expect(approval).rejects.toMatchObject({ code: 'altered' })
})

test('a request whose row was altered after its approval is not carried out', async () => {
  await approveRequest(use.world, request)
  await alter(...EVIL)
  expect(await execute(use.world, request.id)).toBe('stale')
  const { rows } = await use.admin.query('SELECT course_subject_two FROM trainees WHERE id = 5901')
  expect(rows[0].course_subject_two).not.toBe('altered')
})

test('one request that cannot be looked at does not keep the others from being found to have moved', async () => {
  await alter('{updates,0,table}', '"no_such_table"')
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5902')
  const form = { subject: rows[0].slug, route: 'provider_led_postgrad', reason: 'x', ticket: '' }
  const other = await sendRequest(use.world, 'fix-route', form)
  await use.admin.query('UPDATE trainees SET course_start_date = course_start_date + 1 WHERE id = 5902')
  await createDriftSweep(use.world)()
  const { rows: found } = await use.admin.query('SELECT status FROM chatops.change_requests WHERE id = $1', [other.id])
  expect(found).toEqual([{ status: 'stale' }])
})
