import type { Degree } from '../../entities/register/degree.ts'
import { findEnumName } from '../../entities/register/enums.ts'
import { codeOf } from '../code-sets.ts'
import { type Draft, reference } from './draft.ts'
import { byId, type RegistrationRows } from './rows.ts'

/** How Register stores a degree from abroad that UK ENIC has not compared with a British one (Degree::NON_ENIC). */
const NOT_COMPARED = 'non_enic'

/** The content ids of the parts that other parts of the batch refer to. */
export type ContentIds = { contact: string; placementAssignment: string }

/** Every degree by id, also on routes that ask for none (Register's Dttp::Params::DegreeQualification). */
export function degreeQualifications(
  { degrees }: RegistrationRows,
  contentIds: ContentIds,
): { degree: Degree; draft: Draft }[] {
  return byId(degrees).map((degree) => ({
    degree,
    draft: {
      'dfe_ContactId@odata.bind': `$${contentIds.contact}`,
      'dfe_TrainingRecordId@odata.bind': `$${contentIds.placementAssignment}`,
      'dfe_DegreeSubjectId@odata.bind': subject(degree),
      ...(isFromUk(degree) ? ukQualification(degree) : foreignQualification(degree)),
    },
  }))
}

/**
 * The degree in the training record. As in Register, all of it is from the degree that was entered first, except the
 * year, which is from the degree with the lowest id. The two need not be the same.
 */
export function undergraduateDegree({ degrees }: RegistrationRows): Draft {
  const inOrder = byId(degrees)
  const [first] = inOrder
  const [qualifying] = inOrder.toSorted((a, b) => compareText(a.created_at, b.created_at))
  if (!first || !qualifying) {
    const message = 'The trainee has no degree, and the route asks for one.'
    return { 'dfe_SubjectofUGDegreeId@odata.bind': { code: 'degree-missing', message } }
  }
  return {
    'dfe_SubjectofUGDegreeId@odata.bind': subject(qualifying),
    dfe_undergraddegreedateobtained:
      first.graduation_year === null
        ? { code: 'graduation-year-missing', message: 'The graduation year of the trainee’s first degree is not set.' }
        : `${String(first.graduation_year).padStart(4, '0')}-01-01T00:00:00+00:00`,
    ...(isFromUk(qualifying)
      ? {
          'dfe_AwardingInstitutionId@odata.bind': institution(qualifying),
          'dfe_ClassofUGDegreeId@odata.bind': grade(qualifying),
        }
      : { 'dfe_CountryofStudyId@odata.bind': country(qualifying) }),
  }
}

function ukQualification(degree: Degree): Draft {
  const type = codeOf('degree_types', degree.uk_degree, 'The type of a degree')
  return {
    dfe_name: degree.uk_degree,
    'dfe_ClassofDegreeId@odata.bind': grade(degree),
    'dfe_DegreeTypeId@odata.bind': reference('dfe_degreetypes', type),
    'dfe_AwardingInstitutionId@odata.bind': institution(degree),
  }
}

function foreignQualification(degree: Degree): Draft {
  const name = degree.non_uk_degree === NOT_COMPARED ? 'Unknown' : 'Degree equivalent'
  return {
    dfe_name: degree.non_uk_degree,
    'dfe_DegreeTypeId@odata.bind': reference('dfe_degreetypes', codeOf('degree_types', name, 'The type of a degree')),
    'dfe_DegreeCountryId@odata.bind': country(degree),
  }
}

function isFromUk(degree: Degree): boolean {
  return findEnumName('locale_code', degree.locale_code) === 'uk'
}

function subject(degree: Degree) {
  return reference('dfe_jacses', codeOf('degree_subjects', degree.subject, 'The subject of a degree'))
}

function institution(degree: Degree) {
  return reference('accounts', codeOf('institutions', degree.institution, 'The institution of a degree'))
}

function grade(degree: Degree) {
  return reference('dfe_classofdegrees', codeOf('grades', degree.grade, 'The grade of a degree'))
}

function country(degree: Degree) {
  return reference('dfe_countries', codeOf('countries', degree.country, 'The country of a degree'))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
