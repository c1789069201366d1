import type { Told } from '../../contract/effect.ts'
import { columnLabel } from '../../register/columns.ts'
import { type Block, plainSections, section } from '../kit/blocks.ts'
import { traineeUrl } from './request.ts'
import { describeValue, inReadingOrder } from './values.ts'

/** What DTTP will be told of a trainee, by number. */
export type ToldOf = { trainee: string; told: Told }

/** What decides each registration, by name and value; the rest is in Register, and its hash is approved all the same. */
export function renderTold(all: readonly ToldOf[], registerUrl: string): Block[] {
  return all.flatMap(({ trainee, told }) => [
    ...plainSections([`DTTP is told of trainee ${trainee}:`, ...linesOf(told)].join('\n')),
    section(`${theRest({ trainee, told }, registerUrl)} If any of it changes before it is sent, nothing is sent.`),
  ])
}

function linesOf({ shows }: Told): string[] {
  const route = shows['training_route'] ?? null
  const columns = inReadingOrder(Object.keys(shows))
  return columns.map(
    (column) => `${columnLabel(column)}: ${describeValue(column, shows[column] ?? null, route, false)}`,
  )
}

function theRest({ trainee, told }: ToldOf, registerUrl: string): string {
  const url = traineeUrl({ traineeId: trainee, traineeSlug: told.slug }, registerUrl)
  const asRegister = url ? `<${url}|Register has them>` : 'Register has them'
  return `Personal details and degrees are sent as ${asRegister}.`
}
