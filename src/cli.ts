import { loadConfig, readConfig } from './config.ts'
import { createDataSource } from './entities/data-source.ts'
import { migrate } from './entities/migrate.ts'
import { loadExtract } from './gias/load.ts'
import { verifyLedger } from './ledger/ledger.ts'

// The commands for people who run the bot. None of them decides anything about a change request.

const COMMANDS: Readonly<Record<string, { about: string; run: (args: string[]) => Promise<number> }>> = {
  'check-config': { about: 'Explain each setting and say what is wrong with it.', run: checkConfig },
  migrate: { about: 'Bring our schemas up to date, as chatops_owner (MIGRATE_DATABASE_URL).', run: runMigrations },
  'load-gias': {
    about: 'Load GIAS’s extract now, although it has fewer schools than before: load-gias <schools that are enough>.',
    run: loadSmallerExtract,
  },
  'verify-ledger': { about: 'Recompute the whole ledger and find what was altered (DATABASE_URL).', run: checkLedger },
}

async function checkConfig(): Promise<number> {
  const { config, report } = readConfig()
  for (const { name, about, required, problem } of report) {
    console.log(`${problem ? '✗' : '✓'} ${name}${required ? '' : ' (optional)'}`)
    console.log(`    ${about}`)
    if (problem) console.log(`    Problem: it ${problem}.`)
  }
  const wrong = report.filter(({ problem }) => problem).length
  console.log(
    config
      ? '\nThe configuration is complete.'
      : `\n${wrong} ${wrong === 1 ? 'setting needs' : 'settings need'} attention.`,
  )
  return config ? 0 : 1
}

async function runMigrations(): Promise<number> {
  await migrate(requireUrl('MIGRATE_DATABASE_URL'))
  console.log('The schemas are up to date.')
  return 0
}

async function checkLedger(): Promise<number> {
  const database = await createDataSource(requireUrl('DATABASE_URL'), 1).initialize()
  try {
    const { entries, broken, head } = await verifyLedger(database)
    if (broken)
      console.log(
        `The ledger was tampered with: entry ${broken.seq}: ${broken.why}. ${entries} entries before it are sound.`,
      )
    else console.log(`The ledger is sound: ${entries} entries, head ${head}.`)
    return broken ? 1 : 0
  } finally {
    await database.destroy()
  }
}

/** For whoever has made sure that GIAS really closed so many schools; the nightly load refuses such an extract. */
async function loadSmallerExtract([enough = '']: string[]): Promise<number> {
  if (!/^\d{1,6}$/.test(enough)) throw new Error('Say how many schools are enough, such as: load-gias 48000')
  const { DATABASE_URL, GIAS_URL: url } = loadConfig()
  const database = await createDataSource(DATABASE_URL, 2).initialize()
  try {
    const log = { info: () => {}, warn: () => {} }
    const loaded = await loadExtract({ database, log, now: () => new Date(), url, enough: Number(enough) })
    if (loaded.kind === 'loaded') console.log(`${loaded.rows} schools are loaded.`)
    else console.log(loaded.kind === 'busy' ? 'Another load runs. Try again when it is over.' : loaded.problem)
    return loaded.kind === 'loaded' ? 0 : 1
  } finally {
    await database.destroy()
  }
}

function requireUrl(name: string): string {
  const url = process.env[name]
  if (!url) throw new Error(`Set ${name} to a postgres:// URL.`)
  return url
}

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2)
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command) return command.run(args)
  console.log('Usage: bin/chatops <command>\n')
  for (const [command, { about }] of Object.entries(COMMANDS)) console.log(`  ${command.padEnd(15)} ${about}`)
  return name === '' || name === 'help' || name === '--help' ? 0 : 2
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : 'It failed.')
    process.exitCode = 1
  },
)
