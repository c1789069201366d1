import { findEnumName, isEnumColumn } from '../entities/register/enums.ts'
import { isPersonal } from '../personal-data/columns.ts'
import { columnLabel } from '../register/columns.ts'
import { isStatusKnown } from '../register/schools/schools.ts'

// Values that Register may have added since this version of the bot was made: a new state, route or status. What is meant
// by one nobody here knows, so a record with one is refused, and no other record is.

/** A row's columns that hold such a value, in words that show no personal value. */
export function unknownValuesIn(row: object): string[] {
  return Object.entries(row).flatMap(([column, value]) => (isKnown(column, value) ? [] : [valueWords(column, value)]))
}

/** Words for one column, or null where its value is known or empty. */
export function unknownValue(column: string, value: number | null): string | null {
  return isKnown(column, value) ? null : valueWords(column, value)
}

/** Whether a column has one of a list of values. */
export function isOfList(column: string): boolean {
  return column === 'status_code' || isEnumColumn(column)
}

function isKnown(column: string, value: unknown): boolean {
  if (value === null) return true
  if (column === 'status_code') return isStatusKnown(Number(value))
  return !isEnumColumn(column) || findEnumName(column, Number(value)) !== null
}

function valueWords(column: string, value: unknown): string {
  const shown = isPersonal(column) ? '' : ` (${String(value)})`
  return `${columnLabel(column)} has a value${shown} that this version of the bot does not know.`
}
