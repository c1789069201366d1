import { EventEmitter } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Request, Response } from 'express'
import { expect, test } from 'vitest'
import { createClicks } from '../../src/bot/clicks.ts'

/** A click of Slack's that has come; what it is answered with ends it. */
function arrive(clicks: ReturnType<typeof createClicks>): EventEmitter {
  const response = new EventEmitter()
  let wentOn = false
  // Nothing else of them is used.
  clicks.count({} as Request, response as unknown as Response, () => {
    wentOn = true
  })
  expect(wentOn).toBe(true)
  return response
}

test('other work waits until each click that has come is answered', async () => {
  const clicks = createClicks()
  const [one, other] = [arrive(clicks), arrive(clicks)]
  let isOver = false
  const waiting = clicks.passed().then(() => {
    isOver = true
  })
  one.emit('close')
  await nextTurn()
  expect(isOver).toBe(false)
  other.emit('close')
  await waiting
  expect(isOver).toBe(true)
})

test('other work waits for a moment only, though a click is never answered', async () => {
  const clicks = createClicks()
  arrive(clicks)
  await clicks.passed()
})

test('other work does not wait where nobody clicks', async () => {
  const clicks = createClicks()
  const waiting = clicks.passed().then(() => 'over')
  expect(await Promise.race([waiting, nextTurn('waits')])).toBe('over')
})
