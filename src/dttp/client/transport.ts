// One HTTP request and its whole answer, within one time limit and one size limit.
import { type IncomingHttpHeaders, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'

export type Outgoing = {
  method: 'GET' | 'POST' | 'PATCH'
  url: URL
  headers: Record<string, string>
  body?: string
  /** For everything: connecting, sending, and reading the answer to its end. */
  timeoutMs: number
  maxAnswerBytes: number
  /**
   * Whether to use a connection of its own. A kept connection may have been closed by the other side just now, and then
   * nobody knows whether it was closed before or after the request arrived; with a new one that is never in doubt.
   */
  isWrite: boolean
}

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string }

/** No answer, or not all of it. `sent`: whether any of the request may have reached the other side. */
export class NoAnswer extends Error {
  constructor(
    /** `timeout`, `too-large`, or the network's own code, such as `ECONNREFUSED`. */
    readonly reason: string,
    readonly sent: boolean,
  ) {
    super(`no answer: ${reason}`)
    this.name = 'NoAnswer'
  }
}

export type Transport = ReturnType<typeof createTransport>

/** Sends requests, and never follows a redirect. Idle connections do not keep the process alive. */
export function createTransport() {
  const kept = {
    'http:': new PlainAgent({ keepAlive: true, timeout: 30_000 }),
    'https:': new SecureAgent({ keepAlive: true, timeout: 30_000 }),
  }

  /** Throws NoAnswer, and nothing else. */
  function send(outgoing: Outgoing): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { method, url, headers, body, timeoutMs, isWrite } = outgoing
      const secure = url.protocol === 'https:'
      let sent = false
      const fail = (reason: string): void => {
        clearTimeout(timer)
        reject(new NoAnswer(reason, sent))
        request.destroy()
      }
      const timer = setTimeout(() => fail('timeout'), timeoutMs)
      const request = (secure ? secureRequest : plainRequest)(url, {
        method,
        headers: body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: isWrite ? false : kept[secure ? 'https:' : 'http:'],
      })
      request.on('socket', (socket) => {
        if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', () => (sent = true))
        else sent = true
      })
      request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'network'))
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > outgoing.maxAnswerBytes) fail('too-large')
          else chunks.push(chunk)
        })
        response.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'network'))
        response.on('end', () => {
          clearTimeout(timer)
          const { statusCode = 0, headers: received } = response
          if (statusCode < 200 || statusCode > 599) return fail('bad-status')
          resolve({ status: statusCode, headers: received, text: Buffer.concat(chunks).toString('utf8') })
        })
      })
      request.end(body)
    })
  }

  return {
    send,
    /** Closes idle connections. */
    close(): void {
      kept['http:'].destroy()
      kept['https:'].destroy()
    },
  }
}

/** Whether the URL is safe to send credentials to: https, or plain http to this very machine (the simulator). */
export function isSafeForCredentials(url: URL): boolean {
  return url.protocol === 'https:' || isLoopback(url)
}

/** Whether it is plain http to this very machine. */
export function isLoopback(url: URL): boolean {
  return url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
}
