// Milliseconds, summed up.

export type Times = { count: number; p50: number; p95: number; max: number }

/** The median, the 95th percentile (nearest rank) and the largest, to a hundredth of a millisecond. */
export function timesOf(samples: readonly number[]): Times {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) => round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN)
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) }
}

/** How many times as long. */
export function ratioOf(ours: Times, theirs: Times): { p50: number; p95: number } {
  return { p50: round(ours.p50 / theirs.p50), p95: round(ours.p95 / theirs.p95) }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
