// Counts the SQL statements that this process sends.
import pg from 'pg'

export type Count = { statements: number; transactions: number; reads: number; writes: number }

type Sent = { text: string; foundNothing: boolean; session: unknown }

const TRANSACTION_CONTROL = /^\s*(begin|start|commit|rollback|set|savepoint|release)\b/i

/** Listens in on every client of `pg` in this process until it is stopped. */
export function countQueries() {
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown }
  const original = prototype.query
  let all: Sent[] = []
  prototype.query = function (this: unknown, ...args: unknown[]) {
    const [first] = args
    const text = typeof first === 'string' ? first : String((first as { text?: string })?.text ?? '')
    const sent: Sent = { text, foundNothing: false, session: this }
    all.push(sent)
    const answer = original.apply(this, args)
    if (answer instanceof Promise) answer.then((result) => noteWhether(sent, result)).catch(() => {})
    return answer
  }
  return {
    reset(): void {
      all = []
    },
    /** The statements since the last reset, as they were sent. */
    texts: (): string[] => all.map(({ text }) => text),
    /** How many there were, without those of `idle` that found nothing: they are sent by the clock. */
    read(idle: ReadonlySet<string> = new Set()): Count {
      return countOf(all.filter(({ text, foundNothing }) => !(foundNothing && idle.has(text))))
    },
    /** What was sent after an entry was appended to the ledger, and before the end of that transaction. */
    afterAppending: (): string[] =>
      [...new Set(all.map(({ session }) => session))].flatMap((one) => afterAppending(all, one)),
    stop(): void {
      prototype.query = original
    },
  }
}

function noteWhether(sent: Sent, result: unknown): void {
  sent.foundNothing = (result as { rowCount?: number | null } | undefined)?.rowCount === 0
}

function afterAppending(all: readonly Sent[], session: unknown): string[] {
  let hasAppended = false
  return all.flatMap(({ text, session: its }) => {
    if (its !== session) return []
    if (/^\s*(commit|rollback)\b/i.test(text)) hasAppended = false
    else if (text.includes('append_ledger')) hasAppended = true
    else if (hasAppended) return [text]
    return []
  })
}

/** `statements` are those that are not only for the transaction's sake. */
function countOf(sent: readonly Sent[]): Count {
  const texts = sent.map(({ text }) => text)
  const control = texts.filter((text) => TRANSACTION_CONTROL.test(text)).length
  const reads = texts.filter((text) => /^\s*select\b/i.test(text) && !text.includes('append_ledger')).length
  const transactions = texts.filter((text) => /^\s*(begin|start)\b/i.test(text)).length
  const statements = texts.length - control
  return { statements, transactions, reads, writes: statements - reads }
}
