import { lookAtRegister } from '../compatibility/look.ts'
import type { Config } from '../config/index.ts'
import { createDataSource } from '../entities/data-source.ts'
import { findLooseRights } from '../entities/least-privilege.ts'
import { describeError } from '../error-facts.ts'
import { runsHere } from '../jobs/start/runner.ts'

/** Whether Register's own posts are answered, and what that needs. */
export function describePosts({ REGISTER_POSTS_IN: channels }: Config): string {
  return channels
    ? `Register’s own posts are answered in ${channels.join(', ')}, where the bot is in the channel and the Slack app has the events message.channels and message.groups.`
    : 'Register’s own posts are not answered: REGISTER_POSTS_IN and REGISTER_POSTS_BY are not set.'
}

/** Whether Register's database is as the bot knows it. Nothing is written, and the settings are complete in any case. */
export async function describeRegister(config: Config): Promise<string[]> {
  const database = createDataSource(config.DATABASE_URL, 1)
  try {
    await database.initialize()
    const { playbooks, jobs, harmless } = await lookAtRegister(database, runsHere(runnersOf(config)))
    const off = [...playbooks].map(([name, because]) => `  ${name} is switched off: ${because.join('; ')}`)
    const waiting = [...jobs].map(([name, because]) => `  ${name} (a job) waits: ${because.join('; ')}`)
    const fits = off.length + waiting.length === 0
    return [
      `Register’s database is ${fits ? '' : 'not '}as this version of the bot knows it.`,
      ...off,
      ...waiting,
      ...harmless.map((difference) => `  ${difference}`),
      ...(await findLooseRights(database)),
    ]
  } catch (error) {
    return [`Register’s database could not be looked at (${describeError(error)}).`]
  } finally {
    if (database.isInitialized) await database.destroy()
  }
}

/** Who runs Register's jobs, as far as the settings say it. */
function runnersOf({ REGISTER_JOBS: jobs, REGISTRATIONS: registrations }: Config) {
  return {
    register: { runsJobs: jobs !== 'off', handsOverRegistrations: registrations === 'sidekiq' },
    upstreams: { sidekiq: jobs === 'sidekiq' ? {} : undefined },
  }
}
