// One line of the extract: which columns we need, and what may be in them.
import * as z from 'zod'
import { isDay } from '../calendar/london.ts'
import { refused } from './errors.ts'

const text = z
  .string()
  .transform((value) => value.replace(/[\s\p{Cc}]+/gu, ' ').trim())
  .pipe(z.string().min(1).max(500))

const day = z
  .string()
  .trim()
  .transform((value, issues) => {
    const found = value === '' ? null : findDay(value)
    if (value !== '' && found === null) issues.addIssue('no such day')
    return found
  })

/** All the statuses that GIAS has, as it calls them; what the extract says beside a code is not kept. */
const STATUSES: Readonly<Record<string, string>> = {
  1: 'Open',
  2: 'Closed',
  3: 'Open, but proposed to close',
  4: 'Proposed to open',
}

/** A school as the extract has it; of schools elsewhere the URN can be shorter. */
const giasRow = z
  .object({
    urn: z
      .string()
      .trim()
      .regex(/^[1-9]\d{4,5}$/),
    name: text,
    status: z
      .string()
      .trim()
      .regex(/^[1-4]$/),
    statusName: text,
    openDate: day,
    closeDate: day,
  })
  .transform(({ status, ...row }) => ({ ...row, status: Number(status), statusName: STATUSES[status] ?? '' }))

export type GiasRow = z.output<typeof giasRow>

/** What each is called in the extract's header. */
const COLUMNS = {
  urn: 'URN',
  name: 'EstablishmentName',
  status: 'EstablishmentStatus (code)',
  openDate: 'OpenDate',
  closeDate: 'CloseDate',
  statusName: 'EstablishmentStatus (name)',
} as const satisfies Record<keyof z.input<typeof giasRow>, string>

export type Header = { width: number; places: Readonly<Record<keyof typeof COLUMNS, number>> }

/** Finds our columns, in whatever order and case. Throws GiasError, naming every one that is missing or there twice. */
export function readHeader(cells: readonly string[]): Header {
  const names = cells.map(normalise)
  const problems: string[] = []
  const places = Object.entries(COLUMNS).map(([key, column]) => {
    const place = names.indexOf(normalise(column))
    if (place === -1) problems.push(`no column “${column}”`)
    else if (place !== names.lastIndexOf(normalise(column))) problems.push(`the column “${column}” twice`)
    return [key, place]
  })
  if (problems.length > 0) throw refused(`The extract has ${problems.join(', ')}.`)
  return { width: cells.length, places: Object.fromEntries(places) }
}

/** The school in a row; null if anything about it is not as it must be. */
export function findSchool(cells: readonly string[], { width, places }: Header): GiasRow | null {
  if (cells.length !== width) return null
  const named = Object.fromEntries(Object.entries(places).map(([key, place]) => [key, cells[place]]))
  return giasRow.safeParse(named).data ?? null
}

function normalise(name: string): string {
  return name.trim().toLowerCase()
}

/** A day as GIAS writes it, such as `27-10-2021`, in the order of ISO 8601; null if there is no such day. */
function findDay(text: string): string | null {
  const [, day, month, year] = /^(\d\d)-(\d\d)-([12]\d{3})$/.exec(text) ?? []
  const iso = `${year}-${month}-${day}`
  return isDay(iso) ? iso : null
}
