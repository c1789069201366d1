import { createHash } from 'node:crypto'
import { getMetadataArgsStorage } from 'typeorm'
import { Degree } from '../entities/register/degree.ts'
import { Disability } from '../entities/register/disability.ts'
import { findEnumName, isEnumColumn } from '../entities/register/enums.ts'
import { Nationality } from '../entities/register/nationality.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { byId, type RegistrationRows } from './payloads/rows.ts'

type Row = object
type Entity = new () => Row

const LEFT_OUT: readonly string[] = ['created_at', 'updated_at', 'dttp_update_sha', 'progress']

/**
 * The value of `dttp_update_sha` after an update (Register's Trainee#sha): its nightly job sends a trainee again when
 * it has changed. Columns count in the order of the entities, which is the schema's; each list by id.
 */
export function updateSha(
  rows: Pick<RegistrationRows, 'trainee' | 'degrees' | 'nationalities' | 'disabilities'>,
): string {
  const values = [
    ...valuesOf(Trainee, rows.trainee, LEFT_OUT),
    ...byId(rows.degrees).flatMap((degree) => valuesOf(Degree, asRead(degree))),
    ...byId(rows.nationalities).flatMap((nationality) => valuesOf(Nationality, nationality)),
    ...byId(rows.disabilities).flatMap((disability) => valuesOf(Disability, disability)),
  ]
  return createHash('sha1').update(values.join(',')).digest('hex')
}

/** Register's Degree hides another grade unless the grade is "Other". */
function asRead(degree: Degree): Degree {
  return degree.grade === 'Other' ? degree : { ...degree, other_grade: null }
}

function valuesOf(entity: Entity, row: Row, leftOut: readonly string[] = []): string[] {
  const values = new Map(Object.entries(row))
  return getMetadataArgsStorage()
    .columns.filter(({ target, propertyName }) => target === entity && !leftOut.includes(propertyName))
    .map(({ propertyName, options }) => rubyText(propertyName, options.type, values.get(propertyName)))
    .filter((text) => text !== null)
}

/** A value as Ruby's `to_s` writes it; null for none, or for an enum that is not known. */
function rubyText(column: string, type: unknown, value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (isEnumColumn(column)) return findEnumName(column, Number(value))
  if (type === 'timestamp') return `${String(value).slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replace('T', ' ')} UTC`
  return String(value)
}
