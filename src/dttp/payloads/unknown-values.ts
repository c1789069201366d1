import { unknownValue, unknownValuesIn } from '../../compatibility/known-values.ts'
import type { EnumColumn } from '../../entities/register/enums.ts'
import type { Problem } from '../problems.ts'
import type { RegistrationRows } from './rows.ts'

/**
 * Values that Register has added since. Of some of them nothing would be sent, and of others what belongs to another
 * value.
 */
export function unknownValues({ trainee, degrees }: RegistrationRows): Problem[] {
  return [...unknownValuesIn(trainee), ...degrees.flatMap(unknownValuesIn)].map(problem)
}

/** The same of one column; null where its value is known or empty. */
export function unknownValueOf(column: EnumColumn, value: number | null): Problem | null {
  const words = unknownValue(column, value)
  return words === null ? null : problem(words)
}

function problem(message: string): Problem {
  return { code: 'value-unknown', message }
}
