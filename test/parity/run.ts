// npm run parity -- <file> [<file> …]: runs files of cases recorded from Register against our code.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startPostgres } from '../../sandbox/postgres.ts'
import { createRegisterDatabase } from '../../sandbox/register/database.ts'
import { createLifecycle } from '../support/lifecycle.ts'
import { isRouteChangeCase, type RouteChangeCase, runRouteChangeCase } from './route-change.ts'

const SHOWN_FAILURES = 5
const DATA_DIR = fileURLToPath(new URL('../../.sandbox/parity-postgres', import.meta.url))

async function main(files: readonly string[]): Promise<number> {
  if (files.length === 0) throw new Error('Usage: npm run parity -- <file of cases> …')
  const cases = files.flatMap(readCases)
  const postgres = await startPostgres({ dataDir: DATA_DIR, fsync: false })
  const name = `parity_${process.pid}`
  try {
    const { appUrl, adminUrl } = await createRegisterDatabase(postgres.adminUrl, name)
    return await runAll(cases, appUrl, adminUrl)
  } finally {
    await dropDatabase(postgres.adminUrl, name)
    await postgres.stop()
  }
}

async function runAll(cases: readonly RouteChangeCase[], appUrl: string, adminUrl: string): Promise<number> {
  const context = await createLifecycle(appUrl)
  const admin = new pg.Client(adminUrl)
  await admin.connect()
  const failed: { name: string; differences: string[] }[] = []
  try {
    for (const wanted of cases) {
      const differences = await runRouteChangeCase(context, admin, wanted).catch((error: Error) => [
        `threw ${error.stack}`,
      ])
      if (differences.length > 0) failed.push({ name: wanted.name, differences })
    }
  } finally {
    await admin.end()
    await context.database.destroy()
  }
  for (const { name, differences } of failed.slice(0, SHOWN_FAILURES)) {
    console.log(`✗ ${name}\n${differences.map((difference) => `    ${difference}`).join('\n')}`)
  }
  if (failed.length > SHOWN_FAILURES) console.log(`… and ${failed.length - SHOWN_FAILURES} more cases that differ.`)
  console.log(`${cases.length - failed.length} passed, ${failed.length} failed`)
  return failed.length === 0 ? 0 : 1
}

function readCases(file: string): RouteChangeCase[] {
  if (!existsSync(file)) throw new Error(`There is no file ${file}.`)
  const cases: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(cases) || cases.length === 0) throw new Error(`${file} holds no list of cases.`)
  return cases.map((value: unknown, index) => {
    if (isRouteChangeCase(value)) return value
    throw new Error(`Case ${index + 1} of ${file} is of a kind this does not know. It knows route changes.`)
  })
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
