import { expect, test } from 'vitest'
import { combine, isBlocked, isWarning, notLookedAt } from '../../src/contract/check.ts'
import { renderVerdicts } from '../../src/views/request/verdicts.ts'

const check = (finding: ReturnType<typeof notLookedAt>) => ({
  id: 'gias',
  sentence: 'GIAS has the school open',
  ...finding,
})

test('what was not looked at neither holds nor warns nor blocks', () => {
  const result = check(notLookedAt())
  expect(isWarning(result)).toBe(false)
  expect(isBlocked([result])).toBe(false)
})

test('of no schools at all, nothing was looked at', () => {
  expect(combine([]).verdict).toBe('not-looked-at')
})

test('of several, what holds of one is said, and what is wrong with one is said first', () => {
  const holds = { verdict: 'holds' as const, found: 'A.', evidence: null }
  const warns = { verdict: 'warns' as const, found: 'B.', evidence: null }
  expect(combine([notLookedAt(), holds]).verdict).toBe('holds')
  expect(combine([notLookedAt(), holds, warns])).toMatchObject({ verdict: 'warns', found: 'A. B.' })
})

test('it is shown as its own answer, without a tick', () => {
  const shown = JSON.stringify(renderVerdicts([check(notLookedAt('No trainee was named.'))]))
  expect(shown).toContain('– GIAS has the school open: not looked at. No trainee was named.')
  expect(shown).not.toContain('✅')
})
