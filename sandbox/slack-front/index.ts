// Stands before the local Slack, so that its page and what it tells the bot are more like Slack's: see page.js and
// as-slack.ts. Everything else passes through as it is.
import { readFileSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  request as open,
  type RequestOptions,
  type ServerResponse,
} from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { modalsAsInSlack } from './as-slack.ts'
import { ChangedTexts } from './frames.ts'

const PAGE_SCRIPT = readFileSync(new URL('page.js', import.meta.url), 'utf8')

export interface SlackFront {
  stop(): Promise<void>
}

/** Listens on `port`, and passes on to the local Slack behind it. */
export async function openSlackFront(port: number, behind: number): Promise<SlackFront> {
  const modals = modalsAsInSlack()
  const here = (words: string) => words.replaceAll(`127.0.0.1:${behind}`, `127.0.0.1:${port}`)

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isApi = request.url?.startsWith('/api/')
    const body = isApi ? await text(request) : null
    const answer = await ask(request, body)
    const isPage = answer.headers['content-type']?.startsWith('text/html')
    if (!isApi && !isPage) {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
      return
    }
    const said = here(await text(answer))
    if (request.url === '/api/views.update') noteUpdate(body ?? '', said)
    const { 'content-length': _, ...headers } = answer.headers
    response.writeHead(answer.statusCode ?? 502, headers)
    response.end(isPage ? said.replace('<head>', () => `<head><script>${PAGE_SCRIPT}</script>`) : said)
  }

  function ask(request: IncomingMessage, body: string | null): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = open(toBehind(request), resolve).on('error', reject)
      if (body === null) request.pipe(asked)
      else asked.end(body)
    })
  }

  function noteUpdate(body: string, said: string): void {
    const updated = new URLSearchParams(body).get('view_id')
    const { view } = JSON.parse(said) as { view?: { id: string } }
    if (updated && view) modals.note(updated, view.id)
  }

  /** Compression would hide the texts. */
  function toBehind({ url, method, headers }: IncomingMessage): RequestOptions {
    const { 'accept-encoding': _, 'sec-websocket-extensions': __, ...passed } = headers
    return { host: '127.0.0.1', port: behind, path: url, method, headers: passed }
  }

  function connect(request: IncomingMessage, client: Duplex): void {
    const isBot = request.url?.startsWith('/socket/')
    const asked = open(toBehind(request))
    const end = () => void client.destroy()
    asked.on('error', end).on('response', end)
    asked.on('upgrade', (answer, upstream, first) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`)
      client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`)
      upstream.unshift(first)
      for (const [one, other] of [[client, upstream] as const, [upstream, client] as const]) {
        one.on('error', () => other.destroy()).on('close', () => other.destroy())
      }
      client.pipe(upstream)
      if (isBot) upstream.pipe(new ChangedTexts((words) => modals.put(words))).pipe(client)
      else upstream.pipe(client)
    })
    asked.end()
  }

  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })
  server.on('upgrade', connect)
  const sockets = new Set<Duplex>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, resolve))
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
