// HTTP on 127.0.0.1: reads each request whole, lets faults have their way, answers, and keeps a record.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Board } from './board.ts'
import { answerOf, type Fault, type Faults, isPerformed } from './faults.ts'
import { performRequest, Refusal, type Reply } from './rest-api.ts'

/** A request as it came, without its credentials. */
export type Recorded = {
  at: Date
  method: string
  /** After `/1/`. */
  path: string
  query: string
  headers: Readonly<Record<string, string | undefined>>
  body: string
  /** What was answered; null if nothing was. */
  status: number | null
  fault: Fault['kind'] | null
  /** Whether it made a card. */
  made: boolean
}

type ServerParts = {
  board: Board
  faults: Faults
  requests: Recorded[]
  credentials: { key: string; token: string }
  now: () => Date
}

const API_PATH = '/1/'
const PAGE_PATH = '/c/'
const MOST_KEPT = 50_000
const PLAIN = { 'content-type': 'text/plain; charset=utf-8' }

export function createTrelloServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    handle(parts, request, response).catch(() => response.destroy())
  })
}

async function handle(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request)
  const { method = '', headers } = request
  const url = new URL(request.url ?? '/', 'http://simulator')
  if (url.pathname.startsWith(PAGE_PATH)) return send(response, pageOf(parts.board, url.pathname))
  const path = url.pathname.slice(API_PATH.length)
  const { authorization, ...shown } = headers as Record<string, string | undefined>
  const fault = parts.faults.take(method, path)
  const record: Recorded = {
    at: parts.now(),
    method,
    path,
    query: url.search,
    headers: shown,
    body,
    status: null,
    fault: fault?.kind ?? null,
    made: false,
  }
  parts.requests.push(record)
  if (parts.requests.length > MOST_KEPT) parts.requests.shift()

  if (fault?.kind === 'slow') await sleep(fault.ms)
  const before = parts.board.cards.length
  const contentType = shown['content-type'] ?? ''
  const performed = isPerformed(fault)
    ? refusalsAnswered(() => {
        checkCredentials(parts.credentials, authorization, url)
        return performRequest(parts.board, { method, path, query: url.searchParams, contentType, body })
      })
    : null
  record.made = parts.board.cards.length > before
  const reply = answerOf(fault, performed) ?? performed
  if (fault?.kind === 'hang') return
  if (!reply || fault?.kind === 'lost-answer') return void request.socket.destroy()
  record.status = reply.status
  if (fault?.kind !== 'cut-answer') return send(response, reply)
  response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) })
  response.write(reply.body.slice(0, Math.floor(reply.body.length / 2)), () => request.socket.destroy())
}

/** Trello takes key and token in the URL, too; we promise never to put them there, and are held to it. */
function checkCredentials(
  { key, token }: ServerParts['credentials'],
  authorization: string | undefined,
  url: URL,
): void {
  if (!url.pathname.startsWith(API_PATH)) throw new Refusal(404, 'Cannot find it')
  for (const name of ['key', 'token', 'oauth_consumer_key', 'oauth_token']) {
    if (url.searchParams.has(name)) throw new Refusal(400, 'the simulator takes no credentials in a URL')
  }
  const pattern = /^OAuth oauth_consumer_key="([^"]*)", ?oauth_token="([^"]*)"$/
  const [, givenKey, givenToken] = pattern.exec(authorization ?? '') ?? []
  if (givenKey !== key) throw new Refusal(401, 'invalid key')
  if (givenToken !== token) throw new Refusal(401, 'invalid token')
}

function refusalsAnswered(perform: () => Reply): Reply {
  try {
    return perform()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { status: error.status, headers: PLAIN, body: error.message }
  }
}

/** A card for people to look at, where its short URL leads; without Markdown's backslashes, as Trello shows it. */
function pageOf(board: Board, pathname: string): Reply {
  const card = board.cards.find(({ shortLink }) => shortLink === pathname.slice(PAGE_PATH.length))
  if (!card) return { status: 404, headers: PLAIN, body: 'No such card.\n' }
  return { status: 200, headers: PLAIN, body: `${card.name}\n\n${card.desc.replace(/\\([!-/:-@[-`{-~])/g, '$1')}\n` }
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) })
  response.end(reply.body)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
