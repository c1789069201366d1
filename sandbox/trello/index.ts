/**
 * A small, strict Trello: one board, what the bot uses of its REST API, and a page for each card. It refuses what Trello
 * refuses, keeps what it was asked, and fails on demand. For the demo and for tests.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Card, createBoard } from './board.ts'
import { createFaults } from './faults.ts'
import { createTrelloServer, type Recorded } from './server.ts'

export type { Fault } from './faults.ts'

export type TrelloSimulatorOptions = {
  /** A free one unless given. */
  port?: number
  key?: string
  token?: string
  listId?: string
  now?: () => Date
}

export type TrelloSimulator = Awaited<ReturnType<typeof startTrelloSimulator>>

/** Starts it on 127.0.0.1, with one list and no card. */
export async function startTrelloSimulator(options: TrelloSimulatorOptions = {}) {
  const { key = '0123456789abcdef0123456789abcdef', token = `ATTA${'0f'.repeat(36)}`, now = () => new Date() } = options
  const { listId = '5abbe4b7ddc1b351ef961414' } = options
  const requests: Recorded[] = []
  const faults = createFaults()
  const board = createBoard({ listId, now, origin: () => origin })
  const server = createTrelloServer({ board, faults, requests, credentials: { key, token }, now })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    /** The API's URL, for the client. */
    url: `${origin}/1/`,
    key,
    token,
    listId,
    /** The board's cards, oldest first. */
    cards: board.cards as readonly Readonly<Card>[],
    /** What people do in Trello: put a card there (as though at some other time), change it, archive a list, add one. */
    addCard: board.add,
    changeCard: board.change,
    archiveList: (): void => board.archiveList(listId),
    addList: board.addList,
    faults,
    /** Everything that was asked, oldest first, faults included. */
    requests: requests as readonly Recorded[],
    async stop(): Promise<void> {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
