// An extract as GIAS makes it: all its columns, CRLF, quotation marks where needed, Windows-1252.
import { TextDecoder } from 'node:util'
import { COLUMNS, SAME_FOR_ALL } from './columns.ts'

export type SimulatedSchool = {
  urn: string
  name: string
  /** 1 Open, 2 Closed, 3 Open, but proposed to close, 4 Proposed to open. */
  status: number
  /** As `2021-10-27`; unknown unless given, like the close date. */
  openDate?: string
  closeDate?: string
}

const STATUSES: Readonly<Record<number, string>> = {
  1: 'Open',
  2: 'Closed',
  3: 'Open, but proposed to close',
  4: 'Proposed to open',
}

/** The whole file as text. Throws on a school that GIAS could not have. */
export function renderExtract(schools: readonly SimulatedSchool[]): string {
  return [COLUMNS, ...schools.map(cellsOf)].map((cells) => `${cells.map(quoteCell).join(',')}\r\n`).join('')
}

function cellsOf({ urn, name, status, openDate = '', closeDate = '' }: SimulatedSchool): string[] {
  const statusName = STATUSES[status]
  if (!/^\d{5,6}$/.test(urn) || !statusName) throw new Error('GIAS has no such school')
  const own: Record<string, string> = {
    URN: urn,
    EstablishmentNumber: urn.slice(-4),
    EstablishmentName: name,
    'EstablishmentStatus (code)': String(status),
    'EstablishmentStatus (name)': statusName,
    OpenDate: giasDay(openDate),
    CloseDate: giasDay(closeDate),
  }
  return COLUMNS.map((column) => own[column] ?? SAME_FOR_ALL[column] ?? '')
}

function giasDay(iso: string): string {
  return iso.split('-').reverse().join('-')
}

function quoteCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const BYTES = new Map(
  [...new TextDecoder('windows-1252').decode(EVERY_BYTE, { stream: true })].map((character, byte) => [character, byte]),
)

/** Throws on a character that Windows-1252 has not. */
export function toWindows1252(text: string): Buffer {
  const bytes = Buffer.alloc(text.length)
  for (let index = 0; index < text.length; index++) {
    const byte = BYTES.get(text.charAt(index))
    if (byte === undefined) throw new Error('A character that Windows-1252 has not')
    bytes[index] = byte
  }
  return bytes
}
