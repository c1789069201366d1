// The records that belong to a trainee's contact, and a school: read when somebody wants to know what DTTP has by now.
import { z } from 'zod'
import { DttpAccount } from './accounts.ts'
import { checkedId, guid, query } from './odata.ts'
import {
  DttpPlacementAssignment,
  EVERY_RECORD,
  everyRecord,
  findRecord,
  isActive,
  PLACEMENT_ASSIGNMENT,
  parse,
} from './records.ts'
import type { Requests } from './requests.ts'

const MOST_FOUND = 50

const reference = guid.nullish().transform((value) => value ?? null)

const DttpDegreeQualification = z
  .object({
    dfe_degreequalificationid: guid,
    _dfe_degreesubjectid_value: reference,
    _dfe_degreetypeid_value: reference,
    _dfe_classofdegreeid_value: reference,
    _dfe_awardinginstitutionid_value: reference,
    _dfe_degreecountryid_value: reference,
    ...everyRecord,
  })
  .transform((record) => ({
    id: record.dfe_degreequalificationid,
    subjectId: record._dfe_degreesubjectid_value,
    typeId: record._dfe_degreetypeid_value,
    gradeId: record._dfe_classofdegreeid_value,
    institutionId: record._dfe_awardinginstitutionid_value,
    countryId: record._dfe_degreecountryid_value,
    isActive: isActive(record),
    createdOn: record.createdon,
  }))

/** What tells a degree from another one. */
export type DttpDegreeQualification = z.output<typeof DttpDegreeQualification>

/** At most 50 placement assignments of a contact. Throws DttpError. */
export async function findPlacementAssignmentsOf(requests: Requests, contactId: string) {
  const [call, set] = ['findPlacementAssignmentsOf', 'dfe_placementassignments']
  return findOf(requests, call, set, contactId, PLACEMENT_ASSIGNMENT, DttpPlacementAssignment)
}

/** At most 50 degree qualifications of a contact. Throws DttpError. */
export async function findDegreeQualificationsOf(requests: Requests, contactId: string) {
  const columns = `dfe_degreequalificationid,_dfe_degreesubjectid_value,_dfe_degreetypeid_value,_dfe_classofdegreeid_value,_dfe_awardinginstitutionid_value,_dfe_degreecountryid_value,${EVERY_RECORD}`
  const [call, set] = ['findDegreeQualificationsOf', 'dfe_degreequalifications']
  return findOf(requests, call, set, contactId, columns, DttpDegreeQualification)
}

/** One account, or null if DTTP has none of this id. Throws DttpError. */
export async function findAccount(requests: Requests, accountId: string) {
  const columns = 'accountid,name,dfe_urn,statuscode'
  return findRecord(requests, 'findAccount', 'accounts', accountId, columns, DttpAccount)
}

async function findOf<T extends z.ZodType>(
  requests: Requests,
  call: string,
  set: string,
  contactId: string,
  columns: string,
  schema: T,
): Promise<z.output<T>[]> {
  const id = checkedId(call, contactId)
  const url = new URL(set, requests.api)
  url.search = query({ $select: columns, $filter: `_dfe_contactid_value eq ${id}`, $top: String(MOST_FOUND) })
  const answer = await requests.read({ call, isWrite: false, recordId: id, url })
  return parse(call, z.object({ value: z.array(schema) }), answer).value
}
