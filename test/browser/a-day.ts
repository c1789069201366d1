// docs/a-day.md says how much the commonest jobs ask of people, and how tall what they read is. UPDATE_DOCS=1 writes it.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Effort } from './slack-page.ts'

const DOC = fileURLToPath(new URL('../../docs/a-day.md', import.meta.url))

/** Holds the page to what a person had to do: it is the same on every machine. */
export function expectEffort(what: string, { clicks, characters }: Effort): void {
  const words = `${clicks} clicks, ${characters} characters`
  expect(lastCell(what, words)).toBe(words)
}

/** Fonts differ from machine to machine by a line here and there. */
const LEEWAY = 1.06

/** How tall something is, on a desktop and on a phone: hardly more than the page says. */
export function expectHeight(what: string, { desktop, phone }: { desktop: number; phone: number }): void {
  const said = lastCell(what, `${desktop} px, ${phone} px`)
  const [, wide = '', narrow = ''] = /^(\d+) px, (\d+) px$/.exec(said ?? '') ?? []
  expect(desktop, `${what}, on a desktop`).toBeLessThanOrEqual(Number(wide) * LEEWAY)
  expect(phone, `${what}, on a phone`).toBeLessThanOrEqual(Number(narrow) * LEEWAY)
}

/** The last cell of the row that begins with `what`; it is written first where it should be. */
function lastCell(what: string, measured: string): string | undefined {
  const page = readFileSync(DOC, 'utf8')
  const row = page.split('\n').find((line) => line.startsWith(`| ${what} |`))
  if (!row) throw new Error(`docs/a-day.md has no row “${what}”.`)
  const cells = row.split(' | ')
  if (process.env['UPDATE_DOCS'] === '1') {
    cells[cells.length - 1] = `${measured} |`
    writeFileSync(DOC, page.replace(row, cells.join(' | ')))
    return measured
  }
  return cells.at(-1)?.replace(/ \|$/, '')
}
