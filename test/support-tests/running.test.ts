// What a run of all tests goes by: which files begin, which depend most on time, and which cases of a long matrix are
// its sample.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { TIMING_SENSITIVE } from '../steady/files.ts'
import { spread } from '../support/extent.ts'
import { LONGEST } from '../support/longest-first.ts'

test.each([
  ['are begun with', LONGEST],
  ['are tried again and again', TIMING_SENSITIVE],
])('the files that %s exist', (_, files) => {
  const exists = (name: string) => existsSync(fileURLToPath(new URL(`../${name}.test.ts`, import.meta.url)))
  expect(files.filter((name) => !exists(name))).toEqual([])
  expect(new Set(files).size).toBe(files.length)
})

test.each([
  [3, ['a', 'd', 'g']],
  [4, ['a', 'd', 'f', 'h']],
  [1, ['a']],
  [9, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']],
  [20, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']],
  [Number.POSITIVE_INFINITY, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']],
])('a sample of %i is spread evenly over its matrix', (count, chosen) => {
  expect(spread([...'abcdefghi'], count)).toEqual(chosen)
})
