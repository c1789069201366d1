import type { Finding } from '../contract/check.ts'
import type { RegisterSettings } from '../world.ts'

// The checks of every playbook that starts one of Register's jobs.

type Seen = { register: RegisterSettings }

/** Whether our workers run Register's jobs at all. */
export function lookAtRunner({ register: { runsJobs } }: Seen): Finding {
  const evidence = { runsJobs }
  if (runsJobs) return { verdict: 'holds', found: '', evidence }
  const found = 'Register’s jobs are not run by this bot, so it cannot start one. A developer must start the job.'
  return { verdict: 'blocks', found, evidence }
}

/** Whether Register's flag for them is on. */
export function lookAtFlag({ register }: Seen): Finding {
  const enabled = register.isEnabled('persist_to_dttp')
  if (enabled) return { verdict: 'holds', found: '', evidence: { enabled } }
  const found = 'Register’s feature flag persist_to_dttp is off, so the job would do nothing. Ask a developer.'
  return { verdict: 'blocks', found, evidence: { enabled } }
}
