import { changeTraineeStatus } from './change-trainee-status.ts'
import { loadGias } from './load-gias.ts'
import { registerForTrn } from './register-for-trn.ts'
import { retrieveTrn } from './retrieve-trn.ts'
import type { JobHandlers } from './run/run-job.ts'
import { syncSchools } from './sync-schools.ts'
import { updateTrainee } from './update-trainee.ts'

/** Register's five jobs, as it runs them, and our own. */
export const jobHandlers: JobHandlers = {
  'retrieve-trn': retrieveTrn,
  'register-for-trn': registerForTrn,
  'change-trainee-status': changeTraineeStatus,
  'update-trainee': updateTrainee,
  'sync-schools': syncSchools,
  'load-gias': loadGias,
}
