import { type EntityManager, In } from 'typeorm'
import { lookAtRegister } from '../../compatibility/look.ts'
import { findMoved } from '../../contract/planned-rows.ts'
import { readPlan } from '../../contract/stored.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { runsHere } from '../../jobs/start/runner.ts'
import type { World } from '../../world.ts'
import { FOREIGN } from '../execute/unexecuted.ts'
import { isLeftToOthers, isOfAnother, isOfEarlier } from '../other-versions.ts'
import { endAsStale, type Moved } from '../requests.ts'
import { alone, findIds, sweepEach } from './sweep-each.ts'

// Requests that wait while their rows change. Any number of workers may sweep at once: each request is locked by one of them.

/**
 * Makes a sweep that ends waiting requests whose rows have moved, naming the columns, and those of an earlier version, or that
 * it cannot read, if no other version of the bot has had them approved in time. It asks nobody but the database. What a request
 * is to do never changes while it waits, so each is read and parsed once.
 */
export function createDriftSweep(world: World): () => Promise<number> {
  let ours: ReadonlySet<string> = new Set()
  return async () => {
    // What is not safe may look as if it had moved: it waits.
    const unsafe = [...(await lookAtRegister(world.database, runsHere(world))).playbooks.keys()]
    const moved = await alone(world, null, () => world.database.query<{ id: string }[]>(MOVED, [unsafe]))
    const waiting = await findIds(world, `status = 'pending' AND playbook <> ALL($1)`, [unsafe])
    ours = await keepOurs(world, waiting, ours)
    const suspect = moved && new Set(moved.map(({ id }) => id))
    const due = waiting.filter((id) => !suspect || suspect.has(id) || !ours.has(id))
    return sweepEach(world, due, ['pending'], 'wait', async (sql, locked) => {
      const why = await whatMoved(world, sql, locked)
      if (why) await endAsStale(world, sql, locked, why)
    })
  }
}

/** Plans that are read together. */
const PAGE = 500

/** Which of the waiting requests this version of the bot would carry out, as far as that is not known. */
async function keepOurs(
  { database: { manager } }: World,
  waiting: readonly string[],
  known: ReadonlySet<string>,
): Promise<Set<string>> {
  const unknown = waiting.filter((id) => !known.has(id))
  const ours = new Set(waiting.filter((id) => known.has(id)))
  for (let start = 0; start < unknown.length; start += PAGE) {
    const select = { id: true, playbook: true, playbookVersion: true, plan: true, checks: true } as const
    const page = await manager.find(ChangeRequest, { select, where: { id: In(unknown.slice(start, start + PAGE)) } })
    for (const request of page) if (!isOfAnother(request)) ours.add(request.id)
  }
  return ours
}

/**
 * Waiting requests with a planned column that is not as it was, compared as text. It is only a suspicion: each is looked at
 * again, exactly, when it is locked. What cannot be read names no row here.
 */
const MOVED = `
  WITH planned AS (
    SELECT request.id, planned ->> 'table' AS name, planned -> 'changes' AS changes,
      CASE WHEN planned ->> 'id' ~ '^[0-9]{1,18}$' THEN (planned ->> 'id')::bigint END AS row_id
    FROM chatops.change_requests request,
      jsonb_array_elements(CASE jsonb_typeof(plan -> 'updates') WHEN 'array' THEN plan -> 'updates' ELSE '[]' END) planned
    WHERE request.status = 'pending' AND request.playbook <> ALL($1) AND jsonb_typeof(planned -> 'changes') = 'object'
  )
  SELECT DISTINCT planned.id FROM planned LEFT JOIN LATERAL (
    SELECT to_jsonb(found) AS columns FROM public.trainees found WHERE name = 'trainees' AND found.id = row_id
    UNION ALL SELECT to_jsonb(found) FROM public.degrees found WHERE name = 'degrees' AND found.id = row_id
    UNION ALL SELECT to_jsonb(found) FROM public.dttp_schools found WHERE name = 'dttp_schools' AND found.id = row_id
  ) live ON true
  WHERE live.columns IS NULL OR EXISTS (
    SELECT FROM jsonb_each(changes) change WHERE live.columns ->> change.key IS DISTINCT FROM change.value ->> 0)`

async function whatMoved(world: World, sql: EntityManager, request: ChangeRequest): Promise<Moved | null> {
  const plan = readPlan(request)
  const moved = plan ? await findMoved(sql, plan, 'before') : []
  if (moved.length > 0) return { columns: moved.map(({ column }) => column), checks: [] }
  const isOver = !plan || isOfEarlier(request)
  return isOver && !isLeftToOthers(world, request.sentAt ?? request.createdAt) ? FOREIGN : null
}
