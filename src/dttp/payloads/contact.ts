import { findEnumName } from '../../entities/register/enums.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { codeOf } from '../code-sets.ts'
import type { Problem } from '../problems.ts'
import { type Draft, reference } from './draft.ts'
import { byId, type RegistrationRows } from './rows.ts'
import { unknownValueOf } from './unknown-values.ts'

// The person, as Register's Dttp::Params::Contact sends them.

/** DTTP has one code for both "other" and "not provided". */
const GENDERS = { male: 1, female: 2, other: 389040000, gender_not_provided: 389040000 } as const

const TRAINEE_CONTACT_TYPE = 'faba11c7-07d9-e711-80e1-005056ac45bb'

/** For the PATCH of a contact that exists. */
export function contactUpdate(rows: RegistrationRows): Draft {
  const { trainee, provider } = rows
  return {
    firstname: trainee.first_names,
    lastname: trainee.last_name,
    address1_line1: trainee.address_line_one,
    address1_line2: trainee.address_line_two,
    address1_line3: trainee.town_city,
    address1_postalcode: trainee.postcode,
    birthdate: trainee.date_of_birth ?? {
      code: 'date-of-birth-missing',
      message: 'The trainee’s date of birth is not set.',
    },
    emailaddress1: trainee.email,
    gendercode: genderCode(trainee),
    dfe_traineeid: traineeIdInDttp(trainee),
    'dfe_Nationality@odata.bind': reference('dfe_nations', nationality(rows)),
    'dfe_EthnicityId@odata.bind': reference('dfe_ethnicities', ethnicity(trainee)),
    'dfe_DisibilityId@odata.bind': reference('dfe_disabilities', disability(rows)),
    'parentcustomerid_account@odata.bind': reference('accounts', providerAccount(provider)),
  }
}

/**
 * For the batch that creates it.
 * @param submittedBy the DTTP id of the user who submitted the trainee for TRN
 */
export function contact(rows: RegistrationRows, submittedBy: string | null, now: Date): Draft {
  return {
    ...contactUpdate(rows),
    'dfe_ContactTypeId@odata.bind': reference('dfe_contacttypes', TRAINEE_CONTACT_TYPE),
    'dfe_CreatedById@odata.bind': reference(
      'contacts',
      submittedBy ?? {
        code: 'submitter-without-dttp-id',
        message: 'The user who submitted the trainee has no DTTP id.',
      },
    ),
    dfe_trnassessmentdate: `${now.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`,
  }
}

/** What DTTP is told of a trainee whose provider gave them no id. */
export const NO_TRAINEE_ID = 'NOTPROVIDED'

export function traineeIdInDttp({ trainee_id }: Pick<Trainee, 'trainee_id'>): string {
  return trainee_id ?? NO_TRAINEE_ID
}

/** The provider's account, which the contact and the training record both refer to. */
export function providerAccount(provider: RegistrationRows['provider']): string | Problem {
  return provider.dttp_id ?? { code: 'provider-without-dttp-id', message: 'The provider has no DTTP id.' }
}

function genderCode({ gender }: Trainee): number | Problem {
  const name = findEnumName('gender', gender)
  if (name) return GENDERS[name]
  return unknownValueOf('gender', gender) ?? { code: 'gender-missing', message: 'The trainee’s gender is not set.' }
}

/** The first one. Register was meant to prefer British and Irish, but its condition is true of every nationality. */
function nationality({ nationalities }: RegistrationRows): string | Problem {
  const name = byId(nationalities)[0]?.name.toLowerCase() ?? null
  return codeOf('nationalities', name, 'The trainee’s nationality')
}

function ethnicity(trainee: Trainee): string | Problem {
  const isTold =
    isDiversityDisclosed(trainee) && findEnumName('ethnic_group', trainee.ethnic_group) !== 'not_provided_ethnic_group'
  return codeOf('ethnicities', isTold ? trainee.ethnic_background : 'Not provided', 'The trainee’s ethnic background')
}

/**
 * The code for no disability, for the only one, or for "multiple", which Register also sends for a disabled trainee
 * with none listed.
 */
function disability({ trainee, disabilities }: RegistrationRows): string | Problem {
  return codeOf('disabilities', disabilityName(trainee, disabilities), 'The trainee’s disability')
}

function disabilityName(trainee: Trainee, disabilities: RegistrationRows['disabilities']): string {
  if (!isDiversityDisclosed(trainee)) return 'Not provided'
  const disclosure = findEnumName('disability_disclosure', trainee.disability_disclosure)
  if (disclosure === 'no_disability') return 'No known disability'
  if (disclosure === 'disability_not_provided') return 'Not provided'
  const [only, ...more] = disabilities
  return only && more.length === 0 ? only.name : 'Multiple disabilities'
}

function isDiversityDisclosed(trainee: Trainee): boolean {
  return findEnumName('diversity_disclosure', trainee.diversity_disclosure) === 'diversity_disclosed'
}
