/** The Web API over HTTP: token, scope and arguments are checked as Slack checks them, and every call is recorded. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './faults.ts'
import { chat } from './methods/chat.ts'
import { conversations } from './methods/conversations.ts'
import { type Method, requireArguments } from './methods/method.ts'
import { people } from './methods/people.ts'
import { views } from './methods/views.ts'
import { isViolation, SlackError } from './slack-error.ts'
import type { JsonObject } from './types.ts'
import type { World } from './world.ts'

const METHODS: Record<string, Method> = { ...chat, ...conversations, ...people, ...views }
const JSON_ARGUMENTS: Record<string, string> = {
  blocks: 'invalid_blocks_format',
  metadata: 'invalid_metadata_format',
  view: 'invalid_arguments',
  attachments: 'invalid_arguments',
}

interface Answer {
  status: number
  body: JsonObject
  headers?: Record<string, string>
}

export function createWebApi(world: World): Server {
  return createServer((request, response) => {
    handle(world, request, response).catch((error: unknown) => {
      world.violate('fake slack', `crashed: ${error instanceof Error ? error.stack : String(error)}`)
      response.destroy()
    })
  })
}

async function handle(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const raw = await readBody(request)
  const at = world.clock.now()
  const [, kind, name = ''] = new URL(request.url ?? '/', 'http://slack').pathname.split('/')
  const method = kind === 'response' ? 'response_url' : name
  const args = parse(raw, request.headers['content-type'] ?? '')
  const { token, ...shown } = args
  const fault = world.faults.take(method, args)

  if (fault?.kind === 'slow') await sleep(fault.ms)
  if (fault?.kind === 'held') await fault.until
  const answer =
    interrupted(fault) ??
    perform(world, method, () => {
      if (kind === 'response') return world.responseUrls.post(name, args)
      return call(world, method, args, request.headers.authorization ?? (token ? `Bearer ${token}` : undefined))
    })
  world.calls.push({
    method,
    args: structuredClone(shown),
    at,
    status: answer.status,
    result: structuredClone(answer.body),
    ...(fault && { fault: fault.kind }),
  })
  if (fault?.kind === 'lost_response' || fault?.kind === 'lost_request') {
    request.socket.destroy()
    return
  }
  const status = kind === 'response' && answer.body['ok'] === false && answer.status === 200 ? 404 : answer.status
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers })
  response.end(JSON.stringify(answer.body))
}

/** The answer of a fault that keeps the call from being performed, or null. */
function interrupted(fault: Fault | null): Answer | null {
  switch (fault?.kind) {
    case 'rate_limited': {
      const headers = { 'retry-after': String(fault.retryAfterSeconds ?? 1) }
      return { status: 429, headers, body: { ok: false, error: 'ratelimited' } }
    }
    case 'server_error':
      return { status: fault.status ?? 500, body: { ok: false, error: 'internal_error' } }
    case 'error':
      return {
        status: 200,
        body: {
          ok: false,
          error: fault.code,
          ...fault.details,
          ...(fault.messages && { response_metadata: { messages: fault.messages } }),
        },
      }
    case 'lost_request':
      return { status: 0, body: {} }
    default:
      return null
  }
}

function perform(world: World, where: string, action: () => JsonObject): Answer {
  const headers = { 'x-oauth-scopes': world.settings.scopes.join(',') }
  try {
    return { status: 200, headers, body: action() }
  } catch (error) {
    if (!(error instanceof SlackError)) throw error
    if (isViolation(error)) world.violate(where, describe(error))
    return { status: 200, headers, body: error.body() }
  }
}

function describe(error: SlackError): string {
  const { errors, needed } = error.details
  return [error.code, needed && `needs ${String(needed)}`, ...(Array.isArray(errors) ? errors : [])]
    .filter(Boolean)
    .join(' ')
}

function call(world: World, name: string, args: JsonObject, authorization?: string): JsonObject {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
  if (!method) throw new SlackError('unknown_method', { req_method: name })
  if (!authorization) throw new SlackError('not_authed')
  if (authorization !== `Bearer ${world.settings.botToken}`) throw new SlackError('invalid_auth')
  requireArguments(args, method.required ?? [])
  const decoded = decode(args)
  const needed = typeof method.scope === 'function' ? method.scope(decoded, world) : method.scope
  if (needed && !world.settings.scopes.includes(needed)) {
    throw new SlackError('missing_scope', { needed, provided: world.settings.scopes.join(',') })
  }
  return method.run(decoded, world)
}

/** A form carries objects as JSON text; a JSON body may carry them either way. */
function decode(args: JsonObject): JsonObject {
  const decoded = { ...args }
  for (const [name, code] of Object.entries(JSON_ARGUMENTS)) {
    const value = args[name]
    if (typeof value !== 'string') continue
    try {
      decoded[name] = JSON.parse(value)
    } catch {
      throw new SlackError(code)
    }
  }
  return decoded
}

function parse(raw: string, contentType: string): JsonObject {
  if (!contentType.includes('json')) return Object.fromEntries(new URLSearchParams(raw))
  return JSON.parse(raw || '{}') as JsonObject
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
