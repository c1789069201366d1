// Reads schools from the extract's bytes in batches, so that the whole file is never in memory.
import { pipeline, Readable } from 'node:stream'
import { TextDecoder } from 'node:util'
import { CsvError, parse } from 'csv-parse'
import { GiasError, refused } from './errors.ts'
import { findSchool, type GiasRow, type Header, readHeader } from './row.ts'

/** A school, and the number of its row as a spreadsheet counts them, the header being 1. */
export type NumberedRow = GiasRow & { row: number }

/** Rows that could not be used: how many, and the numbers of the first few. */
export type Defects = { count: number; firstRows: number[] }

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])
const BATCH = 2_000
const FIRST_FEW = 10
/**
 * The longest row, in characters. GIAS's rows have about 1,200; only a quotation mark that is never closed makes one
 * this long.
 */
const LONGEST_ROW = 100_000
/**
 * If a quotation mark is left open, the rows after it become part of its cell. This is what the beginning of such a row
 * looks like.
 */
const ROW_WITHIN = /\n"?[1-9]\d{4,5}"?,/g

/**
 * Reads all schools, in batches of at most 2,000, and counts the rows that have none in `defects`. Throws GiasError:
 * what `bytes` throws, or `refused` if this is not an extract.
 */
export async function* readSchools(bytes: AsyncIterable<Buffer>, defects: Defects): AsyncGenerator<NumberedRow[]> {
  let header: Header | null = null
  let batch: NumberedRow[] = []
  let row = 0
  for await (const cells of readRows(bytes)) {
    row += 1
    if (!header) {
      header = readHeader(cells)
      continue
    }
    const swallowed = countRowsWithin(cells)
    const school = swallowed === 0 ? findSchool(cells, header) : null
    if (school) batch.push({ ...school, row })
    else note(defects, row, 1 + swallowed)
    row += swallowed
    if (batch.length === BATCH) {
      yield batch
      batch = []
    }
  }
  if (!header) throw refused('The extract is empty.')
  if (batch.length > 0) yield batch
}

/** Every row that is not blank. A quotation mark in the middle of a cell is part of it. */
async function* readRows(bytes: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const parser = parse({
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
  })
  pipeline(Readable.from(decode(bytes), { objectMode: false }), parser, () => {}) // errors come out of the parser
  try {
    yield* parser as AsyncIterable<string[]>
  } catch (error) {
    if (error instanceof GiasError) throw error
    if (error instanceof CsvError) throw refused('The extract has a quotation mark that is never closed.')
    throw refused('The extract cannot be read as text.')
  }
}

function countRowsWithin(cells: readonly string[]): number {
  let count = 0
  for (const cell of cells) if (cell.includes('\n')) count += cell.match(ROW_WITHIN)?.length ?? 0
  return count
}

/**
 * The text in UTF-8. The extract is Windows-1252; one that begins with a byte order mark is UTF-8, and must be valid.
 * Always decoded as a stream: without, Node 20 takes Windows-1252 for ISO 8859-1 and loses its quotation marks.
 */
async function* decode(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | null = null
  let start = Buffer.alloc(0)
  for await (const chunk of bytes) {
    if (decoder) yield Buffer.from(decoder.decode(chunk, { stream: true }))
    else start = Buffer.concat([start, chunk])
    if (decoder || start.length < BYTE_ORDER_MARK.length) continue
    decoder = decoderFor(start)
    yield Buffer.from(decoder.decode(start, { stream: true }))
  }
  decoder ??= decoderFor(start)
  yield Buffer.from(decoder.decode())
}

function decoderFor(start: Buffer): TextDecoder {
  const isUtf8 = start.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
  return isUtf8 ? new TextDecoder('utf-8', { fatal: true }) : new TextDecoder('windows-1252')
}

function note(defects: Defects, row: number, count: number): void {
  defects.count += count
  if (defects.firstRows.length < FIRST_FEW) defects.firstRows.push(row)
}
