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
      'chatops_open_requests{status="needs-attention"} 0',
      'chatops_outbox_rows{status="queued"} 0',
      'chatops_outbox_rows{status="waiting"} 0',
      'chatops_outbox_oldest_seconds 0',
      'chatops_open_jobs{by="bot",status="failed"} 0',
      'chatops_open_jobs{by="register",status="waiting"} 0',
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
      'chatops_open_jobs{by="bot",status="waiting"} 1',
      'chatops_paused 1',
    ]),
  )
  const text = found.join('\n')
  for (const personal of [rows[0].slug, rows[0].first_names, rows[0].last_name, 'Wrong route', '5901']) {
    expect(text).not.toContain(personal)
  }
})

test('what was left to an operator is still overdue, and what Register’s Sidekiq has is counted as its own', async () => {
  await use.admin.query(`UPDATE chatops.outbox SET status = 'sent' WHERE kind <> 'card'`)
  await use.admin.query(`UPDATE chatops.outbox SET status = 'waiting', claimed_at = $1 WHERE kind = 'card'`, [
    new Date(clock),
  ])
  await use.admin.query(`INSERT INTO chatops.outbox (stream, kind, payload, status, claimed_at)
    SELECT 's' || days, 'trello', '{}', 'failed', now() - make_interval(days => days) FROM generate_series(0, 2) AS days`)
  await use.admin.query(`INSERT INTO chatops.mirrored_jobs (id, name, place, queue, due_at, created_at, finished_at, cured_at)
    SELECT gen_random_uuid(), 'update-trainee', place, 'dttp', now(), now(), over, cured
    FROM (VALUES ('dead', now(), NULL), ('dead', now(), NULL), ('dead', now(), now()), ('schedule', NULL, NULL),
      ('running', NULL, NULL), ('gone', now(), NULL)) AS job (place, over, cured)`)
  await use.admin.query(`UPDATE chatops.change_requests SET status = 'approved', decided_by = $1, decided_at = now()`, [
    DEVELOPER,
  ])
  await use.admin.query(`UPDATE chatops.change_requests SET status = 'needs-attention', finished_at = now()`)
  const expected = [
    'chatops_open_requests{status="needs-attention"} 1',
    'chatops_outbox_rows{status="queued"} 0',
    'chatops_outbox_rows{status="waiting"} 1',
    'chatops_outbox_rows{status="failed"} 1',
    'chatops_outbox_oldest_seconds 90',
    'chatops_open_jobs{by="register",status="failed"} 2',
    'chatops_open_jobs{by="register",status="waiting"} 1',
    'chatops_open_jobs{by="register",status="running"} 1',
    'chatops_open_jobs{by="bot",status="failed"} 0',
  ]
  expect(await lines()).toEqual(expect.arrayContaining(expected))
  await use.admin.query('UPDATE chatops.change_requests SET dealt_at = now(), dealt_by = $1', [DEVELOPER])
  expect(await lines()).toContain('chatops_open_requests{status="needs-attention"} 0')
})
