// Whoever appends to the ledger holds its head until the end of the transaction, so nothing may come in between.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cancel, reject } from '../../src/changes/decide/decide.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { adopt } from '../../src/pausing/environment.ts'
import { countQueries } from '../bench/count-queries.ts'
import { approveRequest, CHANNEL, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld({ rows: 'demo' })

async function ask(route = 'school_direct_salaried') {
  const [trainee] = await use.world.database.query('SELECT slug FROM public.trainees WHERE id = 5901')
  const form = { subject: trainee.slug, route, reason: 'The wrong route', ticket: '' }
  return sendRequest(use.world, 'fix-route', form)
}

/** A request whose record moves between the preview and the execution. */
async function goStale() {
  const { id } = await approveRequest(use.world, await ask('assessment_only'))
  await use.world.database.query(`UPDATE public.trainees SET course_subject_one = 'Latin' WHERE id = 5901`)
  expect(await execute(use.world, id)).toBe('stale')
}

test('appending is the last statement before the end of every transaction', async () => {
  const counter = countQueries()
  try {
    await cancel(use.world, { id: (await ask()).id, actor: SUPPORT })
    await reject(use.world, { id: (await ask()).id, actor: DEVELOPER, reason: 'Not now' })
    const { id } = await approveRequest(use.world, await ask())
    await execute(use.world, id)
    await verify(use.world, id)
    await expect(reject(use.world, { id, actor: SUPPORT, reason: 'No' })).rejects.toThrow()
    await goStale()
    await adopt(use.world.database, 'another', CHANNEL)
    expect(counter.texts().filter((text) => text.includes('append_ledger')).length).toBeGreaterThan(15)
    expect(counter.afterAppending()).toEqual([])
  } finally {
    counter.stop()
  }
})

const SOURCES = execFileSync('git', ['ls-files', 'src'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path.endsWith('.ts') && path !== 'src/ledger/ledger.ts')
  .map((path) => ({ path, lines: readFileSync(path, 'utf8').split('\n') }))

/** A function that appends, and where it is written; null for one that every file may call. */
type Appending = { name: string; path: string | null }

/** Where the source calls a function, and what of the innermost function around that can run after it. */
type Call = { at: string; isResult: boolean; rest: string; head: string; path: string }

const HEAD = /=> \{$|\bfunction\b.*\{$|^\s*\): .*\{$|^\s*(async )?\w+\(.*\{$/
const BLOCK = /^\s*(\} )?(if|else|for|while|switch|try|catch|finally)\b/

function callsOf({ name, path: own }: Appending): Call[] {
  const imported = new RegExp(`^import [^;]*\\b${name}\\b[^;]*? from `, 'm')
  const files = SOURCES.filter(({ path, lines }) => own === null || path === own || imported.test(lines.join('\n')))
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => {
      const called = new RegExp(`(?<!function )(?<![.\\w])${name}\\(`).exec(line)
      if (!called) return []
      const isResult = /(=>|\breturn( await)?)$/.test(
        `${lines[index - 1] ?? ''} ${line.slice(0, called.index)}`.trimEnd(),
      )
      const head = headAbove(lines, index)
      const rest = restAfter(lines, index, endOfCall(lines, index, called.index), indentOf(lines[head] ?? ''))
      return [{ at: `${path}:${index + 1}`, isResult, rest, head: signatureOf(lines, head), path }]
    }),
  )
}

/** Up to the end of the function, or of the call's own block where that ends by going back. */
function restAfter(lines: readonly string[], index: number, end: number, outside: number): string {
  const rest: string[] = []
  for (const line of lines.slice(end + 1)) {
    if (line.trim() !== '' && indentOf(line) <= outside) break
    rest.push(line)
    if (indentOf(line) === indentOf(lines[index] ?? '') && /^\s*(return|throw)\b/.test(line)) break
  }
  return rest.join('\n')
}

function endOfCall(lines: readonly string[], index: number, from: number): number {
  let open = 0
  for (let line = index; line < lines.length; line++) {
    for (const sign of (lines[line] ?? '').slice(line === index ? from : 0)) {
      open += sign === '(' ? 1 : sign === ')' ? -1 : 0
      if (sign === ')' && open === 0) return line
    }
  }
  return index
}

function headAbove(lines: readonly string[], index: number): number {
  let indent = indentOf(lines[index] ?? '')
  for (let line = index - 1; line >= 0; line--) {
    const text = lines[line] ?? ''
    if (text.trim() === '' || indentOf(text) >= indent) continue
    indent = indentOf(text)
    if (HEAD.test(text) && !BLOCK.test(text)) return line
  }
  return 0
}

/** The line on which a function's body begins, with the lines before it that its parameters are on. */
function signatureOf(lines: readonly string[], head: number): string {
  const first = /^\s*\)/.test(lines[head] ?? '')
    ? lines.slice(0, head).findLastIndex((line) => /\bfunction\b/.test(line))
    : head
  return lines.slice(first, head + 1).join(' ')
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

test('nothing in the source asks the database for anything after it has appended, in the same function or its callers', () => {
  const appending: Appending[] = [{ name: 'appendToLedger', path: null }]
  const after: string[] = []
  for (const one of appending) {
    for (const { at, isResult, rest, head, path } of callsOf(one)) {
      const others = appending.reduce((text, { name }) => text.replaceAll(`await ${name}(sql`, ''), rest)
      if (!isResult && /\bsql\b|\bawait (?!step\()/.test(others)) after.push(at)
      const caller = /function (\w+)\(.*\bsql: EntityManager/.exec(head)?.[1]
      if (caller && !appending.some(({ name }) => name === caller)) appending.push({ name: caller, path })
    }
  }
  expect(after).toEqual([])
  const names = appending.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['recordDropped', 'pauseNow', 'resumeNow', 'endAsStale']))
  expect(callsOf({ name: 'appendToLedger', path: null }).length).toBeGreaterThan(25)
})
