import type { Logger } from 'pino'
import { connectSidekiq, type SidekiqSettings } from './connection.ts'
import { asUnavailable } from './errors.ts'
import { findJobsOf, findMember, findRegistrations } from './find.ts'
import type { JobPage, MemberId } from './job.ts'
import { readProcesses } from './processes.ts'
import { readWaiting } from './read.ts'
import { type Given, prevent, type Writing, write } from './write.ts'

// Register's Sidekiq, as far as the bot uses it.

export type { JobPage, Place, RegisterJob, StrangeMember } from './job.ts'

export type SidekiqClient = ReturnType<typeof createSidekiqClient>

/** Every call throws SidekiqUnavailable if Redis does not answer, or says no. */
export function createSidekiqClient(settings: SidekiqSettings, log: Pick<Logger, 'warn'>) {
  const redis = connectSidekiq(settings, log)
  return {
    /**
     * Every job that waits, failed or died, page by page, in the order in which jobs move on: read the processes
     * afterwards. What moves meanwhile may be in several pages; one that fails just then may be in none.
     */
    readWaiting: () => reached(readWaiting(redis)),
    /** The processes that are alive, and what they run. */
    readProcesses: () => readProcesses(redis).catch(asUnavailable),
    /** All jobs of these trainees, wherever they are now, the dead ones included. */
    findJobsOf: (trainees: readonly string[]) => findJobsOf(redis, trainees).catch(asUnavailable),
    /** The registrations of these trainees, wherever they are now, the dead ones included. */
    findRegistrations: (trainees: readonly string[]) => findRegistrations(redis, trainees).catch(asUnavailable),
    /** The job as it was seen, or null if it has moved or gone. */
    findMember: (id: MemberId) => findMember(redis, id).catch(asUnavailable),
    /** Does it once, however often it is called with one id. Throws NotWritable where Sidekiq must not be written to. */
    write: (writing: Writing, given: Given) => write(redis, writing, given).catch(asUnavailable),
    /** Sees to it that what was to be written by this id never is. False if it was written before. */
    prevent: (id: string) => prevent(redis, id).catch(asUnavailable),
    ping: () =>
      redis
        .ping()
        .then(() => undefined)
        .catch(asUnavailable),
    close: () => redis.disconnect(),
  }
}

async function* reached(pages: AsyncGenerator<JobPage>): AsyncGenerator<JobPage> {
  try {
    yield* pages
  } catch (error) {
    asUnavailable(error)
  }
}
