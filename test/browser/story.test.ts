// The story once more, clicked in a real browser: what a person sees, and the README's pictures.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bot, botSettings, startBot, waitUntilReady } from '../../sandbox/demo/bot.ts'
import { demoWorkspace, PEOPLE } from '../../sandbox/demo/workspace.ts'
import { type LocalSlack, startLocalSlack } from '../../sandbox/local-slack.ts'
import { freePort } from '../../sandbox/ports.ts'
import { withClient } from '../../sandbox/register/database.ts'
import { seedRegister } from '../../sandbox/register/seed.ts'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { startChromium } from './chromium.ts'
import { SlackPage } from './slack-page.ts'

const SLUG = 'eDEpiD3DVSPKtyHVtgTKxe71'

let directory: string
let database: ScratchDatabase
let local: LocalSlack | undefined
let bot: Bot | undefined
let browser: Browser
let slack: SlackPage

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'chatops-browser-'))
  database = await scratchDatabase()
  await seedRegister(database.adminUrl)
  const signingSecret = 'a'.repeat(32)
  local = await startLocalSlack({
    filesDir: join(directory, 'files'),
    configPath: join(directory, 'slack.yaml'),
    workspace: demoWorkspace(signingSecret),
  })
  const httpPort = await freePort()
  const settings = botSettings({ slackUrl: local.url, databaseUrl: database.appUrl, signingSecret, httpPort })
  bot = startBot({ ...settings, VERIFY_AGAIN_AFTER: '1s' }, join(directory, 'bot.log'))
  await waitUntilReady(httpPort, new AbortController().signal)
  browser = await startChromium()
  const viewport = { width: 860, height: 1750 } // tall enough for a whole review; beside the sidebar, 640 for messages
  const page = await browser.newPage({
    viewport,
    deviceScaleFactor: 1.25,
    timezoneId: 'Europe/London',
    locale: 'en-GB',
  })
  page.setDefaultTimeout(15_000)
  slack = new SlackPage(page)
  await slack.open(local.url)
})

afterEach(async () => {
  await browser?.close()
  await bot?.stop()
  await local?.stop()
  await database?.drop()
  rmSync(directory, { recursive: true, force: true })
})

test('asked for by support, reviewed and approved by a developer, and done', { timeout: 120_000 }, async () => {
  await slack.actAs(PEOPLE.support.real_name)
  await slack.type(`/trainee fix-route ${SLUG}`)
  const form = await slack.modal('New route')
  await slack.fill('New route', 'School direct (salaried)')
  await slack.fill('Reason', 'The provider chose the wrong route')
  await slack.fill('Support ticket', 'T-1042')
  await slack.picture('1-form.png', form)

  await slack.select('Check')
  const preview = await slack.modal('Not sent yet')
  expect(await preview.innerText()).toContain('Provider-led (postgrad) → School direct (salaried)')
  expect(await slack.undrawn()).toBe(0)
  await slack.picture('2-preview.png', preview)

  await slack.select('Ask for approval')
  expect(await (await slack.modal('is waiting for approval')).innerText()).toContain('#register-support')
  await slack.select('Close')
  const card = await slack.message('CR-1 is waiting for approval')
  expect(await card.innerText()).toContain('The provider chose the wrong route')
  expect(await card.innerText()).not.toContain('Demoone')
  await slack.picture('3-card.png', card)

  await slack.select('Review & approve')
  await slack.modal('You cannot approve your own request')
  await slack.select('Close')

  await slack.actAs(PEOPLE.developer.real_name)
  await slack.select('Review & approve')
  const review = await slack.modal('What the checks found')
  expect(await review.innerText()).toContain('6 September 2021 → empty')
  expect(await slack.undrawn()).toBe(0)
  await slack.picture('4-review.png', review)
  await slack.select('Approve')
  await slack.modal('You approved CR-1')
  await slack.select('Close')

  const outcome = await slack.message('CR-1 is done')
  await outcome.getByText('4 replies').waitFor()
  expect(await outcome.innerText()).toContain('Approved by @Demo Developer')
  await slack.picture('5-outcome.png', outcome)
  const thread = await slack.openThread(outcome)
  await thread.getByText('Receipt for CR-1').waitFor()
  expect(await thread.innerText()).toContain('To do by hand')

  expect(await slack.undrawn()).toBe(0)

  const [trainee] = await withClient(database.adminUrl, async (client) => {
    const { rows } = await client.query('SELECT training_route, course_start_date FROM trainees WHERE slug = $1', [
      SLUG,
    ])
    return rows
  })
  expect(trainee).toEqual({ training_route: 4, course_start_date: null })
})
