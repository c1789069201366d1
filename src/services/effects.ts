import { createAlertPosts } from '../bot/posts/alerts.ts'
import { createBrakePosts } from '../bot/posts/brake.ts'
import { createCards } from '../bot/posts/cards.ts'
import { createDirectMessages } from '../bot/posts/direct-messages.ts'
import { createMorningPosts } from '../bot/posts/morning.ts'
import { createThreads } from '../bot/posts/threads.ts'
import type { Poster } from '../bot/slack/poster.ts'
import type { Config } from '../config/index.ts'
import type { World } from '../world.ts'

/** How each kind of message reaches Slack. */
export function createSlackEffects(config: Config, world: World, poster: Poster) {
  const { database, databaseIdentity, dttpUrl } = world
  const previewOnly = world.mode === 'preview-only'
  const { REGISTER_URL: registerUrl } = config
  const projection = { registerUrl, databaseIdentity, previewOnly, now: world.now }
  return {
    ...createCards(database, poster, projection),
    ...createThreads(database, poster, projection),
    ...createAlertPosts(database, poster, { registerUrl, dttpUrl, databaseIdentity, channel: world.alertChannel }),
    ...createBrakePosts(poster, databaseIdentity),
    ...createMorningPosts(world, poster),
    ...createDirectMessages(database, poster, { databaseIdentity, registerUrl }),
  }
}
