import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { botEnvironment, onRedis, startStorySlack } from '../support/bot.ts'
import { nodeRuns } from '../support/built.ts'
import { demoDatabase, type ScratchDatabase } from '../support/database.ts'
import { CHANNEL, SUPPORT } from '../support/lifecycle.ts'
import { type FakeSlack, readText } from '../support/slack/index.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

let child: ChildProcess | null = null
let slack: FakeSlack | null = null
let scratch: ScratchDatabase | null = null
let output = ''

afterEach(async () => {
  child?.kill('SIGKILL')
  await slack?.stop()
  await scratch?.drop()
  child = slack = scratch = null
  output = ''
})

describe('a process', () => {
  test('refuses to start on a configuration that is incomplete, naming every problem and no value', async () => {
    start({ SLACK_BOT_TOKEN: 'hunter2', HTTP_PORT: 'eighty' })
    const [code] = await once(child as ChildProcess, 'exit')
    expect(code).toBe(1)
    for (const name of [
      'APPROVERS',
      'REQUESTERS',
      'SLACK_SIGNING_SECRET',
      'SLACK_BOT_TOKEN',
      'HTTP_PORT',
      'DATABASE_URL',
    ]) {
      expect(output).toContain(name)
    }
    expect(output).not.toContain('hunter2')
  })

  test('refuses a bot token of another workspace', async () => {
    const world = await startWorld()
    start({ ...world.env, SLACK_TEAM_ID: 'T0OTHER' })
    const [code] = await once(child as ChildProcess, 'exit')
    expect(code).toBe(1)
    expect(output).toContain('another workspace')
  })

  test('is ready, answers, and on SIGTERM finishes what it is answering before it exits', async () => {
    const world = await startWorld()
    start(world.env)
    await world.ready()
    world.slack.fault({ method: 'users.info', kind: 'slow', ms: 1_000 })
    await world.slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901' })
    child?.kill('SIGTERM')
    const [code] = await once(child as ChildProcess, 'exit')
    expect(code).toBe(0)
    expect(readText(world.slack.view(SUPPORT) ?? [])).toContain('New route')
  })

  test('stops as it should if it is asked to while it starts', async () => {
    const world = await startWorld()
    world.slack.fault({ method: 'auth.test', kind: 'slow', ms: 1_000 })
    start(world.env)
    await world.slack.until(() => world.slack.callsTo('auth.test').length > 0)
    child?.kill('SIGTERM')
    expect(await once(child as ChildProcess, 'exit')).toEqual([0, null])
    expect(output).toContain('"stopped"')
  })

  test('logs no name, no token and nothing that was typed', async () => {
    const world = await startWorld()
    start({ ...world.env, LOG_LEVEL: 'debug' })
    await world.ready()
    await world.slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5909 assessment_only' })
    await world.slack.until(() => world.slack.view(SUPPORT))
    await world.slack.submit({ user: SUPPORT, values: { reason: 'a very particular reason' } })
    await world.slack.until(() => readText(world.slack.view(SUPPORT) ?? []).includes('Not sent yet'))
    await world.slack.submit({ user: SUPPORT })
    await world.slack.until(() => world.slack.messages(CHANNEL).length === 1)
    child?.kill('SIGTERM')
    await once(child as ChildProcess, 'exit')
    for (const secret of ['xoxb-', world.env['SLACK_SIGNING_SECRET'] ?? '', 'particular', 'Demo', 'example.test/']) {
      expect(output).not.toContain(secret)
    }
  })
})

async function startWorld() {
  scratch = await demoDatabase()
  slack = await startStorySlack()
  const port = await freePort()
  slack.addReplica(`http://127.0.0.1:${port}/slack/events`)
  const env: Record<string, string> = {
    ...botEnvironment(slack, scratch.appUrl),
    ...onRedis(),
    HTTP_PORT: String(port),
    LOG_LEVEL: 'info',
  }
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => null)
  return {
    slack,
    env,
    async ready() {
      await slack?.until(async () => (await get('/readyz'))?.status === 200, 'the process is ready')
      expect((await get('/healthz'))?.status).toBe(200)
      expect(await (await get('/readyz'))?.json()).toEqual({
        ...{ ready: true, database: true, queue: true, slack: true },
        unanswered: 'Register’s own posts: REGISTER_POSTS_IN is not set',
      })
    },
  }
}

function start(env: Record<string, string>): void {
  const { PATH, HOME } = process.env
  child = spawn(process.execPath, nodeRuns('src/main.ts'), { cwd: ROOT, env: { PATH, HOME, ...env } })
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    output += chunk
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}
