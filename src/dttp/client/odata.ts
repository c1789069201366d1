// The little of OData that the client speaks: ids, quoting, and the names of the record sets it writes.
import { z } from 'zod'
import { DttpError } from './errors.ts'

/** The record sets that registering a trainee creates records in. */
export type EntitySet = 'contacts' | 'dfe_placementassignments' | 'dfe_degreequalifications'

/** Dynamics hands out ids that are no RFC 9562 UUIDs (`…-e711-…`), so `z.uuid()` would refuse them. */
export const guid = z.guid().transform((id) => id.toLowerCase())

/** The id as it may stand in a URL. Throws DttpError `refused` for anything else, before anything is sent. */
export function checkedId(call: string, id: string): string {
  const parsed = guid.safeParse(id)
  if (!parsed.success) throw new DttpError('refused', call, { code: 'invalid-id' })
  return parsed.data
}

/** A string literal (OData 4.0 part 2 §5.1.1.6.1: a single quote is doubled). */
export function stringLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A query string; values are percent-encoded, spaces as %20, names (`$select`) as they are. */
export function query(options: Record<string, string>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
}
