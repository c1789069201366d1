/** The clock the test owns. It stands still until told to move. */
export interface TestClock {
  now(): Date
  /** Moves on, running on the way whatever falls due (time-outs, event retries); resolves once those have finished. */
  advance(ms: number): Promise<void>
  /** Runs `action` when the clock reaches `due`. Returns what cancels it. */
  at(due: Date, action: () => unknown): () => void
}

interface Alarm {
  due: number
  action: () => unknown
}

export function createTestClock(start: Date = new Date()): TestClock {
  let now = start.getTime()
  const alarms = new Set<Alarm>()

  function nextDue(target: number): Alarm | undefined {
    return [...alarms].filter((alarm) => alarm.due <= target).sort((a, b) => a.due - b.due)[0]
  }

  return {
    now: () => new Date(now),
    async advance(ms) {
      const target = now + ms
      for (let alarm = nextDue(target); alarm; alarm = nextDue(target)) {
        alarms.delete(alarm)
        now = Math.max(now, alarm.due)
        await alarm.action()
      }
      now = Math.max(now, target)
    },
    at(due, action) {
      const alarm = { due: due.getTime(), action }
      alarms.add(alarm)
      return () => alarms.delete(alarm)
    },
  }
}
