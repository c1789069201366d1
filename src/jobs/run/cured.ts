import { type EntityManager, In, IsNull } from 'typeorm'
import { givenUp } from '../../entities/chatops/given-up-jobs.ts'
import { Job, type JobRow, type SeenJobName } from '../../entities/chatops/job.ts'
import { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { SeenJob } from '../../entities/chatops/seen-job.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { subjectOf } from '../../failures/causes.ts'
import { hasArrived, isPoll, type PollName } from '../../register/jobs/polled.ts'

// When a job that was given up counts as cured: something else has done its work. It is put on record here, in the
// transaction that does the work; the list of jobs and the alerts read it (entities/chatops/given-up-jobs.ts).

type Done = Pick<JobRow, 'traineeId' | 'args'> & { name: SeenJobName; className?: string | null }

/**
 * Cures the jobs that this one has made up for: same kind, same trainee, and for a status change the same one of the
 * trainee's two records. A poll that timed out is made up for only when what it asked for is there: that another poll ran
 * is not enough.
 */
export async function cureByJob(
  sql: EntityManager,
  { name, traineeId, args, className }: Done,
  now: Date,
): Promise<void> {
  const subject = subjectOf({ name, traineeId, args, className: className ?? null })
  const failed = await sql.findBy(SeenJob, { name, traineeId: traineeId ?? IsNull(), ...givenUp() })
  const same = failed.filter((job) => subjectOf(job) === subject)
  const isWaiting = isPoll(name) && same.some(isTimedOut) && !(await isThere(sql, name, traineeId))
  const cured = isWaiting ? same.filter((job) => !isTimedOut(job)) : same
  await cure(
    sql,
    cured.map(({ id }) => id),
    now,
  )
}

/** Cures a registration that failed for its unknown outcome: two people have found out that it worked. */
export async function cureByFinding(sql: EntityManager, id: string, now: Date): Promise<void> {
  await cure(sql, [id], now)
}

async function cure(sql: EntityManager, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return
  const { curedAt } = givenUp()
  await sql.update(Job, { id: In([...ids]), ...givenUp() }, { curedAt: now })
  await sql.update(MirroredJob, { id: In([...ids]), place: In(['dead', 'gone']), curedAt }, { curedAt: now })
}

function isTimedOut({ failure }: SeenJob): boolean {
  return failure?.code === 'timed-out'
}

async function isThere(sql: EntityManager, name: PollName, id: string | null): Promise<boolean> {
  const select = { id: true, trn: true, state: true } as const
  const trainee = id === null ? null : await sql.findOne(Trainee, { select, where: { id } })
  return trainee !== null && hasArrived(name, trainee)
}
