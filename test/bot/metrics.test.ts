import { beforeAll, expect, test } from 'vitest'
import { createMetrics, type Metrics } from '../../src/bot/metrics.ts'
import { enqueueJob } from '../../src/jobs/start/enqueue.ts'
import { pause } from '../../src/pausing/pause.ts'
import { DEVELOPER, sendRequest } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld({ rows: 'demo' })
let metrics: Metrics
let clock = Date.now()

beforeAll(async () => {
  metrics = createMetrics(use.world.database, () => new Date(clock))
})

const lines = async () => (await metrics.text()).split('\n')

test('an empty installation has nothing to do, and says so in zeros', async () => {
  expect(await lines()).toEqual(
    expect.arrayContaining([
      'chatops_open_requests{status="pending"} 0',
      'chatops_outbox_rows{status="queued"} 0',
      'chatops_outbox_oldest_seconds 0',
      'chatops_open_jobs{status="failed"} 0',
      'chatops_mirror_age_seconds -1',
      'chatops_paused 0',
    ]),
  )
})

test('what waits is counted, and how long the oldest message has been due; the text names nobody', async () => {
  const { rows } = await use.admin.query('SELECT slug, first_names, last_name FROM trainees WHERE id = 5901')
  const form = { subject: rows[0].slug, route: 'assessment_only', reason: 'Wrong route', ticket: '' }
  await sendRequest(use.world, 'fix-route', form)
  await enqueueJob(use.world.database.manager, {
    name: 'retrieve-trn',
    trainee: '5904',
    args: { timeout: '2026-12-01T00:00:00Z' },
    dueAt: new Date(),
  })
  await pause(use.world, { actor: DEVELOPER, reason: 'A try' })
  await use.admin.query(`UPDATE chatops.outbox SET due_at = $1 WHERE status = 'queued'`, [new Date(clock)])
  clock += 90_000
  const found = await lines()
  expect(found).toEqual(
    expect.arrayContaining([
      'chatops_open_requests{status="pending"} 1',
      'chatops_outbox_oldest_seconds 90',
      'chatops_open_jobs{status="waiting"} 1',
      'chatops_paused 1',
    ]),
  )
  const text = found.join('\n')
  for (const personal of [rows[0].slug, rows[0].first_names, rows[0].last_name, 'Wrong route', '5901']) {
    expect(text).not.toContain(personal)
  }
})
