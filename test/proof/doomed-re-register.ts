// A worker that is killed, as by `kill -9`, when one request, or a job of that request, reaches one named step:
// doomed-re-register.ts <change request> request|job <step>.
import { loadConfig } from '../../src/config/index.ts'
import { createLog } from '../../src/log.ts'
import { startServices } from '../../src/services.ts'

const [changeRequest, where, fatalStep] = process.argv.slice(2)

function die(): Promise<void> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise<void>(() => {}) // the signal may take a moment to arrive; nothing more is done in it
}

const services = await startServices(loadConfig(), createLog('warn'), {
  now: () => new Date(),
  onStep: (step, id) => (where === 'request' && step === fatalStep && id === changeRequest ? die() : undefined),
  async onJobStep(step, id) {
    if (where !== 'job' || step !== fatalStep) return
    const [job] = await services.changes.database.query<{ of: string }[]>(
      'SELECT change_request_id AS of FROM chatops.jobs WHERE id = $1',
      [id],
    )
    if (job?.of === changeRequest) await die()
  },
})
