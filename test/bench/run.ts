// npm run bench [-- --queue=postgres | --profile | --scale [--share=0.01]]: how fast, how heavy and how talkative the bot is, as one JSON document.
// The built bot, a real Postgres (with fsync, as in production) and a real Redis; Slack is the strict fake, in this process,
// over signed HTTP. Only figures: nothing here passes or fails by a time.
import { spawnSync } from 'node:child_process'
import { startPostgres } from '../../sandbox/postgres.ts'
import { createRegisterDatabase, withClient } from '../../sandbox/register/database.ts'
import { crowdEnvironment, startCrowdSlack, userIds } from '../proof/crowd.ts'
import { ROOT } from '../proof/process.ts'
import { seedTrainees } from '../proof/trainees.ts'
import { watchCalls } from '../proof/watch.ts'
import { startRedis } from '../support/redis.ts'
import { type Bench, measureApart, measureStarts, measureTogether, USERS } from './crowds.ts'
import { machineFacts } from './machine.ts'
import { startProfile } from './profile.ts'
import { scale } from './scale.ts'
import { countIdle, countStatements } from './statements.ts'

const BUILD = '.sandbox/bench-build'
const PROFILES = `${ROOT}.sandbox/bench-profiles`
const BUILT = ['--enable-source-maps', `${BUILD}/main.js`]
/** The stories of a run and then some. */
const TRAINEES = 3_000

type Settings = { queue: 'redis' | 'postgres'; isProfiled: boolean }

async function main({ queue, isProfiled }: Settings): Promise<void> {
  const machine = machineFacts()
  build()
  const postgres = await startPostgres({ dataDir: `${ROOT}.sandbox/bench-postgres`, fsync: true })
  const redis = await startRedis(`${ROOT}.sandbox/bench-redis`)
  const name = `bench_${process.pid}`
  try {
    const { appUrl, adminUrl } = await createRegisterDatabase(postgres.adminUrl, name)
    const slugs = await seedTrainees(adminUrl, TRAINEES)
    const place = { appUrl, redisUrl: queue === 'redis' ? redis.url : null }
    const measured = await measure(place, adminUrl, slugs, isProfiled)
    console.log(JSON.stringify({ machine, queue, ...measured }, null, 2))
  } finally {
    await withClient(postgres.adminUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
    await redis.stop()
    await postgres.stop()
  }
}

async function measure(
  place: { appUrl: string; redisUrl: string | null },
  adminUrl: string,
  slugs: string[],
  isProfiled: boolean,
) {
  const crowd = { requesters: userIds('U1ASK', USERS), approvers: userIds('U2DEV', USERS), others: [] }
  const pairs = crowd.requesters.map((requester, index) => ({ requester, approver: crowd.approvers[index] ?? '' }))
  const slack = await startCrowdSlack(crowd)
  const watch = watchCalls(slack)
  const stage = { slack, watch }
  const env = crowdEnvironment(slack, crowd, place)
  const profile = isProfiled ? startProfile(PROFILES) : null
  const bench: Bench = { stage, env, entry: [...(profile?.arguments ?? []), ...BUILT], adminUrl, pairs, slugs, say }
  try {
    if (profile) return { ...(await measureTogether(bench)), largestCosts: profile.read() }
    const startToReady = await measureStarts(bench)
    const together = await measureTogether(bench)
    const apart = await measureApart(bench)
    say('statements, and a minute and a half of doing nothing')
    const [first] = pairs
    const own = { ...env, HTTP_PORT: '0' }
    return {
      startToReady,
      ...together,
      apart,
      sqlStatements: first ? await countStatements(stage, own, first, slugs) : {},
      idleStatementsPerSecond: await countIdle(own),
      violations: slack.takeViolations().map(({ where, what }) => `${where}: ${what}`),
    }
  } finally {
    watch.stop()
    await slack.stop()
  }
}

/** The bot as production runs it. */
function build(): void {
  say('build')
  const bundle = ['build.mjs', BUILD, 'src/main.ts', 'src/cli.ts']
  const { status, stdout, stderr } = spawnSync(process.execPath, bundle, { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`The build failed: ${stdout}${stderr}`)
}

function say(progress: string): void {
  process.stderr.write(`${progress} …\n`)
}

/** Which bench it is to be. */
async function run(words: readonly string[]): Promise<void> {
  const unknown = words.filter((word) => !KNOWN.test(word))
  if (unknown.length > 0) throw new Error(`Not known: ${unknown.join(' ')}. ${USAGE}`)
  if (words.includes('--scale')) return scale(words)
  const queue = words.includes('--queue=postgres') ? 'postgres' : 'redis'
  await main({ queue, isProfiled: words.includes('--profile') })
}

const KNOWN = /^(--queue=(redis|postgres)|--profile|--scale|--share=\d(\.\d+)?)$/
const USAGE = 'Usage: npm run --silent bench [-- --queue=postgres | --profile | --scale [--share=0.01]]'

run(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.stack)
    process.exit(1)
  },
)
