// npm run proof [-- <name> …]: the claims that take large counts to believe, as one JSON document.
import { fileURLToPath } from 'node:url'
import { startPostgres } from '../../sandbox/postgres.ts'
import { createRegisterDatabase, withClient } from '../../sandbox/register/database.ts'
import { build } from '../support/built.ts'
import { startRedis } from '../support/redis.ts'
import { proveApprovals } from './approvals.ts'
import { proveKills } from './kills.ts'
import { spreadOverSteps } from './kills-result.ts'
import { proveLifecycle, type Replay } from './lifecycle.ts'
import { proveOutage } from './outage.ts'
import { provePolls } from './polls.ts'
import { provePostgresVersions } from './postgres-versions.ts'
import { proveReRegister } from './re-register.ts'
import { spread } from './re-register-points.ts'
import { proveRegistrations, spreadOverPoints } from './registrations.ts'
import { proveSchools } from './schools.ts'
import { proveSidekiq } from './sidekiq.ts'
import { proveSidekiqRequests } from './sidekiq-requests.ts'
import { proveSidekiqScale } from './sidekiq-scale.ts'
import { everyPoint, proveSleeps } from './sleeps.ts'
import { proveStops } from './stops.ts'
import { proveContract, proveParity, proveScanner } from './suites.ts'
import { proveVersions } from './versions.ts'
import { proveYear } from './year.ts'

const SANDBOX = fileURLToPath(new URL('../../.sandbox/', import.meta.url))
const APPROVALS = { people: 20, times: 10, intruders: 10 }
const KILLS = 50
/** How often a worker sleeps at each point, on each queue. */
const SLEEPS = 5
const LIFECYCLE = { runs: 500, steps: 50 }
const ACCOUNTS = 50_000
/** How often each version asks and approves for the other. */
const VERSION_ROUNDS = 5
const STORIES_OF_A_YEAR = 200
/** OUTAGE_SECONDS: how long Slack is away. */
const OUTAGE = { forMs: Number(process.env['OUTAGE_SECONDS'] ?? 185) * 1_000, everyMs: 3_000 }
const SIDEKIQ = { dead: 10_000, scheduled: 10_000, queued: 100_000 }
const POLLS = { polls: 10_000, kills: 5 }

type Proof = { problems: readonly string[] }

async function main(names: readonly string[]): Promise<number> {
  const removeBuilt = build()
  const postgres = await startPostgres({ dataDir: `${SANDBOX}proof-postgres`, fsync: false })
  const redis = await startRedis(`${SANDBOX}proof-redis`)
  const databases: string[] = []
  const place = async (what: string, redisUrl: string | null) => {
    const name = `proof_${process.pid}_${what}`
    databases.push(name)
    return { ...(await createRegisterDatabase(postgres.adminUrl, name)), redisUrl }
  }
  const queue = (index: number) => redis.url.replace(/\d+$/, String(index))

  const proofs: Record<string, () => Promise<Proof>> = {
    approvals: async () => proveApprovals(await place('approvals', queue(1)), APPROVALS),
    kills: async () => {
      const places = { redis: await place('kills_redis', queue(2)), postgres: await place('kills_postgres', null) }
      return proveKills(places, spreadOverSteps(KILLS), { say })
    },
    lifecycle: async () => proveLifecycle(await place('lifecycle', null), { ...LIFECYCLE, replay: findReplay() }, say),
    polls: async () => {
      const places = { redis: await place('polls_redis', queue(6)), postgres: await place('polls_postgres', null) }
      return provePolls(places, { ...POLLS, say })
    },
    registrations: async () => {
      const redis = await place('registrations_redis', queue(5))
      const places = { redis, postgres: await place('registrations_postgres', null) }
      return proveRegistrations(places, spreadOverPoints(KILLS), { say })
    },
    sleeps: async () => {
      const places = { redis: await place('sleeps_redis', queue(7)), postgres: await place('sleeps_postgres', null) }
      return proveSleeps(places, everyPoint(SLEEPS), { say })
    },
    stops: async () => {
      const places = { redis: await place('stops_redis', queue(8)), postgres: await place('stops_postgres', null) }
      return proveStops(places, { times: SLEEPS, say })
    },
    're-register': async () => {
      const redis = await place('re_register_redis', queue(7))
      const places = { redis, postgres: await place('re_register_postgres', null) }
      return proveReRegister(places, spread(KILLS), { say })
    },
    schools: async () => proveSchools(await place('schools', queue(4)), { accounts: ACCOUNTS, say }),
    sidekiq: async () => {
      const { appUrl, adminUrl } = await place('sidekiq', null)
      const redisUrls = { sidekiqUrl: queue(9), notesUrl: queue(10) }
      const blows = { ...redisUrls, kills: KILLS, each: 20, say }
      return proveSidekiq({ appUrl, adminUrl, redisUrl: null }, blows)
    },
    'sidekiq-requests': async () => {
      const { appUrl, adminUrl } = await place('sidekiq_requests', null)
      const redisUrls = { sidekiqUrl: queue(11), notesUrl: queue(12) }
      return proveSidekiqRequests({ appUrl, adminUrl, redisUrl: null }, { ...redisUrls, blows: 30, say })
    },
    outage: async () => proveOutage(await place('outage', null), OUTAGE, say),
    'sidekiq-scale': async () => {
      const { appUrl } = await place('sidekiq_scale', null)
      return proveSidekiqScale({ appUrl, redisUrl: queue(8) }, { ...SIDEKIQ, say })
    },
    contract: proveContract,
    parity: proveParity,
    versions: async () => {
      const name = `proof_${process.pid}_versions`
      databases.push(name)
      const directory = `${SANDBOX}earlier-versions`
      return proveVersions({ adminUrl: postgres.adminUrl, name, redisUrl: queue(8), directory }, VERSION_ROUNDS, say)
    },
    year: async () => proveYear(await place('year', queue(9)), STORIES_OF_A_YEAR, say),
    postgres: async () => provePostgresVersions(`${SANDBOX}postgres-versions`, [13, 14, 15, 16, 17, 18], say),
    scanner: proveScanner,
  }
  try {
    const unknown = names.filter((name) => !Object.hasOwn(proofs, name))
    if (unknown.length > 0) {
      say(`There is no proof ${unknown.join(', ')}. Name any of these: ${Object.keys(proofs).join(', ')}.`)
      return 2
    }
    const results: Record<string, object> = {}
    for (const [name, prove] of Object.entries(proofs)) {
      if (names.length > 0 && !names.includes(name)) continue
      say(`${name} …`)
      const began = performance.now()
      const result = await prove().catch((error: Error): Proof => ({ problems: [`could not be run: ${error.stack}`] }))
      const seconds = Math.round((performance.now() - began) / 1000)
      results[name] = { holds: result.problems.length === 0, seconds, ...result }
      say(`${name} ${result.problems.length === 0 ? 'holds' : 'DOES NOT HOLD'} (${seconds} s)`)
    }
    const holds = Object.values(results).every((result) => (result as { holds: boolean }).holds)
    console.log(JSON.stringify({ holds, node: process.version, ...results }, null, 2))
    return holds ? 0 : 1
  } finally {
    for (const name of databases) {
      await withClient(postgres.adminUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
    }
    removeBuilt()
    await redis.stop()
    await postgres.stop()
  }
}

/** `LIFECYCLE_REPLAY="<seed> <path> <replayPath>"`, as a failure prints them, repeats just that. */
function findReplay(): Replay | undefined {
  const [seed, path, replayPath] = process.env['LIFECYCLE_REPLAY']?.split(' ') ?? []
  return seed && path && replayPath ? { seed: Number(seed), path, replayPath } : undefined
}

function say(progress: string): void {
  process.stderr.write(`${progress}\n`)
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.stack)
    process.exit(1)
  },
)
