import * as z from 'zod'
import type { DttpClient } from '../../dttp/client/index.ts'
import type { Json } from '../../entities/json.ts'
import type { Rows } from './rows.ts'

/** Whether DTTP has the records that Register names; null where Register names none. */
export type InDttp = { contact: boolean | null; placementAssignment: boolean | null }

const asked = z.object({ contact: z.string().nullable(), placementAssignment: z.string().nullable() })

export function recordsOf({ trainee }: Rows): z.output<typeof asked> {
  return { contact: trainee.dttp_id, placementAssignment: trainee.placement_assignment_dttp_id }
}

/** Throws DttpError. */
export async function lookInDttp(about: Json, dttp: DttpClient): Promise<InDttp> {
  const { contact, placementAssignment } = asked.parse(about)
  const [hasContact, hasAssignment] = await Promise.all([
    contact === null ? null : dttp.findContact(contact).then((found) => found !== null),
    placementAssignment === null
      ? null
      : dttp.findPlacementAssignment(placementAssignment).then((found) => found !== null),
  ])
  return { contact: hasContact, placementAssignment: hasAssignment }
}
