// Trainees in DTTP: the contact, and its placement assignment (the training record).
import { z } from 'zod'
import { DttpError } from './errors.ts'
import { checkedId, guid, query, stringLiteral } from './odata.ts'
import type { BeforeSending, Read, Requests } from './requests.ts'

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null)
const id = guid.nullish().transform((value) => value ?? null)

/** What every record has: whether it is in use, and its version. */
export const everyRecord = { statecode: z.number().int().nullish(), createdon: text, '@odata.etag': text }
export const EVERY_RECORD = 'statecode,createdon'

const ACTIVE = 0

export function isActive({ statecode }: { statecode?: number | null | undefined }): boolean {
  return (statecode ?? ACTIVE) === ACTIVE
}

const DttpContact = z
  .object({
    ...everyRecord,
    contactid: guid,
    dfe_trn: text,
    dfe_traineeid: text,
    _dfe_traineestatusid_value: id,
    _parentcustomerid_value: id,
    merged: z.boolean().nullish(),
    _masterid_value: id,
  })
  .transform((record) => ({
    id: record.contactid,
    /** As DTTP has it: not always seven digits ("Not Registered" occurs). */
    trn: record.dfe_trn,
    traineeId: record.dfe_traineeid,
    statusId: record._dfe_traineestatusid_value,
    providerId: record._parentcustomerid_value,
    /** A record that was merged into another one, or deactivated, can still be read. */
    standing: standingOf(record),
    mergedInto: record._masterid_value,
    createdOn: record.createdon,
    /** Null where DTTP gives none. */
    etag: record['@odata.etag'],
  }))

/** Whether a record may be a trainee's: only an active one is. */
type Standing = 'active' | 'inactive' | 'merged'

function standingOf(record: { merged?: boolean | null | undefined; statecode?: number | null | undefined }): Standing {
  if (record.merged === true) return 'merged'
  return isActive(record) ? 'active' : 'inactive'
}

export const DttpPlacementAssignment = z
  .object({
    ...everyRecord,
    dfe_placementassignmentid: guid,
    _dfe_contactid_value: id,
    _dfe_providerid_value: id,
    _dfe_traineestatusid_value: id,
  })
  .transform((record) => ({
    id: record.dfe_placementassignmentid,
    contactId: record._dfe_contactid_value,
    providerId: record._dfe_providerid_value,
    statusId: record._dfe_traineestatusid_value,
    isActive: isActive(record),
    createdOn: record.createdon,
    etag: record['@odata.etag'],
  }))

/** A trainee's contact, without names or addresses: we never ask for those. */
export type DttpContact = z.output<typeof DttpContact>

const CONTACT = `contactid,dfe_trn,dfe_traineeid,_dfe_traineestatusid_value,_parentcustomerid_value,merged,_masterid_value,${EVERY_RECORD}`
export const PLACEMENT_ASSIGNMENT = `dfe_placementassignmentid,_dfe_contactid_value,_dfe_providerid_value,_dfe_traineestatusid_value,${EVERY_RECORD}`
const MOST_FOUND = 50

/** The contact, or null if DTTP has none of this id (any more). Throws DttpError. */
export async function findContact(requests: Requests, contactId: string): Promise<DttpContact | null> {
  return findRecord(requests, 'findContact', 'contacts', contactId, CONTACT, DttpContact)
}

/** The placement assignment, or null if DTTP has none of this id (any more). Throws DttpError. */
export async function findPlacementAssignment(requests: Requests, assignmentId: string) {
  const [call, set] = ['findPlacementAssignment', 'dfe_placementassignments']
  return findRecord(requests, call, set, assignmentId, PLACEMENT_ASSIGNMENT, DttpPlacementAssignment)
}

/** The contact's TRN as DTTP has it, or null while it has none. Throws DttpError, `gone` if there is no such contact. */
export async function getTrn(requests: Requests, contactId: string): Promise<string | null> {
  const call = 'getTrn'
  const asked = one(requests, call, 'contacts', contactId, 'dfe_trn')
  return parse(call, z.object({ dfe_trn: text }), await requests.read(asked)).dfe_trn
}

/** At most 50 contacts with exactly this trainee id; of one provider, and created since a time, if given. Throws DttpError. */
export async function findContactsBy(
  requests: Requests,
  { traineeId, providerId, createdSince }: { traineeId: string; providerId?: string; createdSince?: Date },
): Promise<DttpContact[]> {
  const call = 'findContactsBy'
  const ofProvider = providerId ? [`_parentcustomerid_value eq ${checkedId(call, providerId)}`] : []
  const since = createdSince ? [`createdon ge ${createdSince.toISOString()}`] : []
  const filter = [`dfe_traineeid eq ${stringLiteral(traineeId)}`, ...ofProvider, ...since].join(' and ')
  const url = new URL('contacts', requests.api)
  url.search = query({ $select: CONTACT, $filter: filter, $top: String(MOST_FOUND) })
  const answer = await requests.read({ call, isWrite: false, url })
  return parse(call, z.object({ value: z.array(DttpContact) }), answer).value
}

/** An update: of which record, to what, in which version if that matters, and what is looked at last. */
export type RecordUpdate = [
  recordId: string,
  body: Record<string, unknown>,
  etag?: string | null,
  beforeSending?: BeforeSending,
]

/**
 * Updates a record that exists, and only in the version `etag` if that is given. Without `If-Match` a PATCH would create
 * what it cannot find. Throws DttpError: `gone` if there is no such record, `changed` if it is in another version by
 * now, `outcome-unknown` if no answer came.
 */
export async function updateRecord(
  requests: Requests,
  call: string,
  set: 'contacts' | 'dfe_placementassignments',
  ...[recordId, body, etag = null, beforeSending]: RecordUpdate
): Promise<void> {
  const checked = checkedId(call, recordId)
  const ifMatch = etag ?? '*'
  const asked = { call, isWrite: true, recordId: checked, ifMatch, sent: body }
  const { answer, toldMs } = await requests.write({
    ...asked,
    method: 'PATCH',
    url: new URL(`${set}(${checked})`, requests.api),
    headers: { 'content-type': 'application/json; charset=utf-8', 'if-match': ifMatch },
    body: JSON.stringify(body),
    ...(beforeSending ? { beforeSending } : {}),
  })
  if (answer.status !== 204) throw requests.failure(asked, answer, toldMs)
}

function one(requests: Requests, call: string, set: string, recordId: string, columns: string): Read {
  const checked = checkedId(call, recordId)
  const url = new URL(`${set}(${checked})`, requests.api)
  url.search = query({ $select: columns })
  return { call, isWrite: false, recordId: checked, url }
}

/** A record by its id, or null if there is none. Throws DttpError. */
export async function findRecord<T extends z.ZodType<{ id: string }>>(
  requests: Requests,
  call: string,
  set: string,
  recordId: string,
  columns: string,
  schema: T,
): Promise<z.output<T> | null> {
  const asked = one(requests, call, set, recordId, columns)
  try {
    const record = parse(call, schema, await requests.read(asked))
    if (record.id === asked.recordId) return record
  } catch (error) {
    if (error instanceof DttpError && error.kind === 'gone') return null
    throw error
  }
  throw new DttpError('malformed', call, { status: 200, code: 'another-record' })
}

/** What a 200 holds. Throws DttpError `malformed` if it is not what it should be. */
export function parse<T extends z.ZodType>(call: string, schema: T, answer: string): z.output<T> {
  try {
    return schema.parse(JSON.parse(answer))
  } catch {
    // The parser's own error quotes what it was given.
    throw new DttpError('malformed', call, { status: 200, code: 'unreadable-answer' })
  }
}
