// A start that comes to nothing leaves nothing open: no session, no connection, no port and nothing that goes on by itself.
import { createServer, type Server } from 'node:net'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { loadConfig } from '../../src/config/index.ts'
import { startServices } from '../../src/services.ts'
import { botEnvironment, startStorySlack } from '../support/bot.ts'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { redisDatabase } from '../support/redis-database.ts'
import type { FakeSlack } from '../support/slack/index.ts'

const DASHBOARD = { JOBS_DASHBOARD: 'operator:a-password-for-a-test' }
const SOCKET = { SLACK_MODE: 'socket', SLACK_APP_TOKEN: 'xapp-1-A01TEST-1-a' }

let scratch: ScratchDatabase
let slack: FakeSlack
let other: Server
let taken: string

beforeAll(async () => {
  scratch = await scratchDatabase()
  slack = await startStorySlack()
  other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const address = other.address()
  taken = String(typeof address === 'object' ? address?.port : 0)
})

afterEach(() => slack.clearFaults())

afterAll(async () => {
  other.close()
  await slack.stop()
  await scratch.drop()
})

test.each([
  ['Slack refuses the token', 'auth.test', () => ({}), /SLACK_BOT_TOKEN/],
  ['the token is of another workspace', null, () => ({ SLACK_TEAM_ID: 'T0ANOTHER' }), /another workspace/],
  ['the database belongs to another environment', null, () => ({ ENVIRONMENT: 'another' }), /environment/i],
  ['somebody else has the port', null, () => ({ HTTP_PORT: taken, ...DASHBOARD }), /EADDRINUSE/],
  ['Slack opens no socket', 'apps.connections.open', () => SOCKET, /./],
] as const)('where %s, all that was opened is closed', async (_, refused, settings, why) => {
  if (refused) slack.fault({ method: refused, kind: 'error', code: 'invalid_auth', times: 100 })
  const queue = { QUEUE_BACKEND: 'redis', REDIS_URL: redisDatabase(3), SIDEKIQ_REDIS_URL: redisDatabase(4) }
  const env = botEnvironment(slack, scratch.appUrl, { ...queue, REGISTER_JOBS: 'sidekiq', ...settings() })
  await expect(startServices(loadConfig(env), pino({ level: 'silent' }))).rejects.toThrow(why)
  await expect.poll(countSessions).toBe(0)
  await expect.poll(countConnections).toBe(0)
})

function countSessions(): Promise<number> {
  return withClient(scratch.adminUrl, async (client) => {
    const ours = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'chatops_app'`
    return (await client.query(ours)).rowCount ?? 0
  })
}

/** To the two databases of Redis that this file has. */
async function countConnections(): Promise<number> {
  const redis = new Redis(redisDatabase(0))
  const list = String(await redis.client('LIST'))
  redis.disconnect()
  const numbers = [3, 4].map((index) => Number(redisDatabase(index).split('/').at(-1)))
  return list.split('\n').filter((line) => numbers.some((number) => line.includes(` db=${number} `))).length
}
