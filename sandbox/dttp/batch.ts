// `$batch` with one change set (OData 4.0 part 1 §11.7; Microsoft, "Execute batch operations using the Web API").
import { randomUUID } from 'node:crypto'
import { malformed, Refusal } from './refusal.ts'
import { isSetName } from './schema.ts'
import type { State } from './state.ts'
import { type Created, prepareCreate } from './write.ts'

type Part = { contentId: string; set: string; body: string }
type BatchAnswer = { status: number; headers: Record<string, string>; body: string; created: number }

/** Carries out the change set, all of it or none. Throws Refusal for a batch that cannot be read at all. */
export function performBatch(state: State, api: string, contentType: string, text: string): BatchAnswer {
  const parts = readBatch(contentType, text)
  const pending: Created[] = []
  for (const { contentId, set, body } of parts) {
    try {
      if (!isSetName(set)) throw new Refusal(404, '0x80060888', `Resource not found for the segment '${set}'.`)
      pending.push(prepareCreate(state, set, readJson(body), contentId, pending))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { ...writeAnswer([errorPart(contentId, error)]), status: 400, created: 0 }
    }
  }
  for (const { set, id, columns } of pending) state.add(set, { id, ...columns })
  return { ...writeAnswer(pending.map((one) => createdPart(one, api))), status: 200, created: pending.length }
}

function readBatch(contentType: string, text: string): Part[] {
  if (/(?<!\r)\n/.test(text)) throw malformed('Lines of a batch must end in CRLF.')
  const outer = split(text, boundaryOf(contentType, 'batch'))
  if (outer.length !== 1) throw malformed('The simulator takes batches of exactly one change set.')
  const [changeSetType = '', changeSet] = cut(outer[0] ?? '')
  const parts = split(changeSet, boundaryOf(headerIn(changeSetType, 'content-type') ?? '', 'change set')).map(readPart)
  if (parts.length > 1000) throw malformed('The number of batch parts exceeds 1000.')
  if (new Set(parts.map(({ contentId }) => contentId)).size !== parts.length) {
    throw malformed("The content ID 'Content-ID' is used more than once in a change set.")
  }
  return parts
}

function readPart(part: string): Part {
  const [headers, inner] = cut(part)
  if (!/^application\/http(;|$)/i.test(headerIn(headers, 'content-type') ?? '')) {
    throw malformed('A part of a change set must be application/http.')
  }
  if (!/^binary$/i.test(headerIn(headers, 'content-transfer-encoding') ?? '')) {
    throw malformed("The 'Content-Transfer-Encoding' header must be 'binary'.")
  }
  const contentId = headerIn(headers, 'content-id')
  if (!contentId) throw malformed("The 'Content-ID' header is missing or empty in a change set.")
  const [head, body] = cut(inner)
  const [requestLine = '', ...innerHeaders] = head.split('\r\n')
  const [, method, target = ''] = /^(\S+) (\S+) HTTP\/1\.1$/.exec(requestLine) ?? []
  if (method === 'GET') throw malformed('A change set cannot contain a query.')
  if (method !== 'POST') throw malformed('The simulator takes only POST in a change set.')
  if (!/^application\/json(;|$)/i.test(headerIn(innerHeaders.join('\r\n'), 'content-type') ?? '')) {
    throw malformed('A part of a change set must have a JSON body.')
  }
  return { contentId, set: target.replace(/^(https?:\/\/[^/]+)?\/api\/data\/v9\.\d\//, ''), body }
}

/** The parts between the delimiters; there must be a first and a closing one. */
function split(text: string, boundary: string): string[] {
  const lines = text.split('\r\n')
  const parts: string[][] = []
  let closed = false
  for (const line of lines) {
    if (line === `--${boundary}--`) closed = true
    else if (closed) continue
    else if (line === `--${boundary}`) parts.push([])
    else if (parts.length > 0) parts.at(-1)?.push(line)
    else if (line !== '') throw malformed('A batch must begin with its boundary.')
  }
  if (!closed || parts.length === 0) throw malformed(`The boundary '${boundary}' is never opened or never closed.`)
  return parts.map((part) => part.join('\r\n'))
}

function cut(text: string): [head: string, rest: string] {
  const at = text.indexOf('\r\n\r\n')
  if (at === -1) throw malformed('A blank line must follow the headers.')
  return [text.slice(0, at), text.slice(at + 4)]
}

function headerIn(head: string, name: string): string | null {
  const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name}:`))
  return line ? line.slice(name.length + 1).trim() : null
}

function boundaryOf(contentType: string, what: string): string {
  const boundary = /^multipart\/mixed\s*;\s*boundary="?([^";]+)"?$/i.exec(contentType)?.[1]
  if (!boundary) throw malformed(`The ${what} must be multipart/mixed with a boundary.`)
  return boundary
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('The body of a part is not valid JSON.')
  }
}

function createdPart({ set, id, contentId }: Created, api: string): string[] {
  const url = `${api}${set}(${id})`
  const head = ['HTTP/1.1 204 No Content', 'OData-Version: 4.0', `Location: ${url}`, `OData-EntityId: ${url}`]
  return [...partHeaders(contentId ?? ''), ...head, '', '']
}

function errorPart(contentId: string, refusal: Refusal): string[] {
  const head = [`HTTP/1.1 ${refusal.status} Refused`, 'OData-Version: 4.0', 'Content-Type: application/json']
  return [...partHeaders(contentId), ...head, '', refusal.body]
}

const partHeaders = (contentId: string): string[] => [
  'Content-Type: application/http',
  'Content-Transfer-Encoding: binary',
  `Content-ID: ${contentId}`,
  '',
]

function writeAnswer(parts: string[][]): { headers: Record<string, string>; body: string } {
  const [batch, changeSet] = [`batchresponse_${randomUUID()}`, `changesetresponse_${randomUUID()}`]
  const lines = [
    `--${batch}`,
    `Content-Type: multipart/mixed; boundary=${changeSet}`,
    '',
    ...parts.flatMap((part) => [`--${changeSet}`, ...part]),
    `--${changeSet}--`,
    `--${batch}--`,
    '',
  ]
  return { headers: { 'content-type': `multipart/mixed; boundary=${batch}` }, body: lines.join('\r\n') }
}
