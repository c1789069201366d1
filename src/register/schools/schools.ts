/** DTTP's status codes for a school account, as Register stores them in `dttp_schools.status_code`. */
const DTTP_STATUSES: Readonly<Record<number, string>> = {
  1: 'active',
  2: 'inactive',
  300000000: 'open, proposed to close',
  300000002: 'closed',
  300000003: 'PNP active',
  300000005: 'notified to close',
  300000007: 'new',
  300000008: 'proposed to open',
}

/** Whether a status is one of those that DTTP had when this was written. */
export function isStatusKnown(statusCode: number): boolean {
  return Object.hasOwn(DTTP_STATUSES, statusCode)
}

/** Only "active" and "new" schools are found when Register sends a trainee to DTTP. */
export function isActiveInDttp(statusCode: number | null): boolean {
  return statusCode === 1 || statusCode === 300000007
}

/** The status in words; with its code where it has none. */
export function dttpStatusLabel(statusCode: number | null): string {
  if (statusCode === null) return 'no status'
  return DTTP_STATUSES[statusCode] ?? `unknown status (${statusCode})`
}

/** Whether a text could be the URN of a school: GIAS gives out six digits, and five to schools elsewhere. */
export function isUrn(text: string): boolean {
  return /^[1-9]\d{4,5}$/.test(text)
}

/** A school as people know it, and as GIAS and DTTP do: "URN 123456, Example School". */
export function schoolWords({ urn, name }: { urn: string; name: string | null | undefined }): string {
  return name ? `URN ${urn}, ${name}` : `URN ${urn}`
}

/** What schools are called, by their rows in Register's tables (`schoolRow`). */
export type SchoolNames = ReadonlyMap<string, string>

export const NO_SCHOOLS: SchoolNames = new Map()

export function schoolRow(table: 'schools' | 'dttp_schools', id: unknown): string {
  return `${table}:${id}`
}
