import * as z from 'zod'

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

/** Progress as it is stored: Rails takes any value for a part. What is no such object has no part. */
export const storedProgress = z.record(z.string(), z.unknown()).nullable().catch(null)

/** Progress as Register reads it. */
export type Progress = Record<string, boolean | null>

/**
 * The values that Rails' boolean attributes take as false. Null and an empty text are empty, and any other value counts
 * as true.
 */
const FALSE_VALUES = new Set<unknown>([false, 0, '0', 'f', 'F', 'false', 'FALSE', 'off', 'OFF'])
const EMPTY_VALUES = new Set<unknown>(['', null])

/** Whether Register takes a part with this stored value as complete. */
export function isComplete(value: unknown): boolean {
  return castPart(value) === true
}

/** Progress as Register writes it: all ten parts, those missing as false. One that is stored as empty stays so. */
export function padProgress(progress: z.output<typeof storedProgress>): Progress {
  return Object.fromEntries(PARTS.map((part) => [part, castPart(progress?.[part])]))
}

function castPart(value: unknown): boolean | null {
  if (EMPTY_VALUES.has(value)) return null
  return value !== undefined && !FALSE_VALUES.has(value)
}
