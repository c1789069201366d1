/** What the client needs of a log; pino's logger is one. It is given names, statuses and card ids, never contents. */
export type Log = {
  debug: (fields: object, message: string) => void
  warn: (fields: object, message: string) => void
}
