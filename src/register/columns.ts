/** Columns whose name would not tell support what they hold. */
const LABELS: Readonly<Record<string, string>> = {
  course_uuid: 'Published course',
  course_education_phase: 'Education phase',
  course_subject_one: 'Course subject',
  course_subject_two: 'Second course subject',
  course_subject_three: 'Third course subject',
  course_min_age: 'Youngest age taught',
  course_max_age: 'Oldest age taught',
  first_names: 'First names',
  lead_school_id: 'Lead school',
  employing_school_id: 'Employing school',
  dttp_id: 'DTTP record',
  placement_assignment_dttp_id: 'DTTP training record',
  status_code: 'DTTP status',
  submitted_for_trn_at: 'Submitted for TRN',
  trn: 'TRN',
}

/** A column's name as people read it. */
export function columnLabel(column: string): string {
  const words = column.replaceAll('_', ' ')
  const label = Object.hasOwn(LABELS, column) ? LABELS[column] : null
  return label ?? `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
