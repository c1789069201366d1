import type { Job } from '../../entities/chatops/job.ts'
import type { World } from '../../world.ts'

/** The points between which a registration can be interrupted; at `sending` nothing is left to do but to send it. */
export type RegistrationStep =
  | 'begun'
  | 'read'
  | 'noted'
  | 'sending'
  | 'answered'
  | 'asked'
  | 'kept'
  | 'locked'
  | 'saved'

export function reaching({ onJobStep }: Pick<World, 'onJobStep'>, { id }: Pick<Job, 'id'>) {
  return async (step: RegistrationStep): Promise<void> => onJobStep?.(step, id)
}
