// One move for every column that a registration sends, each of which changes what DTTP would be told.

/** `column` is named with its table; `first` is how the rows must be for it to matter. */
export type Move = { column: string; sql: string; first?: string }

const SECOND_PROVIDER = '00000000-0000-4000-8000-0000000000bb'

/** How the rows are before anything moves: with a disability, money, and a second row of DTTP's for each school. */
export const BASE = [
  `UPDATE trainees SET diversity_disclosure = 0, ethnic_group = 0, ethnic_background = 'Chinese',
     disability_disclosure = 0, region = 'London', training_initiative = 4, applying_for_bursary = true, bursary_tier = 0`,
  `INSERT INTO disabilities (id, name, created_at, updated_at) VALUES (1, 'Blind', now(), now()), (2, 'Deaf', now(), now())`,
  `INSERT INTO trainee_disabilities (trainee_id, disability_id, created_at, updated_at) VALUES (5901, 1, now(), now())`,
  `INSERT INTO nationalities (id, name, created_at, updated_at) VALUES (2, 'american', now(), now())`,
  `INSERT INTO providers (id, name, code, dttp_id, created_at, updated_at)
     VALUES (2, 'Another Provider', 'B2', '${SECOND_PROVIDER}', now(), now())`,
  `INSERT INTO dttp_schools (id, urn, status_code, dttp_id, created_at, updated_at)
     SELECT id + 10, urn, status_code, replace(dttp_id, '0000-4000', '0001-4000'), now(), now() FROM dttp_schools`,
]

const OTHER_ID = '00000000-0000-4000-8000-0000000000cc'

const text = (column: string, value: string, first?: string): Move => move('trainees', column, `'${value}'`, first)
const value = (column: string, literal: string, first?: string): Move => move('trainees', column, literal, first)

function move(table: string, column: string, literal: string, first?: string, row?: number): Move {
  const sql = `UPDATE ${table} SET ${column} = ${literal}${row === undefined ? '' : ` WHERE id = ${row}`}`
  return { column: `${table}.${column}`, sql, ...(first ? { first } : {}) }
}

const AT_HPITT = `UPDATE providers SET code = 'HPITT' WHERE id = 1`

const MOVES_OF_TRAINEE = [
  text('first_names', 'Grace'),
  text('last_name', 'Hopper'),
  text('address_line_one', '1 Demo Street'),
  text('address_line_two', 'Demo Park'),
  text('town_city', 'Demo Town'),
  text('postcode', 'AB1 2CD'),
  text('date_of_birth', '1991-02-03'),
  text('email', 'somebody.else@example.test'),
  value('gender', '0'),
  text('trainee_id', '21/22-9999'),
  value('diversity_disclosure', '1'),
  value('ethnic_group', '5'),
  text('ethnic_background', 'African'),
  value('disability_disclosure', '1'),
  value('training_route', '5', 'UPDATE trainees SET bursary_tier = NULL'),
  text('course_subject_one', 'biology'),
  text('course_subject_two', 'biology'),
  text('course_subject_three', 'biology'),
  value('course_min_age', '5', 'UPDATE trainees SET course_max_age = 11, course_min_age = 3'),
  value('course_max_age', '18'),
  text('course_start_date', '2021-09-07'),
  text('course_end_date', '2022-07-16'),
  text('commencement_date', '2021-09-08'),
  value('study_mode', '0'),
  value('training_initiative', '2'),
  value('applying_for_bursary', 'false'),
  value('applying_for_scholarship', 'true'),
  value('applying_for_grant', 'true', 'UPDATE trainees SET applying_for_bursary = false'),
  value('bursary_tier', '1'),
  value('ebacc', 'true'),
  text('region', 'North East', AT_HPITT),
  value('provider_id', '2'),
  value('lead_school_id', '9'),
  value('employing_school_id', '10'),
  value('lead_school_not_applicable', 'true'),
  value('employing_school_not_applicable', 'true'),
]

const MOVES_OF_DEGREES = [
  move('degrees', 'uk_degree', `'Bachelor of Arts'`, undefined, 7001),
  move('degrees', 'non_uk_degree', `'Diplôme'`, undefined, 7002),
  move('degrees', 'subject', `'Acting'`, undefined, 7002),
  move('degrees', 'institution', `'Birkbeck College'`, undefined, 7001),
  move('degrees', 'grade', `'Pass'`, undefined, 7001),
  move('degrees', 'country', `'Albania'`, undefined, 7002),
  move('degrees', 'graduation_year', '2011', undefined, 7001),
  move('degrees', 'locale_code', '1', `UPDATE degrees SET country = 'France', non_uk_degree = 'non_enic'`, 7001),
  move('degrees', 'created_at', `'2030-01-01'`, undefined, 7001),
  { column: 'degrees.id', sql: 'DELETE FROM degrees WHERE id = 7002' },
]

const MOVES_AROUND = [
  move('providers', 'dttp_id', `'${OTHER_ID}'`, undefined, 1),
  move('providers', 'code', `'HPITT'`, undefined, 1),
  move('schools', 'urn', `'900011'`, `UPDATE dttp_schools SET urn = '900011' WHERE id = 11`, 10),
  move('dttp_schools', 'urn', `'999999'`, undefined, 1),
  move('dttp_schools', 'dttp_id', `'${OTHER_ID}'`, undefined, 1),
  move('dttp_schools', 'status_code', '2', undefined, 1),
  move('dttp_schools', 'id', '99', undefined, 1),
  move('nationalities', 'name', `'french'`, undefined, 1),
  move('nationalisations', 'nationality_id', '2'),
  move('disabilities', 'name', `'Mental health condition'`, undefined, 1),
  move('trainee_disabilities', 'disability_id', '2'),
]

export const MOVES: readonly Move[] = [...MOVES_OF_TRAINEE, ...MOVES_OF_DEGREES, ...MOVES_AROUND]
