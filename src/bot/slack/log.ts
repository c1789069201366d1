import { LogLevel, type Logger as SlackLogger } from '@slack/bolt'
import type { Logger } from 'pino'
import { describeError } from '../../error-facts.ts'

/**
 * How those lines of Bolt and the Web API client begin that we pass on. What follows in them may be anybody's words.
 */
const KNOWN = [
  ...['WebSocket error', 'Failed to retrieve a new WSS URL', 'Failed to send a message', 'Failed to send ping'],
  ...['Failed to send a WebSocket message', "A ping wasn't received", "A pong wasn't received"],
  ...['Peer did not complete the close handshake', 'WebSocket not available', 'http request failed'],
  ...['An unhandled error occurred', 'An unexpected error occurred during a request', 'ack() has already been called'],
  ...['An incoming event was not acknowledged', 'Could not determine the type of an incoming event'],
  ...['Authorization of incoming event did not succeed', 'Slack API error', 'Rate limited', 'HTTP error'],
  ...[
    'Request verification failed',
    'Failed to verify authenticity',
    'Request body exceeded',
    'Malformed request body',
  ],
  ...['The `text` argument is missing', 'Expected ErrorEvent', 'Expected MessageEvent', 'Expected CloseEvent'],
]

/**
 * Bolt's and the Web API client's log as pino lines. Their debug output holds whole payloads, so nothing below a warning
 * is passed on; and their warnings hold what Slack answered, so of these only the beginning that we know.
 */
export function slackLogger(log: Logger): SlackLogger {
  return {
    debug: () => {},
    info: () => {},
    warn: (...messages) => log.warn({ slack: messages.map(passedOn) }, 'Slack'),
    error: (...messages) => log.error({ slack: messages.map(passedOn) }, 'Slack'),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  }
}

function passedOn(message: unknown): string {
  if (message instanceof Error) return describeError(message)
  const text = String(message)
  return KNOWN.find((beginning) => text.startsWith(beginning)) ?? 'something we do not know'
}
