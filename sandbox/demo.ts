// bin/demo: everything the bot needs, on this machine, until Ctrl-C; or, with --tour, the whole story by itself.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { repostCards } from './demo/cards.ts'
import { promiseTrn } from './demo/dttp.ts'
import { addFirstJobs } from './demo/jobs.ts'
import { DEMO_HELP, type DemoOptions, parseDemoOptions } from './demo/options.ts'
import { adoptDirectory } from './demo/running.ts'
import { INTERRUPTED, runSession, type Session, say, untilInterrupted } from './demo/session.ts'
import { demandRuby, openSidekiq } from './demo/sidekiq.ts'
import { employBot, openDatabase, openOffice, startAnew, unlessBotEnds } from './demo/stage.ts'
import { openUpstreams } from './demo/upstreams.ts'
import { renderWelcome } from './demo/welcome.ts'
import { whyNoLocalSlack } from './local-slack.ts'
import { isPortFree } from './ports.ts'
import { runTour } from './tour.ts'

const SANDBOX = fileURLToPath(new URL('../.sandbox/', import.meta.url))
const USUAL_PORT = 4300
/** DTTP gives a TRN this long after a registration, and after the start to the trainee whose poll times out. */
const TRN_AFTER_MS = 120_000
/** In a Sidekiq a poll without a TRN comes again after so long, as it does where the bot polls (demo/bot.ts). */
const POLL_SECONDS = 10

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'number') return options
  const missing = whyNoLocalSlack()
  if (missing) {
    process.stderr.write(`The demo cannot run here. ${missing}\n`)
    return 1
  }
  if (options.tour) return runTour(options.directory ?? join(SANDBOX, 'tour'), options)
  const code = await runSession(options.directory ?? join(SANDBOX, 'demo'), (session) => demo(session, options))
  return code === INTERRUPTED ? 0 : code
}

function readOptions(): DemoOptions | number {
  try {
    const options = parseDemoOptions(process.argv.slice(2))
    if (options.directory) adoptDirectory(options.directory)
    if (options.sidekiq && !options.help) demandRuby()
    if (!options.help) return options
    process.stdout.write(DEMO_HELP)
    return 0
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${DEMO_HELP}`)
    return 2
  }
}

/** Starts everything in order, and returns once interrupted. Throws when something does not start, or the bot ends. */
async function demo(session: Session, options: DemoOptions): Promise<number> {
  const { directory } = session
  if (options.reset) await startAnew(session)
  say('Starting Postgres ...')
  const database = await openDatabase(session, { fsync: true })
  say('Starting the local Slack ...')
  const port = options.port ?? ((await isPortFree(USUAL_PORT)) ? USUAL_PORT : undefined)
  const office = await openOffice(session, 'slack', port)
  say('Starting DTTP, GIAS and Trello, simulated ...')
  const upstreams = await openUpstreams(session, database.adminUrl, { usualPorts: true, trnAfterMs: TRN_AFTER_MS })
  await promiseTrn(upstreams.dttp, database.adminUrl, { trainee: 5902, trn: '3005902', afterMs: TRN_AFTER_MS })
  if (options.sidekiq) say('Starting Sidekiq ...')
  const sidekiq = options.sidekiq ? await openSidekiq(session, database, upstreams, POLL_SECONDS) : null
  await addFirstJobs(database.appUrl, sidekiq?.jobs)
  const reposted = await repostCards(database.adminUrl)
  say('Starting the bot ...')
  const logFile = join(directory, 'bot.log')
  const bot = await employBot(session, { office, database, upstreams }, { logFile, ...sidekiq?.settings })
  say(renderWelcome({ pageUrl: office.slack.url, logFile, reposted }))
  await unlessBotEnds(session, bot, logFile, untilInterrupted(session))
  return 0
}

process.exit(await main())
