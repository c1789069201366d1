/** The names behind Register's enum columns (app/models/trainee.rb and degree.rb); an integer is a place in its list. */
export const enumNames = {
  training_route: [
    'assessment_only',
    'provider_led_postgrad',
    'early_years_undergrad',
    'school_direct_tuition_fee',
    'school_direct_salaried',
    'pg_teaching_apprenticeship',
    'early_years_assessment_only',
    'early_years_salaried',
    'early_years_postgrad',
    'provider_led_undergrad',
    'opt_in_undergrad',
    'hpitt_postgrad',
  ],
  state: ['draft', 'submitted_for_trn', 'trn_received', 'recommended_for_award', 'withdrawn', 'deferred', 'awarded'],
  study_mode: ['part_time', 'full_time'],
  training_initiative: [
    'future_teaching_scholars',
    'maths_physics_chairs_programme_researchers_in_schools',
    'now_teach',
    'transition_to_teach',
    'no_initiative',
  ],
  bursary_tier: ['tier_one', 'tier_two', 'tier_three'],
  gender: ['male', 'female', 'other', 'gender_not_provided'],
  diversity_disclosure: ['diversity_disclosed', 'diversity_not_disclosed'],
  disability_disclosure: ['disabled', 'no_disability', 'disability_not_provided'],
  ethnic_group: [
    'asian_ethnic_group',
    'black_ethnic_group',
    'mixed_ethnic_group',
    'white_ethnic_group',
    'other_ethnic_group',
    'not_provided_ethnic_group',
  ],
  locale_code: ['uk', 'non_uk'],
  course_education_phase: ['primary', 'secondary'],
  withdraw_reason: [
    'unknown',
    'for_another_reason',
    'death',
    'exclusion',
    'financial_reasons',
    'gone_into_employment',
    'health_reasons',
    'personal_reasons',
    'transferred_to_another_provider',
    'written_off_after_lapse_of_time',
  ],
} as const

export type EnumColumn = keyof typeof enumNames
export type EnumName<Column extends EnumColumn> = (typeof enumNames)[Column][number]

export function isEnumColumn(column: string): column is EnumColumn {
  return Object.hasOwn(enumNames, column)
}

/** The name behind an enum's integer; null for none, or for one that Register added since. */
export function findEnumName<Column extends EnumColumn>(column: Column, code: number | null): EnumName<Column> | null {
  if (code === null) return null
  const names: readonly EnumName<Column>[] = enumNames[column]
  return names[code] ?? null
}
