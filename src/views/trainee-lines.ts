import type { Postcondition } from '../entities/chatops/change-request.ts'
import { type Block, heading, plainSections } from './blocks.ts'
import { shorten } from './text.ts'

const MARKS = { done: '✓', waiting: '○', failed: '✗' } as const

/** A line for each trainee whom a request set going: done, waiting or failed. Bounded: 2 blocks, 2,600 characters. */
export function renderTraineeLines(verified: readonly Postcondition[] = []): Block[] {
  const lines = verified.flatMap(({ trainee, found }) => {
    if (!trainee) return []
    const why = trainee.is === 'failed' ? `. ${shorten(found.replace(/\s+/g, ' '), 200)}` : ''
    return [`${MARKS[trainee.is]} Trainee ${trainee.id}: ${trainee.is}${why}`]
  })
  if (lines.length === 0) return []
  return [heading('Trainees'), ...plainSections(shorten(lines.join('\n'), 2500))]
}
