import type * as z from 'zod'
import type { Job } from '../entities/chatops/job.ts'
import { JobFailed } from '../failures/job-failed.ts'
import type { World } from '../world.ts'

/**
 * Throws JobFailed if Register's flag is off. Register's own job would end as if it had succeeded, without doing
 * anything.
 */
export function demandSwitchedOn({ register }: World, flag: 'persist_to_dttp' | 'sync_from_dttp'): void {
  if (register.isEnabled(flag)) return
  throw new JobFailed('switched-off', `Register’s feature flag ${flag} is off, so the job does nothing.`)
}

/** The comment in the audits that a job writes: which request it belongs to. */
export function commentOf(job: Job): string {
  const request = job.changeRequestId === null ? '' : `, CR-${job.changeRequestId}`
  return `trainee-chatops job ${job.name}${request}`
}

/**
 * What a job was told, as the version of the bot wrote it that added the job. Throws ForNewerVersion if it cannot be read. Call
 * it before anything is sent.
 */
export function readArgs<T>(schema: z.ZodType<T>, { args }: Pick<Job, 'args'>): T {
  const read = schema.safeParse(args)
  if (!read.success) throw new ForNewerVersion()
  return read.data
}

/** The job is left to a worker of a newer version, which may run beside this one during an upgrade; see `leaveToNewer`. */
export class ForNewerVersion extends JobFailed {
  constructor() {
    super('other-version', 'Another version of the bot has added it, and this one cannot read it.')
  }
}
