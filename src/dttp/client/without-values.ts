// Dataverse's messages quote what was sent to it. This takes the values out, so that what is left can be logged.

const LONGEST = 240
/** Only so much of a message is looked at. */
const LONGEST_READ = 2_000

/** Names of Dataverse's schema, which say what is wrong without saying anything about anyone. */
const SCHEMA_NAME = /^(_?dfe_\w+(@odata\.bind)?|Edm\.\w+|Microsoft\.Dynamics\.CRM\.\w+|contacts?|accounts?)$/

const ID_OR_NUMBER = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|(?<![\w-])\d[\d/:.,TZ-]*(?![\w-])/gi

/**
 * A Dataverse message without what it quotes, without any word of `sent`, and without e-mail addresses, dates and
 * numbers. Ids and schema names stay; so do the server's own words, cut where its stack trace begins.
 */
export function withoutValues(message: string, sent: readonly string[] = []): string {
  const [firstLine = ''] = message.slice(0, LONGEST_READ).split(/\s*(?:-{2,}>|InnerException|\r?\n)/)
  return withoutSent(firstLine, sent)
    .replace(/"[^"]*"|“[^”]*”|‘[^’]*’/g, keepSchemaNames)
    .replace(/(?<![\p{L}\p{N}])'.*?'(?![\p{L}\p{N}])/gu, keepSchemaNames)
    .replace(/(?<![\p{L}\p{N}])['"“‘](?!(dfe_|Edm|Microsoft|contact|account)).*$/u, '[…]')
    .replace(/\S+@(?!odata)\S+/g, '[…]')
    .replace(ID_OR_NUMBER, (_, id?: string) => id ?? '[…]')
    .replace(/\[…\](\s*\[…\])+/g, '[…]')
    .slice(0, LONGEST)
    .trim()
}

function keepSchemaNames(quoted: string): string {
  return SCHEMA_NAME.test(quoted.slice(1, -1)) ? quoted : '[…]'
}

function withoutSent(message: string, sent: readonly string[]): string {
  const words = new Set(sent.flatMap((value) => value.split(/\s+/)).filter((word) => /[\p{L}\p{N}]/u.test(word)))
  return [...words]
    .sort((a, b) => b.length - a.length)
    .reduce((text, word) => text.replace(wholeWord(word), '[…]'), message)
}

function wholeWord(word: string): RegExp {
  const escaped = word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu')
}

/** Every text and number in a body, however deep, except references to other records. */
export function valuesIn(body: unknown): string[] {
  if (typeof body === 'string') return [body]
  if (typeof body === 'number') return [String(body)]
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([name, value]) => (name.endsWith('@odata.bind') ? [] : valuesIn(value)))
}
