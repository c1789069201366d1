// The parts of docs/decisions/sql.md that can be read off the source.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join('src', file), 'utf8') }))

const filesWith = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file)

test('nothing is written with save() or removed with remove()', () => {
  expect(filesWith(/\b(sql|manager|database|repository)\.(save|remove|softRemove)\(/)).toEqual([])
})

test('raw SQL writes Register’s tables only in the room of Register’s own rules', () => {
  const writers = filesWith(/\b(UPDATE|INSERT INTO|DELETE FROM) public\./)
  expect(writers.filter((file) => !file.startsWith('register/'))).toEqual([])
})

test('a raw UPDATE says what update() could not: more than values by an id', () => {
  // Part of a larger statement (AS (UPDATE …)), it could not.
  const plain = /(?<!AS \()UPDATE chatops\.\w+ SET (\w+ = (\$\d+|NULL|'[^']*')(, )?)+ WHERE id = \$\d+`?'?[,)]/
  expect(filesWith(plain)).toEqual([])
})
