import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { useStory } from '../support/bot.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { sampleOfEach } from '../support/extent.ts'
import { trelloEnvironment, useStoryTrello } from '../support/trello.ts'
import { type Branch, branches } from './repair-school-branches.ts'
import { dttpSchool, schoolStory, type World } from './repair-school-setup.ts'

const DOC = fileURLToPath(new URL('../../docs/repair-school.md', import.meta.url))

describe('each branch of the decision table', () => {
  const upstream = useStoryDttp()
  const board = useStoryTrello()
  const use = useStory(() => ({
    ...upstream.dttp.environment(),
    ...trelloEnvironment(board.trello),
    REGISTER_JOBS: 'own',
  }))
  const { open, check, approve, cardSays } = schoolStory(use)
  const world = (): World => ({ admin: use.admin, dttp: upstream.dttp })

  const chosen = sampleOfEach(branches, ({ ends }) => ends, 3)
  test.each(chosen.map((branch) => [nameOf(branch), branch] as const))('%s', async (_name, branch) => {
    await branch.prepare?.(world())
    const before = await dttpSchool(use.admin, branch.becomes?.urn ?? '')
    await open('')
    const { shown, errors } = await check(typeof branch.form === 'function' ? await branch.form(world()) : branch.form)
    const said = branch.field ? (errors[branch.field] ?? '') : shown
    for (const words of branch.says) expect(said).toMatch(words instanceof RegExp ? words : asPattern(words))
    expect(endOf(said, branch)).toBe(branch.ends)
    expect(await dttpSchool(use.admin, branch.becomes?.urn ?? '')).toEqual(before)
    if (branch.ends !== 'plan') return
    await approve()
    await cardSays('is done')
    const after = await dttpSchool(use.admin, branch.becomes?.urn ?? '')
    expect(after.map(({ status_code }) => status_code)).toEqual(branch.becomes?.statuses)
  })
})

test('docs/repair-school.md has exactly these branches', () => {
  const doc = readFileSync(DOC, 'utf8')
  const [before = '', after = ''] = doc.split(/<!-- branches -->\n[\s\S]*<!-- end -->\n/)
  const current = `${before}<!-- branches -->\n${tableOf(branches)}<!-- end -->\n${after}`
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOC, current)
  expect(readFileSync(DOC, 'utf8')).toBe(current)
})

function nameOf({ list, gias, given, ends }: Branch): string {
  return `list: ${list}; GIAS: ${gias}; given: ${given} → ${ends}`
}

/** How a form ended, told by what is on the screen. */
function endOf(said: string, { field }: Branch): Branch['ends'] | 'unknown' {
  if (field) return said === '' ? 'unknown' : 'refused at the field'
  if (said.includes('Not sent yet.')) return 'plan'
  if (said.includes('You cannot ask for this change')) return 'advice'
  if (said.includes('There is nothing to do')) return 'nothing to do'
  if (said.includes('Your request is not sent')) return 'waits'
  return said.includes('Support ticket') ? 'the form asks' : 'unknown'
}

function tableOf(lines: readonly Branch[]): string {
  const cells = (row: readonly string[]) => `| ${row.join(' | ')} |`
  return `${[
    cells(['in the list of DTTP schools', 'on GIAS', 'given', 'ends in', 'what it means']),
    cells(['---', '---', '---', '---', '---']),
    ...lines.map(({ list, gias, given, ends, means }) => cells([list, gias, given, ends, means])),
  ].join('\n')}\n`
}

function asPattern(words: string): RegExp {
  return new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
}
