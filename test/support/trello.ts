// A Trello for stories: the simulator, and the settings of a bot that adds cards to it.
import { afterEach, beforeEach } from 'vitest'
import { startTrelloSimulator, type TrelloSimulator } from '../../sandbox/trello/index.ts'

export function trelloEnvironment({ url, key, token, listId }: TrelloSimulator): Record<string, string> {
  return { TRELLO_API_URL: url, TRELLO_KEY: key, TRELLO_TOKEN: token, TRELLO_LIST_ID: listId }
}

/** One for each test of a file. Call it before `useStory`, so that it outlives the bot. */
export function useStoryTrello() {
  const use = {} as { trello: TrelloSimulator }
  beforeEach(async () => {
    use.trello = await startTrelloSimulator()
  })
  afterEach(() => use.trello.stop())
  return use
}
