// The table of Slack's codes: whole, and written down in docs/slack-errors.md (UPDATE_DOCS=1 writes it).
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { findRemedy, KINDS, REMEDIES, readTrouble } from '../../src/bot/slack/errors.ts'
import { ALL_CODES, isQuestion, methodsOf } from '../support/slack/codes.ts'

const DOC = new URL('../../docs/slack-errors.md', import.meta.url)

describe('every code that Slack’s documentation lists', () => {
  test.each(ALL_CODES)('%s has its remedy', (code) => {
    const methods = methodsOf(code)
    if (methods.every(isQuestion)) return
    const modalOnly = methods.length > 0 && methods.every((method) => method.startsWith('views.'))
    for (const kind of modalOnly ? (['modal'] as const) : KINDS) {
      if (kind === 'modal' && !modalOnly && methods.length > 0) continue
      expect(findRemedy(code, kind), kind).not.toBeNull()
    }
  })
})

test('a code that nobody has heard of has none: it is tried again, and reported', () => {
  expect(KINDS.map((kind) => findRemedy('a_code_of_tomorrow', kind))).toEqual([null, null, null, null, null])
})

describe('a click that is too old', () => {
  test.each([
    [{ error: 'expired_trigger_id' }],
    [{ error: 'exchanged_trigger_id' }],
    [{ error: 'trigger_expired' }],
    [{ error: 'trigger_exchanged' }],
    [{ error: 'invalid_arguments', response_metadata: { messages: ['[ERROR] trigger_id has expired'] } }],
    [{ error: 'invalid_arguments', response_metadata: { messages: ['[ERROR] exchanged_trigger_id: used before'] } }],
  ])('is known by %j', (data) => {
    const trouble = readTrouble({ code: 'slack_webapi_platform_error', data })
    expect(findRemedy(trouble?.code ?? '', 'modal')).toBe('late')
  })

  test('is not seen in arguments that are wrong for another reason', () => {
    const data = { error: 'invalid_arguments', response_metadata: { messages: ['[ERROR] must be less than 25'] } }
    expect(readTrouble({ data })?.code).toBe('invalid_arguments')
  })
})

test('docs/slack-errors.md is this table', () => {
  const remedies = Object.entries(REMEDIES).map(([remedy, words]) => `| **${remedy}** | ${words} |`)
  const codes = [...ALL_CODES]
    .sort()
    .map((code) => `| \`${code}\` | ${KINDS.map((kind) => cell(code, kind)).join(' | ')} |`)
  const page = readFileSync(DOC, 'utf8')
  const written = page
    .replace(
      /(<!-- remedies -->\n)[\s\S]*?(<!-- end -->)/,
      (_, begin, end) => `${begin}${table(['', 'what we do'], remedies)}${end}`,
    )
    .replace(
      /(<!-- codes -->\n)[\s\S]*?(<!-- end -->)/,
      (_, begin, end) => `${begin}${table(['code', ...KINDS], codes)}${end}`,
    )
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOC, written)
  else expect(page, 'run this test with UPDATE_DOCS=1').toBe(written)
})

function cell(code: string, kind: (typeof KINDS)[number]): string {
  return findRemedy(code, kind) ?? '–'
}

function table(head: readonly string[], lines: readonly string[]): string {
  return `${[`| ${head.join(' | ')} |`, `|${head.map(() => '---|').join('')}`, ...lines].join('\n')}\n`
}
