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
