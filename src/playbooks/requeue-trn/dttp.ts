import * as z from 'zod'
import type { DttpClient } from '../../dttp/client/index.ts'
import type { Json } from '../../entities/json.ts'
import { readTrn } from '../../register/retrieve-trn.ts'
import type { Rows } from './rows.ts'

/** What DTTP has of the trainee. The TRN itself is personal data, and not kept. */
export type InDttp = { exists: boolean; hasTrn: boolean }

const asked = z.object({ contact: z.string().nullable() })

export function contactOf({ trainee }: Rows): z.output<typeof asked> {
  return { contact: trainee.dttp_id }
}

/** Null without a DTTP record to ask for. Throws DttpError. */
export async function lookInDttp(about: Json, dttp: Pick<DttpClient, 'findContact'>): Promise<InDttp | null> {
  const { contact } = asked.parse(about)
  if (contact === null) return null
  const found = await dttp.findContact(contact)
  return { exists: found !== null, hasTrn: readTrn(found?.trn) !== null }
}
