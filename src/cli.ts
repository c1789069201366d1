import { readConfig } from './config.ts'
import { createDataSource } from './entities/data-source.ts'
import { migrate } from './entities/migrate.ts'
import { verifyLedger } from './ledger/ledger.ts'

// The commands for people who run the bot. None of them decides anything about a change request.

const COMMANDS: Readonly<Record<string, { about: string; run: () => Promise<number> }>> = {
  'check-config': { about: 'Explain each setting and say what is wrong with it.', run: checkConfig },
  migrate: { about: 'Bring our schemas up to date, as chatops_owner (MIGRATE_DATABASE_URL).', run: runMigrations },
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

function requireUrl(name: string): string {
  const url = process.env[name]
  if (!url) throw new Error(`Set ${name} to a postgres:// URL.`)
  return url
}

async function main(): Promise<number> {
  const [name = ''] = process.argv.slice(2)
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command) return command.run()
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
