import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { scratchDatabase } from '../support/database.ts'
import { sampleOfEach } from '../support/extent.ts'
import { needsDatabase, openParityDatabase, type ParityCase, type ParityDatabase, readCases, runCase } from './kinds.ts'
import { isReRegisterCase } from './re-register.ts'
import { isRegisterForTrnCase } from './register-for-trn.ts'
import { isRetrieveTrnCase } from './retrieve-trn.ts'

const CASES = fileURLToPath(new URL('./cases/', import.meta.url))

describe('our code does what Register did', () => {
  it.each(readdirSync(CASES))('in every case of %s', async (file) => {
    const cases = sampleOfEach(readCases(`${CASES}${file}`), whatRegisterDid, 3)
    const differing = await withDatabase(cases.some(needsDatabase), (database) => runAll(cases, database))
    expect(differing).toEqual([])
  })
})

/** Cases that need no database are quick, so each is a kind of its own. */
function whatRegisterDid(wanted: ParityCase): string {
  if (isReRegisterCase(wanted)) {
    const { after_fix, after_registration } = wanted
    const { changed, degrees } = after_registration
    return [after_fix.audits.length, columnsOf(after_fix.changed), columnsOf(changed), columnsOf(degrees).length].join()
  }
  if (isRegisterForTrnCase(wanted)) return wanted.name
  const error = wanted.error?.class ?? 'none'
  if (!isRetrieveTrnCase(wanted)) return [wanted.target_route, error, wanted.updated_at_touched].join()
  return [error, columnsOf(wanted.changed), wanted.enqueued?.length, wanted.message === null].join()
}

function columnsOf(changed: object = {}): string[] {
  return Object.keys(changed).sort()
}

async function runAll(cases: readonly ParityCase[], database: ParityDatabase | null): Promise<string[]> {
  const differing: string[] = []
  for (const wanted of cases) {
    const differences = await runCase(wanted, database)
    differing.push(...differences.map((difference) => `${wanted.name}: ${difference}`))
  }
  return differing
}

async function withDatabase<T>(needed: boolean, work: (database: ParityDatabase | null) => Promise<T>): Promise<T> {
  if (!needed) return work(null)
  const scratch = await scratchDatabase()
  const database = await openParityDatabase(scratch)
  return work(database).finally(database.close).finally(scratch.drop)
}
