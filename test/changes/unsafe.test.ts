// Requests and jobs while Register's database is not as this version of the bot knows it.
import { beforeEach, describe, expect, test } from 'vitest'
import { approve, checkRejection, reject } from '../../src/changes/decide/decide.ts'
import { openReview } from '../../src/changes/decide/review.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { send } from '../../src/changes/propose/send.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { createDriftSweep } from '../../src/changes/sweeps/drift.ts'
import { tellWhatIsOff } from '../../src/changes/sweeps/sweep.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { Job } from '../../src/entities/chatops/job.ts'
import { runJob } from '../../src/jobs/run/run-job.ts'
import { enqueueJob } from '../../src/jobs/start/enqueue.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import { renderCard } from '../../src/views/request/card.ts'
import { approveRequest, CHANNEL, DEVELOPER, REGISTER_URL, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { resetToDemo } from '../support/reset.ts'
import { readText } from '../support/slack/index.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()

beforeEach(async () => {
  await change('ALTER TABLE trainees ALTER study_mode TYPE integer USING study_mode::integer', GRANT)
  await resetToDemo(use.admin)
})

const REVOKE = 'REVOKE UPDATE (study_mode) ON trainees FROM chatops_app'
const GRANT = 'GRANT UPDATE (study_mode) ON trainees TO chatops_app'
const WHY = 'In Register’s database the bot may not change trainees.study_mode.'

async function change(...statements: string[]) {
  for (const statement of statements) await use.admin.query(statement)
}

async function form(route = 'assessment_only') {
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  return { subject: rows[0].slug as string, route, reason: 'Asked for', ticket: '' }
}

const sent = async () => sendRequest(use.world, 'fix-route', await form())

async function shown(id: string): Promise<string> {
  const changeRequest = await getRequest(use.world.database, id)
  const playbook = getPlaybook(changeRequest.playbook)
  return readText(renderCard({ changeRequest, playbook, registerUrl: REGISTER_URL }).blocks)
}

describe('a request for what is not safe', () => {
  test('is not previewed, sent, reviewed or approved, and each refusal is on record', async () => {
    const playbook = getPlaybook('fix-route')
    const asked = { playbook, form: await form(), requester: SUPPORT, channel: CHANNEL }
    const preview = await propose(use.world, asked)
    if (preview.kind !== 'ready') throw new Error('no preview')
    const { id } = preview.changeRequest
    await change(REVOKE)
    const unsafe = { code: 'playbook-unsafe', words: { text: expect.stringContaining(WHY) } }
    await expect(propose(use.world, asked)).rejects.toMatchObject(unsafe)
    await expect(send(use.world, { id, requester: SUPPORT })).rejects.toMatchObject(unsafe)
    await change(GRANT)
    await send(use.world, { id, requester: SUPPORT })
    const { digest } = await openReview(use.world, { id, actor: DEVELOPER, viewId: 'V1' })
    await change(REVOKE)
    await expect(openReview(use.world, { id, actor: DEVELOPER, viewId: 'V2' })).rejects.toMatchObject(unsafe)
    await expect(approve(use.world, { id, actor: DEVELOPER, digest, viewId: 'V1' })).rejects.toMatchObject(unsafe)
    const { rows } = await use.admin.query(
      `SELECT count(*)::int FROM chatops.ledger WHERE details ->> 'because' = 'playbook-unsafe'`,
    )
    expect(rows).toEqual([{ count: 4 }])
  })

  test('can still be rejected', async () => {
    const { id } = await sent()
    await change(REVOKE)
    await checkRejection(use.world, { id, actor: DEVELOPER })
    expect((await reject(use.world, { id, actor: DEVELOPER, reason: 'Not now' })).status).toBe('rejected')
  })

  test('that waits for approval is not taken to be out of date, and says why it waits', async () => {
    const { id } = await sent()
    await change('ALTER TABLE trainees ALTER study_mode TYPE varchar')
    expect(await createDriftSweep(use.world)()).toBe(0)
    expect(await tellWhatIsOff(use.world)).toBe(1)
    expect(await tellWhatIsOff(use.world)).toBe(0)
    expect(await shown(id)).toContain(
      'switched off for now. In Register’s database trainees.study_mode is character varying and was integer. Nobody can approve it',
    )
    await change('ALTER TABLE trainees ALTER study_mode TYPE integer USING study_mode::integer')
    expect(await tellWhatIsOff(use.world)).toBe(1)
    expect(await shown(id)).not.toContain('switched off')
  })

  test('that is approved waits, says so, and is carried out once that is put right', async () => {
    const { id } = await approveRequest(use.world, await sent())
    await change(REVOKE)
    expect(await execute(use.world, id)).toBe('paused')
    expect((await getRequest(use.world.database, id)).status).toBe('approved')
    expect(await tellWhatIsOff(use.world)).toBe(1)
    expect(await shown(id)).toContain(`${WHY} It stays approved, and is carried out once that is put right.`)
    await change(GRANT)
    expect(await execute(use.world, id)).toBe('executed')
    const done = await getRequest(use.world.database, id)
    expect([done.status, done.outcome.off]).toEqual(['verifying', undefined])
  })

  test.each(['begun', 'asked', 'claimed'])('waits, too, if Register is deployed once it has %s', async (at) => {
    const { id } = await approveRequest(use.world, await sent())
    const deploy = 'ALTER TABLE trainees ALTER study_mode TYPE varchar'
    const onStep = async (step: string) => {
      if (step === at) await change(deploy)
    }
    expect(await execute({ ...use.world, onStep }, id)).toBe('paused')
    expect((await getRequest(use.world.database, id)).status).toBe('approved')
    await change('ALTER TABLE trainees ALTER study_mode TYPE integer USING study_mode::integer')
    expect(await execute(use.world, id)).toBe('executed')
  })

  test('that was carried out is not looked at until that is put right', async () => {
    const { id } = await approveRequest(use.world, await sent())
    await execute(use.world, id)
    await change('ALTER TABLE trainees ALTER study_mode TYPE varchar')
    await verify(use.world, id)
    expect(await getRequest(use.world.database, id)).toMatchObject({
      status: 'verifying',
      outcome: { advice: expect.anything() },
    })
  })
})

test('a job that is not safe waits without an attempt', async () => {
  const due = { name: 'retrieve-trn' as const, trainee: '5901', dueAt: use.world.now() }
  const id = (await use.world.database.transaction((sql) => enqueueJob(sql, due))) ?? ''
  await change('REVOKE UPDATE (trn) ON trainees FROM chatops_app')
  const next = await runJob(use.world, jobRunner, id)
  expect(next?.getTime()).toBeGreaterThan(Date.now())
  expect(await use.world.database.manager.findOneByOrFail(Job, { id })).toMatchObject({
    ...{ status: 'waiting', attempts: 0, stalls: 0, failure: null },
  })
  await change('GRANT UPDATE (trn) ON trainees TO chatops_app')
})

describe('a record with a value that Register has added since', () => {
  const NEW = { state: 7, training_route: 12, study_mode: 2, gender: 4, bursary_tier: 3 }
  test.each(Object.entries(NEW))('%s is refused in words, and no other record is', async (column, code) => {
    await change(`UPDATE trainees SET ${column} = ${code} WHERE id = 5901`)
    const playbook = getPlaybook('fix-route')
    const asked = { playbook, form: await form(), requester: SUPPORT, channel: CHANNEL }
    const refused = await propose(use.world, asked)
    if (refused.kind !== 'blocked') throw new Error(`the preview was ${refused.kind}`)
    const check = refused.checks.find(({ id }) => id === 'known-values')
    expect(check).toMatchObject({ verdict: 'blocks', found: expect.stringMatching(/ has a value .*does not know/) })
    expect(check?.found.includes(`(${code})`)).toBe(column !== 'gender')
    expect(refused.checks.map(({ found }) => found).join()).not.toMatch(/undefined|\bnull\b/)
    const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5902')
    const other = { ...asked.form, subject: rows[0].slug as string }
    expect((await propose(use.world, { ...asked, form: other })).kind).not.toBe('blocked')
  })

  test('makes an approved request out of date', async () => {
    const { id } = await approveRequest(use.world, await sent())
    await change('UPDATE trainees SET state = 7 WHERE id = 5901')
    expect(await execute(use.world, id)).toBe('stale')
    expect((await getRequest(use.world.database, id)).outcome.moved?.checks).toContain(
      'Every value of the record is one that we know',
    )
  })
})
