// Two versions of the bot side by side, as during an upgrade: the one before the newest migration, and this one.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { pino } from 'pino'
import { databaseUrls, upgradeRegisterDatabase } from '../../sandbox/register/database.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { loadConfig } from '../../src/config/index.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { type Services, startServices } from '../../src/services.ts'
import { approveRequest, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { crowdEnvironment, startCrowdSlack } from './crowd.ts'
import { ROOT, startNode, startService } from './process.ts'
import { lookAtRequests, ROUTE, seedTrainees } from './trainees.ts'

const EARLIER = fileURLToPath(new URL('./earlier.ts', import.meta.url))
const CROWD = { requesters: [SUPPORT], approvers: [DEVELOPER], others: [] }
const WAIT_MS = 180_000

type Place = { adminUrl: string; name: string; redisUrl: string; directory: string }

/** Who asks and who approves: each version for the other, too. */
const PAIRS = [
  ['earlier', 'earlier'],
  ['earlier', 'this'],
  ['this', 'earlier'],
  ['this', 'this'],
] as const

/** Tells stories before, during and after an upgrade; `rounds` times each pair of versions. */
export async function proveVersions(place: Place, rounds: number, say: (text: string) => void) {
  const { commit, folder } = checkOut(place.directory)
  say(`the earlier version is ${commit.slice(0, 7)}`)
  const { appUrl, adminUrl } = databaseUrls(place.adminUrl, place.name)
  await byEarlier(folder, {}, 'prepare', place.adminUrl, place.name)
  const slugs = await seedTrainees(adminUrl, 2 + rounds * PAIRS.length)
  const slack = await startCrowdSlack(CROWD)
  const settings = (ROLES: string) => crowdEnvironment(slack, CROWD, { appUrl, redisUrl: place.redisUrl }, { ROLES })
  const asked = async (by: 'earlier' | 'this', bot: Services | null) => {
    const subject = slugs.pop() ?? ''
    if (by === 'earlier' || !bot) return byEarlier(folder, settings('bot'), 'request', subject)
    return (await sendRequest(bot.changes, 'fix-route', { subject, route: ROUTE, reason: 'Proof', ticket: '' })).id
  }
  const admin = new pg.Client(adminUrl)
  await admin.connect()
  let bot: Services | null = null
  try {
    const worksEarlier = { ...settings('worker'), ...compiledAs(folder) }
    const earlier = await startService(worksEarlier, ['--import', 'tsx', join(folder, 'src/main.ts')])
    const before = await asked('earlier', null)
    await byEarlier(folder, settings('bot'), 'approve', before)
    const waiting = await asked('earlier', null)
    await isOver(admin, 1)

    await upgradeRegisterDatabase(place.adminUrl, place.name)
    say('upgraded; both versions run')
    bot = await startServices(loadConfig(settings('bot')), pino({ level: 'silent' }))
    const worker = await startService(settings('worker'))
    await approveRequest(bot.changes, await getRequest(bot.changes.database, waiting))
    for (const [asks, approves] of Array.from({ length: rounds }, () => PAIRS).flat()) {
      const id = await asked(asks, bot)
      if (approves === 'this') await approveRequest(bot.changes, await getRequest(bot.changes.database, id))
      else await byEarlier(folder, settings('bot'), 'approve', id)
    }
    await isOver(admin, 2 + rounds * PAIRS.length)
    await Promise.all([earlier.stop(), worker.stop()])
    const requests = [...(await lookAtRequests(admin)).values()]
    const wrong = requests.filter(({ status, audits, executed }) => status !== 'done' || audits !== 1 || executed !== 1)
    const { entries, broken } = await verifyLedger(bot.changes.database)
    const problems = [
      ...wrong.map(
        ({ id, status, audits, executed }) => `CR-${id}: ${status}, ${audits} audits, ${executed} executions`,
      ),
      ...(broken ? [`the ledger is broken at ${broken.seq}: ${broken.why}`] : []),
    ]
    return { earlier: commit, requests: requests.length, entries, problems }
  } finally {
    await bot?.stop()
    await admin.end()
    await slack.stop()
  }
}

/** The version before the newest migration, in a folder of its own with our packages. */
function checkOut(directory: string): { commit: string; folder: string } {
  const migrations = ['log', '-1', '--format=%H', '--diff-filter=A', '--', 'src/entities/migrations']
  const commit = run('git', ['rev-parse', `${run('git', migrations)}^`])
  const folder = join(directory, commit)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const archive = `git archive ${commit} | tar -x -C "$1"`
  run('bash', ['-o', 'pipefail', '-c', archive, 'archive', folder])
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return { commit, folder }
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

async function byEarlier(folder: string, env: Record<string, string>, ...words: string[]): Promise<string> {
  const { ended } = startNode(['--import', 'tsx', EARLIER, folder, ...words], { ...env, ...compiledAs(folder) })
  const { code, output } = await ended
  if (code !== 0) throw new Error(`the earlier version failed: ${output.slice(-2000)}`)
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
