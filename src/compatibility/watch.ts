import type { Logger } from 'pino'
import type { DataSource } from 'typeorm'
import { lookAtRegister } from './look.ts'
import type { RunsHere } from './touched.ts'

/** Tells operators of a trouble that only they can mend. */
type Report = (trouble: string, facts: Record<string, string>) => Promise<void>

/**
 * What to call at the start and every hour: logs what is not safe by now, and reports it, once for each change. A look
 * that fails is logged, and the next one counts.
 */
export function createWatch(
  database: DataSource,
  runsHere: RunsHere,
  log: Logger,
  report: Report,
): () => Promise<void> {
  let known = ''
  return async () => {
    const { playbooks, jobs, harmless } = await lookAtRegister(database, runsHere)
    const [unsafe, waiting] = [Object.fromEntries(playbooks), Object.fromEntries(jobs)]
    const now = JSON.stringify([unsafe, waiting])
    if (now === known) return
    const wasBroken = known !== '' && known !== NOTHING
    known = now
    if (now === NOTHING) {
      if (wasBroken) log.info('Register’s database is as the bot knows it again')
      if (harmless.length > 0) log.info({ harmless }, 'Register’s database differs without harm')
      return
    }
    log.warn({ playbooks: unsafe, jobs: waiting }, 'Register’s database is not as the bot knows it')
    const names = [...playbooks.keys(), ...jobs.keys()].join(', ')
    await report(`Register’s database is not as the bot knows it. Switched off: ${names}`, {})
  }
}

const NOTHING = '[{},{}]'
