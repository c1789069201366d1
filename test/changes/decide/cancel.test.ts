import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cancel, reject } from '../../../src/changes/decide/decide.ts'
import { openReview } from '../../../src/changes/decide/review.ts'
import { execute } from '../../../src/changes/execute/execute.ts'
import { getRequest } from '../../../src/changes/requests.ts'
import type { ChangeRequest } from '../../../src/entities/chatops/change-request.ts'
import { ChangeError } from '../../../src/errors.ts'
import { verifyLedger } from '../../../src/ledger/verify.ts'
import { pause, resume } from '../../../src/pausing/pause.ts'
import { getPlaybook } from '../../../src/playbooks/index.ts'
import { renderCard } from '../../../src/views/request/card.ts'
import { renderEnd } from '../../../src/views/request/thread.ts'
import type { Standing, World } from '../../../src/world.ts'
import {
  approveRequest,
  DEVELOPER,
  REGISTER_URL,
  SECOND_DEVELOPER,
  STRANGER,
  SUPPORT,
  sendRequest,
} from '../../support/lifecycle.ts'
import { useWorld } from '../../support/world.ts'
import { buttonsOf, readingOf } from '../../views/shown.ts'

// What is approved and waits, for a pause, a deploy or another system: who can still take it back, and whether its approver
// still may approve when it is carried out at last.

const MINUTE = 60_000

const use = useWorld({ rows: 'demo' }, () => ({ now: () => new Date(clock) }))
let clock: number
let request: ChangeRequest

beforeAll(async () => {
  clock = Date.now()
})

beforeEach(async () => {
  clock = Date.now()
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  const form = { subject: rows[0].slug, route: 'assessment_only', reason: 'Asked for', ticket: '' }
  request = await approveRequest(use.world, await sendRequest(use.world, 'fix-route', form))
})

afterEach(async () => {
  await use.admin.query(`
    UPDATE chatops.brake SET paused_at = NULL, paused_by = NULL, reason = NULL, resume_asked_at = NULL,
      resume_asked_by = NULL;
    UPDATE chatops.change_requests SET status = 'stale' WHERE status = 'approved'`)
})

const now = () => getRequest(use.world.database, request.id)
const shownCard = async () =>
  renderCard({ changeRequest: await now(), playbook: getPlaybook('fix-route'), registerUrl: REGISTER_URL })
const route = async () => (await use.admin.query('SELECT training_route FROM trainees WHERE id = 5901')).rows[0]

/** Slack says this of the approver now. */
const saying = (standing: Standing): World => ({
  ...use.world,
  people: {
    ...use.world.people,
    mayDecide: async (id) => (id === DEVELOPER ? standing : use.world.people.mayDecide(id)),
  },
})

describe('what is approved', () => {
  test.each([
    ['another approver', SECOND_DEVELOPER],
    ['whoever asked for it', SUPPORT],
    ['whoever approved it', DEVELOPER],
  ])('can be cancelled by %s while the bot is paused, and is not carried out afterwards', async (_, actor) => {
    await pause(use.world, { actor: SECOND_DEVELOPER, reason: 'An account is in wrong hands' })
    const before = await route()
    expect(buttonsOf((await shownCard()).blocks).map(({ text }) => text.text)).toContain('Cancel request')
    await cancel(use.world, { id: request.id, actor })
    await resume(use.world, DEVELOPER)
    await resume(use.world, SECOND_DEVELOPER)
    expect(await execute(use.world, request.id)).toBe('not-approved')
    expect(await route()).toEqual(before)
    expect(await verifyLedger(use.world.database)).toMatchObject({ broken: null })
    const { rows } = await use.admin.query(
      `SELECT actor, details FROM chatops.ledger WHERE event = 'cancelled' AND change_request_id = $1`,
      [request.id],
    )
    expect(rows).toEqual([{ actor, details: { was: 'approved' } }])
    expect((await use.admin.query('SELECT 1 FROM chatops.open_subjects')).rowCount).toBe(0)
  })

  test('says on its card and in its thread who cancelled it, and who had approved it', async () => {
    await cancel(use.world, { id: request.id, actor: SECOND_DEVELOPER })
    const card = readingOf((await shownCard()).blocks)
    expect(card).toContain(`Approved by <@${DEVELOPER}>`)
    expect(card).toContain(`Cancelled by <@${SECOND_DEVELOPER}>`)
    const playbook = getPlaybook('fix-route')
    const said = renderEnd({ changeRequest: await now(), playbook, registerUrl: REGISTER_URL, ledgerHash: null })
    const after = `after <@${DEVELOPER}> had approved it. Nothing has changed.`
    expect(said.text).toBe(`<@${SUPPORT}> CR-${request.id} was cancelled by <@${SECOND_DEVELOPER}> ${after}`)
    const { rows } = await use.admin.query(
      `SELECT payload FROM chatops.outbox WHERE kind = 'thread' AND change_request_id = $1`,
      [request.id],
    )
    expect(rows).toEqual([{ payload: { part: 'outcome' } }])
  })

  test('is cancelled by nobody else, and before its approval by its requester only', async () => {
    await expect(cancel(use.world, { id: request.id, actor: STRANGER })).rejects.toMatchObject({
      code: 'not-an-approver',
    })
    expect((await now()).status).toBe('approved')
    await cancel(use.world, { id: request.id, actor: SUPPORT })
    const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
    const form = { subject: rows[0].slug, route: 'assessment_only', reason: 'Again', ticket: '' }
    const { id } = await sendRequest(use.world, 'fix-route', form)
    await expect(cancel(use.world, { id, actor: DEVELOPER })).rejects.toMatchObject({ code: 'not-requester' })
    await cancel(use.world, { id, actor: SUPPORT })
  })

  test('cannot be cancelled once an execution holds it: who tries waits, and is told that it was carried out', async () => {
    let cancelling: Promise<unknown> | undefined
    const onStep = async (step: string) => {
      if (step === 'written')
        cancelling = cancel(use.world, { id: request.id, actor: SECOND_DEVELOPER }).catch((e) => e)
    }
    expect(await execute({ ...use.world, onStep }, request.id)).toBe('executed')
    const refused = await cancelling
    expect(refused).toMatchObject({ code: 'already-approved' })
    expect((refused as ChangeError).words.text).toContain('It was carried out at')
    expect((await now()).status).toBe('verifying')
    await use.admin.query(`
      UPDATE public.trainees SET training_route = 1 WHERE id = 5901;
      UPDATE chatops.change_requests SET status = 'done' WHERE status = 'verifying'`)
  })

  test('tells whoever would reject or review it how it can still be stopped', async () => {
    const rejecting = reject(use.world, { id: request.id, actor: SECOND_DEVELOPER, reason: 'No' })
    const reviewing = openReview(use.world, { id: request.id, actor: SECOND_DEVELOPER, viewId: 'V1' })
    for (const refused of await Promise.all([rejecting, reviewing].map((one) => one.catch((e) => e)))) {
      expect(refused).toBeInstanceOf(ChangeError)
      expect(refused.words.text).toContain('select “Cancel request”')
      expect(refused.words.text).not.toContain('do not need to do anything')
    }
  })
})

describe('an approval that has waited', () => {
  test.each(['not-listed', 'not-a-colleague'] as const)(
    'of somebody who is %s by now makes nothing happen',
    async (by) => {
      clock += 6 * MINUTE
      const before = await route()
      expect(await execute(saying(by), request.id)).toBe('stale')
      expect(await route()).toEqual(before)
      expect(readingOf((await shownCard()).blocks)).toContain('The person who approved it may still approve requests')
    },
  )

  test.each(['people-unknown', 'group-gone'] as const)('waits on while Slack answers %s', async (standing) => {
    clock += 6 * MINUTE
    expect(await execute(saying(standing), request.id)).toBe('postponed')
    expect((await now()).status).toBe('approved')
  })

  test('has half an hour anew after a pause, whatever failed before it', async () => {
    clock += 6 * MINUTE
    expect(await execute(saying('people-unknown'), request.id)).toBe('postponed')
    await pause(use.world, { actor: SECOND_DEVELOPER, reason: 'Test' })
    clock += 31 * MINUTE
    await resume(use.world, DEVELOPER)
    await resume(use.world, SECOND_DEVELOPER)
    expect(await execute(saying('people-unknown'), request.id)).toBe('postponed')
    expect(await now()).toMatchObject({ status: 'approved', upstreamFailingSince: new Date(clock) })
  })

  test('of somebody who is out of the group by now stays while the bot is paused', async () => {
    await pause(use.world, { actor: SECOND_DEVELOPER, reason: 'Test' })
    clock += 6 * MINUTE
    expect(await execute(saying('not-listed'), request.id)).toBe('paused')
    expect(await execute(saying('people-unknown'), request.id)).toBe('paused')
    expect(await now()).toMatchObject({ status: 'approved', upstreamFailingSince: null })
  })
})
