// bin/demo --sidekiq: a real Sidekiq whose stubs of Register's jobs do what Register's do.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { addFirstJobs } from '../../sandbox/demo/jobs.ts'
import { type DemoSidekiq, openSidekiq } from '../../sandbox/demo/sidekiq.ts'
import { withClient } from '../../sandbox/register/database.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { createSidekiqClient, type SidekiqClient } from '../../src/sidekiq/index.ts'
import { demoDatabase, type ScratchDatabase } from '../support/database.ts'
import { type StoryDttp, startStoryDttp } from '../support/dttp.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const WITHIN = { timeout: 60_000, interval: 100 }

test('says plainly where Ruby is not', () => {
  const command = ['--import', 'tsx', 'sandbox/demo.ts', '--sidekiq']
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, env: { PATH: '' }, encoding: 'utf8' })
  expect([status, stderr]).toEqual([2, expect.stringContaining('--sidekiq cannot run here. Ruby’s Sidekiq is not')])
})

const why = inject('noSidekiq')

describe.skipIf(why)(why ? `skipped: ${why}` : 'beside the demo', () => {
  const stops: (() => unknown)[] = []
  let database: ScratchDatabase
  let dttp: StoryDttp
  let sidekiq: DemoSidekiq
  let client: SidekiqClient

  beforeAll(async () => {
    database = await demoDatabase()
    dttp = await startStoryDttp()
    const session = {
      directory: '',
      interrupted: new AbortController().signal,
      onStop: (stop: () => unknown) => void stops.push(stop),
      note: () => {},
    }
    sidekiq = await openSidekiq(session, database, { dttp: dttp.simulator }, 3_600)
    client = createSidekiqClient({ url: sidekiq.settings['SIDEKIQ_REDIS_URL'] ?? '' }, { warn: () => {} })
  })
  afterAll(async () => {
    client?.close()
    for (const stop of stops.reverse()) await stop()
    await dttp.stop()
    await database.drop()
  })

  const only = (trainee: string) => expect.poll(() => client.findJobsOf([trainee]), WITHIN)
  const trainee = (id: number) =>
    withClient(
      database.adminUrl,
      async (admin) => (await admin.query('SELECT * FROM trainees WHERE id = $1', [id])).rows[0],
    )

  test('the first jobs are there', async () => {
    await addFirstJobs(database.appUrl, sidekiq.jobs)
    await only('5901').toMatchObject([{ name: 'retrieve-trn', place: 'schedule' }])
    await only('5914').toMatchObject([{ name: 'register-for-trn', place: 'schedule' }])
  })

  test('a poll comes again until DTTP has the TRN, and then Register has it', async () => {
    const soon = { dueMs: Date.now(), timeoutMs: Date.now() + 3_600_000 }
    await sidekiq.jobs.poll('5908', soon)
    await expect
      .poll(async () => (await client.findJobsOf(['5908'])).filter(({ place }) => place === 'schedule'), WITHIN)
      .toHaveLength(2) // the quiet one, and that of the next hour
    dttp.simulator.state.giveTrn(dttpId('contact', 5910), { trn: '3005910' })
    await sidekiq.jobs.poll('5910', soon)
    await expect.poll(() => trainee(5910), WITHIN).toMatchObject({ trn: '3005910', state: 2 })
  })

  test('a registration dies for want of a school, as Register’s does', async () => {
    await sidekiq.jobs.register('5916', dttpId('user', 204), Date.now())
    await expect
      .poll(async () => (await client.findJobsOf(['5916'])).filter(({ place }) => place === 'dead'), WITHIN)
      .toMatchObject([{ name: 'register-for-trn', failure: { code: 'school-not-active' } }])
  })
})
