// Which columns of Register's say who a trainee is.

/**
 * Columns that say nothing about who a trainee is. Only their values may appear in a channel. The values of every other
 * column appear only in the review of somebody who may see them; so do those of a column that Register adds one day.
 */
const NON_PERSONAL_COLUMNS = new Set([
  ...['training_route', 'state', 'progress', 'slug', 'provider_id', 'region', 'ebacc', 'apply_application_id'],
  ...['course_uuid', 'course_education_phase', 'course_subject_one', 'course_subject_two', 'course_subject_three'],
  ...['course_min_age', 'course_max_age', 'course_start_date', 'course_end_date', 'study_mode', 'commencement_date'],
  ...['training_initiative', 'applying_for_bursary', 'applying_for_scholarship', 'applying_for_grant', 'bursary_tier'],
  ...['lead_school_id', 'employing_school_id', 'lead_school_not_applicable', 'employing_school_not_applicable'],
  ...['dttp_id', 'placement_assignment_dttp_id', 'dormancy_dttp_id', 'dttp_update_sha'],
  ...['submitted_for_trn_at', 'recommended_for_award_at', 'awarded_at', 'outcome_date', 'defer_date', 'reinstate_date'],
  ...['status_code', 'urn', 'name', 'created_at', 'updated_at'], // of a DTTP school
])

export function isPersonal(column: string): boolean {
  return !NON_PERSONAL_COLUMNS.has(column)
}
