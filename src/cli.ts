import { readFileSync } from 'node:fs'
import { findOutlived } from './changes/lists/outlived.ts'
import { requireUrl, withDatabase, withOwnDatabase } from './cli/database.ts'
import { checkLedger, isLedgerCheck, NOT_LOOKED_AT, printLedger } from './cli/ledger.ts'
import { describePosts, describeRegister } from './cli/register.ts'
import { loadConfig, readConfig, readEnvironment } from './config/index.ts'
import type { OutboxRow } from './entities/chatops/outbox-row.ts'
import { migrate } from './entities/migrate.ts'
import { wordsForOperator } from './error-facts.ts'
import { loadExtract } from './gias/load.ts'
import { FORMATS } from './ledger/export.ts'
import { listTroubled, retry } from './outbox/operator.ts'
import { adopt } from './pausing/environment.ts'
import { pauseAsOperator, resumeAsOperator } from './pausing/operator.ts'
import { isUuid } from './uuid.ts'
import { createNaming } from './words.ts'

// The commands for people who run the bot. None of them decides anything about a change request.

type Words = readonly string[]

/**
 * @property takes whether a command takes these words; with any others it does nothing, and its usage is printed
 * @property failed how it exits where it could not do its work, if not with 1
 */
type Command = {
  about: string
  usage?: readonly string[]
  takes?: (words: Words) => boolean
  run: (words: Words) => Promise<number>
  failed?: number
}

const COMMANDS: Readonly<Record<string, Command>> = {
  'check-config': {
    about: 'Explain each setting, and say what is wrong with it or with Register’s database.',
    run: checkConfig,
  },
  manifest: { about: 'Print the Slack app’s manifest with COMMAND, and named for ENVIRONMENT.', run: printManifest },
  migrate: {
    about:
      'Bring our schemas up to date (MIGRATE_DATABASE_URL). --list: only say which requests this version will end.',
    usage: ['', '--list'],
    takes: ([option, ...more]) => (option ?? '--list') === '--list' && more.length === 0,
    run: runMigrations,
  },
  'load-gias': {
    about: 'Load GIAS’s extract now, although it has fewer schools than before: load-gias <schools that are enough>.',
    usage: ['<schools that are enough, such as 48000>'],
    takes: ([enough = '', ...more]) => /^\d{1,6}$/.test(enough) && more.length === 0,
    run: loadSmallerExtract,
  },
  outbox: {
    about: 'list: what could not be sent. retry <id> … or retry all: have it tried again (DATABASE_URL, ENVIRONMENT).',
    usage: ['list', 'retry <id> …', 'retry all'],
    takes: ([what, ...ids]) =>
      what === 'list' ? ids.length === 0 : what === 'retry' && ids.length > 0 && ids.every(isAllOrId),
    run: manageOutbox,
  },
  adopt: {
    about: 'Take over a copied database for ENVIRONMENT: pause it, and list what waits in it (DATABASE_URL).',
    run: adoptDatabase,
  },
  pause: {
    about: 'Have the bot carry nothing out, for a reason that you give (DATABASE_URL, ENVIRONMENT).',
    usage: ['"<reason, which everybody can read>"'],
    takes: (words) => /^[^-]/.test(words.join(' ').trim()),
    run: pauseBot,
  },
  resume: { about: 'Have it go on (DATABASE_URL, ENVIRONMENT).', run: resumeBot },
  'verify-ledger': {
    about: 'Recompute the whole ledger and find what was altered; --receipts: compare it with Slack (DATABASE_URL).',
    usage: ['', '--receipts [<first day, 2026-01-31>]'],
    takes: isLedgerCheck,
    run: checkLedger,
    failed: NOT_LOOKED_AT,
  },
  'export-ledger': {
    about: 'json or csv: print the whole ledger for an auditor, people by name (DATABASE_URL, SLACK_BOT_TOKEN).',
    usage: ['json > ledger.jsonl', 'csv > ledger.csv'],
    takes: ([format, ...more]) => FORMATS.some((one) => one === format) && more.length === 0,
    run: printLedger,
  },
}

function isAllOrId(word: string): boolean {
  return word === 'all' || isUuid(word)
}

async function checkConfig(): Promise<number> {
  const { config, report } = readConfig()
  for (const { name, about, required, problem, notice } of report) {
    console.log(`${problem ? '✗' : '✓'} ${name}${required ? '' : ' (optional)'}`)
    console.log(`    ${about}`)
    if (problem) console.log(`    Problem: it ${problem}.`)
    if (notice) console.log(`    Note: ${notice}`)
  }
  const wrong = report.filter(({ problem }) => problem).length
  console.log(
    config
      ? '\nThe configuration is complete.'
      : `\n${wrong} ${wrong === 1 ? 'setting needs' : 'settings need'} attention.`,
  )
  if (config) for (const line of [describePosts(config), ...(await describeRegister(config))]) console.log(line)
  return config ? 0 : 1
}

async function runMigrations([option]: Words): Promise<number> {
  const url = requireUrl('MIGRATE_DATABASE_URL')
  const outlived = await withDatabase(findOutlived, url)
  if (outlived.length > 0) console.log('This version of the bot ends these requests as out of date:')
  for (const { id, playbook, status } of outlived) console.log(`  CR-${id}  ${playbook}  ${status}`)
  if (option) {
    if (outlived.length === 0) console.log('No request will end because of this version of the bot.')
    return 0
  }
  await migrate(url, console.log)
  console.log('The schemas are up to date.')
  return 0
}

async function manageOutbox([what, ...ids]: Words): Promise<number> {
  if (what === 'retry') {
    const tried = await withOwnDatabase((database) => retry(database, ids.includes('all') ? 'all' : ids))
    console.log(`Tried again: ${tried}.`)
    if (!ids.includes('all') && tried < ids.length) console.log(NOT_TRIED)
  } else for (const row of await withDatabase(listTroubled)) console.log(describe(row))
  return 0
}

const NOT_TRIED =
  'The others are sent, or are not there, or are Trello cards that were given up: people were asked to add those by hand.'

/** One row on one line: its id, whether it waits for an operator, what it is, since when, and why. */
function describe({ id, status, kind, changeRequestId, createdAt, lastError }: OutboxRow): string {
  const about = changeRequestId === null ? kind : `${kind} of CR-${changeRequestId}`
  return [id, status, about, createdAt.toISOString(), lastError ?? ''].join('  ')
}

async function printManifest(): Promise<number> {
  const { COMMAND = '/trainee', ENVIRONMENT = 'production' } = process.env
  const naming = createNaming({ command: COMMAND, requestPrefix: 'CR' })
  const name = ENVIRONMENT === 'production' ? 'trainee-chatops' : `trainee-chatops ${readEnvironment(ENVIRONMENT)}`
  const manifest = readFileSync(new URL('../manifest.yml', import.meta.url), 'utf8')
  console.log(
    naming
      .speak(manifest)
      .replace(/(name: )trainee-chatops$/gm, `$1${name}`)
      .trimEnd(),
  )
  return 0
}

async function pauseBot(words: Words): Promise<number> {
  const reason = words.join(' ').trim()
  const wasPaused = await withOwnDatabase((database) => pauseAsOperator(database, alertChannel(), reason))
  console.log(wasPaused ? 'It was paused already.' : 'The bot is paused. Nothing is carried out.')
  return 0
}

async function resumeBot(): Promise<number> {
  const wasPaused = await withOwnDatabase((database) => resumeAsOperator(database, alertChannel()))
  console.log(wasPaused ? 'The bot goes on.' : 'It was not paused.')
  return 0
}

async function adoptDatabase(): Promise<number> {
  const environment = readEnvironment(process.env['ENVIRONMENT'] ?? '')
  const waiting = await withDatabase((database) => adopt(database, environment, alertChannel()))
  console.log(`The database belongs to ${environment} now. The bot is paused there, and sends no messages.`)
  console.log(waiting.length === 0 ? 'Nothing waits in it.' : 'Once it is resumed, this is done and sent:')
  for (const { what, count, requests } of waiting) {
    console.log(`  ${count} ${what}${requests ? ` (requests ${requests.replaceAll(',', ', ')})` : ''}`)
  }
  return 0
}

/** Where it is told, if the bot's settings are at hand. */
function alertChannel(): string {
  return process.env['ALERT_CHANNEL'] ?? process.env['ALLOWED_CHANNELS']?.split(',')[0]?.trim() ?? ''
}

/** For whoever has made sure that GIAS really closed so many schools; the nightly load refuses such an extract. */
async function loadSmallerExtract([enough]: Words): Promise<number> {
  const { GIAS_URL: url } = loadConfig()
  const log = { info: () => {}, warn: () => {} }
  const loaded = await withOwnDatabase((database) =>
    loadExtract({ database, log, now: () => new Date(), url, enough: Number(enough) }),
  )
  if (loaded.kind === 'loaded') console.log(`${loaded.rows} schools are loaded.`)
  else console.log(loaded.kind === 'busy' ? 'Another load runs. Try again when it is over.' : loaded.problem)
  return loaded.kind === 'loaded' ? 0 : 1
}

async function main(name: string, words: Words): Promise<number> {
  const command = commandOf(name)
  if (command) return takes(command, words) ? command.run(words) : printUsage(name, command, words)
  console.log('Usage: bin/chatops <command>\n')
  for (const [command, { about }] of Object.entries(COMMANDS)) console.log(`  ${command.padEnd(15)} ${about}`)
  return isHelp(name || 'help') ? 0 : 2
}

function commandOf(name: string): Command | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
}

/** Some commands act at once: a word that one does not know may be meant to keep it from that. */
function takes({ takes = (given) => given.length === 0 }: Command, words: Words): boolean {
  return !isHelp(words[0]) && takes(words)
}

function isHelp(word: string | undefined): boolean {
  return word === 'help' || word === '--help' || word === '-h'
}

function printUsage(name: string, { about, usage = [''] }: Command, [word]: Words): number {
  const lines = usage.map((words) => `bin/chatops ${name} ${words}`.trimEnd())
  console.log(`Usage: ${lines.join('\n       ')}\n\n${about}`)
  return isHelp(word) ? 0 : 2
}

const [name = '', ...words] = process.argv.slice(2)
main(name, words).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(wordsForOperator(error))
    process.exitCode = commandOf(name)?.failed ?? 1
  },
)
