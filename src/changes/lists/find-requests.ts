import { type DataSource, In } from 'typeorm'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { MOST_COUNTED, type Page, pageOf, type Wanted } from '../../pages.ts'
import type { World } from '../../world.ts'
import { NEEDS_ATTENTION } from '../attention.ts'

// Requests as people look for them. What somebody else has not sent is never found, and neither is what was discarded.

/**
 * What requests have in common that are looked for. `person` asked or decided; `subject` is what the form is about
 * (a trainee's slug, "URN 123456"); `school` is a URN, whatever the form began with; `ticket` is the support ticket as it was
 * typed, or the last number in it. `own` are one's own: the open ones, and those that ended lately.
 */
export const WAYS_TO_FIND = ['own', 'person', 'trainee', 'subject', 'school', 'ticket', 'playbook'] as const
export type Sought = { by: (typeof WAYS_TO_FIND)[number]; value: string }

const PER_PAGE = 8

/** For so long one's own requests stay in the list after they are over. */
export const LATELY_MS = 14 * 24 * 60 * 60_000

/** The requests that one of `sought` describes, newest first; of one's own, the open ones come first. */
export async function findRequests(
  { database, now }: Pick<World, 'database' | 'now'>,
  viewer: string,
  sought: readonly Sought[],
  wanted: number,
): Promise<Page<ChangeRequest>> {
  const since = new Date(now().getTime() - LATELY_MS)
  const ids: string[] = []
  for (const { open, condition, values } of sought.flatMap((one) => conditionsOf(one, since))) {
    const order = open === undefined ? 'ORDER BY id DESC' : ''
    const rows = await database.query<{ id: string }[]>(
      `SELECT id FROM (SELECT id FROM chatops.change_requests WHERE ${condition} AND ${VISIBLE} ${order}
         LIMIT ${MOST_COUNTED + 1}) found ORDER BY id DESC`,
      [viewer, ...values],
    )
    ids.push(...rows.map(({ id }) => id))
  }
  const isOwn = sought.some(({ by }) => by === 'own')
  const unique = [...new Set(ids)]
  return readPage(database, isOwn ? unique : unique.sort((one, other) => Number(BigInt(other) - BigInt(one))), {
    page: wanted,
    perPage: PER_PAGE,
  })
}

const VISIBLE = `(sent_at IS NOT NULL OR (requester = $1 AND status = 'unsent'))`

type Condition = { condition: string; values: unknown[]; open?: boolean }

/** SQL for each place to look in; each has an index. `$1` is who looks. */
function conditionsOf({ by, value }: Sought, since: Date): Condition[] {
  switch (by) {
    case 'own':
      return [
        { condition: `requester = $1 AND finished_at IS NULL`, values: [], open: true },
        { condition: `requester = $1 AND ${NEEDS_ATTENTION}`, values: [], open: true },
        { condition: `requester = $1 AND finished_at > $2`, values: [since], open: false },
      ]
    case 'person':
      return ['requester', 'decided_by'].map((column) => ({ condition: `${column} = $2`, values: [value] }))
    case 'trainee':
      return [
        { condition: 'trainee_id = $2', values: [value] },
        { condition: `subjects @> ARRAY['trainees:' || $2]`, values: [value] },
      ]
    case 'subject':
      return [{ condition: `form ->> 'subject' = $2`, values: [value] }]
    case 'school':
      return [
        { condition: `form ->> 'subject' = 'URN ' || $2`, values: [value] },
        { condition: `subjects && ARRAY(${ROWS_OF_SCHOOL})`, values: [value] },
        { condition: `subjects && ARRAY(${TRAINEES_OF_SCHOOL}) AND ${ADDS_SCHOOL}`, values: [value] },
      ]
    case 'playbook':
      return [{ condition: 'playbook = $2', values: [value] }]
    case 'ticket':
      return ticketConditions(value)
  }
}

const ROWS_OF_SCHOOL = `SELECT 'dttp_schools:' || id FROM public.dttp_schools WHERE urn = $2::text`

/** A row that was added had no number yet: it is found by the trainees for whom it was added. */
const TRAINEES_OF_SCHOOL = `
  SELECT 'trainees:' || trainee.id FROM public.schools school
  JOIN public.trainees trainee ON school.id IN (trainee.lead_school_id, trainee.employing_school_id)
  WHERE school.urn = $2::text`
const ADDS_SCHOOL = `plan -> 'inserts' @> jsonb_build_array(jsonb_build_object('values', jsonb_build_object('urn', $2::text)))`

function ticketConditions(typed: string): Condition[] {
  const given = `form ->> 'ticket' <> ''`
  const whole = { condition: `${given} AND lower(form ->> 'ticket') = lower($2)`, values: [typed] }
  const [, number] = /^(?:#|https?:.*\D)?(\d+)\D*$/i.exec(typed) ?? []
  if (number === undefined) return [whole]
  const last = `${given} AND substring(form ->> 'ticket' from '([0-9]+)[^0-9]*$') = $2`
  return [whole, { condition: last, values: [number] }]
}

/** A page of the requests with these ids, in their order. */
export async function readPage(
  database: DataSource,
  found: readonly string[],
  wanted: Wanted,
): Promise<Page<ChangeRequest>> {
  const { items: ids, ...place } = pageOf(found, wanted)
  const rows = ids.length > 0 ? await database.manager.findBy(ChangeRequest, { id: In(ids) }) : []
  return { items: ids.flatMap((id) => rows.find((row) => row.id === id) ?? []), ...place }
}
