import { type EntityManager, In } from 'typeorm'
import { DttpError } from '../dttp/client/index.ts'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import { DttpSchool } from '../entities/register/dttp-school.ts'
import { type Plan, planOf } from '../playbooks/plan.ts'
import type { SchoolSync, SyncedBy, SyncedSchool } from '../views/school-news.ts'
import type { ChangesContext } from './context.ts'
import { addToOutbox } from './outbox.ts'
import { getRequest, lockRequest } from './requests.ts'

// DTTP stays the system of record. The first school sync after a request that wrote one of its schools shows whether
// DTTP agrees, and the request's thread is told. Where Register runs the sync, we do not hear of it, and look in the
// morning.

/** Syncs are waited for as long as this; then the thread is told how things are without one. */
const WAITED_FOR = '7 days'
/** After this nobody expects to hear of it any more, as when the bot was not running. */
const FOLLOWED_FOR = '14 days'

/** Tells the threads of requests whose rows have been through a sync by now, each once. Returns how many. */
export async function followUpSchools(context: ChangesContext): Promise<number> {
  const due = await context.database.query<Due[]>(DUE, [
    context.now(),
    FOLLOWED_FOR,
    WAITED_FOR,
    context.register.runsJobs,
  ])
  let told = 0
  for (const { id, by } of due) {
    const schools = await look(context, planOf(await getRequest(context.database, id))).catch((error: unknown) => {
      if (error instanceof DttpError) return null // asked again in a minute
      throw error
    })
    if (schools) told += await context.database.transaction((sql) => tell(context, sql, id, { by, schools }))
  }
  return told
}

type Due = { id: string; by: SyncedBy }

const DUE = `
  SELECT id, CASE WHEN synced THEN 'us' WHEN $4 THEN 'nobody' ELSE 'register' END AS by
  FROM chatops.change_requests request, LATERAL (
    SELECT EXISTS (
      SELECT FROM chatops.jobs WHERE name = 'sync-schools' AND status = 'done'
        AND coalesce((progress ->> 'startedAt')::timestamptz, created_at) > request.executed_at) AS synced) sync
  WHERE playbook = 'repair-school' AND plan IS NOT NULL AND NOT jsonb_exists(outcome, 'synced')
    AND executed_at > $1::timestamptz - $2::interval
    AND jsonb_array_length(plan -> 'updates') + jsonb_array_length(plan -> 'inserts') > 0
    AND (synced OR executed_at < $1::timestamptz - $3::interval OR NOT $4 AND $1::timestamptz >=
      (date_trunc('day', executed_at AT TIME ZONE 'Europe/London') + interval '1 day 6 hours') AT TIME ZONE 'Europe/London')
  ORDER BY id LIMIT 20`

async function tell(
  { now }: ChangesContext,
  sql: EntityManager,
  id: string,
  { by, schools }: SchoolSync,
): Promise<number> {
  const { outcome } = await lockRequest(sql, id)
  if (outcome.synced) return 0
  await sql.update(ChangeRequest, { id }, { outcome: { ...outcome, synced: now().toISOString() } })
  const payload = { part: 'school-sync', by, schools: [...schools] }
  await addToOutbox(sql, { stream: `card:${id}`, kind: 'thread', changeRequest: id, payload })
  return 1
}

/** Throws DttpError. */
async function look({ database, upstreams }: ChangesContext, plan: Plan): Promise<SyncedSchool[]> {
  const rows = await findRows(database.manager, plan)
  return Promise.all(
    rows.map(async ({ id, urn, dttp_id, status_code: is }) => {
      const account = dttp_id === null ? null : await upstreams.dttp.findAccount(dttp_id)
      return { row: id, urn, is, inDttp: account && { status: account.statusCode } }
    }),
  )
}

/** What the plan wrote, as it is now; a row that is gone is left out. */
function findRows(sql: EntityManager, { updates, inserts }: Plan): Promise<DttpSchool[]> {
  const ids = updates.filter(({ table }) => table === 'dttp_schools').map(({ id }) => id)
  const inserted = inserts.map(({ values }) => String(values['dttp_id']))
  return sql.find(DttpSchool, { where: [{ id: In(ids) }, { dttp_id: In(inserted) }], order: { id: 'ASC' } })
}
