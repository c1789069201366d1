// What is measured with one person and with fifty at once: in one process, and in several.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { withClient } from '../../sandbox/register/database.ts'
import { type Service, startService } from '../proof/process.ts'
import type { Stage } from '../proof/steps.ts'
import { parentOf, processorMilliseconds, residentMegabytes } from './machine.ts'
import { measureRounds, type Pair } from './rounds.ts'
import { timesOf } from './statistics.ts'

export type Bench = {
  stage: Stage
  env: Record<string, string>
  /** How node is started to run the bot. */
  entry: readonly string[]
  adminUrl: string
  pairs: readonly Pair[]
  /** Trainees that no request has been about yet. */
  slugs: string[]
  say: (progress: string) => void
}

export const USERS = 50
/**
 * 29 rounds of fifty are more than the 1,440 stories after which memory is to be where it was. What Node.js runs for the first
 * time it has not compiled yet: the first rounds do not count, in one process and in several alike.
 */
const ROUNDS = { warmUp: 5, one: 40, crowdWarmUp: 3, many: 29, apart: 3 }
const WORKERS = [1, 2, 4]
const STARTS = 5
const IDLE_MS = 5_000
const BARE = fileURLToPath(new URL('./bare-bolt.ts', import.meta.url))

/** Milliseconds from the start of a process to its first 200 from /readyz. */
export async function measureStarts({ env, entry, say }: Bench) {
  say('start-up')
  const starts: number[] = []
  for (let start = 0; start < STARTS; start++) {
    const service = await startService({ ...env, ROLES: 'bot,worker' }, entry)
    starts.push(service.readyAfterMs)
    await service.stop()
  }
  return timesOf(starts)
}

/** One process with both roles: one person, and then fifty at once until its memory has had time to grow. */
export async function measureTogether(bench: Bench) {
  const { stage, pairs, slugs, say } = bench
  return withProcesses(bench, ['bot,worker'], async ([service], place) => {
    await sleep(IDLE_MS)
    const memory = [residentMegabytes(service?.pid ?? 0)]
    const pids = { bot: service?.pid ?? 0, postgres: await findPostgres(place.adminUrl) }
    const one = pairs.slice(0, 1)
    await measureRounds(stage, place, one, ROUNDS.warmUp, slugs)
    say('one user')
    const oneUser = await measureRounds(stage, place, one, ROUNDS.one, slugs)
    say(`${USERS} users, ${ROUNDS.many} times`)
    await measureRounds(stage, place, pairs, ROUNDS.crowdWarmUp, slugs)
    const before = processorMilliseconds(pids)
    const manyUsers = await measureRounds(stage, place, pairs, ROUNDS.many, slugs, (round) => {
      if (round % 4 === 3) memory.push(residentMegabytes(service?.pid ?? 0))
    })
    const processor = shareOf(before, processorMilliseconds(pids), pairs.length * ROUNDS.many)
    const logged = (service?.output() ?? '').split('\n').filter(Boolean).slice(0, 5)
    const milliseconds = { oneUser, manyUsers, processorOfEachStory: processor }
    return { oneProcess: { milliseconds, residentMegabytes: memory, logged } }
  })
}

/** The server's first process: the sessions are its children. */
function findPostgres(adminUrl: string): Promise<number> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    return parentOf(rows[0]?.pid ?? 0)
  })
}

type Spent = Readonly<Record<string, number>>

/** What each of so many stories took of the processor, which is nearly the same however busy the machine is. */
function shareOf(before: Spent, after: Spent, stories: number) {
  const share = (name: string) => Math.round((((after[name] ?? 0) - (before[name] ?? 0)) / stories) * 10) / 10
  return Object.fromEntries(Object.keys(after).map((name) => [name, share(name)]))
}

/** Bot and workers in processes of their own. */
export async function measureApart(bench: Bench) {
  const { stage, pairs, slugs, say } = bench
  const measured: Record<string, unknown> = {}
  for (const workers of WORKERS) {
    say(`a bot and ${workers} workers`)
    const roles = ['bot', ...Array.from({ length: workers }, () => 'worker')]
    const measuring = withProcesses(bench, roles, async (_, place) => {
      await measureRounds(stage, place, pairs, ROUNDS.crowdWarmUp, slugs)
      return measureRounds(stage, place, pairs, ROUNDS.apart, slugs)
    })
    // What was measured before is printed all the same.
    measured[`workers${workers}`] = await measuring.catch(({ message }: Error) => ({ failed: message }))
  }
  return measured
}

type Place = Parameters<typeof measureRounds>[1]

/** Starts a process for each of these roles, the first of which answers Slack, and a bare Bolt app beside them. */
async function withProcesses<T>(
  { stage, env, entry, adminUrl }: Bench,
  roles: readonly string[],
  measure: (services: readonly Service[], place: Place) => Promise<T>,
): Promise<T> {
  const services: Service[] = []
  const urlOf = (service: Service | undefined) => `${service?.url}/slack/events`
  try {
    for (const role of roles) services.push(await startService({ ...env, ROLES: role }, entry))
    const [bot] = services
    const bare = await startService(env, ['--import', 'tsx', BARE])
    stage.slack.addReplica(urlOf(bot))
    try {
      return await measure(services, { bot: urlOf(bot), bare: urlOf(bare), adminUrl })
    } finally {
      stage.slack.removeReplica(urlOf(bot))
      await bare.stop()
    }
  } finally {
    await Promise.all(services.map((service) => service.stop()))
  }
}
