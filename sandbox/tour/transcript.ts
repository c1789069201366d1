// What the tour prints: numbered steps that a support person can read, each with what was checked.
import { wrap } from './words.ts'

const WIDTH = 110

/** A step that did not hold, with what was expected and what was seen. */
export class StepFailed extends Error {}

export interface Transcript {
  chapter(title: string): void
  step(title: string): void
  /** What somebody does: "Demo Support types  /trainee help". */
  tell(sentence: string): void
  /** What somebody then sees. */
  show(caption: string, lines: readonly string[]): void
  table(heading: readonly string[], rows: readonly (readonly string[])[]): void
  /** Prints the sentence as held, or throws StepFailed. */
  hold(sentence: string, holds: boolean, seen: () => unknown): void
  /** The failure of the step under way. */
  failure(expected: string, seen: string): StepFailed
  /** How many steps began, and how many sentences held. */
  counts(): { steps: number; held: number }
}

export function createTranscript(write: (text: string) => void): Transcript {
  let steps = 0
  let held = 0
  let current = 'before the first step'
  const print = (lines: readonly string[], margin: string) => {
    for (const line of lines) write(`${`${margin}${line}`.trimEnd()}\n`)
  }
  const failure = (expected: string, seen: string) =>
    new StepFailed(`✗ ${current} did not go as it should.\n  Expected: ${expected}\n  Seen:     ${indent(seen)}`)
  return {
    chapter: (title) => print(['', `═══ ${title} ${'═'.repeat(Math.max(3, WIDTH - title.length - 5))}`], ''),
    step(title) {
      steps++
      current = `Step ${steps}, “${title}”,`
      print(['', `${String(steps).padStart(2)}. ${title}`], '')
    },
    tell: (sentence) => print(wrap([sentence], WIDTH - 4), '    '),
    show(caption, lines) {
      print([`${caption}:`], '    ')
      print(wrap(lines, WIDTH - 8), '    │ ')
    },
    table(heading, rows) {
      const all = [heading, ...rows]
      const widths = heading.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
      const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
      print([line(heading), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)], '      ')
    },
    hold(sentence, holds, seen) {
      if (!holds) throw failure(sentence, printable(seen()))
      held++
      print([`✓ ${sentence}`], '    ')
    },
    failure,
    counts: () => ({ steps, held }),
  }
}

function printable(seen: unknown): string {
  return typeof seen === 'string' ? seen : JSON.stringify(seen)
}

function indent(text: string): string {
  return text.split('\n').join('\n            ')
}
