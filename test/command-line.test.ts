// Which program bin/chatops runs: the build, or the source from which it was made.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const COMMAND = fileURLToPath(new URL('../bin/chatops', import.meta.url))
const BUILD = { 'package.json': '{"type": "module"}', 'dist/cli.js': `console.log('the build')` }
const SOURCE = { 'src/cli.ts': `console.log('the source')`, 'src/entities/grants.sql': '' }
const LOADER = 'node_modules/tsx/dist/loader.mjs'
const TSX = { [LOADER]: `import '${new URL(`../${LOADER}`, import.meta.url)}'`, 'tsconfig.json': '{}' }

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'chatops-command-'))
  mkdirSync(join(root, 'bin'))
  cpSync(COMMAND, join(root, 'bin/chatops'))
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Writes files that are a minute younger than those of the call before. */
let minute = 0
function write(files: Record<string, string>): void {
  minute++
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    const time = new Date(Date.UTC(2026, 0, 1, 0, minute))
    utimesSync(join(root, path), time, time)
  }
}

const run = () => execFileSync(join(root, 'bin/chatops'), { encoding: 'utf8' }).trim()

test('the build runs where it is younger than the source', () => {
  for (const files of [TSX, SOURCE, BUILD]) write(files)
  expect(run()).toBe('the build')
})

test('the source runs where it is younger, or where nothing was built', () => {
  for (const files of [TSX, BUILD, SOURCE]) write(files)
  expect(run()).toBe('the source')
  rmSync(join(root, 'dist'), { recursive: true })
  expect(run()).toBe('the source')
})

test.each(['package-lock.json', 'build.mjs', 'tsconfig.build.json'])(
  'the source runs, too, where %s is younger: with other packages, or built otherwise',
  (path) => {
    for (const files of [TSX, SOURCE, BUILD, { [path]: '{}' }]) write(files)
    expect(run()).toBe('the source')
  },
)

test('what operators run in the database is no part of the build', () => {
  for (const files of [TSX, SOURCE, BUILD, { 'src/entities/grants.sql': '-- ours' }]) write(files)
  expect(run()).toBe('the build')
})

test('an installation for production runs the build, whenever its files were copied', () => {
  for (const files of [BUILD, SOURCE]) write(files)
  expect(run()).toBe('the build')
})
