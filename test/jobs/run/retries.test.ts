import { describe, expect, test } from 'vitest'
import type { JobName } from '../../../src/entities/chatops/job.ts'
import type { FailureCode } from '../../../src/entities/chatops/job-failure.ts'
import { FAILURES } from '../../../src/failures/table.ts'
import { pauseAfter } from '../../../src/jobs/run/retries.ts'

const SECOND = 1_000

describe('a job that Register tries again', () => {
  test('has five quick attempts, three seconds apart', () => {
    const pauses = [1, 2, 3, 4].map((attempts) => pauseAfter('retrieve-trn', 'dttp-unavailable', attempts))
    expect(pauses).toEqual([3, 3, 3, 3].map((seconds) => seconds * SECOND))
  })

  test('has none where Register’s job has no retry_on', () => {
    expect(pauseAfter('sync-schools', 'dttp-unavailable', 1, { jitter: 0 })).toBe(15 * SECOND)
    expect(pauseAfter('sync-schools', 'dttp-unavailable', 26)).toBeNull()
  })

  test('then has Sidekiq’s 25, which lie further and further apart', () => {
    const pause = (attempts: number, jitter: number) =>
      pauseAfter('retrieve-trn', 'dttp-unavailable', attempts, { jitter })
    expect([pause(5, 0), pause(5, 0.999)]).toEqual([15 * SECOND, 24 * SECOND])
    expect([pause(6, 0), pause(6, 0.999)]).toEqual([16 * SECOND, 34 * SECOND])
    expect([pause(29, 0), pause(29, 0.999)]).toEqual([331_791 * SECOND, 332_016 * SECOND])
    expect(pause(30, 0)).toBeNull()
  })

  test('runs again about three weeks for in all', () => {
    const all = Array.from({ length: 29 }, (_, index) => index + 1)
    const total = all.reduce((sum, count) => sum + (pauseAfter('retrieve-trn', 'unexpected', count) ?? 0), 0)
    expect(Math.round(total / (24 * 3600 * SECOND))).toBeGreaterThanOrEqual(20)
    expect(Math.round(total / (24 * 3600 * SECOND))).toBeLessThanOrEqual(21)
  })

  test('waits as long as it was asked to, and no shorter than it would anyway', () => {
    const pause = (attempts: number, atLeastMs: number) =>
      pauseAfter('retrieve-trn', 'dttp-unavailable', attempts, { atLeastMs, jitter: 0 })
    expect([pause(1, 60 * SECOND), pause(1, SECOND)]).toEqual([60 * SECOND, 3 * SECOND])
    expect([pause(5, 60 * SECOND), pause(9, 60 * SECOND)]).toEqual([60 * SECOND, 271 * SECOND])
    expect(pause(30, 60 * SECOND)).toBeNull()
  })
})

test.each<[FailureCode, JobName[]]>([
  ['dttp-unavailable', ['retrieve-trn', 'change-trainee-status', 'sync-schools']],
  ['dttp-unauthorised', ['retrieve-trn', 'change-trainee-status', 'sync-schools']],
  ['dttp-unreadable', ['retrieve-trn', 'change-trainee-status', 'sync-schools']],
  ['unexpected', ['retrieve-trn', 'change-trainee-status', 'sync-schools']],
  ['outcome-unknown', ['change-trainee-status']],
  ['dttp-refused', []],
  ['gone', []],
  ['timed-out', []],
  ['stalled', []],
  ['switched-off', []],
  ['not-registered', []],
  ['cannot-receive-trn', []],
  ['trainee-gone', []],
  ['school-not-active', []],
  ['incomplete', []],
  ['already-registered', []],
])('after %s these are tried again', (code, expected) => {
  const names = ['retrieve-trn', 'change-trainee-status', 'sync-schools', 'register-for-trn', 'update-trainee'] as const
  expect(names.filter((name) => pauseAfter(name, code, 1) !== null)).toEqual(expected)
})

test('people are told at once of credentials that DTTP does not accept, and of nothing else that passes', () => {
  const passing: FailureCode[] = ['dttp-unavailable', 'dttp-unauthorised', 'dttp-unreadable', 'unexpected']
  expect(passing.filter((code) => FAILURES[code].needsPeople)).toEqual(['dttp-unauthorised', 'unexpected'])
})

test.each<[JobName, number, number]>([
  ['retrieve-trn', 5, 18],
  ['sync-schools', 3, 31],
])('%s failing for the %dth time fits what Sidekiq recorded: again after %d seconds', (job, attempts, recorded) => {
  const pause = (jitter: number) => pauseAfter(job, 'dttp-unavailable', attempts, { jitter }) ?? 0
  expect(pause(0)).toBeLessThanOrEqual(recorded * SECOND)
  expect(pause(0.999)).toBeGreaterThanOrEqual(recorded * SECOND)
})
