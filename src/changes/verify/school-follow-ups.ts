import { type EntityManager, In } from 'typeorm'
import type * as z from 'zod'
import { startOfDayThatReached } from '../../calendar/london.ts'
import type { Plan } from '../../contract/plan.ts'
import { isReadable, planOf } from '../../contract/stored.ts'
import { DttpError } from '../../dttp/client/index.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { LIVE_SQL } from '../../entities/chatops/live-jobs.ts'
import { DttpSchool } from '../../entities/register/dttp-school.ts'
import { runnerOf } from '../../jobs/start/runner.ts'
import type { postedSync, SchoolSync, SyncedBy, SyncedSchool } from '../../schools/sync-news.ts'
import type { World } from '../../world.ts'
import { tellRequester } from '../announce.ts'
import { getRequest, lockRequest } from '../requests.ts'

// A request may write Register's copy of a school of DTTP's. The next school sync writes over that copy with what DTTP
// has, so the requester is told afterwards whether the change still stands. Where Register runs the sync, the bot hears of
// it by the mirror of its Sidekiq; without one it looks in the morning.

/** If no sync runs for this long, the requester is told that, and how the schools stand. */
const WAITED_FOR = '7 days'
/** The hour in London by which Register's nightly sync is over. */
const MORNING = 6
/** After this long, nothing is posted any more: the bot may not have been running, and nobody expects it. */
const FOLLOWED_FOR = '14 days'

/** Tells the requesters of requests whose rows have been through a sync by now, each once. Returns how many. */
export async function followUpSchools(world: World): Promise<number> {
  const now = world.now()
  const due = await world.database.query<Due[]>(DUE, [
    now,
    FOLLOWED_FOR,
    WAITED_FOR,
    runnerOf(world, 'sync-schools') === 'bot',
    startOfDayThatReached(MORNING, now),
  ])
  let told = 0
  for (const { id, by } of due) {
    const request = await getRequest(world.database, id)
    if (!isReadable(request)) continue
    const schools = await look(world, planOf(request)).catch((error: unknown) => {
      if (error instanceof DttpError) return null // the next sweep asks again
      throw error
    })
    if (schools) told += await world.database.transaction((sql) => tell(world, sql, id, { by, schools }))
  }
  return told
}

type Due = { id: string; by: SyncedBy }

// Register's sync is a job for each page: it is over when none is left.
const DUE = `
  SELECT id, CASE WHEN runner = 'bot' THEN 'us' WHEN runner IS NULL AND $4 THEN 'nobody' ELSE 'register' END AS by
  FROM chatops.change_requests request LEFT JOIN LATERAL (
    SELECT runner FROM chatops.seen_jobs WHERE name = 'sync-schools' AND status = 'done'
      AND coalesce((progress ->> 'startedAt')::timestamptz, (args ->> 'since')::timestamptz, created_at)
        > request.executed_at
      AND args ->> 'page' IS NULL AND (runner = 'bot' OR NOT EXISTS (SELECT FROM chatops.mirrored_jobs
        WHERE name = 'sync-schools' AND ${LIVE_SQL}))
    ORDER BY runner LIMIT 1) sync ON true
  WHERE plan IS NOT NULL AND NOT jsonb_exists(outcome, 'synced')
    AND executed_at > $1::timestamptz - $2::interval
    AND (jsonb_path_exists(plan, '$.inserts[*]') OR jsonb_path_exists(plan, '$.updates[*] ? (@.table == "dttp_schools")
      ? (!exists(@.changes.status_code) || @.changes.status_code[1] == 1 || @.changes.status_code[1] == 300000007)'))
    AND (runner IS NOT NULL OR executed_at < $1::timestamptz - $3::interval OR NOT $4 AND executed_at < $5)
  ORDER BY id LIMIT 20`

async function tell({ now }: World, sql: EntityManager, id: string, { by, schools }: SchoolSync): Promise<number> {
  const request = await lockRequest(sql, id)
  const { outcome } = request
  if (outcome.synced) return 0
  await sql.update(ChangeRequest, { id }, { outcome: { ...outcome, synced: now().toISOString() } })
  const payload: z.output<typeof postedSync> = { part: 'school-sync', by, schools }
  await tellRequester(sql, request, payload)
  return 1
}

/** Throws DttpError. */
async function look({ database, upstreams }: World, plan: Plan): Promise<SyncedSchool[]> {
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
  const inserted = inserts.flatMap(({ values }) => values.dttp_id ?? [])
  return sql.find(DttpSchool, { where: [{ id: In(ids) }, { dttp_id: In(inserted) }], order: { id: 'ASC' } })
}
