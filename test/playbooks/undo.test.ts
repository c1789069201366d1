import { beforeEach, describe, expect, test } from 'vitest'

import { execute } from '../../src/changes/execute/execute.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { plan } from '../../src/contract/plan.ts'
import { checksOf } from '../../src/contract/stored.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { checks } from '../../src/playbooks/undo/checks.ts'
import { read } from '../../src/playbooks/undo/rows.ts'
import { situationOf } from '../../src/playbooks/undo/situation.ts'
import { sayingOf } from '../../src/views/request/saying.ts'
import { approveRequest, CHANNEL, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { resetToDemo } from '../support/reset.ts'
import { useWorld } from '../support/world.ts'

const ID = '5909' // with spaces to tidy in the names
const FORM = { route: 'assessment_only', reason: 'Wrong route', ticket: '' }

const use = useWorld()
let slug: string

beforeEach(async () => {
  await resetToDemo(use.admin)
  slug = (await use.admin.query('SELECT slug FROM trainees WHERE id = $1', [ID])).rows[0].slug
})

describe('a finished request', () => {
  test('is taken back, column for column and byte for byte, by a request of its own', async () => {
    const before = await planned(await row())
    const request = await done('fix-route', { subject: slug, ...FORM })
    expect(await planned(await row())).not.toEqual(before)
    const undone = await done('undo', undo(request))
    expect(await planned(await row())).toEqual(before)
    expect(await getRequest(use.world.database, undone)).toMatchObject({ status: 'done', traineeId: ID })
  })

  test('can be redone by undoing the undoing', async () => {
    const request = await done('fix-route', { subject: slug, ...FORM })
    const changed = await planned(await row())
    await done('undo', undo(await done('undo', undo(request))))
    expect(await planned(await row())).toEqual(changed)
  })

  test('is not taken back twice', async () => {
    const request = await done('fix-route', { subject: slug, ...FORM })
    await done('undo', undo(request))
    expect(await blocking('undo', undo(request))).toEqual(['undone']) // not: undo what has undone it first
    await use.admin.query('UPDATE trainees SET training_route = 0 WHERE id = $1', [ID])
    expect(await blocking('undo', undo(request))).toEqual(['undone'])
  })

  test('is not taken back where someone has changed a column since, which is named', async () => {
    const request = await done('fix-route', { subject: slug, ...FORM })
    await use.admin.query(`UPDATE trainees SET course_start_date = '2021-09-09' WHERE id = $1`, [ID])
    const { checks } = await preview('undo', undo(request))
    expect(checks.find(({ id }) => id === 'moved')).toMatchObject({
      verdict: 'blocks',
      found: expect.stringContaining('Course start date'),
    })
  })

  test('is not taken back where a later request of the bot has changed a column, which is named as such', async () => {
    const request = await done('fix-route', { subject: slug, ...FORM })
    const later = await done('fix-route', { subject: slug, ...FORM, route: 'early_years_assessment_only' })
    const { checks } = await preview('undo', undo(request))
    const moved = checks.find(({ id }) => id === 'moved')?.found
    expect(moved).toContain(`CR-${later} has changed this since: `)
    expect(moved).toContain(`Undo CR-${later} first`)
  })

  test('names on each card what undid it, as long as that is in force', async () => {
    const undoneBy = async (id: string) => (await getRequest(use.world.database, id)).outcome.undoneBy
    const request = await done('fix-route', { subject: slug, ...FORM })
    const back = await done('undo', undo(request))
    expect(await undoneBy(request)).toBe(back)
    const again = await done('undo', undo(back))
    const redoing = sayingOf(await getRequest(use.world.database, again), getPlaybook('undo'))?.asks
    expect(redoing).toContain(`undo CR-${back}, so that CR-${request} holds again: change training route`)
    expect([await undoneBy(request), await undoneBy(back)]).toEqual([undefined, again])
    await done('undo', undo(again))
    expect([await undoneBy(request), await undoneBy(back)]).toEqual([back, undefined])
  })

  test('is taken back with a warning where something else was saved since, and out of date if more is', async () => {
    const request = await done('fix-route', { subject: slug, ...FORM })
    expect((await check('since', undo(request))).verdict).toBe('holds')
    await save({ bursary_tier: [null, 1], applying_for_bursary: [null, true] })
    const warning = await check('since', undo(request))
    expect(warning).toMatchObject({ verdict: 'warns', found: expect.stringContaining('Bursary tier') })
    expect(warning.found).not.toContain('Applying for bursary') // which the request wrote itself
    const sent = await sendRequest(use.world, 'undo', undo(request))
    await approveRequest(use.world, sent)
    await save({ region: [null, 'London'] })
    expect(await execute(use.world, sent.id)).toBe('stale')
  })

  test('is taken back with a warning where the record is finished by now', async () => {
    const request = await done('fix-route', { subject: slug, ...FORM })
    expect((await check('state', undo(request))).verdict).toBe('holds')
    await use.admin.query('UPDATE trainees SET state = 6 WHERE id = $1', [ID])
    expect(await check('state', undo(request))).toMatchObject({
      verdict: 'warns',
      found: expect.stringContaining('This record is finished: QTS awarded.'),
    })
  })

  test('can be taken back again once the undoing was undone', async () => {
    const before = await planned(await row())
    const request = await done('fix-route', { subject: slug, ...FORM })
    const redone = await done('undo', undo(await done('undo', undo(request))))
    await done('undo', undo(request))
    expect(await planned(await row())).toEqual(before)
    expect(await blocking('undo', undo(redone))).toContain('moved')
  })

  test('goes out of date if a column moves before the undoing is carried out', async () => {
    const request = await done('fix-route', { subject: slug, ...FORM })
    const sent = await sendRequest(use.world, 'undo', undo(request))
    await approveRequest(use.world, sent)
    await use.admin.query('UPDATE trainees SET training_route = 9 WHERE id = $1', [ID])
    expect(await execute(use.world, sent.id)).toBe('stale')
  })
})

describe('there is nothing to take back of', () => {
  test('a request that was never carried out', async () => {
    const { id } = await sendRequest(use.world, 'fix-route', { subject: slug, ...FORM })
    await use.admin.query(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE id = $1`, [id])
    expect(await blocking('undo', undo(id))).toEqual(['request'])
    await use.admin.query('UPDATE chatops.change_requests SET form = NULL, plan = NULL, checks = NULL WHERE id = $1', [
      id,
    ])
    expect(await whyNot(id)).toBe(`CR-${id} changed nothing, so there is nothing to undo.`)
  })

  test('one that waits or is about to be carried out, and it says which', async () => {
    const sent = await sendRequest(use.world, 'fix-route', { subject: slug, ...FORM })
    expect(await whyNot(sent.id)).toContain('“Cancel request”')
    await approveRequest(use.world, sent)
    expect(await whyNot(sent.id)).toContain('is about to be carried out')
  })

  test('one whose result is still being checked', async () => {
    const sent = await sendRequest(use.world, 'fix-route', { subject: slug, ...FORM })
    await approveRequest(use.world, sent)
    await execute(use.world, sent.id)
    expect(await blocking('undo', undo(sent.id))).toContain('request')
  })

  test('what was sent: each part of it is named once, and what people can do about it', async () => {
    const request = await done('fix-route', { subject: slug, ...FORM })
    const job = (entity: string) => ({
      ...{ kind: 'enqueue', job: 'change-trainee-status' },
      args: { trainee: ID, entity, status: 'prospective_trainee_trn_requested' },
    })
    const effects = [job('contact'), job('placement_assignment'), { kind: 'trello-card', title: 'x', text: 'x' }]
    const rows = await read(use.world.database.manager, request)
    const situation = situationOf({ ...rows, plan: plan.parse({ ...rows.plan, effects }) })
    expect(checks.find(({ id }) => id === 'inverse')?.look(situation)).toMatchObject({
      verdict: 'blocks',
      found:
        'It started a job: “Set the status in DTTP”. It added a Trello card. ' +
        'The bot cannot take that back. Ask a developer what the job changed in DTTP. Archive the Trello card.',
    })
  })

  test('a job that was taken out of Register’s Sidekiq', async () => {
    const request = await done('fix-route', { subject: slug, ...FORM })
    const member = { place: 'dead', queue: 'default', score: '1.5', sha1: '0'.repeat(40) }
    const effects = [{ kind: 'remove-job', job: 'register-for-trn', trainee: ID, member }]
    const rows = await read(use.world.database.manager, request)
    const situation = situationOf({ ...rows, plan: plan.parse({ ...rows.plan, effects }) })
    expect(checks.find(({ id }) => id === 'inverse')?.look(situation)).toMatchObject({
      verdict: 'blocks',
      found: expect.stringContaining(
        'took a failed job out of Register’s Sidekiq. The bot cannot take that back. The reg',
      ),
    })
  })

  test('one whose contents were removed', async () => {
    const request = await done('fix-route', { subject: slug, ...FORM })
    await use.admin.query('UPDATE chatops.change_requests SET plan = NULL, form = NULL, checks = NULL WHERE id = $1', [
      request,
    ])
    expect(await blocking('undo', undo(request))).toContain('request')
  })
})

function undo(request: string): Record<string, string> {
  return { subject: `CR-${request}`, reason: 'It was right before', ticket: '' }
}

/** Carries a request out and looks at its result. */
async function done(playbook: string, form: Record<string, string>): Promise<string> {
  const sent = await sendRequest(use.world, playbook, form)
  await approveRequest(use.world, sent)
  expect(await execute(use.world, sent.id)).toBe('executed')
  await verify(use.world, sent.id)
  expect(await getRequest(use.world.database, sent.id)).toMatchObject({ status: 'done' })
  return sent.id
}

/** As Register's own code saves, with its audit. */
async function save(changes: Record<string, [unknown, unknown]>): Promise<void> {
  await use.admin.query(
    `INSERT INTO audits (auditable_type, auditable_id, action, audited_changes, version, created_at)
     VALUES ('Trainee', $1, 'update', $2, 99, now() AT TIME ZONE 'UTC')`,
    [ID, changes],
  )
}

/** What stands in the way of undoing a request that was not carried out. */
async function whyNot(id: string): Promise<string | undefined> {
  return (await preview('undo', undo(id))).checks.find((one) => one.id === 'request')?.found
}

async function check(id: string, form: Record<string, string>) {
  const asked = { playbook: getPlaybook('undo'), form, requester: SUPPORT, channel: CHANNEL }
  const proposal = await propose(use.world, asked)
  const checks = proposal.kind === 'ready' ? checksOf(proposal.changeRequest) : []
  const found = checks.find((one) => one.id === id)
  if (!found) throw new Error(`there is no check ${id}`)
  return found
}

async function preview(playbook: string, form: Record<string, string>) {
  const proposal = await propose(use.world, {
    playbook: getPlaybook(playbook),
    form,
    requester: SUPPORT,
    channel: CHANNEL,
  })
  if (proposal.kind === 'ready') throw new Error('nothing stands in the way')
  return proposal
}

async function blocking(playbook: string, form: Record<string, string>): Promise<string[]> {
  const { checks } = await preview(playbook, form)
  return checks.filter(({ verdict }) => verdict === 'blocks').map(({ id }) => id)
}

async function row(): Promise<Record<string, unknown>> {
  return (await use.admin.query('SELECT to_jsonb(t) AS row FROM trainees t WHERE id = $1', [ID])).rows[0].row
}

/** Everything but the time of the last save. */
function planned({ updated_at: _, ...columns }: Record<string, unknown>) {
  return columns
}
