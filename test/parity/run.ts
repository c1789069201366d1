// npm run parity -- <file> [<file> …]: runs files of cases recorded from Register against our code.
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startPostgres } from '../../sandbox/postgres.ts'
import { createRegisterDatabase } from '../../sandbox/register/database.ts'
import { needsDatabase, openParityDatabase, type ParityCase, type ParityDatabase, readCases, runCase } from './kinds.ts'

const SHOWN_FAILURES = 5
const DATA_DIR = fileURLToPath(new URL('../../.sandbox/parity-postgres', import.meta.url))

async function main(files: readonly string[]): Promise<number> {
  if (files.length === 0) throw new Error('Usage: npm run parity -- <file of cases> …')
  const cases = files.flatMap(readCases)
  if (!cases.some(needsDatabase)) return runAll(cases, null)
  const postgres = await startPostgres({ dataDir: DATA_DIR, fsync: false })
  const name = `parity_${process.pid}`
  try {
    const database = await openParityDatabase(await createRegisterDatabase(postgres.adminUrl, name))
    return await runAll(cases, database).finally(database.close)
  } finally {
    await dropDatabase(postgres.adminUrl, name)
    await postgres.stop()
  }
}

async function runAll(cases: readonly ParityCase[], database: ParityDatabase | null): Promise<number> {
  const failed: { name: string; differences: string[] }[] = []
  for (const wanted of cases) {
    const differences = await runCase(wanted, database)
    if (differences.length > 0) failed.push({ name: wanted.name, differences })
  }
  for (const { name, differences } of failed.slice(0, SHOWN_FAILURES)) {
    console.log(`✗ ${name}\n${differences.map((difference) => `    ${difference}`).join('\n')}`)
  }
  if (failed.length > SHOWN_FAILURES) console.log(`… and ${failed.length - SHOWN_FAILURES} more cases that differ.`)
  console.log(`${cases.length - failed.length} passed, ${failed.length} failed`)
  return failed.length === 0 ? 0 : 1
}

async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client(adminUrl)
  await client.connect()
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await client.end()
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  },
)
