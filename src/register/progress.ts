/** The parts of a trainee's record that Register ticks off. */
const PARTS = [
  'personal_details',
  'contact_details',
  'degrees',
  'diversity',
  'course_details',
  'training_details',
  'placement_details',
  'trainee_data',
  'schools',
  'funding',
] as const

/** Progress as Register writes it: all ten parts, those missing as false. */
export function padProgress(progress: Record<string, boolean> | null): Record<string, boolean> {
  return Object.fromEntries(PARTS.map((part) => [part, progress?.[part] === true]))
}
