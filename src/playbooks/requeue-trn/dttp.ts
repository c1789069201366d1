import type { DttpClient } from '../../dttp/client/index.ts'
import { becameWords } from '../../dttp/standing.ts'
import { readTrn } from '../../register/jobs/retrieve-trn.ts'

/** What DTTP has of the trainee. The TRN itself is personal data, and not kept. */
export type Answers = {
  exists: boolean
  hasTrn: boolean
  /** What somebody there has done with the record: merged or deactivated; null for one in use. */
  became: string | null
}

/** Null without a DTTP record to ask for. Throws DttpError. */
export async function lookInDttp(
  contact: string | null,
  dttp: Pick<DttpClient, 'findContact'>,
): Promise<Answers | null> {
  if (contact === null) return null
  const found = await dttp.findContact(contact)
  return { exists: found !== null, hasTrn: readTrn(found?.trn) !== null, became: becameWords(found) }
}
