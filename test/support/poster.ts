// The poster as services.ts builds it, on the fake Slack.
import { webApi } from '@slack/bolt'
import { pino } from 'pino'
import { createSlackLine } from '../../src/bot/slack/line.ts'
import { slackLogger } from '../../src/bot/slack/log.ts'
import { createPoster } from '../../src/bot/slack/poster.ts'
import type { Report } from '../../src/world.ts'
import type { FakeSlack } from './slack/index.ts'

/** What the poster told others. */
type Told = { woken: string[]; reported: string[] }

export function posterOn(
  slack: FakeSlack,
  listeners: { wake?: (waitsFor: string) => Promise<void>; report?: Report; hasAnswered?: boolean } = {},
  channels: Pick<readonly string[], 'includes'> = { includes: () => true },
) {
  const told: Told = { woken: [], reported: [] }
  const client = new webApi.WebClient('xoxb-test', {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: slackLogger(pino({ level: 'silent' })),
  })
  const tell: Parameters<typeof createSlackLine>[1] = {
    async wake(waitsFor) {
      told.woken.push(waitsFor)
      await listeners.wake?.(waitsFor)
    },
    async report(trouble, facts) {
      told.reported.push(facts['code'] ?? trouble)
      await listeners.report?.(trouble, facts)
    },
  }
  const line = createSlackLine(client, tell, listeners.hasAnswered ?? true)
  return { client, line, poster: createPoster(client, line, channels), told }
}
