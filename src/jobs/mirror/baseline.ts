import type { EntityManager } from 'typeorm'
import type { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { keptOf } from './kept.ts'

// What proof of a job's run is measured by. It is renewed whenever the job is to run anew: what an earlier run has left
// behind, or another job meanwhile, proves nothing of the next one.

/** Since when proof of a job's run counts: since it failed last or was asked for anew, or else since it was made. */
export function provenSince(job: Pick<MirroredJob, 'args' | 'createdAt'>): Date {
  const { since } = keptOf(job)
  return since === undefined ? job.createdAt : new Date(since)
}

/** SQL: what Register remembers to have sent of the trainee of a row `found`, if that is an update. */
export const SHA_SQL = `coalesce((
  SELECT jsonb_build_object('sha', dttp_update_sha) FROM public.trainees
  WHERE found.name = 'update-trainee' AND trainees.id = found.trainee_id), '{}')`

/** Has proof of a job's run count from now on. */
export async function measureAnew(sql: EntityManager, { id, name }: Pick<MirroredJob, 'id' | 'name'>): Promise<void> {
  const sha = name === 'update-trainee' ? SHA_SQL : `'{}'`
  await sql.query(
    `UPDATE chatops.mirrored_jobs found SET args = args || jsonb_build_object('since', now()) || ${sha} WHERE id = $1`,
    [id],
  )
}
