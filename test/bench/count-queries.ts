// Counts the SQL statements that this process sends.
import pg from 'pg'

export type Count = { statements: number; transactions: number; reads: number; writes: number }

const TRANSACTION_CONTROL = /^\s*(begin|start|commit|rollback|set|savepoint|release)\b/i

/** Listens in on every client of `pg` in this process until it is stopped. */
export function countQueries() {
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown }
  const original = prototype.query
  let texts: string[] = []
  prototype.query = function (...args: unknown[]) {
    const [first] = args
    texts.push(typeof first === 'string' ? first : String((first as { text?: string })?.text ?? ''))
    return original.apply(this, args)
  }
  return {
    reset(): void {
      texts = []
    },
    /** The statements since the last reset, as they were sent. */
    texts: (): string[] => [...texts],
    /** How many there were, without those of `ignored`. */
    read(ignored: ReadonlySet<string> = new Set()): Count {
      return countOf(texts.filter((text) => !ignored.has(text)))
    },
    stop(): void {
      prototype.query = original
    },
  }
}

function countOf(texts: readonly string[]): Count {
  const control = texts.filter((text) => TRANSACTION_CONTROL.test(text)).length
  const reads = texts.filter((text) => /^\s*select\b/i.test(text) && !text.includes('append_ledger')).length
  const transactions = texts.filter((text) => /^\s*(begin|start)\b/i.test(text)).length
  return { statements: texts.length, transactions, reads, writes: texts.length - control - reads }
}
