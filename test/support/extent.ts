// How much of what takes long is tried: a sample in bin/test, more in .ci/run, all of it in `npm run proof`.
import * as z from 'zod'

/** EXTENT: `sample` unless set, `wide` in .ci/run, `all` in the proofs of whole suites. */
export const extent = z.enum(['sample', 'wide', 'all']).default('sample').parse(process.env['EXTENT'])

/** So many of these cases, spread evenly, where a sample is wanted; otherwise each of them. */
export function sampleOf<T>(cases: readonly T[], count: number): readonly T[] {
  return extent === 'sample' ? spread(cases, count) : cases
}

/** So many of each kind of these cases, where a sample is wanted; otherwise each of them. */
export function sampleOfEach<T>(cases: readonly T[], kindOf: (one: T) => string, count: number): readonly T[] {
  const kinds = new Set(cases.map(kindOf))
  const chosen = new Set(
    [...kinds].flatMap((kind) =>
      sampleOf(
        cases.filter((one) => kindOf(one) === kind),
        count,
      ),
    ),
  )
  return cases.filter((one) => chosen.has(one))
}

/** So many of these cases, spread evenly, beginning with the first. */
export function spread<T>(cases: readonly T[], count: number): readonly T[] {
  const every = Math.max(1, cases.length / count)
  return cases.filter((_, index) => Math.floor(index / every) !== Math.floor((index - 1) / every))
}
