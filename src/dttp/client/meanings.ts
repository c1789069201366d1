// What DTTP's error answers say, in our own words. Its messages name people, on reads too and in any spelling, so none of
// their text is passed on: an answer that is not in this list has no words, only its status and code.

/** What was asked, as far as it decides what an answer means. */
export type Asked = {
  call: string
  isWrite: boolean
  /** The id of the record the URL names, if it names one. */
  recordId?: string
  /** The version that an update is made for; `*` for any. */
  ifMatch?: string
  /** Where a read was sent to. */
  url?: URL
  /** What was sent, if the request was a write. */
  sent?: unknown
}

/** As Register saw it (400) when the record to be updated had been deleted. */
export const CANNOT_FIND = /cannot find record to be updated/i

type Meaning = { code?: string; message?: RegExp; words: string }

/**
 * The first pattern that fits is used. A group in it is the name of a property or the id of a record, and is added to
 * the words if we have sent it. Codes: learn.microsoft.com, Dataverse, "Web service error codes".
 */
const MEANINGS: readonly Meaning[] = [
  { message: CANNOT_FIND, words: 'it cannot find the record to be updated' },
  { message: /property '(\w+)' does not exist/i, words: 'it does not know a property that we sent' },
  { message: /property named '(\w+)' on type/i, words: 'it does not know a property that we asked for' },
  { message: /undeclared property '(\w+)'/i, words: 'it does not know a property that we sent' },
  { message: /cannot convert the literal/i, words: 'a value is not of the type that it expects' },
  { message: /entity key .* requires/i, words: 'it has a record with the same key already' },
  { code: '0x80040217', message: /([0-9a-f-]{36})/i, words: 'it does not have a record that we refer to' },
  { code: '0x80040217', words: 'it does not have the record' },
  { code: '0x80040203', words: 'a value is not as it should be' },
  { code: '0x80040216', words: 'something unexpected went wrong there' },
  { code: '0x80040220', words: 'the bot’s user there lacks a privilege' },
  { code: '0x80040237', words: 'it has a record with one of these keys already' },
  { code: '0x80040265', words: 'one of its own rules (a plug-in) stopped it' },
  { code: '0x80040333', words: 'its duplicate detection found a record like it' },
  { code: '0x80048d19', words: 'it cannot read what we sent' },
  { code: '0x80060888', words: 'it cannot read the request' },
  { code: '0x80072321', words: 'we asked for too much at once' },
  { code: '0x80072322', words: 'we asked too often' },
  { code: '0x80072326', words: 'we asked too much at a time' },
]

/** Only so much of a message is looked at. */
const LONGEST_READ = 2_000

/** What DTTP's error says, in our own words, as the end of a sentence about DTTP; null if we have no words for it. */
export function findMeaning(asked: Asked, code: string, message: string): string | null {
  const read = message.slice(0, LONGEST_READ)
  for (const meaning of MEANINGS) {
    if (meaning.code !== undefined && meaning.code !== code.toLowerCase()) continue
    const match = meaning.message ? meaning.message.exec(read) : []
    if (!match) continue
    const quoted = match[1]
    return quoted !== undefined && isSent(asked, quoted) ? `${meaning.words} (${quoted})` : meaning.words
  }
  return null
}

/** Whether what we sent contains exactly this property name or id. */
function isSent({ recordId, url, sent }: Asked, quoted: string): boolean {
  const selected = url?.searchParams.get('$select')?.split(',') ?? []
  return quoted === recordId || selected.includes(quoted) || namesAndIdsIn(sent).includes(quoted)
}

function namesAndIdsIn(body: unknown): string[] {
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([name, value]) => {
    const reference = name.endsWith('@odata.bind') ? /\(([0-9a-f-]{36})\)$/.exec(String(value))?.[1] : undefined
    return [...(Array.isArray(body) ? [] : [name.replace('@odata.bind', '')]), reference ?? '', ...namesAndIdsIn(value)]
  })
}
