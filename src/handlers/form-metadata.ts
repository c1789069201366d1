import * as z from 'zod'

/** What a form carries from opening to submission. Slack hands it back as we gave it; it is parsed all the same. */
export const formMetadata = z.object({
  playbook: z.string().max(50),
  channel: z.string().max(30),
  /** What was filled in for the person. */
  prefilled: z.record(z.string(), z.string()).default({}),
  /** The request that this one follows. */
  follows: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional(),
})

export const requestMetadata = z.object({ changeRequest: z.string().regex(/^\d{1,18}$/) })

export const reviewMetadata = requestMetadata.extend({ digest: z.string().regex(/^[0-9a-f]{64}$/) })
