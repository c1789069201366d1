import type { EventEmitter } from 'node:events'
import type { ClientBase } from 'pg'

/**
 * For a pool's `onConnect`. A new session may be ended (an administrator, a restart) after it was connected and just
 * before whoever asked for it listens for errors; an error that nobody listens for would end the process. Whoever uses
 * the session still sees the error.
 */
export function outliveLoss(client: ClientBase): void {
  client.on('error', () => {})
}

/**
 * The same, and whoever begins to listen for errors once the session is lost is told of it. BullMQ (6.7.0) keeps the
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
