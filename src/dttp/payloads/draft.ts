import { isProblem, type Problem } from '../problems.ts'

type Value = string | number | boolean | null

/** A body as it goes to DTTP, in Register's order. */
export type Body = Readonly<Record<string, Value>>

/** A body that may still lack values: each that cannot be had is replaced by the problem. */
export type Draft = Readonly<Record<string, Value | Problem>>

/** An OData reference, such as `/accounts(<id>)`; null is sent as `()`, where Register sends that. */
export function reference(entities: string, id: string | Problem | null): string | Problem {
  return isProblem(id) ? id : `/${entities}(${id ?? ''})`
}

/** The problems in a draft. */
export function problemsIn(draft: Draft): Problem[] {
  return Object.values(draft).filter(isProblem)
}

/** The body that a draft makes. Throws if a problem is left in it: ask `problemsIn` first. */
export function settle(draft: Draft): Body {
  const settled = Object.entries(draft).map(([key, value]): [string, Value] => {
    if (isProblem(value)) throw new Error(`${key} cannot be sent to DTTP (${value.code})`)
    return [key, value]
  })
  return Object.fromEntries(settled)
}
