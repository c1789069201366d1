/** Faults on demand: what the next requests should suffer. */
import { armedFaults } from '../armed-faults.ts'
import { renderExtract, type SimulatedSchool, toWindows1252 } from './extract.ts'

/** `times`: how many requests suffer it; 1 unless given. */
export type Fault = { times?: number } & (
  | { kind: 'not-there-yet' }
  | { kind: 'status'; status: number }
  | { kind: 'redirect'; to: string }
  | { kind: 'hang' }
  /** Half of it, and then nothing more. */
  | { kind: 'stall' }
  /** In twenty pieces, with a pause after each. */
  | { kind: 'slow'; ms: number }
  /** Half of it: then the connection is reset, or closed in good order with less sent than was announced. */
  | { kind: 'half'; how: 'cut' | 'closed' | 'cut-between-chunks' }
  /** Neither a length nor chunks: it is over when the connection is. */
  | { kind: 'without-length' }
  /** A header as it is sent, null for none. */
  | { kind: 'header'; name: string; value: string | null }
  | { kind: 'empty' }
  /** Only the first part of the schools. */
  | { kind: 'shrunk'; share: number }
  | { kind: 'garbled-header' }
  | { kind: 'without-column'; column: string }
  | { kind: 'column-twice'; column: string }
  /** As many more rows, each wrong in one of seven ways. */
  | { kind: 'defective-rows'; rows: number }
  /** UTF-8, with a byte order mark. */
  | { kind: 'utf-8' }
  | { kind: 'rewritten'; rewrite: (text: string) => string }
  | { kind: 'bytes'; rewrite: (bytes: Buffer) => Buffer }
)

export type Faults = ReturnType<typeof createFaults>

export function createFaults() {
  const { takeFirst, ...armed } = armedFaults<Fault>()
  /** The first armed fault that fits, used up by one; null for none. */
  const take = (isToday: boolean): Fault | null => takeFirst((fault) => isToday || fault.kind !== 'not-there-yet')
  return { ...armed, take }
}

/** The file a fault makes of the extract; null where the fault leaves it as it is. */
export function fileWith(fault: Fault | null, schools: readonly SimulatedSchool[]): Buffer | null {
  const text = () => renderExtract(schools)
  switch (fault?.kind) {
    case 'empty':
      return Buffer.alloc(0)
    case 'shrunk':
      return toWindows1252(renderExtract(schools.slice(0, Math.floor(schools.length * fault.share))))
    case 'garbled-header':
      return toWindows1252(text().replace(/^[^\r]+/, (header) => header.replaceAll(',', ';')))
    case 'without-column':
      return toWindows1252(text().replace(fault.column, 'Something else'))
    case 'column-twice':
      return toWindows1252(text().replace('SiteName', fault.column))
    case 'defective-rows':
      return toWindows1252(text() + defectiveRows(fault.rows))
    case 'utf-8':
      return Buffer.from(`\uFEFF${text()}`, 'utf8')
    case 'rewritten':
      return toWindows1252(fault.rewrite(text()))
    case 'bytes':
      return fault.rewrite(toWindows1252(text()))
    default:
      return null
  }
}

/** Rows none of which is what it should be. */
function defectiveRows(count: number): string {
  const good = renderExtract([
    { urn: '999999', name: 'Secret', status: 1, openDate: '1999-01-01', closeDate: '2020-01-01' },
  ])
  const row = good.slice(good.indexOf('\r\n') + 2)
  const wrong = [
    row.replace('999999,', ''),
    row.replace('999999', '99999X'),
    row.replace('1,Open,', '5,Closed by nobody,'),
    row.replace('01-01-1999', '31-02-1999'),
    row.replace('01-01-2020', '2020-01-01'),
    row.replace('Secret', '  '),
    row.replace('999999', ''),
  ]
  return Array.from({ length: count }, (_, index) => wrong[index % wrong.length]).join('')
}
