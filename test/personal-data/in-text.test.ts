import { describe, expect, test } from 'vitest'
import { isPersonal } from '../../src/personal-data/columns.ts'
import { personalDataIn } from '../../src/personal-data/in-text.ts'

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

test.each([
  'write to zoe.ohara+21@example.test',
  'ZOE.OHARA+21@EXAMPLE.TEST.',
  'mailto:zoe.ohara%2B21%40example.test',
  'zoe.ohara+21 (at) example.test',
  'zoe dot ohara+21 at example dot test',
])('%j holds the e-mail address', (text) => {
  expect(personalDataIn(text, person)).toBe('email address')
})

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

describe('whoever writes a name in another way', () => {
  test.each([
    ['Zoë', 'Müller', 'see https://example.test/search?q=Zo%C3%AB+M%C3%BCller&page=2'],
    ['Jane', 'Müller', 'see ?q=M%25C3%25BCller'],
    ['Jane', 'Müller', 'Mueller'],
    ['Jane', 'Mueller', 'Müller'],
    ['Jane', 'Müller', 'Muller'],
    ['Jane', 'Müller', 'M&uuml;ller'],
    ['Jane', 'Müller', 'M&#252;ller'],
    ['Jane', 'Müller', 'M&#xfc;ller'],
    ['Jane', 'Müller', 'M\\u00fcller'],
    ['Jane', 'Müller', 'M\\u{fc}ller'],
    ['Jane', 'Müller', 'M%u00FCller'],
    ['Jane', 'Smythe', '&#74;&#97;&#110;&#101;'],
    ['Jane', 'Smythe', '%4a%61%6e%65'],
    ['Jane', 'Smythe', 'J\u0430n\u0435'],
    ['Jane', 'Smythe', 'ＪＡＮＥ'],
    ['Jane', 'Smythe', '𝒥𝒶𝓃ℯ'],
    ['Jane', 'Smythe', 'S m y t h e'],
    ['Jane', 'Quackenbush', 'for Quackenb…'],
    ['Jane', 'Quackenbush', 'for quackenb...'],
    ['Søren', 'Kjærgård', 'Soeren'],
    ['Søren', 'Kjærgård', 'kjaergaard'],
    ['Юлия', 'Петрова', 'Petrova'],
    ['Yuliya', 'Petrova', 'Петрова'],
    ['Ελένη', 'Smythe', 'Eleni'],
    ['Fiona', 'Smythe', 'ﬁona'],
    ['小明', '李', 'Li'],
  ])('of %s %s is found out in %j', (first_names, last_name, text) => {
    expect(personalDataIn(text, { ...nobody, first_names, last_name })).toBe('name')
  })

  test.each([
    ['Jane', 'Müller', '100% sure, 3 + 4 &amp; so on'],
    ['Jane', 'Müller', 'a mull of a question... the mule'],
    ['Mae', 'Noe', 'no, ma’am: it may not be'],
    ['Jane', 'Smythe', 'see CR-12 & CR-13, a b c d'],
    ['小明', '李', '明天 the list'],
    ['Ann', 'Price', 'The provider... chose the wrong route'],
  ])('of %s %s is not found in %j', (first_names, last_name, text) => {
    expect(personalDataIn(text, { ...nobody, first_names, last_name })).toBeNull()
  })
})

test.each([
  '29Mar1987',
  '29mar87',
  '29/03/87',
  '29.03.1987',
  '29-3-1987',
  '19870329',
  '290387',
  '1987-03-29T00:00:00',
  'March29,1987',
  '29thMarch1987',
  '29.III.1987',
  '29. März 1987',
  '29 mars 1987',
  '29%2F03%2F1987',
  '２９／０３／１９８７',
])('a birthday is found when it is written %j', (text) => {
  expect(personalDataIn(`born ${text}.`, { ...nobody, date_of_birth: '1987-03-29' })).toBe('date of birth')
})

test.each(['in March 1987', 'CR-29 of 3 trainees in 1987', '29 of 87', '1987', 'version 3.29.1', 'TRN 2903871'])(
  '%j is no birthday',
  (text) => {
    expect(personalDataIn(text, { ...nobody, date_of_birth: '1987-03-29' })).toBeNull()
  },
)

test.each([
  ['77 Klonker Street', '77 Klonker Street'],
  ['77 Klonker Street, Wolkenfeld', 'at 77 Klonker Street'],
  ['Flat 3, 77 Klonker St', '77 klonker street'],
  ['77 Klonker Street', '77 Klonker St.'],
  ['77 Klönker Street', '77 Kloenker Street'],
  ['77 Klonker Street', '77KlonkerStreet'],
  ['77 Klonker Street', '77+Klonker+Street'],
  ['77a Upper Klonker Road', '77A, Upper Klonker Rd'],
])('an address of %j is found in %j', (address_line_one, text) => {
  expect(personalDataIn(text, { ...nobody, address_line_one })).toBe('address')
})

test('a house and its street are found where they stand in two lines', () => {
  const address = { address_line_one: '77', address_line_two: 'Klonker Street' }
  expect(personalDataIn('77 Klonker Street', { ...nobody, ...address })).toBe('address')
})

test.each(['77 trainees of the street', 'street 77', 'Klonker Street', 'CR-771 away'])('%j is no address', (text) => {
  expect(personalDataIn(text, { ...nobody, address_line_one: '77 Klonker Street, X' })).toBeNull()
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
  'a long text of %j takes little work to look through',
  (piece) => {
    const text = piece.repeat(3000).slice(0, 3000)
    const long = { ...person, first_names: text, last_name: `x${text}y` }
    const before = process.cpuUsage()
    personalDataIn(text, person)
    personalDataIn(`${text}z`, long)
    // The process's own work: by the clock, other processes would count.
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
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
