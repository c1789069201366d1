// The ways people write a date, for finding it in their texts.

/** Welsh, and the languages of many who trained abroad. */
const LOCALES = ['en-GB', 'cy', 'de', 'es', 'fr', 'pl']
const ROMAN = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x', 'xi', 'xii']

/** Whether words hold an ISO date, however it is written. `words`: small plain letters and digits between single spaces. */
export function holdsDate(words: string, iso: string): boolean {
  const text = ` ${apart(words)} `
  return spellingsOf(iso).some((date) => text.includes(` ${date} `))
}

/** "29mar1987" as "29 mar 1987", "29thmarch" as "29 th march". */
function apart(words: string): string {
  return words.replace(/(?<=\d)(?:st|nd|rd|th)(?=\p{L})/gu, '$& ').replace(/(?<=\d)(?=\p{L})|(?<=\p{L})(?=\d)/gu, ' ')
}

function spellingsOf(iso: string): string[] {
  const [year = '', month = '', day = ''] = iso.split('-')
  const years = [year, year.slice(2)]
  const days = [day, String(Number(day)), `${Number(day)} ${ordinal(Number(day))}`]
  const months = monthsOf(Number(month))
  const parted = years.flatMap((y) =>
    days.flatMap((d) =>
      months.flatMap((m) => [`${d} ${m} ${y}`, `${d} of ${m} ${y}`, `${m} ${d} ${y}`, `${y} ${m} ${d}`]),
    ),
  )
  return [...parted, ...years.flatMap((y) => [`${y}${month}${day}`, `${day}${month}${y}`, `${month}${day}${y}`])]
}

/** Every text that people write is looked through, and twelve formats are costly to make. */
const known = new Map<number, string[]>()

function monthsOf(month: number): string[] {
  const spellings = known.get(month) ?? spellMonth(month)
  known.set(month, spellings)
  return spellings
}

/** A month by number, by name and by the name's beginning: four letters for "Sept". */
function spellMonth(month: number): string[] {
  const middle = new Date(Date.UTC(2000, month - 1, 15))
  const names = LOCALES.flatMap((locale) =>
    // With a day, Polish and Welsh inflect the name.
    [{ month: 'long' }, { month: 'long', day: 'numeric' }].map((parts) =>
      new Intl.DateTimeFormat(locale, { ...(parts as { month: 'long' }), timeZone: 'UTC' })
        .formatToParts(middle)
        .find(({ type }) => type === 'month'),
    ),
  ).map((part) => (part?.value ?? '').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase())
  const short = names.flatMap((name) => [name, name.slice(0, 3), name.slice(0, 4)])
  return [...new Set([String(month).padStart(2, '0'), String(month), ROMAN[month - 1] ?? '', ...short])]
}

function ordinal(day: number): string {
  if (day % 100 >= 11 && day % 100 <= 13) return 'th'
  return ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th'
}
