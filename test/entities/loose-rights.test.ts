// Postgres 14, and what was upgraded from it: everybody may create tables in the schema "public".
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { botEnvironment, startBot, startStorySlack } from '../support/bot.ts'
import { chatops } from '../support/built.ts'
import { useScratch } from '../support/world.ts'

const SCRIPT = readFileSync('src/entities/revoke-create.sql', 'utf8')
const DENIED = { code: '42501' }

const use = useScratch({ rows: 'demo' })
let rails: string
const notices: string[] = []

beforeAll(async () => {
  use.admin.on('notice', ({ message }) => notices.push(message ?? ''))
  rails = `rails_${use.scratch.name}`
  await use.admin.query(`CREATE ROLE ${rails}; GRANT CREATE ON SCHEMA public TO PUBLIC`)
  await use.admin.query(`SET ROLE ${rails}; CREATE TABLE public.of_rails (); RESET ROLE`)
})

afterAll(async () => {
  await use.admin.query(`DROP OWNED BY ${rails}; DROP ROLE ${rails}`)
})

test('the bot starts there, and readiness and check-config say what to do', async () => {
  const slack = await startStorySlack()
  const bot = await startBot(slack, use.scratch.appUrl)
  const answer = await fetch(`http://127.0.0.1:${bot.port}/readyz`)
  expect(await answer.json()).toMatchObject({
    database: true,
    warnings: [expect.stringContaining('run revoke-create.sql')],
  })
  expect(await checkConfig()).toContain('run revoke-create.sql')
  await bot.stop()
  await slack.stop()
})

test('run by somebody who may not, the script says that nothing was changed', async () => {
  await use.admin.query(`SET ROLE ${rails}`)
  await expect(use.admin.query(SCRIPT)).rejects.toThrow(/Nothing was changed: .* Run this as its owner/)
  await use.admin.query('RESET ROLE')
  notices.splice(0)
  expect(await checkConfig()).toContain('run revoke-create.sql')
})

test('the script gives the right to whoever owns something there, says so, and takes it from everybody else', async () => {
  await withApp((app) => app.query('CREATE TABLE public.of_everybody ()'))
  await use.admin.query('DROP TABLE public.of_everybody')
  await use.admin.query(SCRIPT)
  expect(notices.splice(0)).toEqual([
    'GRANT CREATE ON SCHEMA public TO rails',
    `GRANT CREATE ON SCHEMA public TO ${rails}`,
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
  ])
  await use.admin.query(`SET ROLE ${rails}; CREATE TABLE public.of_rails_too (); RESET ROLE`)
  await withApp((app) => expect(app.query('CREATE TABLE public.of_everybody ()')).rejects.toMatchObject(DENIED))
  expect(await checkConfig()).not.toContain('revoke-create.sql')
  await use.admin.query(SCRIPT)
  expect(notices).toEqual(['Not everybody may create in "public": there is nothing to do.'])
})

async function withApp(act: (app: pg.Client) => Promise<unknown>): Promise<void> {
  const app = new pg.Client(use.scratch.appUrl)
  await app.connect()
  await act(app)
  await app.end()
}

async function checkConfig(): Promise<string> {
  const slack = await startStorySlack()
  const checked = chatops(['check-config'], botEnvironment(slack, use.scratch.appUrl))
  const { stdout } = await checked.finally(() => slack.stop())
  return stdout
}
