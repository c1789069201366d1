// A worker that is told which pieces of work to begin, and before which step of each to be stopped (SIGSTOP).
import { loadConfig } from '../../../src/config/index.ts'
import { createLog } from '../../../src/log.ts'
import { startServices } from '../../../src/services.ts'
import { buildGates, closeGates, hold } from './gates.ts'
import type { Heard, Told } from './stopped.ts'

/** Several pages of the schools that DTTP has here. */
const PAGE = 40

buildGates()
let stops = new Map<string, number>()
let done = new Map<string, string[]>()
let left = 0
let openGates = () => {}

process.on('message', (told: Told) => {
  if (told === 'end') return void services.stop().then(() => process.exit(0))
  stops = new Map(Object.entries(told.stops))
  done = new Map()
  left = stops.size
  openGates = closeGates()
  say({ ready: true })
})

function say(heard: Heard): void {
  process.send?.(heard)
}

/** Once every piece of work is held, or over, the whole process is stopped; it goes on when somebody wakes it. */
function oneLess(): void {
  if (--left > 0) return
  process.send?.({ asleep: [...done.keys()] } satisfies Heard, () => {
    process.kill(process.pid, 'SIGSTOP')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50) // the signal may take a moment to arrive
    openGates()
  })
}

async function during<T>(what: string, work: () => Promise<T>): Promise<T> {
  const at = stops.get(what)
  if (at === undefined) return work()
  stops.delete(what)
  let isCounted = false
  const count = () => {
    if (isCounted) return
    isCounted = true
    oneLess()
  }
  const steps: string[] = []
  return hold({ at, steps, reached: count }, work).finally(() => {
    done.set(what, steps)
    count()
    say({ over: what, steps })
  })
}

const services = await startServices(loadConfig(), createLog('silent'), {
  now: () => new Date(),
  during,
  schoolsPerPage: PAGE,
})
say({ ready: true })
