/**
 * What the client needs of a log, such as pino's. It logs names, statuses and durations, never what is in a request.
 */
export type Log = {
  debug: (fields: object, message: string) => void
  warn: (fields: object, message: string) => void
}
