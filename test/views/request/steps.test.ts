import { expect, it } from 'vitest'
import { renderTicks } from '../../../src/views/request/steps.ts'
import { manualStep } from '../builders.ts'
import { expectView, readingOf } from '../shown.ts'

it('offers ten ticks, of what is left first, and keeps the other steps as they are', () => {
  const doneAt = new Date('2021-10-27T13:00:00Z')
  const steps = Array.from({ length: 13 }, (_, n) =>
    manualStep({ id: String(n), title: `Step ${n}`, ...(n < 6 ? { doneAt, doneBy: 'U0ME' } : {}) }),
  )
  const view = renderTicks('12', steps)
  expectView(view)
  const { shown } = JSON.parse(view.private_metadata ?? '') as { shown: Record<string, boolean> }
  const isLeft = Object.values(shown).filter((done) => !done)
  expect([Object.keys(shown).length, isLeft.length]).toEqual([10, 7])
  expect(view.blocks[0]).toMatchObject({
    element: { options: { length: 10 }, initial_options: [{ value: '0' }, { value: '1' }, { value: '2' }] },
  })
  expect(readingOf(view)).toContain('And 3 more.')
})
