import type { Postcondition } from '../../entities/chatops/change-request.ts'
import { type Block, heading, plainLines, plainSections } from '../kit/blocks.ts'
import { shorten } from '../kit/text.ts'

const MARKS = { done: '✓', waiting: '○', failed: '✗' } as const

/** A line for each trainee whom a request set going: done, waiting or failed. Bounded: 7 blocks, 2,800 characters. */
export function renderTraineeLines(verified: readonly Postcondition[] = []): Block[] {
  const followed = verified.filter(({ trainee }) => trainee)
  if (followed.length === 0) return []
  const room = Math.min(200, Math.floor(1_600 / followed.length))
  const lines = followed.flatMap(({ trainee, found }) => {
    if (!trainee) return []
    const why = trainee.is === 'failed' ? `. ${shorten(found.replace(/\s+/g, ' '), room)}` : ''
    return [`${MARKS[trainee.is]} Trainee ${trainee.id}: ${trainee.is}${why}`]
  })
  const few = lines.length <= MOST_BLOCKS
  return [heading('Trainees'), ...(few ? plainLines(lines) : plainSections(lines.join('\n')))]
}

const MOST_BLOCKS = 6
