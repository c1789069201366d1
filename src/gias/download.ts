// Downloads GIAS's daily extract over HTTP. It must be complete, come in time, and come from the configured site.
import type { IncomingMessage } from 'node:http'
import followRedirects from 'follow-redirects'
import { dayBefore, londonDay } from '../calendar/london.ts'
import { GiasError, refused, unavailable } from './errors.ts'

export type Download = {
  /** https (plain http is for the simulator on this machine); `{yyyymmdd}` stands for the day in London. */
  url: string
  now: Date
  timeoutMs: {
    /** The longest time in which nothing comes, while connecting or later. */
    idle: number
    /** The longest time for the whole download. */
    overall: number
  }
  maxBytes: number
}

export type Extract = {
  /** The day the extract is of, as `2021-10-27`: by its name; else by when it was last modified; else today. */
  sourceDate: string
  /** If any of it is missing, throws GiasError where it would end, and never anything else. */
  bytes: AsyncIterable<Buffer>
  /** Breaks the download off. */
  close: () => void
}

const DAY = '{yyyymmdd}'
const MOST_REDIRECTS = 3

/**
 * Asks for today's extract and, if there is none yet, for yesterday's. Redirects are followed within the same origin
 * only. An answer whose length is not known beforehand could be half a file, and is refused. Throws GiasError.
 */
export async function openExtract(wanted: Download): Promise<Extract> {
  const { url, now } = wanted
  const today = londonDay(now)
  const deadline = AbortSignal.timeout(wanted.timeoutMs.overall)
  for (const day of url.includes(DAY) ? [today, dayBefore(today)] : [null]) {
    const response = await ask(safeUrl(url.replaceAll(DAY, day?.replaceAll('-', '') ?? '')), wanted, deadline)
    if (response.statusCode === 404) {
      response.destroy()
      continue
    }
    const length = acceptHead(response, wanted.maxBytes)
    return {
      sourceDate: day ?? modifiedDay(response, now) ?? today,
      bytes: readAll(response, length, wanted, deadline),
      close: () => void response.destroy(),
    }
  }
  throw unavailable('GIAS has no extract at the configured address, neither today’s nor yesterday’s.')
}

function safeUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  const isLoopback = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url?.protocol === 'https:' || (url && isLoopback)) return url
  throw refused('GIAS must be reached by https.')
}

function ask(url: URL, { timeoutMs }: Download, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request: send } = url.protocol === 'https:' ? followRedirects.https : followRedirects.http
    const request = send(url.href, {
      headers: { 'accept-encoding': 'identity' },
      agent: false,
      timeout: timeoutMs.idle,
      signal,
      maxRedirects: MOST_REDIRECTS,
      beforeRedirect({ href }: { href?: string }) {
        if (new URL(href ?? '').origin !== url.origin) throw new Error('another site')
      },
    })
    let answered: IncomingMessage | null = null
    request.on('timeout', () => {
      const silence = unavailable(answered ? 'GIAS stopped in the middle of the extract.' : 'GIAS did not answer.')
      if (answered) answered.destroy(silence)
      else request.destroy(silence)
    })
    request.on('error', (error) => reject(asGiasError(error, signal, 'GIAS could not be reached.')))
    request.on('response', (response) => {
      answered = response
      response.on('error', () => {}) // whoever reads the body is given the error
      resolve(response)
    })
    request.end()
  })
}

/**
 * The length that was announced, in bytes; null if the extract comes in chunks, of which the last is marked. Throws if
 * the answer cannot be used.
 */
function acceptHead(response: IncomingMessage, maxBytes: number): number | null {
  try {
    const { statusCode = 0, headers } = response
    // A 403 comes from a gateway that takes us for somebody else. The file is public, so it is worth asking again.
    if (statusCode >= 500 || [403, 408, 429].includes(statusCode)) {
      throw unavailable(`GIAS answered with ${statusCode}.`)
    }
    if (statusCode !== 200) throw refused(`GIAS answered with ${statusCode}.`)
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw refused('GIAS sent the extract compressed.')
    const length = headers['content-length'] === undefined ? null : Number(headers['content-length'])
    if (length !== null && length > maxBytes) throw tooLarge()
    if (length === null && !headers['transfer-encoding']?.includes('chunked')) {
      throw refused('GIAS did not say how long the extract is, so nobody could tell if all of it came.')
    }
    return length
  } catch (error) {
    response.destroy()
    throw error
  }
}

/** The day in London of Last-Modified, if it says one that has come. */
function modifiedDay({ headers }: IncomingMessage, now: Date): string | null {
  const modified = Date.parse(headers['last-modified'] ?? '')
  return modified <= now.getTime() ? londonDay(new Date(modified)) : null
}

async function* readAll(
  response: IncomingMessage,
  length: number | null,
  { maxBytes }: Download,
  deadline: AbortSignal,
): AsyncGenerator<Buffer> {
  const cutOff = 'The download was cut off.'
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge()
      yield chunk
    }
  } catch (error) {
    throw asGiasError(error as Error, deadline, cutOff)
  }
  if (!response.complete || (length !== null && size !== length)) throw unavailable(cutOff)
}

function asGiasError(error: NodeJS.ErrnoException, deadline: AbortSignal, otherwise: string): GiasError {
  if (error instanceof GiasError) return error
  if (deadline.aborted) return unavailable('GIAS took too long.')
  if (error.code === 'ERR_FR_REDIRECTION_FAILURE') return refused('GIAS redirected to another site.')
  if (error.code === 'ERR_FR_TOO_MANY_REDIRECTS') return refused('GIAS redirected again and again.')
  return unavailable(otherwise, error.code)
}

function tooLarge(): GiasError {
  return refused('The extract is far larger than GIAS’s is.')
}
