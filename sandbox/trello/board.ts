// What Trello holds: a board, its lists, their cards.

export type Card = {
  id: string
  idBoard: string
  idList: string
  name: string
  desc: string
  /** Whether it is archived. */
  closed: boolean
  shortLink: string
  shortUrl: string
}

export type Board = ReturnType<typeof createBoard>

/** `origin`: where the cards' pages are. */
export function createBoard(settings: { listId: string; now: () => Date; origin: () => string }) {
  const id = '5abbe4b7ddc1b351ef961413'
  const lists = new Map([[settings.listId.toLowerCase(), { name: 'Support', closed: false }]])
  const cards: Card[] = []
  let made = 0

  return {
    id,
    cards,
    findList: (listId: string) => lists.get(listId.toLowerCase()) ?? null,

    archiveList(listId: string): void {
      const list = lists.get(listId.toLowerCase())
      if (list) list.closed = true
    },

    /** Adds a list; returns its id. */
    addList(name: string): string {
      const listId = createId(settings.now(), ++made)
      lists.set(listId, { name, closed: false })
      return listId
    },

    /** Puts a card there; returns it. Its id tells when it was made, to the second. */
    add(card: { name: string; desc?: string; idList?: string; at?: Date }): Card {
      const { name, desc = '', idList = settings.listId, at = settings.now() } = card
      const cardId = createId(at, ++made)
      const shortLink = made.toString(36).padStart(8, '0')
      const shortUrl = `${settings.origin()}/c/${shortLink}`
      const added = { id: cardId, idBoard: id, idList, name, desc, closed: false, shortLink, shortUrl }
      cards.push(added)
      return added
    },

    /** Whether there was such a card. */
    remove(cardId: string): boolean {
      const at = cards.findIndex(({ id }) => id === cardId)
      if (at !== -1) cards.splice(at, 1)
      return at !== -1
    },

    change(cardId: string, changes: Partial<Pick<Card, 'name' | 'desc' | 'idList' | 'closed'>>): void {
      const card = cards.find((one) => one.id === cardId)
      if (!card) throw new Error('The simulator holds no such card')
      Object.assign(card, changes)
    },
  }
}

/** The second it was made in, as Trello's ids begin, and a number. */
function createId(at: Date, number: number): string {
  const seconds = Math.floor(at.getTime() / 1000)
  return `${seconds.toString(16).padStart(8, '0')}${number.toString(16).padStart(16, '0')}`
}
