// What the stories in a browser play on: the demo's people, trainees and simulated systems, and the page of its Slack.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { botSettings, startBot, waitUntilReady } from '../../sandbox/demo/bot.ts'
import { addQuietPolls } from '../../sandbox/demo/jobs.ts'
import type { Upstreams } from '../../sandbox/demo/upstreams.ts'
import { openUpstreams } from '../../sandbox/demo/upstreams.ts'
import { demoWorkspace } from '../../sandbox/demo/workspace.ts'
import { startLocalSlack } from '../../sandbox/local-slack.ts'
import { freePort } from '../../sandbox/ports.ts'
import { openRecords, type Records } from '../../sandbox/tour/records.ts'
import { demoDatabase } from '../support/database.ts'
import { startChromium } from './chromium.ts'
import { SlackPage } from './slack-page.ts'

const NEVER_MS = 24 * 3600_000

export type Stage = { slack: SlackPage; records: Records; upstreams: Upstreams }

/** A stage of its own for each test, in one browser for all of a file's. */
export function useStage(): Stage {
  const use = {} as Stage
  const stops: (() => unknown)[] = []
  const session = { onStop: (stop: () => unknown) => void stops.push(stop), interrupted: new AbortController().signal }
  let browser: Browser

  beforeAll(async () => {
    browser = await startChromium()
  })

  afterAll(() => browser.close())

  beforeEach(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chatops-browser-'))
    session.onStop(() => rmSync(directory, { recursive: true, force: true }))
    const database = await demoDatabase()
    session.onStop(database.drop)
    await addQuietPolls(database.appUrl)
    use.records = await openRecords(database.adminUrl)
    session.onStop(use.records.close)
    use.upstreams = await openUpstreams({ ...session, directory }, database.adminUrl, {
      usualPorts: false,
      trnAfterMs: NEVER_MS,
    })
    const url = await startSlackAndBot(directory, database.appUrl)
    use.slack = await openPage(url)
  })

  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  async function startSlackAndBot(directory: string, databaseUrl: string): Promise<string> {
    const signingSecret = 'a'.repeat(32)
    const local = await startLocalSlack({
      filesDir: join(directory, 'files'),
      configPath: join(directory, 'slack.yaml'),
      workspace: demoWorkspace(signingSecret),
    })
    session.onStop(local.stop)
    const httpPort = await freePort()
    const places = { slackUrl: local.url, databaseUrl, signingSecret, httpPort, upstreams: use.upstreams.settings }
    const soon = { VERIFY_AGAIN_AFTER: '1s', POLL_EVERY: '1s' }
    const bot = startBot({ ...botSettings(places), ...soon }, join(directory, 'bot.log'))
    session.onStop(bot.stop)
    await waitUntilReady(httpPort, session.interrupted)
    return local.url
  }

  async function openPage(url: string): Promise<SlackPage> {
    const page = await browser.newPage({
      viewport: { width: 860, height: 2300 }, // tall enough for a whole review; beside the sidebar, 640 for messages
      deviceScaleFactor: 1.25,
      timezoneId: 'Europe/London',
      locale: 'en-GB',
    })
    session.onStop(() => page.close())
    page.setDefaultTimeout(120_000)
    const slack = new SlackPage(page)
    await slack.open(url)
    return slack
  }

  return use
}
