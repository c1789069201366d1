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
  town_city: 'Kingston upon Hull',
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
  town_city: null,
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

test.each([
  'lives at 12 Elm Grove',
  'flat 2',
  'SW1A2AA',
  'sw1a 2aa',
  '5 Rue de la Paix',
  'moved to France',
  'in KINGSTON-UPON-HULL',
])('%j holds an address', (text) => {
  expect(personalDataIn(text, person)).toBe('address')
})

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

describe('a name', () => {
  test.each([
    ['Jane', 'Smythe', 'Jane’s route'],
    ['Jane', 'Smythe', "Smythe's record"],
    ['Jane', 'Smythe', 'jane\u200bʼs route'],
    ['James', 'Smythe', 'James’ record'],
    ['James', 'Smythe', "James's record"],
    ['Jane', 'Smythe', 'ask JaneSmythe'],
    ['Jane', 'Smythe', '@smythejane2'],
    ['Jane Ann', 'Smythe', 'JaneAnnSmythe'],
    ['Jane Ann', 'Smythe', 'JaneSmythe'],
    ['Al', 'Low', 'allow'],
    ['Jane', 'O’Brien', "O'Brien"],
    ['Jane', 'O’Brien', 'O Brien'],
    ['Jane', "O'Brien", 'OBrien'],
    ['Jane', 'OBrien', 'O`Brien’s record'],
    ['Jane', 'O Brien', 'O’Brien'],
    ['Jane', 'O’Hara-Smythe', 'o hara'],
    ['Anne-Marie', 'Smythe', 'Anne Marie'],
    ['Anne-Marie', 'Smythe', 'AnneMarie'],
    ['Zoë Anne-Marie', 'Smythe', 'annemarie'],
    ['Łukasz', 'Sørensen', 'lukasz'],
    ['Lukasz', 'Sorensen', 'Sørensen'],
    ['Đorđe', 'Straße', 'DORDE'],
    ['Ælfred', 'Þórðarson', 'Thordarson'],
    ['Œdipe', 'Weiß', 'oedipe'],
    ['Işıl', 'Weiss', 'isil'],
    ['明', '李', '李 is on the wrong route'],
    ['小明', '李', '请改李小明的路线'],
  ])('of %s %s is found in %j', (first_names, last_name, text) => {
    expect(personalDataIn(text, { ...nobody, first_names, last_name })).toBe('name')
  })

  test.each([
    ['Anna', 'Smythe', 'Hannah and Susanna'],
    ['Al', 'Low', 'allowed'],
    ['Don', 'Ought', 'we don’t, nobody ought’ve'],
    ['J', 'Smythe', "J's route, plan J"],
    ['A M', 'Smythe', 'I am'],
    ['Jane', 'O’Day', 'a day'],
    ['Theresa', 'Asher', 'the res a, as her'],
    ['T', 'Rain', 'the train'],
    ['', 'Robinson', 'the Robinsons'],
    ['明', '李', '明天'],
  ])('of %s %s is not found in %j', (first_names, last_name, text) => {
    expect(personalDataIn(text, { ...nobody, first_names, last_name })).toBeNull()
  })
})

test.each([
  '1990-09-03',
  '1990/9/3',
  '3.9.90',
  '3/9/1990',
  '3 Sept 1990',
  'Sep 3, 1990',
  'sept. 3rd, 1990',
  '3rd of September 1990',
  '3 of Sep ’90',
  '03-SEP-90',
])('a birthday is found when it is written %j', (text) => {
  expect(personalDataIn(`born ${text}.`, { ...nobody, date_of_birth: '1990-09-03' })).toBe('date of birth')
})

test('a town is found as a whole word, if it has four letters', () => {
  expect(personalDataIn('she lives in Hull', { ...nobody, town_city: 'Hull' })).toBe('address')
  expect(personalDataIn('hulled wheat', { ...nobody, town_city: 'Hull' })).toBeNull()
  expect(personalDataIn('a wye or an eye', { ...nobody, town_city: 'Eye' })).toBeNull()
})

test('an e-mail address of only spaces is none', () => {
  expect(personalDataIn('any text', { ...nobody, email: '  ' })).toBeNull()
})

test.each(["'", ' ', "'s", 'a', 'a ', '\u0301', '\u200b', 'ﷺ', '1990 9 ', "o'"])(
  'a long text of %j takes no time to look through',
  (piece) => {
    const text = piece.repeat(3000).slice(0, 3000)
    const long = { ...person, first_names: text, last_name: `x${text}y` }
    const start = performance.now()
    personalDataIn(text, person)
    personalDataIn(`${text}z`, long)
    expect(performance.now() - start).toBeLessThan(1000)
  },
)

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
