// bin/demo: everything the bot needs, on this machine, until Ctrl-C.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bot, botSettings, lastLines, startBot, waitUntilReady } from './demo/bot.ts'
import { demoDatabase } from './demo/database.ts'
import { DEMO_HELP, type DemoOptions, parseDemoOptions } from './demo/options.ts'
import { claimDemo, endNotedChildren, noteChild, releaseDemo } from './demo/running.ts'
import { renderWelcome } from './demo/welcome.ts'
import { demoWorkspace } from './demo/workspace.ts'
import { startLocalSlack } from './local-slack.ts'
import { freePort, isPortFree } from './ports.ts'
import { destroyPostgres, startPostgres } from './postgres.ts'

const STATE = fileURLToPath(new URL('../.sandbox/demo', import.meta.url))
const BOT_LOG = join(STATE, 'bot.log')
const USUAL_PORT = 4300

/** Undoes what was started, last first. */
const stops: (() => unknown)[] = []

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'number') return options
  const interrupted = whenInterrupted()
  try {
    claimDemo(STATE)
    stops.push(() => releaseDemo(STATE))
    await run(options, interrupted)
    return 0
  } catch (error) {
    if (interrupted.aborted) return 0
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    return 1
  } finally {
    await stopAll()
  }
}

function readOptions(): DemoOptions | number {
  try {
    const options = parseDemoOptions(process.argv.slice(2))
    if (!options.help) return options
    process.stdout.write(DEMO_HELP)
    return 0
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${DEMO_HELP}`)
    return 2
  }
}

/** Starts everything in order, and returns once interrupted. Throws when something does not start, or the bot ends. */
async function run(options: DemoOptions, interrupted: AbortSignal): Promise<void> {
  await endNotedChildren(STATE)
  stops.push(() => endNotedChildren(STATE))
  if (options.reset) await reset()
  say('Starting Postgres ...')
  const postgres = await startPostgres({ dataDir: join(STATE, 'postgres') })
  stops.push(postgres.stop)
  interrupted.throwIfAborted()
  const database = await demoDatabase(postgres)
  interrupted.throwIfAborted()

  say('Starting the local Slack ...')
  const signingSecret = randomBytes(16).toString('hex')
  const slack = await startLocalSlack({
    port: options.port ?? ((await isPortFree(USUAL_PORT)) ? USUAL_PORT : await freePort()),
    filesDir: join(STATE, 'slack-files'),
    configPath: join(STATE, 'slack.yaml'),
    workspace: demoWorkspace(signingSecret),
  })
  stops.push(slack.stop)
  noteChild(STATE, slack.process)
  interrupted.throwIfAborted()

  say('Starting the bot ...')
  const httpPort = await freePort()
  const settings = botSettings({ slackUrl: slack.url, databaseUrl: database.appUrl, signingSecret, httpPort })
  const bot = startBot(settings, BOT_LOG)
  stops.push(bot.stop)
  noteChild(STATE, bot.process)
  await unlessBotEnds(bot, interrupted, waitUntilReady(httpPort, interrupted))

  say(renderWelcome(slack.url, BOT_LOG))
  await unlessBotEnds(bot, interrupted, aborted(interrupted))
}

async function reset(): Promise<void> {
  await destroyPostgres(join(STATE, 'postgres'))
  rmSync(STATE, { recursive: true, force: true })
}

/** Waits for `work`; throws with the bot's last lines if the bot ends before that, unless we are being stopped. */
async function unlessBotEnds(bot: Bot, interrupted: AbortSignal, work: Promise<void>): Promise<void> {
  const end = bot.ended.then((reason) => {
    if (interrupted.aborted) return
    throw new Error(`The bot ended by itself (${reason}). Its last lines, from ${BOT_LOG}:\n\n${lastLines(BOT_LOG)}`)
  })
  await Promise.race([work, end])
}

/** Aborts on the first Ctrl-C, request to terminate, or closed terminal; later ones change nothing. */
function whenInterrupted(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!controller.signal.aborted) say('\nStopping ...')
      controller.abort()
    })
  }
  return controller.signal
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Stops in the reverse order of starting; one that will not stop does not keep the others running. */
async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) {
    try {
      await stop()
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    }
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

process.exit(await main())
