/** What the client needs of a log, such as pino's. It logs names, statuses and card ids, never what is on a card. */
export type Log = {
  debug: (fields: object, message: string) => void
  warn: (fields: object, message: string) => void
}
