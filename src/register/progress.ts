/** The parts of a trainee's record that Register ticks off. */
export const PARTS = [
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

/** What Rails' boolean attributes take as false; any other value counts as true. */
const FALSE_VALUES = new Set<unknown>([false, 0, '0', 'f', 'F', 'false', 'FALSE', 'off', 'OFF', '', null, undefined])

/** Whether Register takes a part with this stored value as complete. */
export function isComplete(value: unknown): boolean {
  return !FALSE_VALUES.has(value)
}

/** Progress as Register writes it: all ten parts, those missing as false. */
export function padProgress(progress: Record<string, boolean> | null): Record<string, boolean> {
  return Object.fromEntries(PARTS.map((part) => [part, isComplete(progress?.[part])]))
}
