import { type EntityManager, In, IsNull, Not } from 'typeorm'
import { DttpError } from '../../dttp/client/index.ts'
import { findCode } from '../../dttp/code-sets.ts'
import { findRegistrationRowsOfAll } from '../../dttp/registration-rows.ts'
import { updateSha } from '../../dttp/update-sha.ts'
import type { SeenJobName } from '../../entities/chatops/job.ts'
import { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { hasArrived, type PollName } from '../../register/jobs/polled.ts'
import type { World } from '../../world.ts'
import { provenSince } from './baseline.ts'
import { keptOf } from './kept.ts'
import { unlessMoved } from './moved-tables.ts'
import { noteTurn, wasAnswered, whoseTurn } from './turns.ts'

// What proves that a job of Register's Sidekiq ran, once it is in it no longer. For a job that is not in this table
// nothing does.

type Prove = (world: World, sql: EntityManager, jobs: readonly MirroredJob[]) => Promise<readonly MirroredJob[]>

type Look = (world: World, sql: EntityManager, jobs: readonly MirroredJob[]) => Promise<Looked>

/** Of all others it was found that nothing shows that they ran. */
type Looked = { proven: readonly MirroredJob[]; unanswered: readonly MirroredJob[] }

/** `costly`: how it is looked for in a few jobs at a time, and in how many. */
type Proof = { all?: Prove; costly?: { look: Look; most: number } }

const PROOFS: Readonly<Partial<Record<SeenJobName, Proof>>> = {
  /** Register has the id of the record that it created. */
  'register-for-trn': { all: byRecord },
  /** Register remembers what it has sent: not what it had before, or exactly the trainee as they are now. */
  'update-trainee': { all: byMovedSha, costly: { look: bySha, most: 200 } },
  /** DTTP shows the status; there are two changes for each registration. */
  'change-trainee-status': { costly: { look: byStatus, most: 20 } },
  /** What it asks for is there; or the poll of the next hour is, which keeps its row. */
  'retrieve-trn': { all: byPoll('retrieve-trn') },
  'retrieve-award': { all: byPoll('retrieve-award') },
  /** Register's list of schools has been written since. */
  'sync-schools': { all: bySchools },
}

/** The ids of those jobs of which there is proof that they ran. Asks DTTP only about changes of status. */
export async function findProven(
  world: World,
  sql: EntityManager,
  jobs: readonly MirroredJob[],
  now: Date,
): Promise<Set<string>> {
  const proven = new Set<string>()
  for (const [name, { all, costly }] of Object.entries(PROOFS)) {
    const own = jobs.filter((job) => job.name === name)
    if (own.length === 0) continue
    if (all) for (const { id } of await unlessMoved(world, [], () => all(world, sql, own))) proven.add(id)
    if (!costly) continue
    const others = own.filter(({ id }) => !proven.has(id))
    const turn = whoseTurn(others, costly.most, now)
    // Register's tables may stay altered: that is no answer to wait for.
    const nothing: Looked = { proven: [], unanswered: [] }
    const looked = await unlessMoved(world, nothing, () => costly.look(world, sql, turn))
    for (const { id } of looked.proven) proven.add(id)
    await noteTurn(sql, turn, looked.unanswered, now)
  }
  return proven
}

/** Whether everything that could prove that a job ran was looked at since it is missing, and answered. */
export function wasLookedFor(job: MirroredJob): boolean {
  return PROOFS[job.name]?.costly === undefined || wasAnswered(job)
}

async function byRecord(_world: World, sql: EntityManager, jobs: readonly MirroredJob[]): Promise<MirroredJob[]> {
  const where = { id: In(idsOf(jobs)), dttp_id: Not(IsNull()) }
  const registered = new Set((await sql.find(Trainee, { where, select: { id: true } })).map(({ id }) => id))
  return jobs.filter(({ traineeId }) => registered.has(traineeId ?? ''))
}

function byPoll(name: PollName): Prove {
  return async (_world, sql, jobs) => {
    const select = { id: true, trn: true, state: true } as const
    const trainees = await sql.find(Trainee, { where: { id: In(idsOf(jobs)) }, select })
    const received = new Set(trainees.filter((trainee) => hasArrived(name, trainee)).map(({ id }) => id))
    // A poll without a time-out only starts one that has it.
    const started = await sql.find(MirroredJob, {
      where: { traineeId: In(idsOf(jobs)), name, timeoutAt: Not(IsNull()) },
      select: { id: true, traineeId: true, createdAt: true, args: true },
    })
    const isStarted = (job: MirroredJob) =>
      started.some(
        (poll) => poll.traineeId === job.traineeId && (poll.createdAt >= provenSince(job) || goesOn(poll, job)),
      )
    return jobs.filter((job) => received.has(job.traineeId ?? '') || (job.timeoutAt === null && isStarted(job)))
  }
}

/** Whether a poll's row, which may be older, has become that of another poll since we first found the job. */
function goesOn(poll: Pick<MirroredJob, 'args'>, { firstSeenAt }: MirroredJob): boolean {
  const { polled } = keptOf(poll)
  return polled !== undefined && Date.parse(polled) >= firstSeenAt.getTime()
}

async function byMovedSha(_world: World, sql: EntityManager, jobs: readonly MirroredJob[]): Promise<MirroredJob[]> {
  const shas = new Map<string, string | null>()
  const select = { id: true, dttp_update_sha: true } as const
  for (const { id, dttp_update_sha } of await sql.find(Trainee, { where: { id: In(idsOf(jobs)) }, select })) {
    shas.set(id, dttp_update_sha)
  }
  const hasMoved = ({ traineeId, args }: MirroredJob) => {
    const now = shas.get(traineeId ?? '') ?? null
    return now !== null && 'sha' in args && args.sha !== now
  }
  return jobs.filter(hasMoved)
}

async function bySha(_world: World, sql: EntityManager, jobs: readonly MirroredJob[]): Promise<Looked> {
  const rows = await findRegistrationRowsOfAll(sql, idsOf(jobs))
  const current = new Set(
    rows.filter((row) => updateSha(row) === row.trainee.dttp_update_sha).map(({ trainee }) => trainee.id),
  )
  return { proven: jobs.filter(({ traineeId }) => current.has(traineeId ?? '')), unanswered: [] }
}

async function byStatus(
  { upstreams: { dttp } }: World,
  sql: EntityManager,
  jobs: readonly MirroredJob[],
): Promise<Looked> {
  const select = { id: true, dttp_id: true, placement_assignment_dttp_id: true } as const
  const trainees = await sql.find(Trainee, { where: { id: In(idsOf(jobs)) }, select })
  const found = await Promise.all(
    jobs.map(async (job) => {
      const trainee = trainees.find(({ id }) => id === job.traineeId)
      const { status, entity } = keptOf(job)
      const wanted = status === undefined ? null : findCode('statuses', status)
      if (!trainee || wanted === null) return false
      const shown = await statusOf(trainee, entity, dttp)
      return shown === UNANSWERED ? UNANSWERED : shown === wanted
    }),
  )
  return {
    proven: jobs.filter((_job, index) => found[index] === true),
    unanswered: jobs.filter((_job, index) => found[index] === UNANSWERED),
  }
}

const UNANSWERED = Symbol('DTTP has not answered')

type Records = Pick<Trainee, 'dttp_id' | 'placement_assignment_dttp_id'>

/** Undefined where DTTP has no such record, or none that can be read. */
async function statusOf(
  { dttp_id: contact, placement_assignment_dttp_id: assignment }: Records,
  entity: string | undefined,
  dttp: World['upstreams']['dttp'],
): Promise<string | null | undefined | typeof UNANSWERED> {
  try {
    if (entity === 'contact') return contact === null ? undefined : (await dttp.findContact(contact))?.statusId
    return assignment === null ? undefined : (await dttp.findPlacementAssignment(assignment))?.statusId
  } catch (error) {
    if (!(error instanceof DttpError)) throw error
    return error.kind === 'unavailable' || error.kind === 'unauthorised' ? UNANSWERED : undefined
  }
}

async function bySchools(_world: World, sql: EntityManager, jobs: readonly MirroredJob[]): Promise<MirroredJob[]> {
  const first = Math.min(...jobs.map((job) => provenSince(job).getTime()))
  const [newest] = await sql.query<{ at: Date | null }[]>(NEWEST_SCHOOL, [new Date(first - CLOCKS_MAY_DIFFER_MS)])
  return jobs.filter((job) => newest?.at && newest.at > provenSince(job))
}

const CLOCKS_MAY_DIFFER_MS = 60_000

// What a request has written since then is nothing of the sync's.
const NEWEST_SCHOOL = `
  WITH ours AS (
    SELECT one ->> 'id' AS id, NULL AS dttp_id
    FROM chatops.change_requests, jsonb_array_elements(plan -> 'updates') one
    WHERE executed_at >= $1 AND one ->> 'table' = 'dttp_schools'
    UNION ALL SELECT NULL, one -> 'values' ->> 'dttp_id'
    FROM chatops.change_requests, jsonb_array_elements(plan -> 'inserts') one WHERE executed_at >= $1)
  SELECT max(updated_at) AT TIME ZONE 'UTC' AS at FROM public.dttp_schools school
  WHERE NOT EXISTS (SELECT FROM ours WHERE ours.id = school.id::text OR ours.dttp_id = school.dttp_id)`

function idsOf(jobs: readonly MirroredJob[]): string[] {
  return jobs.flatMap(({ traineeId }) => traineeId ?? [])
}
