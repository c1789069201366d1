// The ways a text can be read: as it stands, with its escapes undone, and each with letters as people type them without
// accents, in German and Nordic spelling (ü as ue), by their likeness, and by their sound.
import { createRequire } from 'node:module'

/** Escapes are undone so many times, since a link may contain another one. */
const LAYERS = 3

/** Every different reading of a text, in small plain letters and with one kind of apostrophe. */
export function readingsOf(text: string): string[] {
  const readings = new Set([...new Set([text, decode(text)])].flatMap(foldings))
  return [...new Set([...readings].flatMap((reading) => [reading, lettersJoined(reading)]))]
}

/** The ways people write one name or place; the first is the plainest. */
export function foldings(text: string): string[] {
  return [...new Set([foldPlain(text), foldPlain(withDigraphs(text)), foldPlain(bySound(text))])]
}

/** The same, and as a name of any script is written in ours. */
export function foldingsOfName(name: string): string[] {
  return [...foldings(name), foldPlain(transliterate(name.normalize('NFC')))]
}

/**
 * In small letters, without accents and invisible characters, and with plain letters in place of those that only look
 * like them.
 */
export function foldPlain(text: string): string {
  const known = new Map<string, string>()
  const plain = (letter: string): string => {
    const found = known.get(letter) ?? plainLetter(letter)
    known.set(letter, found)
    return found
  }
  return text
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase()
    .replace(/[^\p{ASCII}]/gu, plain)
    .replace(/\p{M}/gu, '')
    .replace(/[’‘‛ʼ`′]/g, "'")
}

/** ł as l, ß as ss; and an а of another alphabet as the a that it looks like. */
function plainLetter(letter: string): string {
  return /\p{Script=Latin}/u.test(letter) ? transliterate(letter) : unhomoglyph(letter)
}

// Their tables take a tenth of a second to load, so they are loaded when they are first needed.
const load = createRequire(import.meta.url)

function transliterate(text: string): string {
  return (load('transliteration') as typeof import('transliteration')).transliterate(text)
}

function unhomoglyph(letter: string): string {
  return (load('unhomoglyph') as typeof import('unhomoglyph').default)(letter)
}

const DIGRAPHS = new Map(Object.entries({ ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa', ø: 'oe' }))

function withDigraphs(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[äöüåø]/g, (letter) => DIGRAPHS.get(letter) ?? letter)
}

/** Alphabets as they sound. A character of Chinese or Japanese means a word, so it stays. */
function bySound(text: string): string {
  return text.replace(/(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[^\p{ASCII}])+/gu, (run) =>
    transliterate(run.normalize('NFC')),
  )
}

/** Without percent-encoding, HTML entities and Unicode escapes, also those within one another. */
function decode(text: string): string {
  let decoded = text
  for (let layer = 0; layer < LAYERS; layer++) decoded = decodeOnce(decoded)
  return decoded
}

const ACCENTS: Readonly<Record<string, string>> = {
  ...{ uml: '\u0308', acute: '\u0301', grave: '\u0300', circ: '\u0302', tilde: '\u0303' },
  ...{ cedil: '\u0327', ring: '\u030a', caron: '\u030c', slash: '\u0338' },
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: '&', apos: "'", quot: '"', nbsp: ' ', plus: '+', percnt: '%', commat: '@', comma: ',', shy: '' },
  ...{ szlig: 'ß', aelig: 'æ', oelig: 'œ', oslash: 'ø', thorn: 'þ', eth: 'ð', rsquo: '’', lsquo: '‘' },
}

function decodeOnce(text: string): string {
  return text
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'))
    .replace(/(?:[%\\]u|U\+|\\x\{?|\\u\{)([0-9a-f]{2,6})\}?/gi, (whole, code: string) => character(whole, code, 16))
    .replace(/&#x([0-9a-f]{1,6});?/gi, (whole, code: string) => character(whole, code, 16))
    .replace(/&#(\d{1,7});?/g, (whole, code: string) => character(whole, code, 10))
    .replace(/&([a-z])(uml|acute|grave|circ|tilde|cedil|ring|caron|slash);/gi, (_, letter: string, accent: string) =>
      letter.concat(ACCENTS[accent.toLowerCase()] ?? ''),
    )
    .replace(/&([a-z]{2,6});/gi, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? whole)
}

function character(whole: string, code: string, base: number): string {
  const point = Number.parseInt(code, base)
  return point <= 0x10ffff ? String.fromCodePoint(point) : whole
}

/** "M u l l e r" as "Muller": three or more letters that stand alone. */
function lettersJoined(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}])\p{L}(?:[ .\-_*]\p{L}){2,}(?![\p{L}\p{N}])/gu, (run) =>
    run.replace(/[^\p{L}]/gu, ''),
  )
}

/** Letters and digits between single spaces. */
export function spaced(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
}

/** The words of a folded text between single spaces. */
export function plainWords(folded: string): string {
  return spaced(folded.replaceAll("'", ''))
}

/** The same without the spaces. */
export function squeeze(folded: string): string {
  return plainWords(folded).replaceAll(' ', '')
}

/** Whether words, between single spaces, hold a phrase of whole words. */
export function holds(words: string, phrase: string): boolean {
  return words.includes(` ${phrase} `)
}
