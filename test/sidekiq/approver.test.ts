// With REGISTRATIONS=sidekiq: somebody is taken out of the approvers while what they approved has not been given to Register's
// Sidekiq yet.
import { randomUUID } from 'node:crypto'
import { Not } from 'typeorm'
import { beforeEach, expect, test } from 'vitest'
import { OutboxRow } from '../../src/entities/chatops/outbox-row.ts'
import { runAgain } from '../../src/jobs/start/start.ts'
import { appendToLedger } from '../../src/ledger/ledger.ts'
import type { Standing } from '../../src/world.ts'
import { NOW, TRAINEE, useStage } from '../jobs/stage.ts'
import { approved, carriedOut, FORM, look, lose } from '../registration/setup.ts'
import { DEVELOPER } from '../support/lifecycle.ts'
import { useRegistersRedis } from './beside-stage.ts'

const register = useRegistersRedis(3)
const stage = useStage({ upstreams: { sidekiq: register.sidekiq } as never })
const MINUTE = 60_000
let standing: Standing

beforeEach(async () => {
  standing = 'allowed'
  const { context } = stage
  stage.context = {
    ...context,
    register: { ...context.register, handsOverRegistrations: true },
    people: { ...context.people, mayDecide: async () => standing },
  }
  at(0)
  await stage.change('UPDATE chatops.mirror SET read_at = $1', NOW)
  await lose(stage)
})

/** So many minutes after the stage's own time. */
function at(minutes: number): void {
  stage.context = { ...stage.context, now: () => new Date(Date.parse(NOW) + minutes * MINUTE) }
}

/** Gives Sidekiq what is due, also what has to wait a little longer. */
async function give(): Promise<void> {
  await stage.change(`UPDATE chatops.outbox SET due_at = now() WHERE kind = 'sidekiq' AND status = 'queued'`)
  await register.relay(stage.context)
}

/** Where Sidekiq has registrations; the poll that goes with one does no harm. */
const given = async () =>
  (await register.readAll()).flatMap(({ name, place }) => (name === 'register-for-trn' ? [place] : []))
const errors = async () => {
  const rows = await stage.context.database.manager.findBy(OutboxRow, { kind: 'sidekiq', status: Not('sent') })
  return rows.map(({ status, lastError }) => ({ status, lastError }))
}

test('a registration that has waited is not handed over if its approver may approve no more', async () => {
  const id = await carriedOut(stage, 're-register', FORM)
  at(6)
  standing = 'not-listed'
  await give()
  expect(await given()).toEqual([])
  const { status, lines, followUps } = await look(stage, id)
  expect(lines[2]).toContain('Whoever approved it may no longer approve requests, so we sent nothing.')
  expect({ status, followUps }).toMatchObject({ status: 'needs-attention', followUps: [{ label: 'Preview again' }] })
  standing = 'allowed'
  await stage.change(`UPDATE chatops.outbox SET status = 'queued', due_at = now() WHERE kind = 'sidekiq'`)
  await register.relay(stage.context)
  expect(await given()).toEqual([])
})

test('one that is handed over at once asks nobody', async () => {
  await carriedOut(stage, 're-register', FORM)
  at(4)
  standing = 'not-listed'
  await give()
  expect(await given()).toEqual(['queue'])
})

test('while Slack does not say, it waits, and is handed over once Slack says that they may', async () => {
  await carriedOut(stage, 're-register', FORM)
  at(6)
  standing = 'people-unknown'
  await give()
  expect(await given()).toEqual([])
  expect(await errors()).toMatchObject([{ status: 'queued', lastError: expect.stringContaining('who may approve') }])
  standing = 'allowed'
  await give()
  expect(await given()).toEqual(['queue'])
})

/** A day off is over as well. */
const LONG = 5 * 24 * 60

test('once Slack has not said for a working day, it ends with just that, and no operator is asked', async () => {
  const id = await carriedOut(stage, 're-register', FORM)
  const reported: string[] = []
  stage.context = { ...stage.context, report: async (trouble) => void reported.push(trouble) }
  at(6)
  standing = 'people-unknown'
  await give()
  await stage.change(`UPDATE chatops.outbox SET failing_since = $1 WHERE kind = 'sidekiq'`, NOW)
  at(LONG)
  await give()
  expect(await given()).toEqual([])
  const { status, lines, followUps } = await look(stage, id)
  expect(lines[2]).toContain('Slack did not say whether its approver may still approve, so we sent nothing.')
  expect({ status, followUps }).toMatchObject({ status: 'needs-attention', followUps: [{ label: 'Preview again' }] })
  expect({ reported, errors: await errors() }).toEqual({ reported: [], errors: [] })
})

test('the day begins when Slack falls silent, whatever stood in the way before', async () => {
  await carriedOut(stage, 're-register', FORM)
  await stage.change(`UPDATE chatops.outbox SET failing_since = $1 WHERE kind = 'sidekiq'`, NOW)
  at(LONG)
  standing = 'people-unknown'
  await give()
  expect(await errors()).toMatchObject([{ status: 'queued', lastError: expect.stringContaining('who may approve') }])
})

test('one that died is not set going again if who approved that may approve no more', async () => {
  const changeRequest = await approved(stage, 're-register', FORM)
  await register.putRegistration('dead', Number(TRAINEE))
  const [dead] = await register.readAll()
  const id = randomUUID()
  await stage.change(
    `INSERT INTO chatops.mirrored_jobs (id, name, trainee_id, args, place, queue, score, sha1, due_at, created_at, finished_at)
     VALUES ($1, 'register-for-trn', $2, '{}', 'dead', 'dttp', $3, $4, now(), now(), now())`,
    ...[id, TRAINEE, dead?.score, dead?.sha1],
  )
  const again = { id, fingerprint: `dead ${dead?.score} ${dead?.sha1}`, dueAt: new Date(NOW), changeRequest }
  await runAgain(stage.context.database.manager, { ...again, approved: null })
  at(6)
  standing = 'not-listed'
  await give()
  expect(await given()).toEqual(['dead'])
  expect(await errors()).toMatchObject([
    { status: 'failed', lastError: expect.stringContaining('Whoever approved it') },
  ])
})

test('a pause is no part of the day', async () => {
  await carriedOut(stage, 're-register', FORM)
  at(6)
  standing = 'people-unknown'
  await give()
  await stage.change(`UPDATE chatops.outbox SET failing_since = now() - interval '30 days' WHERE kind = 'sidekiq'`)
  await appendToLedger(stage.context.database.manager, { changeRequest: null, event: 'paused', actor: DEVELOPER })
  await stage.change(`SET session_replication_role = replica;
    UPDATE chatops.ledger SET at = now() - interval '30 days' WHERE event = 'paused';
    RESET session_replication_role`)
  stage.context = { ...stage.context, now: () => new Date() }
  await give()
  expect(await errors()).toMatchObject([{ status: 'queued', lastError: expect.stringContaining('who may approve') }])
})
