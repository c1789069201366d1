import type { Logger } from 'pino'
import type { TrelloClient } from '../changes/verify/trello-cards.ts'
import type { Config } from '../config/index.ts'
import { createDttpClient, type DttpClient } from '../dttp/client/index.ts'
import { createSidekiqClient, type SidekiqClient } from '../sidekiq/index.ts'
import { createTrelloClient } from '../trello/index.ts'

/** A shutdown waits for longer than this, so a write has ended by then. */
const DTTP_WRITE_TIMEOUT_MS = 20_000

export function createDttp(config: Config, log: Logger): DttpClient {
  return createDttpClient({
    organisation: config.DTTP_URL,
    tokenUrl: config.DTTP_TOKEN_URL,
    clientId: config.DTTP_CLIENT_ID,
    clientSecret: config.DTTP_CLIENT_SECRET,
    timeouts: { write: DTTP_WRITE_TIMEOUT_MS },
    log,
  })
}

export function createSidekiq(config: Config, log: Logger): SidekiqClient | undefined {
  const { REGISTER_JOBS, SIDEKIQ_REDIS_URL: url, SIDEKIQ_SENTINELS: sentinels } = config
  const { SIDEKIQ_SENTINEL_USER: sentinelUser, SIDEKIQ_SENTINEL_PASSWORD: sentinelPassword } = config
  if (REGISTER_JOBS !== 'sidekiq' || !url) return undefined
  return createSidekiqClient({ url, sentinels, sentinelUser, sentinelPassword }, log)
}

/** Null where Trello is not set up: then people are given the text of a card. */
export function createTrello(config: Config, log: Logger): TrelloClient | null {
  const { TRELLO_KEY: key, TRELLO_TOKEN: token, TRELLO_LIST_ID: listId, TRELLO_API_URL: apiUrl } = config
  if (!key || !token || !listId) return null
  return createTrelloClient({ key, token, listId, ...(apiUrl ? { apiUrl } : {}), log })
}
