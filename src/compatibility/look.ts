import type { DataSource, EntityManager } from 'typeorm'
import type { JobName } from '../entities/chatops/job.ts'
import { differencesFor, harmlessDifferences } from './differences.ts'
import { type ExpectedTables, expectedTables } from './expected.ts'
import { type LiveTable, readLiveSchema } from './live-schema.ts'
import { JOBS_TOUCH, PLAYBOOKS_TOUCH, type RunsHere, type Touched, touchesOf } from './touched.ts'

// Looks whether Register's database is as this version of the bot knows it. A playbook or a job that needs what has
// changed is not safe: it is switched off until that is put right. Everything else goes on.

/** What is not safe, by name, and why; and what differs without harm. */
export type Look = {
  playbooks: ReadonlyMap<string, readonly string[]>
  jobs: ReadonlyMap<string, readonly string[]>
  harmless: readonly string[]
}

/** Looks at everything. A few milliseconds of Postgres' catalogue: whoever is about to act looks again. */
export async function lookAtRegister(
  database: DataSource,
  runsHere: RunsHere,
  sql: EntityManager = database.manager,
): Promise<Look> {
  const expected = expectedTables(database)
  const live = await readLiveSchema(sql, Object.keys(expected))
  const unsafe = (touching: Readonly<Record<string, Touched>>) =>
    new Map(
      Object.entries(touching).flatMap(([name, touched]) => {
        const differences = differencesOf(touchesOf(touched, runsHere), expected, live)
        return differences.length > 0 ? [[name, differences] as const] : []
      }),
    )
  return {
    playbooks: unsafe(PLAYBOOKS_TOUCH),
    jobs: unsafe(Object.fromEntries(Object.entries(JOBS_TOUCH).filter(([job]) => runsHere(job as JobName)))), // its keys
    harmless: harmlessDifferences(expected, live),
  }
}

/** What is switched off and what waits, as `/readyz` says it; nothing where all is as it should be. */
export async function findOff(database: DataSource, runsHere: RunsHere): Promise<{ off?: object; waits?: object }> {
  const { playbooks, jobs } = await lookAtRegister(database, runsHere)
  return {
    ...(playbooks.size > 0 ? { off: Object.fromEntries(playbooks) } : {}),
    ...(jobs.size > 0 ? { waits: Object.fromEntries(jobs) } : {}),
  }
}

/**
 * Why a playbook is not safe; nothing where it is. People who ask at the same moment share one look, but for whoever gives a
 * session of their own: they look for themselves.
 */
export function findUnsafe(
  database: DataSource,
  runsHere: RunsHere,
  playbook: string,
  sql?: EntityManager,
): Promise<readonly string[]> {
  const touched = PLAYBOOKS_TOUCH[playbook]
  const look = () => lookFor(database, sql ?? database.manager, touched ? touchesOf(touched, runsHere) : [])
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

/** The same of a job that our own workers run. */
export function findUnsafeJob(database: DataSource, job: JobName): Promise<readonly string[]> {
  return lookFor(database, database.manager, [JOBS_TOUCH[job]])
}

/** Looks only at what is touched. */
async function lookFor(database: DataSource, sql: EntityManager, touches: readonly Touched[]): Promise<string[]> {
  const tables = new Set(touches.flatMap(({ reads }) => reads))
  if (tables.size === 0) return []
  return differencesOf(touches, expectedTables(database), await readLiveSchema(sql, [...tables]))
}

function differencesOf(
  touches: readonly Touched[],
  expected: ExpectedTables,
  live: ReadonlyMap<string, LiveTable>,
): string[] {
  return [...new Set(touches.flatMap((one) => differencesFor(one, expected, live)))]
}
