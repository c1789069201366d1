// The kinds of recorded cases, told apart by what they hold.
import { existsSync, readFileSync } from 'node:fs'
import pg from 'pg'
import type { World } from '../../src/world.ts'
import { createLifecycle } from '../support/lifecycle.ts'
import { isReRegisterCase, type ReRegisterCase, runReRegisterCase } from './re-register.ts'
import { isRegisterForTrnCase, type RegisterForTrnCase, runRegisterForTrnCase } from './register-for-trn.ts'
import { isRetrieveTrnCase, type RetrieveTrnCase, runRetrieveTrnCase } from './retrieve-trn.ts'
import { isRouteChangeCase, type RouteChangeCase, runRouteChangeCase } from './route-change.ts'

export type ParityCase = RouteChangeCase | RegisterForTrnCase | RetrieveTrnCase | ReRegisterCase

/** A Register of our own, for cases that write. */
export type ParityDatabase = { context: World; admin: pg.Client; close: () => Promise<void> }

export function needsDatabase(wanted: ParityCase): boolean {
  return !isRegisterForTrnCase(wanted) || isReRegisterCase(wanted)
}

/** Returns what differs from Register, in words, or nothing; also where we threw. */
export async function runCase(wanted: ParityCase, database: ParityDatabase | null): Promise<string[]> {
  try {
    if (isRetrieveTrnCase(wanted)) return await runRetrieveTrnCase(demand(database), wanted)
    if (isReRegisterCase(wanted)) return await runReRegisterCase(demand(database), wanted)
    if (isRegisterForTrnCase(wanted)) return runRegisterForTrnCase(wanted)
    const { context, admin } = demand(database)
    return await runRouteChangeCase(context, admin, wanted)
  } catch (error) {
    return [`threw ${error instanceof Error ? error.stack : error}`]
  }
}

function demand(database: ParityDatabase | null): ParityDatabase {
  if (!database) throw new Error('cases that write need a database')
  return database
}

export async function openParityDatabase(urls: { appUrl: string; adminUrl: string }): Promise<ParityDatabase> {
  const context = await createLifecycle(urls.appUrl)
  const admin = new pg.Client(urls.adminUrl)
  await admin.connect()
  const close = async () => {
    await admin.end()
    await context.database.destroy()
  }
  return { context, admin, close }
}

/** The cases of a file. Throws if it is missing, empty, or holds a kind that is not known. */
export function readCases(file: string): ParityCase[] {
  if (!existsSync(file)) throw new Error(`There is no file ${file}.`)
  const cases: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(cases) || cases.length === 0) throw new Error(`${file} holds no list of cases.`)
  return cases.map((value: unknown, index) => {
    if (isKnown(value)) return value
    throw new Error(
      `Case ${index + 1} of ${file} is of a kind this does not know. It knows route changes, registrations for a TRN, polls for one and registrations again.`,
    )
  })
}

function isKnown(value: unknown): value is ParityCase {
  return [isRouteChangeCase, isReRegisterCase, isRegisterForTrnCase, isRetrieveTrnCase].some((is) => is(value))
}
