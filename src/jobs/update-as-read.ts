import { DttpError } from '../dttp/client/index.ts'
import type { Job } from '../entities/chatops/job.ts'
import type { World } from '../world.ts'
import { demandLease } from './run/leases.ts'

/** How often an update is made anew because somebody else was quicker. */
const TRIES = 3

/**
 * Makes an update of a record in DTTP that overwrites nothing newer. `read` asks DTTP for the record's version before
 * anything else is read, and `send` updates only that version: a worker that slept in between is refused, and its next
 * look at its lease ends it. Throws DttpError, and JobFailed if another worker has taken the job over.
 */
export async function updateAsRead<Version>(
  world: World,
  job: Job,
  read: () => Promise<Version>,
  send: (version: Version) => Promise<void>,
): Promise<void> {
  for (let tried = 1; ; tried++) {
    const version = await read()
    await demandLease(world, job)
    try {
      return await send(version)
    } catch (error) {
      if (tried === TRIES || !(error instanceof DttpError && error.kind === 'changed')) throw error
    }
  }
}
