// People who cannot be mistaken for anything else, what other systems' messages may quote of them, in every spelling, and
// how to find it again in any text.
import messages from '../fixtures/dttp-messages.json' with { type: 'json' }

export const TRAINEE = {
  first: 'Zoëlinde',
  last: 'Quäckenbrügg',
  dob: '1987-03-29',
  email: 'zoelinde.quackenbrugg@wolkenfeld.example',
  address: '77 Klonkerstiege',
  postcode: 'ZW1 9ZW',
  trn: '8642097',
}

const OTHER = { other_first: 'Übülmar', other_last: 'Żwińskopf' }

export const DATES = [
  ...['29 March 1987', '29/03/1987', '1987-03-29', '29Mar1987', '29.3.87', '03/29/1987', 'March 29th, 1987'],
  ...[
    'the 29th of March 1987',
    '19870329',
    '1987/3/29',
    '29-MAR-87',
    'Mar-29-1987',
    '29 March',
    '/Date(543974400000)/',
  ],
]

type Spelling = (text: string) => string

const perLetter =
  (write: (letter: string) => string): Spelling =>
  (text) =>
    [...text].map((letter) => (/[\p{L}\p{M}]/u.test(letter) ? write(letter) : letter)).join('')
const hex = (letter: string): string => letter.charCodeAt(0).toString(16).padStart(4, '0')

/** How a message may write what it quotes. */
export const SPELLINGS: Readonly<Record<string, Spelling>> = {
  'as stored': (text) => text,
  'upper case': (text) => text.toUpperCase(),
  'lower case': (text) => text.toLowerCase(),
  'letters decomposed': (text) => text.normalize('NFD'),
  'letters composed for compatibility': (text) => text.normalize('NFKC'),
  'without accents': (text) => text.normalize('NFD').replace(/\p{M}/gu, ''),
  transliterated: (text) => text.replace(/Ü/g, 'Ue').replace(/ü/g, 'ue').replace(/ä/g, 'ae').replace(/ë/g, 'e'),
  'percent-encoded': (text) => encodeURIComponent(text),
  'percent-encoded, every letter': (text) =>
    perLetter((letter) => `%${Buffer.from(letter).toString('hex').match(/../g)?.join('%')}`)(text),
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'encoded as a form': (text) => new URLSearchParams({ q: text }).toString().slice(2),
  '\\uXXXX escapes': perLetter((letter) => `\\u${hex(letter)}`),
  'HTML entities': perLetter((letter) => `&#${letter.codePointAt(0)};`),
  'HTML entities, hexadecimal': perLetter((letter) => `&#x${hex(letter)};`),
  'cut after eight letters': (text) => `${text.slice(0, 8)}...`,
  possessive: (text) => `${text}’s`,
  'letters with a likeness in Cyrillic': (text) => text.replace(/o/g, 'о').replace(/e/g, 'е').replace(/a/g, 'а'),
  'full width': (text) => text.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
  'with characters nobody sees': (text) => [...text].join('\u200b'),
  'letters apart': perLetter((letter) => `${letter} `),
  'in quotation marks': (text) => JSON.stringify(text),
}

export type QuotingMessage = { status: number; code: string; on: string[]; message: string }

/** What DTTP may answer (test/fixtures/dttp-messages.json). */
export const MESSAGES: readonly QuotingMessage[] = messages.messages

/** A message with everything in it that it quotes, in one spelling; each call takes another way to write the date. */
export function fill(template: string, spelling: string, id: string, turn = 0): string {
  const write = SPELLINGS[spelling] ?? String
  const values: Record<string, string> = { ...TRAINEE, ...OTHER, dob: DATES[turn % DATES.length] ?? '' }
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'id') return id
    return name === 'schema' ? 'contact' : write(values[name] ?? name)
  })
}

/** How the names and places begin, as plain small letters: no other word has them. */
const NEEDLES = ['zoelin', 'quacke', 'quaecke', 'ubulma', 'uebuel', 'zwinsk', 'wolkenf', 'klonk', 'zw19zw']
/** The birth date and the TRN, standing by themselves. */
const NUMBERS = new RegExp(
  `(?<![0-9a-z])(?:${[
    '29(?:th)?(?: of)?[ ./-]*(?:0?3[ ./-]*(?:19)?87|mar(?:ch)?(?:[ ./-]*(?:19)?87)?)',
    '(?:0?3|mar(?:ch)?)[ ./-]*29(?:th)?,?[ ./-]*(?:19)?87',
    '1987[ ./-]?0?3[ ./-]?29',
    '543974400000',
    '8642097',
  ].join('|')})(?![0-9a-su-z])`,
  'g',
)

/** What a text gives away of these people, in whatever spelling; nothing if it gives nothing away. */
export function peopleIn(text: string): string[] {
  const read = plain(text)
  const letters = read.replace(/[^a-z0-9]/g, '')
  return [...NEEDLES.filter((needle) => letters.includes(needle)), ...(read.match(NUMBERS) ?? [])]
}

const LIKENESSES: Readonly<Record<string, string>> = { о: 'o', е: 'e', а: 'a' }

/** In small letters, with every way to hide them undone. */
function plain(text: string): string {
  return [0, 1, 2]
    .reduce(decoded, text)
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase()
    .replace(/[оеа]/g, (letter) => LIKENESSES[letter] ?? letter)
}

function decoded(text: string): string {
  return text
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'))
    .replace(/\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
}
