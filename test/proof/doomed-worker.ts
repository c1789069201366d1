// A worker that is killed, as by `kill -9`, when it reaches one named step of one request: doomed-worker.ts <step> <id>.
import { loadConfig } from '../../src/config/index.ts'
import { createLog } from '../../src/log.ts'
import { startServices } from '../../src/services.ts'

const [fatalStep, changeRequest] = process.argv.slice(2)

await startServices(loadConfig(), createLog('warn'), {
  onStep(step, id) {
    if (step !== fatalStep || id !== changeRequest) return
    process.kill(process.pid, 'SIGKILL')
    return new Promise<void>(() => {}) // the signal may take a moment to arrive; nothing more is done in it
  },
})
