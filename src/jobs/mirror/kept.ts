import * as z from 'zod'
import type { MirroredJob } from '../../entities/chatops/mirrored-job.ts'

const text = z.string().optional().catch(undefined)

/**
 * What a row of the mirror keeps in its `args`: of the job's own arguments, and of what the sweeps have seen of it. What
 * cannot be read counts as not there.
 */
const kept = z.object({
  /** A change of status: the status and the record. */
  status: text,
  entity: text,
  /** Where it was before it was nowhere. */
  from: text,
  /** Since when proof of its run counts. */
  since: text,
  /** When it polled last. */
  polled: text,
  /** The request that made it fail, and has heard of it. */
  joined: text,
  /** When it was looked for last, and how often. */
  looked: text,
  looks: z.number().optional().catch(undefined),
  /** When somebody answered last whether it ran. */
  answered: text,
})

export function keptOf({ args }: Pick<MirroredJob, 'args'>): z.output<typeof kept> {
  return kept.parse(args)
}
