import type { types } from '@slack/bolt'
import { count } from '../../words.ts'

// What people wrote and what the database holds is shown as plain text, which Slack does not interpret. Mrkdwn is only
// for our own words, mentions and links.

/** What people take for one character; a longer one (stacked accents) may be broken. */
const LONGEST_CHARACTER = 40
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The text with the three characters escaped by which Slack recognises links, mentions and channels. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * The text for mrkdwn beside words of our own: nothing in it is interpreted, as what would be gives way to spaces. Of a colon
 * that is so only where an emoji may begin, and not in "4:08am".
 */
export function inert(text: string): string {
  return escapeText(text.replace(/[*_~`]/g, ' ').replace(/:(?=[^\s:]+:)/g, ': '))
}

/** The text for mrkdwn, whole: a mark of Slack's is followed by a joiner that nobody sees, so that it formats nothing. */
export function unformatted(text: string): string {
  return escapeText(text).replace(/[*_~`:]/g, (mark) => `${mark}\u2060`)
}

/** A text object that is shown as it is. Never empty, which Slack refuses: white space alone becomes visible. */
export function plain(text: string): types.PlainTextElement {
  const shown = text.trim() === '' ? text.replace(/\s/g, '·') || 'empty' : text
  return { type: 'plain_text', text: shown, emoji: false }
}

/** A text object with formatting, for our own words; Slack adds no links or mentions of its own. */
export function mrkdwn(text: string): types.MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true }
}

/** The text in bold, or plain if a character in it could mean something else to Slack. */
export function strong(text: string): types.TextObject {
  const safe = /^(?:[\p{L}\p{N}\p{Extended_Pictographic} ’“”,.;()?!/+–-]|\uFE0F|: )+$/u
  return safe.test(text) && text === text.trim() ? mrkdwn(`*${text}*`) : plain(text)
}

/** A mention of a Slack user for mrkdwn; for what the bot did by itself, "the bot". */
export function mention(userId: string | null): string {
  if (userId === 'chatops') return 'the bot'
  if (userId === 'operator') return 'an operator'
  return userId !== null && /^[A-Za-z0-9]+$/.test(userId) ? `<@${userId}>` : 'someone'
}

/** A link for mrkdwn; the address itself where it cannot be one. */
export function linkTo(url: string, words: string): string {
  const safe = /^https?:\/\/[^\s<>|]+$/.test(url)
  return safe ? `<${url}|${escapeText(words).replaceAll('|', '/')}>` : escapeText(url)
}

/** A mention for mrkdwn of the user or the user group who is called. */
export function call(id: string): string {
  return /^S[A-Z0-9]+$/.test(id) ? `<!subteam^${id}>` : mention(id)
}

/** The most characters that Slack may count in this text: an escaped character counts with its escape. */
export function size(text: string): number {
  return escapeText(text).length
}

/**
 * The text in pieces of at most `max` characters; put together they are the text again. Breaks after a line or a word
 * where there is one, and never inside a character.
 */
export function split(text: string, max: number): string[] {
  const pieces: string[] = []
  let start = 0
  for (let end = reach(text, start, max); end < text.length; end = reach(text, start, max)) {
    const at = breakBefore(text, start, end)
    pieces.push(text.slice(start, at))
    start = at
  }
  return [...pieces, text.slice(start)]
}

/** How far `max` characters go from `start`. */
function reach(text: string, start: number, max: number): number {
  let end = start
  for (let room = max; end < text.length; end++) {
    const character = text.charAt(end)
    room -= character === '&' ? 5 : character === '<' || character === '>' ? 4 : 1
    if (room < 0) break
  }
  return end
}

/** The last good place to break in the later half, at most `end`: after a word, or else between two characters. */
function breakBefore(text: string, start: number, end: number): number {
  const piece = text.slice(start, end)
  const word = start + Math.max(piece.lastIndexOf('\n'), piece.lastIndexOf(' ')) + 1
  const half = start + piece.length / 2
  if (word > half) return word
  // Only the text around the break: segmenting takes time in the square of the length.
  const from = Math.max(start, end - LONGEST_CHARACTER)
  const character = GRAPHEMES.segment(text.slice(from, end + LONGEST_CHARACTER)).containing(end - from)
  const at = from + (character?.index ?? 0)
  if (at > half) return at
  return /[\uDC00-\uDFFF]/.test(text.charAt(end)) ? end - 1 : end
}

/** The text itself, or its beginning and how many characters are left out. Room for fewer than 100 leaves only "…". */
export function shorten(text: string, max: number): string {
  if (size(text) <= max) return text
  if (max < 100) return `${split(text, max - 1)[0]?.trimEnd()}…`
  const [shown = ''] = split(text, max - 40)
  return `${shown}… (${count([...text.slice(shown.length)].length, 'more character')})`
}
