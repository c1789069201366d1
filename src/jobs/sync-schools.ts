import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { DttpError } from '../dttp/client/index.ts'
import { Job } from '../entities/chatops/job.ts'
import { JobFailed } from '../failures/job-failed.ts'
import { type SchoolInDttp, upsertDttpSchools } from '../register/schools/dttp-schools.ts'
import type { World } from '../world.ts'
import { demandSwitchedOn } from './job.ts'
import { whileHeld } from './run/leases.ts'
import type { Finish } from './run/run-job.ts'

/** The most pages. DTTP has about 50,000 schools; with this many pages, its links must lead in a circle. */
const MOST_PAGES = 1000

const count = z.number().int().nonnegative()

/** How far the job has come: what of the pages is written, and the link to the page that comes next. */
const Progress = z.object({
  startedAt: z.string(),
  /** Null before the first page and after the last. */
  next: z.string().nullable(),
  pages: count,
  rows: count,
  inserted: count,
  updated: count,
  /** Whether a link was stale, so that it began again from the first page. */
  startedOver: z.boolean(),
})

type Progress = z.output<typeof Progress>

type Page = { accounts: readonly SchoolInDttp[]; next: string | null }

/**
 * Copies the schools of DTTP, page by page (Register's Dttp::SyncSchoolsJob). Each page commits together with the
 * progress, so that another attempt goes on with the next one, and has attempts of its own as in Register, where each
 * page is a job. Schools that DTTP no longer has are left alone.
 */
export async function syncSchools(world: World, job: Job): Promise<Finish> {
  demandSwitchedOn(world, 'sync_from_dttp')
  try {
    await writePages(world, job, progressOf(world, job))
  } catch (error) {
    const afresh = isStaleLink(error) ? await startOver(world, job) : null
    if (!afresh) throw error
    await writePages(world, job, afresh)
  }
  return async (_sql, held) => {
    const progress = progressOf(world, held)
    if (!isComplete(progress)) return { kind: 'again', at: world.now() }
    const { rows, pages, inserted, updated } = progress
    return { kind: 'done', result: { rows, pages, inserted, updated } }
  }
}

/** Writes the pages that are left, until the last one, a shutdown, or the loss of the job to another worker. */
async function writePages(world: World, job: Job, begun: Progress): Promise<void> {
  if (isComplete(begun)) return
  for await (const page of world.upstreams.dttp.accounts(world.schoolsPerPage, begun.next ?? undefined)) {
    const kept = await keepProgress(world, job, (sql, progress) => writePage(sql, progress, page))
    if (!kept) return world.log.warn({ job: job.id }, 'schools are being synchronised by another worker')
    const { pages, rows, inserted, updated } = kept
    world.log.info({ job: job.id, pages, rows, inserted, updated }, 'page of schools written')
    if (world.stopping?.aborted) return
  }
}

async function writePage(sql: EntityManager, progress: Progress, { accounts, next }: Page): Promise<Progress> {
  if (progress.pages >= MOST_PAGES) throw new JobFailed('dttp-unreadable', 'DTTP’s list of schools does not end.')
  const { inserted, updated } = await upsertDttpSchools(sql, accounts).catch((error: unknown) => {
    if (isUnstorable(error)) throw new JobFailed('dttp-unreadable', 'DTTP has a school that Register cannot hold.')
    throw error
  })
  return {
    ...progress,
    next,
    pages: progress.pages + 1,
    rows: progress.rows + accounts.length,
    inserted: progress.inserted + inserted,
    updated: progress.updated + updated,
  }
}

/** Begins again from the first page; null if it has done so before. What is written already stays. */
async function startOver(world: World, job: Job): Promise<Progress | null> {
  return keepProgress(world, job, async (_sql, progress) => {
    if (progress.startedOver || progress.next === null) return null
    world.log.warn({ job: job.id, pages: progress.pages }, 'the link to the next page of schools is stale')
    return { ...progress, next: null, pages: 0, rows: 0, startedOver: true }
  })
}

/** Commits what `write` writes together with the progress it answers; null if another worker has the job by now. */
async function keepProgress(
  world: World,
  job: Job,
  write: (sql: EntityManager, progress: Progress) => Promise<Progress | null>,
): Promise<Progress | null> {
  const kept: { progress: Progress | null } = { progress: null }
  await whileHeld(world, job, async (sql, held) => {
    const progress = await write(sql, progressOf(world, held))
    if (progress) await sql.update(Job, { id: job.id }, { progress, attempts: 0, stalls: 0 })
    kept.progress = progress
  })
  return kept.progress
}

function progressOf(world: World, job: Job): Progress {
  const known = Progress.safeParse(job.progress)
  if (known.success) return known.data
  const startedAt = world.now().toISOString()
  return { startedAt, next: null, pages: 0, rows: 0, inserted: 0, updated: 0, startedOver: false }
}

function isComplete({ pages, next }: Progress): boolean {
  return pages > 0 && next === null
}

/** DTTP refuses a paging cookie that it no longer knows; and the link may be one of an organisation we used to ask. */
function isStaleLink(error: unknown): boolean {
  if (!(error instanceof DttpError)) return false
  return (error.kind === 'refused' && error.status === 400) || error.code === 'foreign-next-link'
}

/** Postgres' class 22, data exception: a number or a text that its column cannot hold. */
function isUnstorable(error: unknown): boolean {
  const { driverError } = error as { driverError?: { code?: unknown } }
  return String(driverError?.code ?? '').startsWith('22')
}
