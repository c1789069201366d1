// npm run bench [-- --queue=postgres | --scale [--share=0.01]]: how fast, how heavy and how talkative the bot is, as one JSON document.
// One built process with both roles, a real Postgres (with fsync, as in production) and a real Redis; Slack is the
// strict fake, in this process, over signed HTTP. Only figures: nothing here passes or fails by a time.
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '../../sandbox/postgres.ts'
import { createRegisterDatabase, withClient } from '../../sandbox/register/database.ts'
import { crowdEnvironment, startCrowdSlack, userIds } from '../proof/crowd.ts'
import { ROOT, startService } from '../proof/process.ts'
import { seedTrainees } from '../proof/trainees.ts'
import { watchCalls } from '../proof/watch.ts'
import { startRedis } from '../support/redis.ts'
import { machineFacts, residentMegabytes } from './machine.ts'
import { measureRounds, type Pair } from './rounds.ts'
import { scale } from './scale.ts'
import { countStatements } from './statements.ts'
import { timesOf } from './statistics.ts'

const USERS = 50
const ROUNDS = { warmUp: 5, one: 60, many: 6 }
const STARTS = 5
const IDLE_MS = 5_000
const BUILD = '.sandbox/bench-build'
const BARE = fileURLToPath(new URL('./bare-bolt.ts', import.meta.url))
const BUILT = ['--enable-source-maps', `${BUILD}/main.js`]

async function main(queue: string): Promise<void> {
  const machine = machineFacts()
  build()
  const postgres = await startPostgres({ dataDir: `${ROOT}.sandbox/bench-postgres`, fsync: true })
  const redis = await startRedis(`${ROOT}.sandbox/bench-redis`)
  const name = `bench_${process.pid}`
  try {
    const { appUrl, adminUrl } = await createRegisterDatabase(postgres.adminUrl, name)
    const slugs = await seedTrainees(adminUrl, ROUNDS.warmUp + ROUNDS.one + ROUNDS.many * USERS + 4)
    const measured = await measure({ appUrl, redisUrl: queue === 'redis' ? redis.url : null }, slugs)
    console.log(
      JSON.stringify({ machine, queue, processes: 'one, with the roles bot and worker', ...measured }, null, 2),
    )
  } finally {
    await withClient(postgres.adminUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
    await redis.stop()
    await postgres.stop()
  }
}

async function measure(place: { appUrl: string; redisUrl: string | null }, slugs: string[]) {
  const crowd = { requesters: userIds('U1ASK', USERS), approvers: userIds('U2DEV', USERS), others: [] }
  const pairs = crowd.requesters.map(
    (requester, index): Pair => ({ requester, approver: crowd.approvers[index] ?? '' }),
  )
  const slack = await startCrowdSlack(crowd)
  const watch = watchCalls(slack)
  const stage = { slack, watch }
  const env = crowdEnvironment(slack, crowd, place, { ROLES: 'bot,worker' })
  try {
    say('start-up')
    const starts: number[] = []
    for (let start = 1; start < STARTS; start++) {
      const service = await startService(env, BUILT)
      starts.push(service.readyAfterMs)
      await service.stop()
    }
    const bot = await startService(env, BUILT)
    const bare = await startService(env, ['--import', 'tsx', BARE])
    const urls = { bot: `${bot.url}/slack/events`, bare: `${bare.url}/slack/events` }
    slack.addReplica(urls.bot)
    await sleep(IDLE_MS)
    const idle = residentMegabytes(bot.pid)
    const [first] = pairs
    const one = first ? [first] : []
    await measureRounds(stage, urls, one, ROUNDS.warmUp, slugs)
    say('one user')
    const alone = await measureRounds(stage, urls, one, ROUNDS.one, slugs)
    say(`${USERS} users`)
    const together = await measureRounds(stage, urls, pairs, ROUNDS.many, slugs)
    const afterLoad = residentMegabytes(bot.pid)
    const logged = bot.output().split('\n').filter(Boolean)
    slack.removeReplica(urls.bot)
    await Promise.all([bot.stop(), bare.stop()])
    say('statements')
    return {
      milliseconds: { oneUser: alone, manyUsers: together, startToReady: timesOf([...starts, bot.readyAfterMs]) },
      residentMegabytes: { idle, afterLoad },
      sqlStatements: first ? await countStatements(stage, { ...env, HTTP_PORT: '0' }, first, slugs) : {},
      logged: logged.slice(0, 5),
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
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', BUILD]
  const { status, stdout, stderr } = spawnSync(process.execPath, tsc, { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`The build failed: ${stdout}${stderr}`)
}

function say(progress: string): void {
  process.stderr.write(`${progress} …\n`)
}

/** Which bench it is to be. */
async function run(words: readonly string[]): Promise<void> {
  if (words.includes('--scale')) return scale(words)
  await main(words.includes('--queue=postgres') ? 'postgres' : 'redis')
}

run(process.argv).then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.stack)
    process.exit(1)
  },
)
