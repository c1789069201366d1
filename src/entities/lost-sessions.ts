import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { ClientBase } from 'pg'

/**
 * For a pool's `onConnect`. A new session may be ended (an administrator, a restart) after it was connected and just
 * before whoever asked for it listens for errors; an error that nobody listens for would end the process. Whoever uses
 * the session still sees the error.
 */
export function outliveLoss(client: ClientBase): void {
  client.on('error', () => {})
}

/** Longer than any statement of ours may take. */
export const LONGEST_SILENCE_MS = 45_000

/**
 * The same, and a session is lost once the database has owed an answer, and said nothing, for this long. A machine that is
 * gone or frozen closes no connection, and the operating system notices after a quarter of an hour or never.
 */
export function giveUpSilent(afterMs: number): (client: ClientBase) => void {
  return (client) => {
    outliveLoss(client)
    const session = client as unknown as Session
    const { stream } = session.connection
    stream.setTimeout(afterMs)
    stream.on('timeout', () => {
      if (session.readyForQuery) return
      stream.destroy(Object.assign(new Error('the database does not answer'), { code: 'ETIMEDOUT' }))
    })
  }
}

/** What pg (8.23) has of a session, and its types do not say; it is not ready while it waits for an answer. */
type Session = { readyForQuery: boolean; connection: { stream: Socket } }

/**
 * As outliveLoss, and whoever begins to listen for errors once the session is lost is told of it. BullMQ (6.7.0) keeps the
 * session that its worker listens on until it hears of an error; with a lost one the worker would get no more jobs.
 */
export function outliveAndTellLoss(client: ClientBase): void {
  let loss: Error | null = null
  client.on('error', (error) => {
    loss ??= error
  })
  const emitter: EventEmitter = client
  emitter.on('newListener', (event, listener) => {
    if (event === 'error' && loss) setImmediate(listener, loss)
  })
}
