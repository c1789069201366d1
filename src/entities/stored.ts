import type { ValueTransformer } from 'typeorm'
import * as z from 'zod'

/** For a jsonb column: parses what is read. Another version of the bot may have written it. */
export function stored(schema: z.ZodType): ValueTransformer {
  return { from: (value: unknown) => schema.parse(value), to: (value: unknown) => value }
}

/** A form that was filled in; null once it is purged. One that cannot be read counts as purged: nobody can approve it. */
export const storedForm = z.record(z.string(), z.string()).nullable().catch(null)
