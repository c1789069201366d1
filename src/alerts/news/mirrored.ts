import { type EntityManager, IsNull, LessThan, Not } from 'typeorm'
import { announceNews } from '../../changes/verify/job-news.ts'
import { AlertEntry } from '../../entities/chatops/alert.ts'
import type { SeenJobName } from '../../entities/chatops/job.ts'
import type { FailureCode, JobFailure } from '../../entities/chatops/job-failure.ts'
import { Mirror, MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { retryConflicts } from '../../entities/transient.ts'
import { causesOf } from '../../failures/index.ts'
import { HANGS, VANISHED } from '../../failures/register-words.ts'
import { FAILURES } from '../../failures/table.ts'
import { unlessMovedWithin } from '../../jobs/mirror/moved-tables.ts'
import {
  findUntold,
  giveToRequest,
  holdUntold,
  nameFailure,
  noteTold,
  passOverNoNews,
  putOffNews,
} from '../../jobs/mirror/told.ts'
import { hasDied, isReplaced } from '../../jobs/mirror/verdict.ts'
import { cureByJob } from '../../jobs/run/cured.ts'
import { hasArrived } from '../../register/jobs/polled.ts'
import { SCHOOLS_OF } from '../../register/schools/sent-schools.ts'
import { findInactiveUrns } from '../../schools/matching.ts'
import type { World } from '../../world.ts'
import { settleOfJob } from '../live/entries.ts'
import { noteFailure, noteSuccess } from './job-ends.ts'
import { tellOfPolls } from './mirrored-polls.ts'

// Tells alerts and requests what became of jobs in Register's Sidekiq, each time once. The sweep notes that a job stands
// otherwise than before; here people hear of it, as they do of our own jobs.

/** Jobs that are told of in one round. */
export const NEWS_BATCH = 200

/** Called when a request's job is over, so that its result is looked at. */
type Over = (sql: EntityManager, changeRequest: string, now: Date) => Promise<void>

/** Returns how many jobs there was something to tell of. Before the first whole sweep there is none. */
export async function tellOfMirrored(world: World, over: Over): Promise<number> {
  const { manager } = world.database
  if (!(await manager.existsBy(Mirror, { id: true, readAt: Not(IsNull()) }))) return 0
  await passOverNoNews(manager)
  let told = 0
  for (const id of await findUntold(manager, NEWS_BATCH)) if (await alone(world, id, over)) told += 1
  return told + (await tellOfPolls(world, NEWS_BATCH))
}

/**
 * Reports registrations that Register's Sidekiq has been running for much longer than one takes, each once. Returns how
 * many are new.
 */
export async function findHanging(world: World): Promise<number> {
  const before = new Date(world.now().getTime() - HANGS_AFTER_MS)
  const hanging = await world.database.manager.find(MirroredJob, {
    where: { name: 'register-for-trn', place: 'running', dueAt: LessThan(before) },
    take: NEWS_BATCH,
  })
  const known = await world.database.query<{ job: string }[]>(KNOWN, [hanging.map(({ id }) => id)])
  const added = hanging.filter(({ id }) => known.every(({ job }) => job !== id))
  const failure = { code: 'outcome-unknown', words: HANGS, at: world.now().toISOString(), by: 'register' } as const
  for (const job of added) {
    await retryConflicts(() => world.database.transaction((sql) => noteFailure(sql, world, job, failure)))
  }
  return added.length
}

/** A registration takes seconds. */
const HANGS_AFTER_MS = 15 * 60_000

const KNOWN = 'SELECT DISTINCT job_id AS job FROM chatops.alert_entries WHERE job_id = ANY($1)'

/** Whether that went well. An error is logged, and the others have their turn before it is tried again. */
async function alone(world: World, id: string, over: Over): Promise<boolean> {
  try {
    await retryConflicts(() =>
      world.database.transaction(async (sql) => {
        const job = await holdUntold(sql, id)
        if (!job) return
        await tell(world, sql, job, over)
        await noteTold(sql, id)
      }),
    )
    return true
  } catch (error) {
    world.log.error({ job: id, error: error instanceof Error ? error.name : 'unknown' }, 'nobody was told of a job')
    await putOffNews(world.database.manager, id, world.now())
    return false
  }
}

async function tell(world: World, sql: EntityManager, job: MirroredJob, over: Over): Promise<void> {
  const { failure, place, curedAt } = job
  const now = world.now()
  if (failure === null) {
    await cureByJob(sql, job, now)
    await noteSuccess(sql, job)
    await announceNews(sql, job, { kind: (await hasBroughtTrn(world, sql, job)) ? 'trn-received' : 'done' })
  } else if (place === 'gone' && curedAt === null && hasDied(job)) {
    // Nobody has heard of those that were dead before the first sweep, and nobody needs to.
    if (!(await sql.existsBy(AlertEntry, { jobId: job.id }))) return
    await noteFailure(sql, world, job, { code: 'vanished', words: VANISHED, at: now.toISOString(), by: 'register' })
  } else if (curedAt !== null) {
    await settleOfJob(sql, job.id, { because: isReplaced(job) ? 'polled' : 'removed', now })
    if (!isReplaced(job)) await announceNews(sql, job, { kind: 'failed', failure })
  } else {
    // A job that Sidekiq tries again is no news as long as waiting may cure it.
    const { passes, needsPeople } = FAILURES[failure.code]
    if (place === 'retry' && passes && !needsPeople) return
    // What other posts say of it is not how it stands any more.
    if (place === 'gone' && IS_UNCLEAR.includes(failure.code))
      await settleOfJob(sql, job.id, { because: 'vanished', now }, causesOf(job, failure))
    const isOfRequest = await joinRequest(world, sql, job, failure)
    if (!isOfRequest) await noteFailure(sql, world, job, await nameSchools(sql, world, job, failure))
    if (place !== 'retry' || isOfRequest) await announceNews(sql, job, { kind: 'failed', failure })
  }
  if (job.changeRequestId !== null) await over(sql, job.changeRequestId, now)
}

/** A poll that has only put another one in its place has run, too. */
async function hasBroughtTrn(world: World, sql: EntityManager, { name, traineeId: id }: MirroredJob): Promise<boolean> {
  if (name !== 'retrieve-trn' || id === null) return false
  const select = { id: true, trn: true, state: true } as const
  const trainee = await unlessMovedWithin(world, sql, null, (sql) => sql.findOne(Trainee, { select, where: { id } }))
  return trainee !== null && hasArrived(name, trainee)
}

/** How a job ended of which nothing shows whether it ran. */
const IS_UNCLEAR: readonly FailureCode[] = ['vanished', 'outcome-unknown']

/** Register's own error seldom names the school, and whoever waits for a school is found by it. */
async function nameSchools(
  sql: EntityManager,
  world: World,
  job: MirroredJob,
  failure: JobFailure,
): Promise<JobFailure> {
  if (failure.code !== 'school-not-active' || failure.urns || job.traineeId === null) return failure
  const where = { id: job.traineeId }
  const urns = await unlessMovedWithin(world, sql, null, async (sql) => {
    const trainee = await sql.findOne(Trainee, { select: { id: true, ...SCHOOLS_OF }, where })
    return trainee && findInactiveUrns(sql, trainee, world.register)
  })
  if (!urns) return failure
  const named = { ...failure, urns }
  await nameFailure(sql, job.id, named)
  return named
}

/**
 * Has a job that failed because a request has emptied the trainee's ids, and is not over yet, stand in that request's
 * thread instead of in an alert. Whether it does.
 */
async function joinRequest(
  world: World,
  sql: EntityManager,
  job: MirroredJob,
  { code, at }: JobFailure,
): Promise<boolean> {
  if (job.changeRequestId !== null || job.traineeId === null || !NEEDS_IDS.includes(job.name)) return false
  if (!WITHOUT_IDS.includes(code)) return false
  const find = (sql: EntityManager) => sql.query<{ id: string }[]>(EMPTIED_BY, [job.traineeId, at, code])
  const [request] = await unlessMovedWithin(world, sql, [], find)
  if (!request) return false
  job.changeRequestId = request.id
  await giveToRequest(sql, job.id, request.id)
  return true
}

/** Jobs that ask DTTP for the trainee's record. */
const NEEDS_IDS: readonly SeenJobName[] = ['update-trainee', 'change-trainee-status', 'retrieve-trn']
/** How they fail where Register has no id of it. DTTP refuses much else, too: that counts only while there is none. */
const WITHOUT_IDS: readonly FailureCode[] = ['gone', 'not-registered', 'dttp-refused']

const EMPTIED_BY = `
  SELECT request.id FROM chatops.change_requests request
    JOIN chatops.open_subjects open ON open.change_request_id = request.id AND open.subject = 'trainees:' || $1::text
  WHERE request.executed_at <= $2::timestamptz
    AND ($3 <> 'dttp-refused' OR EXISTS (
      SELECT FROM public.trainees
      WHERE id = $1::bigint AND (dttp_id IS NULL OR placement_assignment_dttp_id IS NULL)))
    AND jsonb_path_exists(request.plan,
    '$.updates[*] ? (@.table == "trainees" && @.id == $id) ? (@.changes.dttp_id[1] == null || @.changes.placement_assignment_dttp_id[1] == null)',
    jsonb_build_object('id', $1::text))
  LIMIT 1`
