// Lists that people turn the pages of.

/** A page of a list, counted from 1. `isAll` is false if there are more than are counted. */
export type Page<T> = { items: T[]; all: number; isAll: boolean; page: number; pages: number }

/** The page that is asked for, counted from 1. */
export type Wanted = { page: number; perPage: number }

/** So many are counted and can be turned to, so that a list is read in the same time however long it is. */
export const MOST_COUNTED = 1_000

/** Of a list of which at most one more than `MOST_COUNTED` were found: the wanted page, or the last one. */
export function placeOf(
  found: number,
  { page: wanted, perPage }: Wanted,
): Omit<Page<never>, 'items'> & { start: number } {
  const all = Math.min(found, MOST_COUNTED)
  const pages = Math.max(1, Math.ceil(all / perPage))
  const page = Math.min(Math.max(wanted, 1), pages)
  return { all, isAll: found <= MOST_COUNTED, page, pages, start: (page - 1) * perPage }
}

/** The wanted page of what was found. */
export function pageOf<T>(found: readonly T[], wanted: Wanted): Page<T> {
  const { start, ...place } = placeOf(found.length, wanted)
  return { items: found.slice(start, Math.min(start + wanted.perPage, place.all)), ...place }
}
