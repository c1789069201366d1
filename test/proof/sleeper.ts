// A worker that is stopped (SIGSTOP) when a job reaches one named step for the first time, and goes on when it is woken:
// sleeper.ts <step>.
import { loadConfig } from '../../src/config/index.ts'
import { createLog } from '../../src/log.ts'
import { startServices } from '../../src/services.ts'

const [step] = process.argv.slice(2)
let hasSlept = false

function sleepAt(reached: string): void {
  if (reached !== step || hasSlept) return
  hasSlept = true
  process.kill(process.pid, 'SIGSTOP')
}

const services = await startServices(loadConfig(), createLog('warn'), { now: () => new Date(), onJobStep: sleepAt })
process.on('SIGTERM', () => void services.stop().then(() => process.exit(0)))
