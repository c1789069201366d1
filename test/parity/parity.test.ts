import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { scratchDatabase } from '../support/database.ts'
import { needsDatabase, openParityDatabase, type ParityCase, type ParityDatabase, readCases, runCase } from './kinds.ts'

const CASES = fileURLToPath(new URL('./cases/', import.meta.url))

describe('our code does what Register did', () => {
  it.each(readdirSync(CASES))('in every case of %s', async (file) => {
    const cases = readCases(`${CASES}${file}`)
    const differing = await withDatabase(cases.some(needsDatabase), (database) => runAll(cases, database))
    expect(differing).toEqual([])
  })
})

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
