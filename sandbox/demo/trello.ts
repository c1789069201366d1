// The demo's Trello: its cards are kept from run to run, as links to them stay in the channel.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTrelloSimulator, type TrelloSimulator } from '../trello/index.ts'

type Kept = Pick<TrelloSimulator['cards'][number], 'id' | 'name' | 'desc' | 'closed'>

/** Starts it with the cards of earlier runs; `stop` keeps those that there are by then. */
export async function startDemoTrello(directory: string, port: number): Promise<TrelloSimulator> {
  const file = join(directory, 'trello.json')
  const simulator = await startTrelloSimulator({ port })
  for (const { id, name, desc, closed } of readKept(file)) {
    const card = simulator.addCard({ name, desc, at: madeAt(id) }) // in their order, so with their old links
    if (closed) simulator.changeCard(card.id, { closed })
  }
  return {
    ...simulator,
    async stop() {
      await simulator.stop()
      writeFileSync(file, JSON.stringify(simulator.cards))
    },
  }
}

function readKept(file: string): Kept[] {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
}

/** A Trello id begins with the second it was made in. */
function madeAt(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8), 16) * 1000)
}
