// Somebody is taken out of the approvers while what they approved is carried out and not sent yet.
import { beforeEach, expect, test } from 'vitest'
import { createSidekiqClient } from '../../src/sidekiq/index.ts'
import type { Standing } from '../../src/world.ts'
import { NOW, useStage } from '../jobs/stage.ts'
import { carriedOut, FORM, look, lose, runJobs } from './setup.ts'

const stage = useStage()
const MINUTE = 60_000
let standing: Standing

beforeEach(async () => {
  at(0)
  standing = 'allowed'
  stage.context.people = { ...stage.context.people, mayDecide: async () => standing }
  await lose(stage)
})

/** So many minutes after the stage's own time. */
function at(minutes: number): void {
  stage.context = { ...stage.context, now: () => new Date(Date.parse(NOW) + minutes * MINUTE) }
}

const register = () => carriedOut(stage, 're-register', FORM)
const line = async (id: string) => (await look(stage, id)).lines[2]
const statusOfJob = async () => (await stage.jobs('register-for-trn')).map(({ status }) => status)

test('a registration that has waited is not sent if its approver may approve no more', async () => {
  const id = await register()
  at(6)
  standing = 'not-listed'
  await runJobs(stage, 'register-for-trn')
  expect(stage.inDttp().contacts).toEqual([])
  expect(await line(id)).toContain('Whoever approved it may no longer approve requests, so we sent nothing.')
  expect(await look(stage, id)).toMatchObject({ status: 'needs-attention', followUps: [{ label: 'Preview again' }] })
})

test('one that is sent at once asks nobody', async () => {
  await register()
  at(4)
  standing = 'not-listed'
  await runJobs(stage, 'register-for-trn')
  expect(stage.inDttp().contacts).toHaveLength(1)
})

test('while Slack does not say, it waits, for a working day at most', async () => {
  const id = await register()
  standing = 'people-unknown'
  for (let minute = 6; minute < 24 * 60; minute += 50) {
    at(minute)
    await runJobs(stage, 'register-for-trn')
    expect(await statusOfJob()).toEqual(['waiting'])
  }
  at(24 * 60 + 7)
  await runJobs(stage, 'register-for-trn')
  expect(stage.inDttp().contacts).toEqual([])
  const said = 'From 27 October 2021 at 2:20pm until 28 October 2021 at 2:21pm Slack did not say'
  expect(await line(id)).toContain(`${said} whether its approver may still approve, so we sent nothing.`)
})

test('what Slack owed is not charged to Sidekiq, which was not asked meanwhile', async () => {
  await register()
  standing = 'people-unknown'
  for (let minute = 6; minute < 24 * 60; minute += 50) {
    at(minute)
    await runJobs(stage, 'register-for-trn')
  }
  standing = 'allowed'
  const sidekiq = createSidekiqClient({ url: 'redis://127.0.0.1:9' }, { warn: () => {} })
  at(24 * 60 + 7)
  stage.context = { ...stage.context, upstreams: { ...stage.context.upstreams, sidekiq } }
  await runJobs(stage, 'register-for-trn')
  sidekiq.close()
  expect(await stage.jobs('register-for-trn')).toMatchObject([{ status: 'waiting', progress: { silent: 'sidekiq' } }])
})

test('a pause of less than an hour does not count', async () => {
  await register()
  for (const [event, minute] of [
    ['paused', 60],
    ['resumed', 90],
  ] as const) {
    await stage.change(`SELECT chatops.append_ledger(NULL, '${event}', 'operator', '{}')`)
    await stage.change(
      `SET session_replication_role = replica;
       UPDATE chatops.ledger SET at = '${new Date(Date.parse(NOW) + minute * MINUTE).toISOString()}' WHERE event = '${event}';
       SET session_replication_role = DEFAULT`,
    )
  }
  standing = 'people-unknown'
  for (let minute = 6; minute < 24 * 60 + 36; minute += 50) {
    at(minute)
    await runJobs(stage, 'register-for-trn')
    expect(await statusOfJob()).toEqual(['waiting'])
  }
  at(24 * 60 + 37)
  await runJobs(stage, 'register-for-trn')
  expect(await statusOfJob()).toEqual(['failed'])
})

test('that day begins when Slack is silent first, and anew where nobody has asked for a while', async () => {
  await register()
  standing = 'people-unknown'
  for (const days of [4, 8]) {
    at(days * 24 * 60)
    await runJobs(stage, 'register-for-trn')
    expect(await statusOfJob()).toEqual(['waiting'])
  }
  standing = 'allowed'
  at(8 * 24 * 60 + 1)
  await runJobs(stage, 'register-for-trn')
  expect(stage.inDttp().contacts).toHaveLength(1)
  expect((await stage.jobs('register-for-trn'))[0]?.progress).toBeNull()
})

test('it is sent once Slack says that they may', async () => {
  await register()
  at(6)
  standing = 'people-unknown'
  await runJobs(stage, 'register-for-trn')
  standing = 'allowed'
  at(7)
  await runJobs(stage, 'register-for-trn')
  expect(stage.inDttp().contacts).toHaveLength(1)
})

test('one that DTTP has lost is not sent again, and can be asked for anew', async () => {
  const id = await register()
  stage.simulator.faults.add({ kind: 'lost-request', path: '$batch' })
  await runJobs(stage, 'register-for-trn')
  at(6)
  standing = 'not-listed'
  await runJobs(stage, 'register-for-trn')
  expect(stage.inDttp().contacts).toEqual([])
  expect(await line(id)).toContain('no longer approve requests, so we do not send it again.')
  expect(await look(stage, id)).toMatchObject({ status: 'needs-attention', followUps: [{ label: 'Register again' }] })
})
