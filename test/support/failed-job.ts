// A job that failed, as the runner leaves it.
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { dttpId } from '../../sandbox/register/seed/ids.ts'

type FailedJob = {
  name?: 'register-for-trn' | 'update-trainee'
  trainee: number
  urns?: string[]
  code?: string
  words?: string
  args?: object
}

/** A registration that found no active school, unless said otherwise. Returns its id. */
export async function addFailedJob(admin: pg.Client, job: FailedJob): Promise<string> {
  const { name = 'register-for-trn', trainee, urns = [], code = 'school-not-active' } = job
  const words =
    job.words ?? `We sent nothing to DTTP. The school (URN ${urns.join(', ')}) is not an active school in DTTP.`
  const args = job.args ?? (name === 'register-for-trn' ? { submitted_by: dttpId('user', 204) } : {})
  const failure = { code, words, at: '2021-10-27T13:14:00.000Z', ...(urns.length > 0 ? { urns } : {}) }
  const id = randomUUID()
  await admin.query(
    `INSERT INTO chatops.jobs (id, name, trainee_id, args, status, attempts, run, failure, finished_at)
     VALUES ($1, $2, $3, $4, 'failed', 1, 1, $5, now())`,
    [id, name, trainee, args, failure],
  )
  return id
}
