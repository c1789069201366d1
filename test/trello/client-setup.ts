// A simulated Trello and a client for it, as the tests of the client start from.
import { startTrelloSimulator } from '../../sandbox/trello/index.ts'
import { createTrelloClient, TrelloError, type TrelloSettings } from '../../src/trello/index.ts'

export type Trello = Awaited<ReturnType<typeof startTrello>>

/** The outbox id of the card that the tests ask for, and the last line it is known by. */
export const KEY = '3f0c1f5e-6d0b-4f3a-9a7e-2b1d5c8e9f00'
export const MARKER = `Reference: trainee-chatops/${KEY}`

export const CARD = {
  ...{ key: KEY, title: 'School missing from DTTP', text: 'URN 100000 is not known.', again: false },
  isHeld: async () => true,
}

export async function startTrello(settings: Partial<TrelloSettings> = {}) {
  const now = (): Date => new Date('2021-10-27T15:06:47Z')
  const logged: string[] = []
  const note = (fields: object, message: string): void => void logged.push(JSON.stringify({ ...fields, message }))
  const simulator = await startTrelloSimulator({ now })
  const { url: apiUrl, key, token, listId } = simulator
  const given = { apiUrl, key, token, listId, now, log: { debug: note, warn: note }, ...settings }
  const client = createTrelloClient(given)
  return {
    simulator,
    client,
    given,
    logged,
    /** The paths asked for, in order. */
    asked: () => simulator.requests.map(({ method, path }) => `${method} ${path}`),
    /** The cards that were made for the outbox row. */
    made: () => simulator.cards.filter(({ desc }) => desc.endsWith(MARKER)),
    async stop(): Promise<void> {
      client.close()
      await simulator.stop()
    },
  }
}

/** The TrelloError it fails with; null if it does not fail. */
export async function failureOf(attempt: Promise<unknown>): Promise<TrelloError | null> {
  try {
    await attempt
    return null
  } catch (error) {
    if (error instanceof TrelloError) return error
    throw error
  }
}
