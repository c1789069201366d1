import { describe, expect, it } from 'vitest'
import { findNearest } from '../../src/handlers/did-you-mean.ts'
import { playbooks } from '../../src/playbooks/index.ts'

const names = [...playbooks.map(({ name }) => name), 'help', 'requests', 'find', 'history', 'show', 'jobs', 'pause']

describe('what was perhaps meant', () => {
  it.each([
    ['fix-rout', 'fix-route'],
    ['fixroute', 'fix-route'],
    ['fix route 5901', 'fix-route'],
    ['FIX-ROUET', 'fix-route'],
    ['requeue-trm', 'requeue-trn'],
    ['re-registr', 're-register'],
    ['hepl', null],
    ['hlp', 'help'],
    ['request', 'requests'],
    ['hist', 'history'],
    ['cr12', 'CR-12'],
    ['cr 12', 'CR-12'],
    ['CR#12', 'CR-12'],
    ['5901', 'show 5901'],
    ['https://register.example/trainees/aBcDeF', 'show https://register.example/trainees/aBcDeF'],
    ['route 5901', 'fix-route'],
    ['school', 'repair-school'],
  ])('%s', (typed, meant) => {
    expect(findNearest(typed.split(' '), names)).toBe(meant)
  })

  it.each(['', 'x', 'banana', '!', 'r', 'drop table trainees', '%', 'a'.repeat(5_000)])(
    'is nothing for “%s”',
    (typed) => {
      expect(findNearest(typed.split(' '), names)).toBeNull()
    },
  )
})
