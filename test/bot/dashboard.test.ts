import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/index.ts'
import { enqueueJob } from '../../src/jobs/start/enqueue.ts'
import { type Services, startServices } from '../../src/services.ts'
import { botEnvironment, onRedis, startStorySlack } from '../support/bot.ts'
import { CHANNEL, SUPPORT } from '../support/lifecycle.ts'
import { type FakeSlack, readText } from '../support/slack/index.ts'
import { useScratch } from '../support/world.ts'

const USER = 'operator'
const PASSWORD = `£5:a-demo-${randomUUID()}`
const QUEUES = ['chatops-changes', 'chatops-gias', 'chatops-jobs', 'chatops-registrations', 'chatops-schools']

const use = useScratch()
let slack: FakeSlack

beforeAll(async () => {
  slack = await startStorySlack()
})

afterAll(async () => {
  await slack.stop()
})

describe.each(['postgres', 'redis'] as const)('the dashboard, with queues on %s', (kind) => {
  let bot: Services
  const logged: string[] = []

  beforeAll(async () => {
    bot = await start({
      JOBS_DASHBOARD: `${USER}:${PASSWORD}`,
      REGISTER_JOBS: 'own',
      ...(kind === 'redis' ? onRedis() : { QUEUE_BACKEND: 'postgres' }),
    })
  })

  afterAll(() => bot.stop())

  test.each([
    ['no credentials', {}],
    ['an empty user and password', basic('', '')],
    ['another password', basic(USER, 'x'.repeat(PASSWORD.length))],
    ['the beginning of the password', basic(USER, PASSWORD.slice(0, -1))],
    ['another user', basic('admin', PASSWORD)],
    ['the password as the user', basic(PASSWORD, USER)],
    ['what is not base64', { Authorization: 'Basic %%%' }],
    ['another scheme', { Authorization: `Bearer ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` }],
  ])('shows nothing to someone with %s, and does not say what is wrong', async (_, headers) => {
    for (const path of ['', '/', '/api/queues', '/static/images/logo.svg', '/nothing', '/%E0%A4%A']) {
      const answer = await get(path, headers)
      expect(answer.status, path).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="queues", charset="UTF-8"')
      expect(await answer.text()).toBe('Enter the user and password.\n')
    }
  })

  test('shows its page, with all that the page needs, to someone who knows the password', async () => {
    const page = await get('/')
    expect(page.status).toBe(200)
    const html = await page.text()
    const needed = [...html.matchAll(/(?:src|href)="(static\/[^"]+\.(?:js|css))"/g)].map(([, path]) => path)
    expect(needed.length).toBeGreaterThan(2)
    for (const path of needed) expect((await get(`/${path}`)).status, path).toBe(200)
  })

  test('shows every queue, none of which it offers to change', async () => {
    const queues = await readQueues()
    expect(queues.map(({ name }) => name).sort()).toEqual(QUEUES)
    for (const queue of queues) expect(queue).toMatchObject({ readOnlyMode: true, allowRetries: false })
  })

  test('shows a job that waits for its time, of which the queue knows no more than its id', async () => {
    const { database } = bot.changes
    const dueAt = new Date(Date.now() + 3600_000)
    const id = await database.transaction((sql) =>
      enqueueJob(sql, { name: 'retrieve-trn', trainee: '5901', dueAt, args: { kept: 'with us' } }),
    )
    const path = `/api/queues/chatops-jobs/job-${id}`
    const shown = await slack.until(async () => {
      const answer = await get(path)
      return answer.status === 200 ? answer.json() : null
    })
    expect(shown).toMatchObject({ status: 'delayed', job: { name: 'retrieve-trn', data: { job: id } } })
    expect(JSON.stringify(shown)).not.toContain('with us')
    expect((await send('PUT', `${path}/promote`)).status).toBe(405)
    expect(await (await get(path)).json()).toMatchObject({ status: 'delayed' })
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])('refuses %s to everyone', async (method) => {
    const paths = ['/', '/api/queues/chatops-jobs/pause', '/api/queues/pause', '/api/queues/chatops-jobs/obliterate']
    for (const path of paths) {
      for (const headers of [{}, basic(USER, PASSWORD)]) {
        const answer = await send(method, path, headers)
        expect(answer.status, path).toBe(405)
        expect(answer.headers.get('allow')).toBe('GET')
      }
    }
    expect((await readQueues()).map(({ isPaused }) => isPaused)).toEqual(QUEUES.map(() => false))
  })

  test('is kept neither by a browser nor in a frame, and takes nothing from elsewhere', async () => {
    for (const path of ['/', '/api/queues', '/static/images/logo.svg', '/nothing']) {
      for (const headers of [{}, basic(USER, PASSWORD)]) {
        const answer = await get(path, headers)
        expect(answer.headers.get('cache-control'), path).toBe('no-store')
        expect(answer.headers.get('x-frame-options')).toBe('DENY')
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
        const policy = answer.headers.get('content-security-policy')
        expect(policy).toContain(`default-src 'none'`)
        expect(policy).not.toMatch(/http|script-src[^;]*unsafe/)
      }
    }
  })

  test('answers a path that nobody can read without saying where its code is', async () => {
    const answer = await get('/queue/%E0%A4%A')
    expect(answer.status).toBe(400)
    expect(await answer.text()).toBe('The dashboard could not answer.\n')
  })

  test('leaves what Slack sends as it was signed', async () => {
    slack.addReplica(`http://127.0.0.1:${bot.port}/slack/events`)
    const before = slack.ephemerals(SUPPORT).length
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'help' })
    const [answer] = await slack.until(() => {
      const shown = slack.ephemerals(SUPPORT).slice(before)
      return shown.length > 0 ? shown : null
    })
    slack.removeReplica(`http://127.0.0.1:${bot.port}/slack/events`)
    expect(readText(answer ?? [])).toContain('How to use this command')
    expect((await fetch(`http://127.0.0.1:${bot.port}/slack/events`, { method: 'POST', body: '{}' })).status).toBe(401)
  })

  test('never writes the password into the log', () => {
    expect(logged.length).toBeGreaterThan(0)
    const both = Buffer.from(`${USER}:${PASSWORD}`).toString('base64')
    for (const secret of [PASSWORD, both]) expect(logged.join('')).not.toContain(secret)
  })

  async function start(extra: Record<string, string>): Promise<Services> {
    const config = loadConfig(botEnvironment(slack, use.scratch.appUrl, extra))
    const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) })
    return startServices(config, log)
  }

  function get(path: string, headers: Record<string, string> = basic(USER, PASSWORD)) {
    return send('GET', path, headers)
  }

  function send(method: string, path: string, headers: Record<string, string> = basic(USER, PASSWORD)) {
    return fetch(`http://127.0.0.1:${bot.port}/jobs${path}`, { method, headers, redirect: 'manual' })
  }

  async function readQueues(): Promise<{ name: string; isPaused: boolean }[]> {
    const { queues } = (await (await get('/api/queues')).json()) as { queues: { name: string; isPaused: boolean }[] }
    return queues
  }
})

test('there is no dashboard unless it is configured', async () => {
  const config = loadConfig(botEnvironment(slack, use.scratch.appUrl))
  const bot = await startServices(config, pino({ level: 'silent' }))
  for (const path of ['/jobs', '/jobs/', '/jobs/api/queues']) {
    expect((await fetch(`http://127.0.0.1:${bot.port}${path}`)).status).toBe(404)
  }
  await bot.stop()
})

test('a process that only carries out what was approved has it too', async () => {
  const env = botEnvironment(slack, use.scratch.appUrl, { JOBS_DASHBOARD: `${USER}:${PASSWORD}`, ROLES: 'worker' })
  const worker = await startServices(loadConfig(env), pino({ level: 'silent' }))
  const answer = await fetch(`http://127.0.0.1:${worker.port}/jobs/api/queues`, { headers: basic(USER, PASSWORD) })
  expect(answer.status).toBe(200)
  await worker.stop()
})

function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}
