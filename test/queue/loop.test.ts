import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPace, type Loop, startLoop } from '../../src/queue/loop.ts'

const log = pino({ level: 'silent' })
const IDLE_AFTER = 1_000
const INTERVAL = 100

let loop: Loop
let rounds: number
let hasWork: boolean

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  rounds = 0
  hasWork = false
  loop = startLoop(log, 'a loop', { interval: INTERVAL, pace: createPace(IDLE_AFTER) }, async () => {
    rounds++
    return hasWork
  })
})

afterEach(async () => {
  await loop.stop()
  vi.useRealTimers()
})

const pass = async (times: number) => {
  const before = rounds
  for (let time = 0; time < times; time++) await vi.advanceTimersByTimeAsync(INTERVAL)
  return rounds - before
}

test('runs once every interval while there was something to do lately', async () => {
  expect(await pass(5)).toBe(5)
})

test('runs every fifth time once there was nothing to do for a while', async () => {
  await pass(20)
  expect(await pass(20)).toBe(4)
})

test('runs at once when nudged, and keeps its pace from then on', async () => {
  await pass(20)
  const before = rounds
  loop.nudge()
  await vi.advanceTimersByTimeAsync(0)
  expect(rounds).toBe(before + 1)
  expect(await pass(5)).toBe(5)
})

test('a loop that runs rarely keeps its time, and its first round may come later', async () => {
  let ran = 0
  const options = { interval: 10_000, pace: createPace(IDLE_AFTER), isFirstLater: true }
  const rare = startLoop(log, 'a rare loop', options, async () => {
    ran++
    return false
  })
  await vi.advanceTimersByTimeAsync(9_000)
  expect(ran).toBe(0)
  await vi.advanceTimersByTimeAsync(21_000)
  expect(ran).toBe(3)
  await rare.stop()
})

test('a nudge during a round is not lost', async () => {
  let finish: () => void = () => {}
  let begun = 0
  const slow = startLoop(log, 'a slow loop', { interval: INTERVAL, pace: createPace(IDLE_AFTER) }, async () => {
    begun++
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    return false
  })
  slow.nudge()
  finish()
  await vi.advanceTimersByTimeAsync(0)
  expect(begun).toBe(2)
  const stopping = slow.stop()
  finish()
  await stopping
})
