import { type EntityManager, In, IsNull, Not } from 'typeorm'
import { DttpError } from '../../dttp/client/index.ts'
import { findCode } from '../../dttp/code-sets.ts'
import { findRegistrationRowsOfAll } from '../../dttp/registration-rows.ts'
import { updateSha } from '../../dttp/update-sha.ts'
import type { SeenJobName } from '../../entities/chatops/job.ts'
import { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { hasArrived, type PollName } from '../../register/polled.ts'
import type { World } from '../../world.ts'
import { provenSince } from './baseline.ts'
import { unlessMoved } from './moved-tables.ts'

// What proves that a job of Register's Sidekiq ran, once it is in it no longer. For a job that is not in this table
// nothing does.

type Proof = (world: World, sql: EntityManager, jobs: readonly MirroredJob[]) => Promise<readonly MirroredJob[]>

const PROOFS: Readonly<Partial<Record<SeenJobName, Proof>>> = {
  /** Register has the id of the record that it created. */
  'register-for-trn': ofTrainee(({ dttp_id }) => dttp_id !== null),
  /** Register remembers what it has sent: not what it had before, or exactly the trainee as they are now. */
  'update-trainee': bySha,
  /** DTTP shows the status. */
  'change-trainee-status': byStatus,
  /** What it asks for is there; or the poll of the next hour is, which keeps its row. */
  'retrieve-trn': byPoll('retrieve-trn'),
  'retrieve-award': byPoll('retrieve-award'),
  /** Register's list of schools has been written since. */
  'sync-schools': bySchools,
}

/** The ids of those jobs of which there is proof that they ran. Asks DTTP only about changes of status. */
export async function findProven(world: World, sql: EntityManager, jobs: readonly MirroredJob[]): Promise<Set<string>> {
  const proven = new Set<string>()
  for (const [name, prove] of Object.entries(PROOFS)) {
    const own = jobs.filter((job) => job.name === name)
    if (own.length === 0) continue
    for (const { id } of await unlessMoved(world, [], () => prove(world, sql, own))) proven.add(id)
  }
  return proven
}

function ofTrainee(holds: (trainee: Pick<Trainee, 'dttp_id' | 'state'>) => boolean): Proof {
  return async (_world, sql, jobs) => {
    const trainees = await sql.find(Trainee, {
      where: { id: In(idsOf(jobs)) },
      select: { id: true, dttp_id: true, state: true },
    })
    const proven = new Set(trainees.filter(holds).map(({ id }) => id))
    return jobs.filter(({ traineeId }) => proven.has(traineeId ?? ''))
  }
}

function byPoll(name: PollName): Proof {
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
function goesOn({ args }: Pick<MirroredJob, 'args'>, { firstSeenAt }: MirroredJob): boolean {
  return 'polled' in args && Date.parse(String(args.polled)) >= firstSeenAt.getTime()
}

async function bySha(_world: World, sql: EntityManager, jobs: readonly MirroredJob[]): Promise<MirroredJob[]> {
  const shas = new Map<string, string | null>()
  const select = { id: true, dttp_update_sha: true } as const
  for (const { id, dttp_update_sha } of await sql.find(Trainee, { where: { id: In(idsOf(jobs)) }, select })) {
    shas.set(id, dttp_update_sha)
  }
  const hasMoved = ({ traineeId, args }: MirroredJob) => {
    const now = shas.get(traineeId ?? '') ?? null
    return now !== null && 'sha' in args && args.sha !== now
  }
  const moved = jobs.filter(hasMoved)
  const others = jobs.filter((job) => !moved.includes(job))
  const rows = await findRegistrationRowsOfAll(sql, idsOf(others).slice(0, MOST_REBUILT))
  const current = new Set(
    rows.filter((row) => updateSha(row) === row.trainee.dttp_update_sha).map(({ trainee }) => trainee.id),
  )
  return [...moved, ...others.filter(({ traineeId }) => current.has(traineeId ?? ''))]
}

/** Trainees whose hash is reckoned anew in one sweep. */
const MOST_REBUILT = 200

/** Changes of status that DTTP is asked about in one sweep: there are two for each registration. */
const MOST_ASKED = 20

async function byStatus({ upstreams: { dttp } }: World, sql: EntityManager, jobs: readonly MirroredJob[]) {
  const select = { id: true, dttp_id: true, placement_assignment_dttp_id: true } as const
  const trainees = await sql.find(Trainee, { where: { id: In(idsOf(jobs)) }, select })
  const shown = await Promise.all(
    jobs.slice(0, MOST_ASKED).map(async (job) => {
      const trainee = trainees.find(({ id }) => id === job.traineeId)
      const { status, entity } = job.args as { status?: string; entity?: string }
      const wanted = status === undefined ? null : findCode('statuses', status)
      if (!trainee || wanted === null) return false
      return (await statusOf(trainee, entity, dttp)) === wanted
    }),
  )
  return jobs.filter((_job, index) => shown[index])
}

type Records = Pick<Trainee, 'dttp_id' | 'placement_assignment_dttp_id'>

/** Undefined where DTTP has no such record, or does not answer. */
async function statusOf(
  { dttp_id: contact, placement_assignment_dttp_id: assignment }: Records,
  entity: string | undefined,
  dttp: World['upstreams']['dttp'],
): Promise<string | null | undefined> {
  try {
    if (entity === 'contact') return contact === null ? undefined : (await dttp.findContact(contact))?.statusId
    return assignment === null ? undefined : (await dttp.findPlacementAssignment(assignment))?.statusId
  } catch (error) {
    if (error instanceof DttpError) return undefined
    throw error
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
