// A worker that is killed, as by `kill -9`, when a registration reaches one named step: doomed-registration.ts <step>.
import { loadConfig } from '../../src/config/index.ts'
import { createLog } from '../../src/log.ts'
import { startServices } from '../../src/services.ts'

const [fatalStep] = process.argv.slice(2)

const doom = {
  now: () => new Date(),
  onJobStep(step: string) {
    if (step !== fatalStep) return
    process.kill(process.pid, 'SIGKILL')
    return new Promise<void>(() => {}) // the signal may take a moment to arrive; nothing more is done in it
  },
}

await startServices(loadConfig(), createLog('warn'), doom)
