// A simulated GIAS, a database of one's own to load it into, and a clock that stands still.
import { type SimulatedSchool, startGiasSimulator } from '../../sandbox/gias/index.ts'
import { withClient } from '../../sandbox/register/database.ts'
import { GiasLoad } from '../../src/entities/chatops/gias-load.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { type LoadContext, type LoadResult, loadExtract } from '../../src/gias/load.ts'
import { scratchDatabase } from '../support/database.ts'
import { emptyDatabase } from '../support/reset.ts'

export const NOON = Date.parse('2021-10-27T11:00:00Z')

/** Schools "School 1" and so on, with URNs from 100001. */
export function schools(count: number): SimulatedSchool[] {
  return Array.from({ length: count }, (_, index) => ({
    urn: String(100_001 + index),
    name: `School ${index + 1}`,
    status: 1,
    openDate: '1999-09-01',
  }))
}

export type Gias = Awaited<ReturnType<typeof startGias>>

export async function startGias(count = 200) {
  const clock = { time: NOON }
  const now = (): Date => new Date(clock.time)
  const scratch = await scratchDatabase()
  const database = await createDataSource(scratch.appUrl, 5).initialize()
  const simulator = await startGiasSimulator({ schools: schools(count), now })
  const logged: string[] = []
  const note = (fields: object, message: string): void => void logged.push(JSON.stringify({ ...fields, message }))
  const context: LoadContext = {
    database,
    log: { info: note, warn: note },
    now,
    url: simulator.url,
    timeoutMs: { idle: 2_000, overall: 15_000 },
    limits: { minimumRows: 50 },
  }
  return {
    clock,
    simulator,
    database,
    scratch,
    logged,
    context,
    load: (changes: Partial<LoadContext> = {}): Promise<LoadResult> => loadExtract({ ...context, ...changes }),
    loads: () => database.manager.find(GiasLoad, { order: { id: 'ASC' } }),
    /** Every school that is loaded, as Postgres writes it. */
    contents: () => texts(scratch.adminUrl, 'SELECT s::text FROM chatops.gias_schools s ORDER BY urn'),
    staged: async () => Number((await texts(scratch.adminUrl, 'SELECT count(*) FROM chatops.gias_staging'))[0]),
    /** As before anything was loaded. */
    async forget(): Promise<void> {
      simulator.faults.clear()
      simulator.setSchools(schools(count))
      clock.time = NOON
      logged.splice(0)
      await withClient(scratch.adminUrl, emptyDatabase)
    },
    async stop(): Promise<void> {
      await database.destroy()
      await simulator.stop()
      await scratch.drop()
    },
  }
}

async function texts(url: string, sql: string): Promise<string[]> {
  const { rows } = await withClient(url, (client) => client.query({ text: sql, rowMode: 'array' }))
  return rows.map(([first]) => String(first))
}
