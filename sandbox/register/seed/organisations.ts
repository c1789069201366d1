// Demo providers, users and schools. Every name says that it is made up; no URN or UKPRN here is in use.
import { dttpId } from './ids.ts'

const LOADED = '2021-08-02 07:30:00.000417'
const at = { created_at: LOADED, updated_at: LOADED }

export const providers = [
  { id: 101, code: 'D10', ukprn: '10099101', name: 'Demo University', dttp_id: dttpId('provider', 101), ...at },
  {
    id: 102,
    code: 'D20',
    ukprn: '10099102',
    name: 'Demo Schools Partnership',
    dttp_id: dttpId('provider', 102),
    ...at,
  },
  { id: 103, code: 'HPITT', ukprn: '10099103', name: 'Demo HPITT Provider', dttp_id: dttpId('provider', 103), ...at },
]

export const dttpProviders = providers.map(({ name, dttp_id, ukprn }) => ({ name, dttp_id, ukprn }))

const user = (id: number, provider_id: number | null, last_name: string, hasDttpId: boolean) => ({
  ...{ id, provider_id, first_name: 'Demo', last_name, email: `user.${id}@example.test`, system_admin: false },
  ...{ dfe_sign_in_uid: `demo-sign-in-${id}`, dttp_id: hasDttpId ? dttpId('user', id) : null, ...at },
})

export const users = [
  user(201, 101, 'Submitter', true),
  user(202, 101, 'Submitter Unknown To Dttp', false),
  user(203, 101, 'Colleague', true),
  user(204, 102, 'Partnership User', true),
  user(205, 103, 'Hpitt User', true),
  { ...user(206, null, 'Administrator', false), system_admin: true },
]

export const dttpUsers = users
  .filter(({ dttp_id }) => dttp_id !== null)
  .map(({ first_name, last_name, email, dttp_id, provider_id }) => ({
    ...{ first_name, last_name, email, dttp_id },
    provider_dttp_id: dttpId('provider', provider_id ?? 0),
  }))

const school = (id: number, urn: string, name: string, lead_school: boolean) => ({
  ...{
    id,
    urn,
    name: `Demo ${name}`,
    lead_school,
    town: 'Demoton',
    postcode: 'DE1 0XX',
    open_date: '2004-09-01',
    ...at,
  },
})

export const schools = [
  school(701, '900001', 'Lead School', true),
  school(702, '900002', 'School Inactive In Dttp', true),
  school(703, '900003', 'New School', false),
  school(704, '900004', 'School Proposed To Open', false),
  school(705, '900005', 'School Missing From Dttp', true),
  school(706, '900006', 'School With Two Dttp Rows', true),
  school(707, '900007', 'School Active Twice In Dttp', true),
  school(708, '900008', 'Primary Academy', false),
  school(709, '900009', 'Secondary Academy', false),
  school(710, '900010', 'High School', false),
  { ...school(711, '900011', 'Closed School', false), close_date: '2021-07-31' },
  school(712, '900012', 'Nursery', false),
]

const ACTIVE = 1
const INACTIVE = 2
const NEW = 300000007
const CLOSED = 300000002
const PROPOSED_TO_OPEN = 300000008

const dttpSchool = (id: number, urn: string, status_code: number) => ({
  ...{ id, urn, status_code, dttp_id: dttpId('school', id) },
  name: schools.find((one) => one.urn === urn)?.name,
})

/** 900005 has no row; 900006 and 900007 have two each. */
export const dttpSchools = [
  dttpSchool(801, '900001', ACTIVE),
  dttpSchool(802, '900002', INACTIVE),
  dttpSchool(803, '900003', NEW),
  dttpSchool(804, '900004', PROPOSED_TO_OPEN),
  dttpSchool(806, '900006', INACTIVE),
  dttpSchool(807, '900006', PROPOSED_TO_OPEN),
  dttpSchool(808, '900007', ACTIVE),
  dttpSchool(809, '900007', ACTIVE),
  dttpSchool(810, '900008', ACTIVE),
  dttpSchool(811, '900009', ACTIVE),
  dttpSchool(812, '900010', ACTIVE),
  dttpSchool(813, '900011', CLOSED),
  dttpSchool(814, '900012', ACTIVE),
]

export const nationalities = ['british', 'irish', 'french', 'ghanaian'].map((name, n) => ({ id: n + 1, name, ...at }))

export const disabilities = ['Deaf', 'Learning difficulty'].map((name, n) => ({ id: n + 1, name, ...at }))
