import type { Job } from '../entities/chatops/job.ts'
import { JobFailed } from '../failures/job-failed.ts'
import type { World } from '../world.ts'

/** Throws JobFailed where Register's flag is off: Register's own job would "succeed" and do nothing. */
export function demandSwitchedOn({ register }: World, flag: 'persist_to_dttp' | 'sync_from_dttp'): void {
  if (register.isEnabled(flag)) return
  throw new JobFailed('switched-off', `Register’s feature flag ${flag} is off, so the job does nothing.`)
}

/** On whose word a job saves, for the audit it writes. */
export function commentOf(job: Job): string {
  const request = job.changeRequestId === null ? '' : `, CR-${job.changeRequestId}`
  return `trainee-chatops job ${job.name}${request}`
}
