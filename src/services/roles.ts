import { type RunningBot, startBot } from '../bot/app.ts'
import type { Clicks } from '../bot/clicks.ts'
import { namedClient } from '../bot/naming.ts'
import { readRefusal } from '../bot/slack/errors.ts'
import { createPoster } from '../bot/slack/poster.ts'
import { createReceipts, withReceipts } from '../bot/slack/receipts.ts'
import { createTrelloCards } from '../changes/verify/trello-cards.ts'
import type { Config } from '../config/index.ts'
import { createHomeRound } from '../handlers/app-home.ts'
import { answerPosted } from '../handlers/messages.ts'
import type { QueueBackend } from '../queue/backend.ts'
import { STEADY, startLoop } from '../queue/loop.ts'
import { createWaker } from '../queue/waker.ts'
import { CHANGES_QUEUE, type RunningWorker, startWorker } from '../queue/worker.ts'
import type { World } from '../world.ts'
import { createSlackEffects } from './effects.ts'
import { type Slack, slackSettings } from './slack.ts'
import { createTrello } from './upstreams.ts'
import type { Web } from './web.ts'

/** How soon a post of Register's is answered whose event was lost. */
const WATCH_MS = 10 * 60_000
/** How often it is looked whether a Home tab that is open is out of date. */
const HOME_LOOK_MS = 5_000

/** Carries out what was approved, runs jobs, and sends the outbox. */
export function startWorkerRole(config: Config, world: World, slack: Slack, backend: QueueBackend): RunningWorker {
  const trello = createTrello(config, world.log)
  const speaking = withReceipts(namedClient(slack.client, slack.speaker), createReceipts(world.database))
  const poster = createPoster(speaking, slack.line, [...world.channels, ...(slack.posts?.channels ?? [])])
  const effects = { ...createSlackEffects(config, world, poster), trello: createTrelloCards(world, trello) }
  const settings = { retention: config.RETENTION, isSlackOpen: slack.line.isOpen }
  const worker = startWorker(world, backend, effects, settings)
  return {
    nudge: worker.nudge,
    takeNoMore: worker.takeNoMore,
    async stop() {
      await worker.stop()
      trello?.close()
    },
  }
}

/** Answers people in Slack. Without a worker in this process it wakes one in another. */
export async function startBotRole(
  config: Config,
  world: World,
  slack: Slack,
  { web, clicks, backend, worker }: { web: Web; clicks: Clicks; backend: QueueBackend; worker: RunningWorker | null },
): Promise<RunningBot> {
  const waker = worker ? null : createWaker(backend.openQueue(CHANGES_QUEUE), world.log)
  const { posts, permalink, watched } = slack
  const nudge = () => (worker ? worker.nudge() : waker?.wake())
  const context = { changes: world, allowedChannels: config.ALLOWED_CHANNELS, posts, nudge, readRefusal, permalink }
  const bot = await startBot(context, slackSettings(config, slack), { web: web.app, clicks }, world.log).catch(
    async (error: unknown) => {
      await waker?.stop()
      throw error
    },
  )
  const hear = (message: object) => answerPosted(context, message)
  const often = { interval: WATCH_MS, pace: STEADY }
  const reading = startLoop(world.log, 'the look at watched channels', often, () =>
    watched.look(hear).then(() => false),
  )
  const round = createHomeRound(context, namedClient(slack.client, slack.speaker))
  const homes = startLoop(world.log, 'the Home tabs', { interval: HOME_LOOK_MS, pace: STEADY }, round)
  return {
    isConnected: bot.isConnected,
    async stop() {
      await Promise.all([bot.stop(), reading.stop(), homes.stop()])
      await waker?.stop()
    },
  }
}
