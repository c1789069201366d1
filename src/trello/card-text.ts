// A card's name and description, made of plain text so that Trello shows what was written and nobody is notified.
import { TrelloError } from './errors.ts'

/** The longest name and the longest description Trello takes, in UTF-16 units (API reference, `PUT /1/cards/{id}`). */
const LONGEST = 16_384

/** A character that is not seen and does not join words. */
const GAP = '\u200b'

const LINE_BREAK = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/

/** Characters that change how a line looks without being seen; a zero-width joiner is left, as emoji are made with it. */
const HIDDEN = /(?!\u200d)[\p{Cc}\p{Cf}]/gu

/** What may be Markdown anywhere in a line, and what at its beginning (CommonMark 0.31.2 §2.4, §2.5, §4, §5 and §6). */
const INLINE = /[\\`*[\]<>~|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|&(?=#?\w+;)/gu
const AT_BEGINNING = /^([\s\u200b]*)([#+=-]|\d+(?=[.)]))/

/**
 * The title as a card's name: one line, which Trello does not read as Markdown. Throws TrelloError `refused` if it is
 * empty or too long.
 */
export function cardName(title: string): string {
  const line = calm(title.split(LINE_BREAK).join(' ').replace(/\s+/g, ' ').trim())
  if (line === '') throw refused('title-empty')
  return bounded(isSpecial(line) ? `${GAP}${line}` : line, 'title-too-long')
}

/** The text as a card's description, with the marker as its last line. Throws TrelloError `refused` if it is too long. */
export function cardDescription(text: string, marker: string): string {
  const lines = text.split(LINE_BREAK).map((line) => escapeLine(line.trimEnd()))
  // Two spaces make a line break where a mere line end is taken for a space.
  const body = lines.map((line, at) => (line && lines[at + 1] ? `${line}  ` : line)).join('\n')
  return bounded(`${body.trimEnd()}\n\n${marker}`.replace(/^\n+/, ''), 'text-too-long')
}

/** The line by which a card is known to be the one for `key`. */
export function markerOf(key: string): string {
  return `Reference: trainee-chatops/${key}`
}

/** Whether it is the description's last line; anywhere else it is something that somebody wrote. */
export function endsWithMarker(description: string, marker: string): boolean {
  return description.trimEnd().split(LINE_BREAK).at(-1) === marker
}

function escapeLine(line: string): string {
  const indented = line.replace(/^\s+/, (indent) => '\u00a0'.repeat(indent.replaceAll('\t', '    ').length))
  return withoutBadLinks(calm(indented))
    .replace(INLINE, '\\$&')
    .replace(AT_BEGINNING, (_, before: string, sign: string) =>
      /\d/.test(sign) ? `${before}${sign}\\` : `${before}\\${sign}`,
    )
}

/** The text without mentions and emoji names, and with hidden characters written out, as "{U+202E}". */
function calm(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('\t', ' ')
    .replace(HIDDEN, (character) => `{U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}}`)
    .replace(/@(?=[\p{L}\p{N}_])/gu, `@${GAP}`)
    .replace(/:(?=[+-]?[a-z][\w+-]*:)/gi, `:${GAP}`)
}

/**
 * Trello takes whatever we add to a web address for a part of it. So an address to which something has to be added is
 * written in a way that Trello does not link.
 */
function withoutBadLinks(line: string): string {
  return line.replace(/\w+:(?=\/\/)|www(?=\.)/gi, (start: string, at: number) => {
    const [rest = ''] = /^\S*/.exec(line.slice(at + start.length)) ?? []
    return rest.includes(GAP) || rest.search(INLINE) !== -1 ? `${start}${GAP}` : start
  })
}

/** Whether Trello would show a name as something else: dashes as a line, an address as a link. */
function isSpecial(name: string): boolean {
  return /^[-_*=\s]+$/.test(name) || /^https?:\/\/\S+$/i.test(name)
}

function bounded(text: string, code: string): string {
  if (text.length > LONGEST) throw refused(code)
  return text
}

function refused(code: string): TrelloError {
  return new TrelloError('refused', 'add card', { code })
}
