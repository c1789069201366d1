// HTTP on 127.0.0.1: the extracts of today and yesterday, and whatever the faults make of them.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SimulatedSchool } from './extract.ts'
import { type Fault, type Faults, fileWith } from './faults.ts'

/** A request as it came, and what was answered; null if nothing was. */
export type Recorded = { at: Date; method: string; path: string; status: number | null; fault: Fault['kind'] | null }

export type ServerParts = {
  faults: Faults
  requests: Recorded[]
  now: () => Date
  schools: () => readonly SimulatedSchool[]
  /** The extract of all schools as it should be. */
  extract: () => Buffer
}

export const PATH = '/edubase/downloads/public/edubasealldata'
const LONDON = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London', dateStyle: 'short' })
const DAY_MS = 864e5
const PIECES = 20

export function createGiasServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    handle(parts, request, response).catch(() => response.destroy())
  })
}

async function handle(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '' } = request
  const now = parts.now()
  const today = LONDON.format(now)
  const yesterday = new Date(Date.parse(today) - DAY_MS).toISOString().slice(0, 10)
  const day = [today, yesterday].find((one) => path === fileName(one))
  const fault = parts.faults.take(day === today)
  const record: Recorded = { at: now, method, path, status: null, fault: fault?.kind ?? null }
  parts.requests.push(record)
  if (fault?.kind === 'hang') return

  const answer = (status: number, headers: Record<string, string> = {}): void => {
    record.status = status
    if (fault?.kind === 'without-length') response.removeHeader('transfer-encoding')
    response.writeHead(status, headers)
  }
  const refuse = (status: number, headers: Record<string, string> = {}): void => {
    answer(status, { 'content-length': '0', ...headers })
    response.end()
  }
  if (method !== 'GET') return refuse(405)
  if (fault?.kind === 'status') return refuse(fault.status)
  if (fault?.kind === 'redirect') return refuse(302, { location: fault.to })
  if (!day || fault?.kind === 'not-there-yet') return refuse(404)

  const file = fileWith(fault, parts.schools()) ?? parts.extract()
  answer(200, headersOf(fault, file, lastModified(day, now)))
  await sendFile(request, response, file, fault)
}

/** In the small hours of its day, or just now if they are still to come. */
function lastModified(day: string, now: Date): string {
  return new Date(Math.min(now.getTime(), Date.parse(`${day}T02:30:00Z`))).toUTCString()
}

function fileName(day: string): string {
  return `${PATH}${day.replaceAll('-', '')}.csv`
}

function headersOf(fault: Fault | null, file: Buffer, modified: string): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/octet-stream',
    'last-modified': modified,
    'content-length': String(file.length),
  }
  if (fault?.kind === 'header' && fault.value !== null) headers[fault.name] = fault.value
  if (fault?.kind === 'header' && fault.value === null) delete headers[fault.name]
  if (fault?.kind === 'half' && fault.how === 'cut-between-chunks') delete headers['content-length']
  if (fault?.kind === 'without-length') delete headers['content-length']
  return headers
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: Buffer,
  fault: Fault | null,
): Promise<void> {
  const half = file.subarray(0, Math.floor(file.length / 2))
  const write = (bytes: Buffer) => new Promise<void>((resolve) => response.write(bytes, () => resolve()))
  if (fault?.kind === 'stall') return write(half)
  if (fault?.kind === 'half') {
    await write(half)
    if (fault.how === 'closed') request.socket.end()
    else request.socket.resetAndDestroy()
    return
  }
  if (fault?.kind === 'slow') {
    const size = Math.ceil(file.length / PIECES)
    for (let at = 0; at < file.length && !response.destroyed; at += size) {
      await write(file.subarray(at, at + size))
      await sleep(fault.ms)
    }
    response.end()
    return
  }
  response.end(file)
}
