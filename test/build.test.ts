// What build.mjs makes, which tests run as production does.
import { readdirSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeRuns } from './support/built.ts'

/** Where the source maps say that this text of a built file is from. */
function originOf(text: string) {
  const [main = ''] = nodeRuns('src/main.ts')
  const places = [dirname(main), dirname(dirname(main))]
  const files = places.flatMap((place) => readdirSync(place).map((name) => join(place, name)))
  for (const file of files.filter((name) => name.endsWith('.js'))) {
    const lines = readFileSync(file, 'utf8').split('\n')
    const line = lines.findIndex((one) => one.includes(text))
    const map = line >= 0 && new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')))
    if (map) return map.findEntry(line, lines[line]?.indexOf(text) ?? 0)
  }
  return null
}

test('a frame names the line of ours, and of a package its file', () => {
  const main = readFileSync(new URL('../src/main.ts', import.meta.url), 'utf8').split('\n')
  expect(originOf('function listenForEnd(')).toMatchObject({
    originalSource: expect.stringMatching(/\/src\/main\.ts$/),
    originalLine: main.findIndex((line) => line.includes('function listenForEnd(')),
  })
  expect(originOf('_pulseQueryQueue() {')).toMatchObject({
    originalSource: expect.stringMatching(/\/node_modules\/pg\/lib\/client\.js$/),
  })
})
