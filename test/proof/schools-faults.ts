// What goes wrong while schools are synchronised, page by page.
import type { DttpSimulator, Fault } from '../../sandbox/dttp/index.ts'

/** What each request for a page suffers, in their order, and the pages at which workers die. */
export type FaultPlan = { faults: Fault[]; kinds: string[]; firstKill: number; secondKill: number }

/**
 * Each fault of the simulator that a page can suffer, once. A worker dies while page `firstKill` is asked for, another
 * while page `secondKill` is written; there are four pages at least.
 */
export function planFaults(pages: number): FaultPlan {
  const firstKill = Math.max(2, Math.round(pages * 0.3))
  const secondKill = Math.max(firstKill + 1, Math.round(pages * 0.6))
  const withStaleLink = Math.max(secondKill, Math.round(pages * 0.8))
  const faults: Fault[] = [
    { kind: 'server-error' },
    { kind: 'cut-answer' },
    ...well(firstKill - 1),
    { kind: 'hang' },
    { kind: 'rate-limited', retryAfter: '1' },
    { kind: 'lost-answer' },
    ...well(secondKill - firstKill),
    { kind: 'garbled' },
    ...well(1),
    { kind: 'lost-request' },
    { kind: 'server-error', status: 503, retryAfter: '1' },
    ...well(withStaleLink - secondKill),
    { kind: 'rewritten', rewrite: (reply) => ({ ...reply, body: reply.body.replace('pagenumber', 'page') }) },
  ]
  const kinds = [...new Set(faults.map(({ kind }) => kind))].filter((kind) => kind !== 'slow')
  return { faults: faults.map((fault) => ({ ...fault, path: 'accounts' })), kinds, firstKill, secondKill }
}

function well(times: number): Fault[] {
  return times > 0 ? [{ kind: 'slow', ms: 0, times }] : []
}

/** How many requests suffered which fault. */
export function countFaults({ requests }: DttpSimulator): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { fault } of requests) {
    if (fault && fault !== 'slow') counts[fault] = (counts[fault] ?? 0) + 1
  }
  return counts
}
