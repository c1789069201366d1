// Two versions of the bot side by side, as during an upgrade: the one before the newest migration, and this one; then this
// one, and a later one whose playbook has another version.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { pino } from 'pino'
import {
  createRegisterDatabase,
  databaseUrls,
  upgradeRegisterDatabase,
  withClient,
} from '../../sandbox/register/database.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { loadConfig } from '../../src/config/index.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { type Services, startServices } from '../../src/services.ts'
import { approveRequest, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { crowdEnvironment, startCrowdSlack } from './crowd.ts'
import { ROOT, startNode, startService } from './process.ts'
import { lookAtRequests, ROUTE, seedTrainees } from './trainees.ts'

const OTHER = fileURLToPath(new URL('./other-version.ts', import.meta.url))
const CROWD = { requesters: [SUPPORT], approvers: [DEVELOPER], others: [] }
/** What only the other version can carry out waits for its worker to be hinted at, again every half minute. */
const WAIT_MS = 600_000

type Place = { adminUrl: string; name: string; redisUrl: string; directory: string }

/** Who asks and who approves: each version for the other, too. */
const PAIRS = [
  ['earlier', 'earlier'],
  ['earlier', 'this'],
  ['this', 'earlier'],
  ['this', 'this'],
] as const

/** Tells stories before, during and after an upgrade; `rounds` times each pair of versions, and each of two that differ. */
export async function proveVersions(place: Place, rounds: number, say: (text: string) => void) {
  const upgraded = await proveUpgrade(place, rounds, say)
  const differing = await proveDiffering({ ...place, name: `${place.name}_differing` }, rounds, say)
  return { upgraded, differing, problems: [...upgraded.problems, ...differing.problems] }
}

async function proveUpgrade(place: Place, rounds: number, say: (text: string) => void) {
  const commit = beforeNewestMigration()
  const folder = checkOut(place.directory, commit)
  say(`the earlier version is ${commit.slice(0, 7)}`)
  const { appUrl, adminUrl } = databaseUrls(place.adminUrl, place.name)
  await byOther(folder, {}, 'prepare', place.adminUrl, place.name)
  const slugs = await seedTrainees(adminUrl, 2 + rounds * PAIRS.length)
  const slack = await startCrowdSlack(CROWD)
  const settings = (ROLES: string) => crowdEnvironment(slack, CROWD, { appUrl, redisUrl: place.redisUrl }, { ROLES })
  const asked = async (by: 'earlier' | 'this', bot: Services | null) => {
    const subject = slugs.pop() ?? ''
    if (by === 'earlier' || !bot) return byOther(folder, settings('bot'), 'request', subject)
    return (await sendRequest(bot.changes, 'fix-route', { subject, route: ROUTE, reason: 'Proof', ticket: '' })).id
  }
  const admin = new pg.Client(adminUrl)
  await admin.connect()
  let bot: Services | null = null
  try {
    const worksEarlier = { ...settings('worker'), ...compiledAs(folder) }
    const earlier = await startService(worksEarlier, ['--import', 'tsx', join(folder, 'src/main.ts')])
    const before = await asked('earlier', null)
    await byOther(folder, settings('bot'), 'approve', before)
    const waiting = await asked('earlier', null)
    await isOver(admin, 1)

    const migrated = await countMigrations(admin)
    await upgradeRegisterDatabase(place.adminUrl, place.name)
    const added = (await countMigrations(admin)) - migrated
    if (added < 1) throw new Error('both versions have the same migrations')
    say(`upgraded by ${added} migrations; both versions run`)
    bot = await startServices(loadConfig(settings('bot')), pino({ level: 'silent' }))
    const worker = await startService(settings('worker'))
    await approveRequest(bot.changes, await getRequest(bot.changes.database, waiting))
    for (const [asks, approves] of Array.from({ length: rounds }, () => PAIRS).flat()) {
      const id = await asked(asks, bot)
      if (approves === 'this') await approveRequest(bot.changes, await getRequest(bot.changes.database, id))
      else await byOther(folder, settings('bot'), 'approve', id)
    }
    await isOver(admin, 2 + rounds * PAIRS.length)
    await Promise.all([earlier.stop(), worker.stop()])
    return { earlier: commit, migrations: added, ...(await lookAtAll(admin, bot)) }
  } finally {
    await bot?.stop()
    await admin.end()
    await slack.stop()
  }
}

/** Each version's own requests, while a worker of each takes whatever hint it gets. */
async function proveDiffering(place: Place, rounds: number, say: (text: string) => void) {
  const folder = checkOut(place.directory, run('git', ['rev-parse', 'HEAD']))
  raisePlaybook(join(folder, 'src/playbooks/fix-route/index.ts'))
  const { appUrl, adminUrl } = databaseUrls(place.adminUrl, place.name)
  await createRegisterDatabase(place.adminUrl, place.name)
  const slugs = await seedTrainees(adminUrl, 2 * rounds)
  const slack = await startCrowdSlack(CROWD)
  const settings = (ROLES: string) => crowdEnvironment(slack, CROWD, { appUrl, redisUrl: place.redisUrl }, { ROLES })
  const admin = new pg.Client(adminUrl)
  await admin.connect()
  const bot = await startServices(loadConfig(settings('bot')), pino({ level: 'silent' }))
  try {
    const later = { ...settings('worker'), ...compiledAs(folder) }
    const workers = await Promise.all([
      startService(later, ['--import', 'tsx', join(folder, 'src/main.ts')]),
      startService(settings('worker')),
    ])
    say('two versions of a playbook run')
    for (let round = 0; round < rounds; round++) {
      const form = { subject: slugs.pop() ?? '', route: ROUTE, reason: 'Proof', ticket: '' }
      await approveRequest(bot.changes, await sendRequest(bot.changes, 'fix-route', form))
      const id = await byOther(folder, settings('bot'), 'request', slugs.pop() ?? '')
      await byOther(folder, settings('bot'), 'approve', id)
    }
    await isOver(admin, 2 * rounds)
    await Promise.all(workers.map((worker) => worker.stop()))
    return await lookAtAll(admin, bot)
  } finally {
    await bot.stop()
    await admin.end()
    await slack.stop()
    await dropDatabase(place)
  }
}

/** Each request is to be done, once. */
async function lookAtAll(admin: pg.Client, bot: Services) {
  const requests = [...(await lookAtRequests(admin)).values()]
  const wrong = requests.filter(({ status, audits, executed }) => status !== 'done' || audits !== 1 || executed !== 1)
  const { entries, broken } = await verifyLedger(bot.changes.database)
  const problems = [
    ...wrong.map(({ id, status, audits, executed }) => `CR-${id}: ${status}, ${audits} audits, ${executed} executions`),
    ...(broken ? [`the ledger is broken at ${broken.seq}: ${broken.why}`] : []),
  ]
  return { requests: requests.length, entries, problems }
}

async function countMigrations(admin: pg.Client): Promise<number> {
  return (await admin.query('SELECT count(*)::int AS count FROM chatops.migrations')).rows[0].count
}

async function dropDatabase({ adminUrl, name }: Place): Promise<void> {
  await withClient(adminUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
}

function beforeNewestMigration(): string {
  const migrations = ['log', '-1', '--format=%H', '--diff-filter=A', '--', 'src/entities/migrations']
  return run('git', ['rev-parse', `${run('git', migrations)}^`])
}

/** Makes the next version of the one playbook in this file. */
function raisePlaybook(file: string): void {
  const source = readFileSync(file, 'utf8')
  const raised = source.replace(/^ {2}version: (\d+),$/m, (_, version) => `  version: ${Number(version) + 1},`)
  if (raised === source) throw new Error('the playbook says no version')
  writeFileSync(file, raised)
}

/** A version of ours, in a folder of its own with our packages. */
function checkOut(directory: string, commit: string): string {
  const folder = join(directory, commit)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const archive = `git archive ${commit} | tar -x -C "$1"`
  run('bash', ['-o', 'pipefail', '-c', archive, 'archive', folder])
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

function run(program: string, words: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${words[0]} failed: ${stderr}`)
  return stdout.trim()
}

/** tsx compiles a file by the options of the configuration that it is under. */
function compiledAs(folder: string): Record<string, string> {
  return { TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json') }
}

async function byOther(folder: string, env: Record<string, string>, ...words: string[]): Promise<string> {
  const { ended } = startNode(['--import', 'tsx', OTHER, folder, ...words], { ...env, ...compiledAs(folder) })
  const { code, output } = await ended
  if (code !== 0) throw new Error(`the other version failed: ${output.slice(-2000)}`)
  return output.trim()
}

async function isOver(admin: pg.Client, count: number): Promise<void> {
  const deadline = performance.now() + WAIT_MS
  const ask = `SELECT count(*)::int AS over FROM chatops.change_requests WHERE finished_at IS NOT NULL`
  while ((await admin.query(ask)).rows[0].over < count) {
    if (performance.now() > deadline) return
    await sleep(100)
  }
}
