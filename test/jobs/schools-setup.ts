// Schools in a simulated DTTP, and what Register's table holds of them.
import type { DttpSimulator, Fault } from '../../sandbox/dttp/index.ts'
import { Job } from '../../src/entities/chatops/job.ts'
import { enqueueJob } from '../../src/jobs/start/enqueue.ts'
import type { World } from '../../src/world.ts'

/** Schools in a page of these tests, and all that there are where DTTP has two full pages and its own one. */
export const PAGE = 50
export const ALL = 2 * PAGE + 1

const STATUSES = [1, 2, 300000002, 300000007, null]
const NAMES = ['Ash Grove School', "St Zoë's, “North”", 'Comma, {brace} \\ "quote"', '', null]

/** Adds schools that differ in all they can, null among it. */
export function addSchools({ state }: Pick<DttpSimulator, 'state'>, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const name = NAMES[index % NAMES.length] ?? null
    return state.add('accounts', {
      name: name && `${name} ${index}`,
      dfe_urn: index % 7 === 0 ? null : String(100_000 + Math.floor(index / 2)),
      statuscode: STATUSES[index % STATUSES.length] ?? null,
    })
  })
}

/** The requests for pages before the `page`th go well, then this happens. */
export function failAtPage({ faults }: Pick<DttpSimulator, 'faults'>, page: number, fault: Fault): void {
  faults.add({ kind: 'slow', ms: 0, path: 'accounts', times: page - 1 })
  faults.add({ path: 'accounts', ...fault })
}

type Row = { dttp_id: string; name: string | null; urn: string | null; status_code: number | null }

/** The schools that DTTP holds, by id, as Register's rows should say. */
export function schoolsInDttp({ state }: Pick<DttpSimulator, 'state'>): Row[] {
  return [...state.accounts.values()]
    .filter((account) => account['dfe_provider'] === false)
    .map((account) => ({
      dttp_id: String(account['accountid']),
      name: (account['name'] ?? null) as string | null,
      urn: (account['dfe_urn'] ?? null) as string | null,
      status_code: (account['statuscode'] ?? null) as number | null,
    }))
    .sort((a, b) => (a.dttp_id < b.dttp_id ? -1 : 1))
}

/** What Register's table holds, by id. */
export function schoolsInRegister({ database }: Pick<World, 'database'>): Promise<Row[]> {
  return database.query<Row[]>(
    `SELECT dttp_id, name, urn, status_code FROM public.dttp_schools ORDER BY dttp_id COLLATE "C"`,
  )
}

/** Adds a job that is due now; returns its id. */
export async function addSync(context: World): Promise<string> {
  const due = { name: 'sync-schools' as const, trainee: null, dueAt: context.now() }
  const id = await context.database.transaction((sql) => enqueueJob(sql, due))
  return id ?? ''
}

export function getJob({ database }: Pick<World, 'database'>, id: string): Promise<Job> {
  return database.manager.findOneByOrFail(Job, { id })
}
