import { describe, expect, test } from 'vitest'
import { isPersonal, personalDataIn } from '../../src/register/personal-data.ts'

const person = {
  first_names: 'Zoë Anne-Marie',
  middle_names: 'X',
  last_name: 'O’Hara-Lindqvist',
  email: 'Zoe.OHara+21@example.test',
  date_of_birth: '1990-03-02',
  address_line_one: '12 Elm Grove',
  address_line_two: 'Flat 2',
  postcode: 'SW1A 2AA',
  international_address: '5 rue de la Paix\nParis, France',
}

const nobody = {
  first_names: null,
  middle_names: null,
  last_name: null,
  email: null,
  date_of_birth: null,
  address_line_one: null,
  address_line_two: null,
  postcode: null,
  international_address: null,
}

test.each([
  'Zoë is on the wrong route',
  'zoe is on the wrong route',
  'ZOË, please',
  'about Zoe\u0308',
  'for “Anne”',
  'Marie asked',
  'Ms OHARA',
  "o'hara wrote",
  'the lindqvist record',
])('%j names the trainee', (text) => {
  expect(personalDataIn(text, person)).toBe('name')
})

test.each(['write to zoe.ohara+21@example.test', 'ZOE.OHARA+21@EXAMPLE.TEST.'])(
  '%j holds the e-mail address',
  (text) => {
    expect(personalDataIn(text, person)).toBe('email address')
  },
)

test.each([
  'born 1990-03-02',
  'born 02/03/1990',
  'born 2/3/90',
  'born 2.3.1990',
  'born 2 March 1990',
  'born 2nd March 1990',
  'born March 2nd, 1990',
  'born 02 mar 1990',
  'born 19900302',
  'born 03/02/1990',
])('%j holds the date of birth', (text) => {
  expect(personalDataIn(text, person)).toBe('date of birth')
})

test.each(['lives at 12 Elm Grove', 'flat 2', 'SW1A2AA', 'sw1a 2aa', '5 Rue de la Paix', 'moved to France'])(
  '%j holds an address',
  (text) => {
    expect(personalDataIn(text, person)).toBe('address')
  },
)

test.each([
  'The provider chose the wrong route',
  'zoology, annexe and marietta are other words',
  'since March 1990',
  'X marks the spot',
  '',
  'Ticket 12, elm trees',
])('%j gives nothing away', (text) => {
  expect(personalDataIn(text, person)).toBeNull()
})

test('a record without names, dates and addresses refuses no text', () => {
  expect(personalDataIn('any text at all, 1990-03-02 null', nobody)).toBeNull()
})

describe('columns', () => {
  test.each([
    'first_names',
    'last_name',
    'date_of_birth',
    'email',
    'postcode',
    'international_address',
    'gender',
    'trn',
    'a_column_added_one_day',
  ])('%s is personal', (column) => {
    expect(isPersonal(column)).toBe(true)
  })

  test.each(['training_route', 'state', 'course_subject_one', 'lead_school_id', 'progress', 'slug'])(
    '%s is not',
    (column) => {
      expect(isPersonal(column)).toBe(false)
    },
  )
})
