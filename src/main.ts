import type { Logger } from 'pino'
import { ConfigError, loadConfig } from './config/index.ts'
import { wordsForOperator } from './error-facts.ts'
import { createLog } from './log.ts'
import { type Services, startServices } from './services.ts'

/** For how long a shutdown waits for what is in flight. */
const DRAIN_MS = 25_000

async function main(): Promise<void> {
  const config = loadConfig()
  const log = createLog(config.LOG_LEVEL, undefined, config.ENVIRONMENT)
  // Node would print the whole error, with whatever its message quotes.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'an error that nobody caught')
    process.exit(1)
  })
  const starting = startServices(config, log)
  listenForEnd(log, starting)
  const services = await starting
  log.info({ roles: config.ROLES, port: services.port }, 'started')
}

/** As the first process of a container we get no signal that nobody listens for: we may be asked to stop while we start. */
function listenForEnd(log: Logger, starting: Promise<Services>): void {
  let stopping = false
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'stopping')
    setTimeout(() => {
      log.error('could not drain in time')
      process.exit(1)
    }, DRAIN_MS).unref()
    const services = await starting
    await services.stop()
    log.info('stopped')
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal))
}

main().catch((error: unknown) => {
  const words = wordsForOperator(error)
  process.stderr.write(error instanceof ConfigError ? `${words}\n` : `Could not start: ${words}\n`)
  process.exit(1)
})
