import type { types } from '@slack/bolt'
import { expect } from 'vitest'
import type { Message } from '../../src/views/kit/blocks.ts'
import { markEnvironment, markView } from '../../src/views/kit/environment.ts'
import { acceptContent, acceptView } from '../support/slack/block-kit/surfaces.ts'

type Shown = { type: 'plain_text' | 'mrkdwn'; text: string }

/** Every text object in a view or message, in reading order. */
function textsOf(value: unknown): Shown[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (typeof value !== 'object' || value === null) return []
  const { type, text } = value as { type?: unknown; text?: unknown }
  if ((type === 'plain_text' || type === 'mrkdwn') && typeof text === 'string') return [{ type, text }]
  return Object.values(value).flatMap(textsOf)
}

/** Everything a person can read, put together; escapes are undone. */
export function readingOf(value: unknown): string {
  return textsOf(value).map(readable).join('\n')
}

/** The same of what stands in normal type: what is small or to be copied is left out, and where links lead. */
export function normalTypeOf(value: unknown): string {
  return readingOf(withoutSmall(value)).replace(/```[^`]*```|<https?:[^|>]*\|/g, '')
}

function withoutSmall(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => !isSmall(one)).map(withoutSmall)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSmall(inner)]))
}

function isSmall(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'context'
}

/** The same without breaks, to find a text that runs over several blocks. */
export function runOf(value: unknown): string {
  return textsOf(value).map(readable).join('')
}

function readable({ type, text }: Shown): string {
  return type === 'mrkdwn' ? text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&') : text
}

export function buttonsOf(value: unknown): { action_id: string; value: string; text: Shown; url?: string }[] {
  if (Array.isArray(value)) return value.flatMap(buttonsOf)
  if (typeof value !== 'object' || value === null) return []
  const own = (value as { type?: unknown }).type === 'button' ? [value as ReturnType<typeof buttonsOf>[number]] : []
  return [...own, ...Object.values(value).flatMap(buttonsOf)]
}

/** As long as an environment's name may be. */
const ENVIRONMENT = 'e'.repeat(32)

/**
 * Fails unless Slack would take the view, also where it names its environment, with JSON that stays small enough even if
 * every character is escaped.
 */
export function expectView(view: types.View): void {
  for (const shown of [view, markView(view, ENVIRONMENT)]) {
    acceptView(shown, view.type === 'home' ? 'home' : 'modal')
    const escaped = JSON.stringify(shown).replace(/[^\x20-\x7e]/g, '______')
    expect(escaped.length).toBeLessThan(250_000)
  }
}

/** Fails unless Slack would take the message, also where it names its environment, and people can read so much. */
export function expectMessage(message: Message): void {
  for (const shown of [message, markEnvironment(message, ENVIRONMENT)]) acceptContent({ ...shown }, 4000)
  const characters = textsOf(message.blocks).reduce((sum, { text }) => sum + text.length, 0)
  expect(characters).toBeLessThanOrEqual(12_000)
}

/** Parts of mrkdwn that Slack would interpret: links, mentions, formatting, in text that did not come from us. */
export function mrkdwnOf(value: unknown): string {
  return textsOf(value)
    .filter(({ type }) => type === 'mrkdwn')
    .map(({ text }) => text)
    .join('\n')
}
