// Dataverse's messages quote what was sent to it. This takes the values out, so that what is left can be logged.

const LONGEST = 240

/** Names of Dataverse's schema, which say what is wrong without saying anything about anyone. */
const SCHEMA_NAME = /^(_?dfe_\w+(@odata\.bind)?|Edm\.\w+|Microsoft\.Dynamics\.CRM\.\w+|contacts?|accounts?)$/

const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi

/**
 * A Dataverse message without what it quotes, without any word of `sent`, and without e-mail addresses, dates and
 * numbers. Ids and schema names stay.
 */
export function withoutValues(message: string, sent: readonly string[] = []): string {
  const ids: string[] = []
  const shielded = message
    .split(/\s*(?:-->|InnerException|\r?\n)/)[0]
    ?.replace(GUID, (id) => `\u0000${ids.push(id) - 1}\u0000`)
  return withoutSent(shielded ?? '', sent)
    .replace(/"[^"]*"|“[^”]*”|‘[^’]*’/g, quoted)
    .replace(/(?<![\p{L}\p{N}])'.*?'(?![\p{L}\p{N}])/gu, quoted)
    .replace(/(?<![\p{L}\p{N}])['"“‘].*$/u, '[…]')
    .replace(/\S+@(?!odata)\S+/g, '[…]')
    .replace(/(?<![\u0000\w])\d[\d/:.,TZ-]*(?![\u0000\w])/g, '[…]')
    .replace(/\u0000(\d+)\u0000/g, (_, index) => ids[Number(index)] ?? '')
    .replace(/\[…\](\s*\[…\])+/g, '[…]')
    .slice(0, LONGEST)
    .trim()
}

function quoted(text: string): string {
  return SCHEMA_NAME.test(text.slice(1, -1)) ? text : '[…]'
}

function withoutSent(message: string, sent: readonly string[]): string {
  const words = new Set(sent.flatMap((value) => value.split(/\s+/)).filter((word) => /[\p{L}\p{N}]/u.test(word)))
  return [...words]
    .sort((a, b) => b.length - a.length)
    .reduce((text, word) => text.replace(wholeWord(word), '[…]'), message)
}

function wholeWord(word: string): RegExp {
  const escaped = word.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu')
}

/** Every text value in a body, however deep, except references to other records. */
export function valuesIn(body: unknown): string[] {
  if (typeof body === 'string') return [body]
  if (typeof body === 'number') return [String(body)]
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([name, value]) => (name.endsWith('@odata.bind') ? [] : valuesIn(value)))
}
