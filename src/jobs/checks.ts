import { formatDateTime } from '../calendar/london.ts'
import type { Finding } from '../contract/check.ts'
import type { RegisterSettings } from '../world.ts'
import { type MirrorAge, notChecked } from './mirror/age.ts'

// The checks of every playbook that starts one of Register's jobs.

/** `mirror` is how well Register's Sidekiq is known, where that runs its jobs. */
type Seen = { register: RegisterSettings; mirror: MirrorAge | null }

/**
 * Whether Register's jobs are run for us at all, and whether we know how they stand. Everything that a playbook finds in
 * our own list of them rests on that.
 */
export function lookAtRunner({ register: { runsJobs }, mirror }: Seen): Finding {
  const evidence = { runsJobs }
  if (mirror?.isTooOld) return { verdict: 'unchecked', found: notChecked(mirror), evidence }
  if (runsJobs) return { verdict: 'holds', found: mirror?.readAt ? lastRead(mirror.readAt) : '', evidence }
  const found = 'Register’s jobs are not run by this bot, so it cannot start one. A developer must start the job.'
  return { verdict: 'blocks', found, evidence }
}

/** Its time is no evidence: it is another one each time. */
function lastRead(at: Date): string {
  return `Register’s Sidekiq runs them. It was last read on ${formatDateTime(at)}.`
}

/** Whether Register's flag for them is on. */
export function lookAtFlag({ register }: Pick<Seen, 'register'>): Finding {
  const enabled = register.isEnabled('persist_to_dttp')
  if (enabled) return { verdict: 'holds', found: '', evidence: { enabled } }
  const found = 'Register’s feature flag persist_to_dttp is off, so the job would do nothing. Ask a developer.'
  return { verdict: 'blocks', found, evidence: { enabled } }
}
