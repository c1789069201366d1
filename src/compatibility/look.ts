import type { DataSource, EntityManager } from 'typeorm'
import { differencesFor, harmlessDifferences } from './differences.ts'
import { type ExpectedTables, expectedTables } from './expected.ts'
import { type LiveTable, readLiveSchema } from './live-schema.ts'
import { JOBS_TOUCH, PLAYBOOKS_TOUCH, type Touched, touchesOf } from './touched.ts'

// Looks whether Register's database is as this version of the bot knows it. A playbook or a job that needs what has
// changed is not safe: it is switched off until that is put right. Everything else goes on.

/** What is not safe, by name, and why; and what differs without harm. */
export type Look = {
  playbooks: ReadonlyMap<string, readonly string[]>
  jobs: ReadonlyMap<string, readonly string[]>
  harmless: readonly string[]
}

/** Looks at everything. A few milliseconds of Postgres' catalogue: whoever is about to act looks again. */
export async function lookAtRegister(database: DataSource, sql: EntityManager = database.manager): Promise<Look> {
  const expected = expectedTables(database)
  const live = await readLiveSchema(sql, Object.keys(expected))
  const unsafe = (touching: Readonly<Record<string, Touched>>) =>
    new Map(
      Object.entries(touching).flatMap(([name, touched]) => {
        const differences = differencesOf(touched, expected, live)
        return differences.length > 0 ? [[name, differences] as const] : []
      }),
    )
  return {
    playbooks: unsafe(PLAYBOOKS_TOUCH),
    jobs: unsafe(JOBS_TOUCH),
    harmless: harmlessDifferences(expected, live),
  }
}

/** What is switched off and what waits, as `/readyz` says it; nothing where all is as it should be. */
export async function findOff(database: DataSource): Promise<{ off?: object; waits?: object }> {
  const { playbooks, jobs } = await lookAtRegister(database)
  return {
    ...(playbooks.size > 0 ? { off: Object.fromEntries(playbooks) } : {}),
    ...(jobs.size > 0 ? { waits: Object.fromEntries(jobs) } : {}),
  }
}

/**
 * Why a playbook is not safe; nothing where it is. People who ask at the same moment share one look, but for whoever gives a
 * session of their own: they look for themselves.
 */
export function findUnsafe(database: DataSource, playbook: string, sql?: EntityManager): Promise<readonly string[]> {
  const look = () => lookFor(database, sql ?? database.manager, PLAYBOOKS_TOUCH[playbook])
  return sql ? look() : shared(database, playbook, look)
}

/** The looks that are under way, by playbook. */
const underWay = new WeakMap<DataSource, Map<string, Promise<string[]>>>()

function shared(database: DataSource, playbook: string, look: () => Promise<string[]>): Promise<string[]> {
  const looks = underWay.get(database) ?? new Map<string, Promise<string[]>>()
  underWay.set(database, looks)
  const looking = looks.get(playbook) ?? look().finally(() => looks.delete(playbook))
  looks.set(playbook, looking)
  return looking
}

/** The same of a job. */
export function findUnsafeJob(database: DataSource, job: keyof typeof JOBS_TOUCH): Promise<readonly string[]> {
  return lookFor(database, database.manager, JOBS_TOUCH[job])
}

/** Looks only at what is touched. */
async function lookFor(database: DataSource, sql: EntityManager, touched: Touched | undefined): Promise<string[]> {
  const tables = new Set(touched ? touchesOf(touched).flatMap(({ reads }) => reads) : [])
  if (!touched || tables.size === 0) return []
  return differencesOf(touched, expectedTables(database), await readLiveSchema(sql, [...tables]))
}

function differencesOf(touched: Touched, expected: ExpectedTables, live: ReadonlyMap<string, LiveTable>): string[] {
  return [...new Set(touchesOf(touched).flatMap((one) => differencesFor(one, expected, live)))]
}
