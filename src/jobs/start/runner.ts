import type { JobName } from '../../entities/chatops/job.ts'
import type { World } from '../../world.ts'

/**
 * Who runs a job: our own workers, or Register's Sidekiq beside us; null where neither does. The one place that knows;
 * no playbook does. A registration that two people approved is run by our workers, also beside a Sidekiq: that pushes an
 * unfinished job back when it is stopped, and would register a trainee twice.
 */
export function runnerOf({ register, upstreams }: Runs, name: JobName): Runner | null {
  if (name === 'load-gias') return 'bot'
  if (!register.runsJobs) return null
  if (!upstreams.sidekiq || (name === 'register-for-trn' && !register.handsOverRegistrations)) return 'bot'
  return 'register'
}

export type Runner = 'bot' | 'register'

type Runs = {
  register: Pick<World['register'], 'runsJobs' | 'handsOverRegistrations'>
  upstreams: { sidekiq?: unknown }
}

/** Whether our own workers run a job. */
export function runsHere(world: Runs): (name: JobName) => boolean {
  return (name) => runnerOf(world, name) === 'bot'
}
