// HTTP on 127.0.0.1: reads each request whole, lets faults have their way, answers, and keeps a record.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerOf, type Fault, type Faults, isPerformed } from './faults.ts'
import { Refusal } from './refusal.ts'
import type { State } from './state.ts'
import type { createTokenEndpoint } from './tokens.ts'
import { json, performRequest, type Reply } from './web-api.ts'

/** A request as it came, without its credentials. */
export type Recorded = {
  at: Date
  method: string
  /** After `/api/data/v9.1/`; `token` for the token endpoint. */
  path: string
  query: string
  headers: Readonly<Record<string, string | undefined>>
  /** Empty for the token endpoint. */
  body: string
  /** What was answered; null if nothing was. */
  status: number | null
  fault: Fault['kind'] | null
  /** How many records it created or changed. */
  wrote: number
}

export type ServerParts = {
  state: State
  tokens: ReturnType<typeof createTokenEndpoint>
  faults: Faults
  requests: Recorded[]
  now: () => Date
  /** What the organisation calls itself in links, such as `https://org…/api/data/v9.1/`. */
  api: () => string
}

export const API_PATH = '/api/data/v9.1/'
export const TOKEN_PATH = '/tenant/oauth2/v2.0/token'
const MOST_KEPT = 50_000

export function createDttpServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    handle(parts, request, response).catch(() => response.destroy())
  })
}

async function handle(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request)
  const { method = '', headers } = request
  const url = new URL(request.url ?? '/', 'http://simulator')
  const isToken = url.pathname === TOKEN_PATH
  const path = isToken ? 'token' : decodeURIComponent(url.pathname.slice(API_PATH.length))
  const { authorization, ...shown } = headers as Record<string, string | undefined>
  const fault = parts.faults.take(method, path)
  const record: Recorded = {
    at: parts.now(),
    method,
    path,
    query: decodeURIComponent(url.search),
    headers: shown,
    body: isToken ? '' : body,
    status: null,
    fault: fault?.kind ?? null,
    wrote: 0,
  }
  parts.requests.push(record)
  if (parts.requests.length > MOST_KEPT) parts.requests.shift()

  if (fault?.kind === 'slow') await sleep(fault.ms)
  const perform = (): Reply => {
    if (isToken) return { ...parts.tokens.issue(shown['content-type'] ?? '', body), wrote: 0 }
    if (!url.pathname.startsWith(API_PATH)) return json(404, {})
    if (!parts.tokens.accepts(authorization)) return unauthorised()
    return performRequest(parts.state, parts.api(), { method, path, options: url.searchParams, headers: shown, body })
  }
  const performed = isPerformed(fault) ? refusalsAnswered(perform) : null
  record.wrote = performed?.wrote ?? 0
  const reply = answerOf(fault, performed) ?? performed
  if (fault?.kind === 'hang') return
  if (!reply || fault?.kind === 'lost-answer') return void request.socket.destroy()
  record.status = reply.status
  response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) })
  if (fault?.kind !== 'cut-answer') return void response.end(reply.body)
  response.write(reply.body.slice(0, Math.floor(reply.body.length / 2)), () => request.socket.destroy())
}

function refusalsAnswered(perform: () => Reply): Reply {
  try {
    return perform()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { status: error.status, headers: { 'content-type': 'application/json' }, body: error.body, wrote: 0 }
  }
}

function unauthorised(): Reply {
  return { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '', wrote: 0 }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
