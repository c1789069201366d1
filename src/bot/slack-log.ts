import { LogLevel, type Logger as SlackLogger } from '@slack/bolt'
import type { Logger } from 'pino'

/** Bolt's and the Web API client's log as pino lines. Their debug output holds whole payloads, so nothing below a warning is passed on. */
export function slackLogger(log: Logger): SlackLogger {
  const line = (messages: unknown[]) =>
    messages.map((message) => (message instanceof Error ? message.message : String(message))).join(' ')
  return {
    debug: () => {},
    info: () => {},
    warn: (...messages) => log.warn({ slack: line(messages) }, 'Slack'),
    error: (...messages) => log.error({ slack: line(messages) }, 'Slack'),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  }
}
