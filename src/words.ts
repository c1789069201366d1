// How numbers and lists are put into words for people.

/** A number and its noun: "1 change", "1,200 changes". */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-GB')} ${noun}${number === 1 ? '' : 's'}`
}

/** "a, b and c"; beyond `most`, "a, b and 12 more". */
export function listed(items: readonly string[], most = 20): string {
  const left = items.length - most
  const shown = left > 0 ? [...items.slice(0, most), `${left.toLocaleString('en-GB')} more`] : items
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}
