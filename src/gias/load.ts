// Loads GIAS's extract into our own tables, all of it or nothing.
import { type DataSource, type EntityManager, IsNull, type QueryRunner } from 'typeorm'
import { GiasLoad } from '../entities/chatops/gias-load.ts'
import { openExtract } from './download.ts'
import { GiasError, refused } from './errors.ts'
import { type Defects, readSchools } from './read.ts'
import { findGiasAge } from './schools.ts'
import { countStaged, emptyStaging, replaceSchools, type Staged, stage } from './staging.ts'

export type LoadContext = {
  database: DataSource
  /** Such as pino's. It logs numbers, never what is in a row. */
  log: { info: (fields: object, message: string) => void; warn: (fields: object, message: string) => void }
  now: () => Date
  /** Where the extract is: https; `{yyyymmdd}` in it stands for the day in London. */
  url: string
  timeoutMs?: Partial<typeof TIMEOUTS_MS>
  limits?: Partial<typeof LIMITS>
  /** Somebody has looked, and GIAS really has fewer schools than before: as many as this will do. */
  enough?: number
}

/** `refused` and `busy` change nothing: what was loaded before stays. */
export type LoadResult =
  | { kind: 'loaded'; rows: number; defects: number }
  | { kind: 'refused'; problem: string }
  | { kind: 'busy' }

const TIMEOUTS_MS = { idle: 30_000, overall: 15 * 60_000 }

/** The extract has about 50,000 rows in 60 MB. A file that is very different is not the extract. */
const LIMITS = {
  maxBytes: 500e6,
  minimumRows: 10_000,
  /** Of the schools loaded before, how many at least. */
  smallestShare: 0.95,
  /** Of all rows, how many may be unusable. */
  defectShare: 0.01,
}

/** The number of the advisory lock that a load holds while it runs. */
const LOAD_LOCK = 7_031_521

/** No step of a load takes so long; a load that sleeps for longer loses its session, and with it the lock. */
const LONGEST_STEP = "SET LOCAL idle_in_transaction_session_timeout = '2min'"

/**
 * Loads the newest extract. All of it is one transaction, which holds the lock: so a load that lost its lock cannot write,
 * and what a load leaves behind when it dies is only its line in the list of loads. `busy`: another load runs. Throws
 * GiasError `unavailable` if GIAS cannot be reached or the download breaks off, and what the database throws; the schools
 * are then as before.
 */
export async function loadExtract(context: LoadContext): Promise<LoadResult> {
  const runner = context.database.createQueryRunner()
  try {
    await runner.startTransaction()
    await runner.query(LONGEST_STEP)
    const [lock] = await runner.query('SELECT pg_try_advisory_xact_lock($1) AS held', [LOAD_LOCK])
    return lock.held ? await loadAlone(context, runner) : { kind: 'busy' }
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {}) // gone with the connection
    await runner.release()
  }
}

async function loadAlone(context: LoadContext, runner: QueryRunner): Promise<LoadResult> {
  const { database, log, now } = context
  const load = await begin(database.manager, now())
  try {
    const { rows, defects } = await take(context, runner, load)
    log.info({ load, rows, defects: defects.count, firstDefects: defects.firstRows }, 'GIAS loaded')
    return { kind: 'loaded', rows, defects: defects.count }
  } catch (error) {
    const isRefused = error instanceof GiasError && error.kind === 'refused'
    const outcome = isRefused ? 'refused' : 'failed'
    const problem = error instanceof GiasError ? error.problem : 'The database did not take the extract.'
    log.warn({ load, outcome, problem, code: (error as { code?: string }).code }, 'GIAS not loaded')
    await runner.rollbackTransaction().catch(() => {}) // gone with the connection
    await database.manager
      .update(GiasLoad, { id: load, outcome: IsNull() }, { outcome, problem, finishedAt: now() })
      .catch(() => {}) // the next load finds it unfinished
    if (isRefused) return { kind: 'refused', problem }
    throw error
  }
}

/** Tidies up after loads that died, and says that there is a new one. Returns its id. */
async function begin(sql: EntityManager, now: Date): Promise<string> {
  const died = { outcome: 'failed', problem: 'It was interrupted.', finishedAt: now } as const
  await sql.update(GiasLoad, { outcome: IsNull() }, died)
  await emptyStaging(sql)
  const { identifiers } = await sql.insert(GiasLoad, { startedAt: now })
  return String(identifiers[0]?.['id'])
}

async function take(context: LoadContext, runner: QueryRunner, load: string) {
  const limits = { ...LIMITS, ...context.limits }
  const timeoutMs = { ...TIMEOUTS_MS, ...context.timeoutMs }
  const sql = runner.manager
  const known = context.database.manager // what is known of a load is kept, also if it comes to nothing
  const extract = await openExtract({ url: context.url, now: context.now(), timeoutMs, maxBytes: limits.maxBytes })
  const defects: Defects = { count: 0, firstRows: [] }
  try {
    const age = await findGiasAge(sql)
    if (age && age.sourceDate > extract.sourceDate) throw refused('The extract is older than the one loaded before.')
    await known.update(GiasLoad, { id: load }, { sourceDate: extract.sourceDate })
    for await (const schools of readSchools(extract.bytes, defects)) await stage(sql, load, schools)
  } finally {
    extract.close()
  }
  const staged = await countStaged(sql, load)
  defects.count += staged.rows - staged.schools
  await known.update(GiasLoad, { id: load }, { rows: staged.schools, defects: defects.count })
  demandWhole(staged, defects, { ...limits, enough: context.enough })
  await replaceSchools(sql, load)
  await sql.update(GiasLoad, { id: load }, { outcome: 'loaded', finishedAt: context.now() })
  await emptyStaging(sql)
  await runner.commitTransaction()
  return { rows: staged.schools, defects }
}

/** Throws GiasError `refused` if this cannot be all of GIAS. */
function demandWhole(
  staged: Staged,
  { count, firstRows }: Defects,
  limits: typeof LIMITS & { enough: number | undefined },
): void {
  const { schools, before } = staged
  const all = schools + count
  if (count > all * limits.defectShare) {
    const first = firstRows.length > 0 ? `, the first of them ${firstRows.join(', ')}` : ''
    throw refused(`${count} of the extract’s ${all} rows cannot be used${first}.`)
  }
  if (schools < limits.minimumRows) {
    throw refused(`The extract has ${schools} schools; there should be at least ${limits.minimumRows}.`)
  }
  if (schools < Math.min(before * limits.smallestShare, limits.enough ?? Number.POSITIVE_INFINITY)) {
    throw refused(`The extract has ${schools} schools, where ${before} were loaded before.`)
  }
}
