// What goes wrong in each run of the proof, and where the request must have ended before anybody settles it.

import type { Fault } from '../../sandbox/dttp/index.ts'
import { EXECUTION_STEPS } from '../../src/changes/execute/execute.ts'

/** Where a request ends: registered, or known not to be. Where nobody knows at first, DTTP is asked by our ids. */
export type End = 'registered' | 'not sent'

export type Point = { name: string; ends: End } & (
  | { kind: 'killed'; in: 'request' | 'job'; step: string }
  /** Killed while the batch is at DTTP. */
  | { kind: 'killed in flight'; carriedOut: boolean }
  /** DTTP is away when the request is carried out, and comes back. */
  | { kind: 'away' }
  | { kind: 'fault'; faults: readonly Fault[] }
)

const batch = { path: '$batch' } as const
const patch = { method: 'PATCH' } as const

const faults: [name: string, ends: End, ...Fault[]][] = [
  ['DTTP is away before the batch', 'not sent', { kind: 'rate-limited', retryAfter: '0', ...batch }],
  ['DTTP refuses the batch', 'not sent', { kind: 'refused', ...batch }],
  ['the connection is lost before the batch is carried out', 'registered', { kind: 'lost-request', ...batch }],
  ['the connection is lost after the batch', 'registered', { kind: 'lost-answer', ...batch }],
  ['the answer is cut off', 'registered', { kind: 'cut-answer', ...batch }],
  ['the answer cannot be read', 'registered', { kind: 'garbled', ...batch }],
  ['DTTP fails, and has done nothing', 'registered', { kind: 'server-error', ...batch }],
  ['DTTP fails, and has done it', 'registered', { kind: 'server-error', performed: true, ...batch }],
  ['DTTP is away after the batch', 'registered', { kind: 'server-error', status: 503, times: 3, ...patch }],
]

const steps: [step: string, ends: End][] = [
  ['begun', 'registered'],
  ['read', 'registered'],
  ['noted', 'registered'],
  ['answered', 'registered'],
  ['kept', 'registered'],
  ['locked', 'registered'],
  ['saved', 'registered'],
  ['status-sent', 'registered'],
]

/** Every point once: faults first, then deaths in the job, then deaths in the execution. */
export const POINTS: readonly Point[] = [
  ...faults.map(([name, ends, ...armed]): Point => ({ kind: 'fault', name, ends, faults: armed })),
  { kind: 'away', name: 'DTTP is away when the request is carried out', ends: 'registered' },
  ...steps.map(([step, ends]): Point => ({ kind: 'killed', in: 'job', name: `killed: job, ${step}`, ends, step })),
  ...[true, false].map(
    (carriedOut): Point => ({
      ...{ kind: 'killed in flight', ends: 'registered', carriedOut },
      name: `killed: in flight, and ${carriedOut ? '' : 'not '}carried out`,
    }),
  ),
  ...EXECUTION_STEPS.map(
    (step): Point => ({
      ...{ kind: 'killed', in: 'request', step },
      name: `killed: request, ${step}`,
      ends: 'registered',
    }),
  ),
]

/** `count` points, each about as often as the others, in the order above. */
export function spread(count: number): Point[] {
  const points = Array.from({ length: count }, (_, index) => POINTS[index % POINTS.length] as Point)
  return points.toSorted((a, b) => POINTS.indexOf(a) - POINTS.indexOf(b))
}
