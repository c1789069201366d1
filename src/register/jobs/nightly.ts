import type { SeenJobName } from '../../entities/chatops/job.ts'

// What Register's cron starts, and what that starts for each trainee: each night it is another job.

const NIGHTLY: readonly SeenJobName[] = [
  ...(['queue-trainee-updates', 'update-trainee', 'sync-schools', 'sync-providers', 'sync-users'] as const),
  ...(['import-applications', 'create-trainees', 'import-subjects', 'import-courses'] as const),
  ...(['truncate-sessions', 'delete-empty-trainees'] as const),
]

export function isStartedNightly(name: SeenJobName): boolean {
  return NIGHTLY.includes(name)
}
