import type * as z from 'zod'

/** What a page's button carries; null if the bot did not write it. */
export function readPageButton<T>(carried: z.ZodType<T>, value = ''): T | null {
  try {
    return carried.parse(JSON.parse(value))
  } catch {
    return null
  }
}
