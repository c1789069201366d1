import type { ClientBase } from 'pg'

/**
 * For a pool's `onConnect`. A new session may be ended (an administrator, a restart) after it was connected and just
 * before whoever asked for it listens for errors; an error that nobody listens for would end the process. Whoever uses
 * the session still sees the error.
 */
export function outliveLoss(client: ClientBase): void {
  client.on('error', () => {})
}
