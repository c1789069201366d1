// The part of DTTP's schema that Register writes: record sets, their columns, and what their lookups may point to.

export type SetName = 'contacts' | 'dfe_placementassignments' | 'dfe_degreequalifications' | 'accounts'

export type RecordSet = {
  /** The type's name in errors. */
  type: string
  idColumn: string
  /** Columns that can be written. */
  columns: readonly string[]
  /** Columns that only DTTP itself fills in. */
  readOnly: readonly string[]
  /** Navigation property → the record set it points to. */
  lookups: Readonly<Record<string, string>>
}

const EVERY_RECORD = ['createdon', 'modifiedon', 'statecode']

export const SETS: Readonly<Record<SetName, RecordSet>> = {
  contacts: {
    type: 'contact',
    idColumn: 'contactid',
    columns: [
      'firstname',
      'lastname',
      'address1_line1',
      'address1_line2',
      'address1_line3',
      'address1_postalcode',
      'birthdate',
      'emailaddress1',
      'gendercode',
      'dfe_traineeid',
      'dfe_trnassessmentdate',
      'statuscode',
    ],
    readOnly: [...EVERY_RECORD, 'dfe_trn', 'merged', '_masterid_value'],
    lookups: {
      dfe_ContactTypeId: 'dfe_contacttypes',
      dfe_CreatedById: 'contacts',
      dfe_DisibilityId: 'dfe_disabilities',
      dfe_EthnicityId: 'dfe_ethnicities',
      dfe_Nationality: 'dfe_nations',
      dfe_TraineeStatusId: 'dfe_traineestatuses',
      parentcustomerid_account: 'accounts',
    },
  },
  dfe_placementassignments: {
    type: 'dfe_placementassignment',
    idColumn: 'dfe_placementassignmentid',
    columns: [
      'dfe_allocatedplace',
      'dfe_commencementdate',
      'dfe_courselevel',
      'dfe_datestandardsassessmentpassed',
      'dfe_ebacc',
      'dfe_programmeenddate',
      'dfe_programmelength',
      'dfe_programmestartdate',
      'dfe_programmeyear',
      'dfe_sendforregistration',
      'dfe_sendforsiregistration',
      'dfe_traineeid',
      'dfe_undergraddegreedateobtained',
    ],
    readOnly: EVERY_RECORD,
    lookups: {
      dfe_AcademicYearId: 'dfe_academicyears',
      dfe_AwardingInstitutionId: 'accounts',
      dfe_BursaryDetailsId: 'dfe_bursarydetails',
      dfe_ClassofUGDegreeId: 'dfe_classofdegrees',
      dfe_ContactId: 'contacts',
      dfe_CountryofStudyId: 'dfe_countries',
      dfe_CoursePhaseId: 'dfe_coursephases',
      dfe_EmployingSchoolId: 'accounts',
      dfe_GovernmentOfficeRegionId: 'dfe_regions',
      dfe_ITTQualificationAimId: 'dfe_ittqualificationaims',
      dfe_ITTSubject1Id: 'dfe_subjects',
      dfe_ITTSubject2Id: 'dfe_subjects',
      dfe_ITTSubject3Id: 'dfe_subjects',
      dfe_Initiative1Id: 'dfe_initiatives',
      dfe_LeadSchoolId: 'accounts',
      dfe_ProviderId: 'accounts',
      dfe_RouteId: 'dfe_routes',
      dfe_StudyModeId: 'dfe_studymodeses',
      dfe_SubjectofUGDegreeId: 'dfe_jacses',
      dfe_TraineeStatusId: 'dfe_traineestatuses',
    },
  },
  dfe_degreequalifications: {
    type: 'dfe_degreequalification',
    idColumn: 'dfe_degreequalificationid',
    columns: ['dfe_name', 'dfe_degreeenddate'],
    readOnly: EVERY_RECORD,
    lookups: {
      dfe_AwardingInstitutionId: 'accounts',
      dfe_ClassofDegreeId: 'dfe_classofdegrees',
      dfe_ContactId: 'contacts',
      dfe_DegreeCountryId: 'dfe_countries',
      dfe_DegreeSubjectId: 'dfe_jacses',
      dfe_DegreeTypeId: 'dfe_degreetypes',
      dfe_TrainingRecordId: 'dfe_placementassignments',
    },
  },
  accounts: {
    type: 'account',
    idColumn: 'accountid',
    columns: ['name', 'dfe_urn', 'dfe_ukprn', 'dfe_provider', 'statuscode'],
    readOnly: EVERY_RECORD,
    lookups: {},
  },
}

export const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function isSetName(name: string): name is SetName {
  return Object.hasOwn(SETS, name)
}

/** The column in which a lookup's id is read: `dfe_ContactId` → `_dfe_contactid_value`. */
export function lookupColumn(navigation: string): string {
  return `_${navigation.replace(/_account$/, '').toLowerCase()}_value`
}

/** Every column that can be read. */
export function readableColumns({ idColumn, columns, readOnly, lookups }: RecordSet): Set<string> {
  return new Set([idColumn, ...columns, ...readOnly, ...Object.keys(lookups).map(lookupColumn)])
}
