import { expect, test } from 'vitest'
import { sweepsOf } from '../../src/queue/sweeper.ts'
import { useMirror } from './mirror-story.ts'

// Each night leaves as many jobs that are over as there are trainees, for eight days.

const story = useMirror()

test('what is over is purged, too, once Register’s Sidekiq is not read any more', () => {
  const { sidekiq: _, ...upstreams } = story.world.upstreams
  const names = sweepsOf({ ...story.world, upstreams }, {} as never, 0).map(({ name }) => name)
  expect(names).toContain('purge of the mirror')
})
