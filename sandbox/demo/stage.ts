// What the demo and the tour play on: Postgres with Register's tables and demo people, a local Slack, and bots.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type LocalSlack, startLocalSlack } from '../local-slack.ts'
import { freePort } from '../ports.ts'
import { destroyPostgres, startPostgres } from '../postgres.ts'
import type { RegisterDatabase } from '../register/database.ts'
import { type Bot, botSettings, lastLines, startBot, waitUntilReady } from './bot.ts'
import { demoDatabase } from './database.ts'
import { emptyDirectory, notePage } from './running.ts'
import type { Session } from './session.ts'
import type { Upstreams } from './upstreams.ts'
import { demoWorkspace } from './workspace.ts'

/** A local Slack, and what a bot needs to connect to it. */
export interface Office {
  slack: LocalSlack
  signingSecret: string
}

/** Forgets everything that earlier runs did here, and ends the Postgres that they may have left behind. */
export async function startAnew({ directory }: Session): Promise<void> {
  await destroyPostgres(join(directory, 'postgres'))
  emptyDirectory(directory)
}

/** The database, kept in the session's directory. */
export async function openDatabase(session: Session, options: { fsync: boolean }): Promise<RegisterDatabase> {
  const postgres = await startPostgres({ dataDir: join(session.directory, 'postgres'), fsync: options.fsync })
  session.onStop(postgres.stop)
  session.interrupted.throwIfAborted()
  const database = await demoDatabase(postgres)
  session.interrupted.throwIfAborted()
  return database
}

/** A local Slack with the demo's people. `name` tells its files from those of another one. */
export async function openOffice(session: Session, name: string, port?: number): Promise<Office> {
  const signingSecret = randomBytes(16).toString('hex')
  const slack = await startLocalSlack({
    port,
    filesDir: join(session.directory, `${name}-files`),
    configPath: join(session.directory, `${name}.yaml`),
    workspace: demoWorkspace(signingSecret),
  })
  session.onStop(slack.stop)
  session.note(slack.process)
  notePage(session.directory, slack.url)
  session.interrupted.throwIfAborted()
  return { slack, signingSecret }
}

/** What a bot works with. */
export interface Place {
  office: Office
  database: RegisterDatabase
  upstreams: Upstreams
}

/** A bot that is connected and ready. Throws with its last lines if it ends before that. */
export async function employBot(
  session: Session,
  { office, database, upstreams }: Place,
  { logFile, ...settings }: { logFile: string } & Record<string, string>,
): Promise<Bot> {
  const httpPort = await freePort()
  const { slack, signingSecret } = office
  const places = { slackUrl: slack.url, databaseUrl: database.appUrl, signingSecret, httpPort }
  const bot = startBot({ ...botSettings({ ...places, upstreams: upstreams.settings }), ...settings }, logFile)
  session.onStop(bot.stop)
  session.note(bot.process)
  await unlessBotEnds(session, bot, logFile, waitUntilReady(httpPort, session.interrupted))
  return bot
}

/** Waits for `work`; throws with the bot's last lines if the bot ends before that, unless we are being stopped. */
export async function unlessBotEnds(
  { interrupted }: Session,
  bot: Bot,
  logFile: string,
  work: Promise<void>,
): Promise<void> {
  const end = bot.ended.then((reason) => {
    if (interrupted.aborted) return
    throw new Error(`The bot ended by itself (${reason}). Its last lines, from ${logFile}:\n\n${lastLines(logFile)}`)
  })
  await Promise.race([work, end])
}
