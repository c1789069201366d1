// bin/demo --tour: plays the whole story in a local Slack and a database of its own, prints it, and checks every step.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programArguments } from './built.ts'
import type { Bot } from './demo/bot.ts'
import { addQuietPolls } from './demo/jobs.ts'
import { runSession, type Session, say } from './demo/session.ts'
import { openSidekiq } from './demo/sidekiq.ts'
import { employBot, openDatabase, openOffice, startAnew } from './demo/stage.ts'
import { openUpstreams } from './demo/upstreams.ts'
import { PEOPLE } from './demo/workspace.ts'
import type { RegisterDatabase } from './register/database.ts'
import type { Tour } from './tour/acts.ts'
import { jobsOf } from './tour/jobs.ts'
import { castPerson } from './tour/people.ts'
import { openRecords } from './tour/records.ts'
import { openSlackWindow } from './tour/slack-window.ts'
import { accounting, crashing, racing, recovering } from './tour/story/accidents.ts'
import { approving } from './tour/story/approving.ts'
import { asking } from './tour/story/asking.ts'
import { endings } from './tour/story/endings.ts'
import { polling } from './tour/story/polling.ts'
import { reRegistering } from './tour/story/re-registering.ts'
import { repairing } from './tour/story/repairing.ts'
import { undoing } from './tour/story/undoing.ts'
import { createTranscript, StepFailed } from './tour/transcript.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** In the tour DTTP gives a TRN when the story says so. */
const NEVER_MS = 24 * 3600_000
const POLL_SECONDS = 1
/** What Sidekiq does no more is looked for for a minute, and proved after that. */
const PATIENCE_WITH_SIDEKIQ = 4

/** Plays the story. The exit code: 0 only if every step held. */
export function runTour(directory: string, options: { sidekiq: boolean }): Promise<number> {
  const began = Date.now()
  return runSession(directory, async (session) => {
    await startAnew(session)
    const tour = await raiseCurtain(session, options)
    try {
      await (options.sidekiq ? ofJobs(tour) : everything(tour))
      await accounting(tour)
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error
      say(`\n${error.message}\n\nThe bots’ logs are in ${directory}.`)
      return 1
    }
    const { steps, held } = tour.transcript.counts()
    say(`\nEvery step held: ${steps} steps, ${held} checks, ${Math.round((Date.now() - began) / 1000)} seconds.`)
    return 0
  })
}

async function everything(tour: Tour): Promise<void> {
  await asking(tour)
  const done = await approving(tour)
  const crashed = await crashing(tour)
  await endings(tour)
  await racing(tour)
  await undoing(tour, done)
  await ofJobs(tour)
  await recovering(tour, crashed)
}

/** What the story tells of Register's jobs, whoever runs them. */
async function ofJobs(tour: Tour): Promise<void> {
  await polling(tour)
  await reRegistering(tour)
  await repairing(tour)
}

/** Two bots on one database: the first does everything, the second answers only the second developer. */
async function raiseCurtain(session: Session, options: { sidekiq: boolean }): Promise<Tour> {
  say('A tour of trainee-chatops: the real bot, a local Slack, and made-up trainees in a real Postgres.')
  const database = await openDatabase(session, { fsync: false })
  const upstreams = await openUpstreams(session, database.adminUrl, { usualPorts: false, trnAfterMs: NEVER_MS })
  const sidekiq = options.sidekiq ? await openSidekiq(session, database, upstreams, POLL_SECONDS) : null
  await addQuietPolls(database.appUrl, sidekiq?.jobs)
  const [office, annex] = await Promise.all([openOffice(session, 'slack'), openOffice(session, 'slack-two')])
  const place = { office, database, upstreams }
  const logs = ['bot.log', 'bot-two.log', 'bot-after.log'].map((name) => join(session.directory, name))
  const [botLog = '', botTwoLog = '', botAfterLog = ''] = logs
  const soon = { VERIFY_AGAIN_AFTER: '1s', POLL_EVERY: `${POLL_SECONDS}s`, ...sidekiq?.settings }
  let bot: Bot
  ;[bot] = await Promise.all([
    employBot(session, place, { logFile: botLog, ...soon }),
    employBot(session, { ...place, office: annex }, { logFile: botTwoLog, ...sidekiq?.settings, ROLES: 'bot' }),
  ])
  const [window, windowTwo] = await Promise.all([openSlackWindow(office.slack.url), openSlackWindow(annex.slack.url)])
  const records = await openRecords(database.adminUrl)
  session.onStop(() => Promise.all([window.leave(), windowTwo.leave(), records.close()]))

  const transcript = createTranscript((text) => process.stdout.write(text))
  const stage = { transcript, ...session, patience: sidekiq ? PATIENCE_WITH_SIDEKIQ : 1 }
  return {
    ...stage,
    window,
    records,
    upstreams,
    jobs: sidekiq?.jobs ?? jobsOf(records),
    support: castPerson(stage, window, PEOPLE.support),
    developer: castPerson(stage, window, PEOPLE.developer),
    secondDeveloper: castPerson(stage, windowTwo, PEOPLE.secondDeveloper),
    guest: castPerson(stage, window, PEOPLE.guest),
    async crashBot() {
      process.kill(bot.process.pid, 'SIGKILL')
      await bot.ended
    },
    async restartBot() {
      bot = await employBot(session, place, { logFile: botAfterLog, ...soon })
    },
    verifyLedger: async () => verifyLedger(database),
    loggedErrors: () => logs.flatMap(errorsIn),
  }
}

function verifyLedger({ appUrl }: RegisterDatabase): string {
  const command = [...programArguments('src/cli.ts'), 'verify-ledger']
  const env = { ...process.env, DATABASE_URL: appUrl }
  const { stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, env, encoding: 'utf8' })
  return `${stdout}${stderr}`.trim()
}

/** Lines of pino's level "error" or above. */
function errorsIn(logFile: string): string[] {
  if (!existsSync(logFile)) return []
  const lines = readFileSync(logFile, 'utf8').split('\n').filter(Boolean)
  return lines.filter((line) => Number(/"level":(\d+)/.exec(line)?.[1]) >= 50)
}
