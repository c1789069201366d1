// How the bot speaks, over the views of a request in every state: see docs/words.md.
import { describe, expect, test } from 'vitest'
import { TRANSITIONS } from '../../src/changes/transitions.ts'
import type { Status } from '../../src/entities/chatops/change-request.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import { renderForm } from '../../src/views/form.ts'
import { renderHelp } from '../../src/views/help.ts'
import { renderCard } from '../../src/views/request/card.ts'
import { renderBlocked, renderPreview } from '../../src/views/request/preview.ts'
import { renderQuestionForm } from '../../src/views/request/question.ts'
import { renderReject } from '../../src/views/request/reject.ts'
import { renderReview } from '../../src/views/request/review.ts'
import { changeRequest, check, REGISTER } from './builders.ts'
import { readingOf } from './shown.ts'

const statuses = Object.keys(TRANSITIONS) as Status[] // its keys are all of them
const [playbook] = playbooks
if (!playbook) throw new Error('there are no playbooks')
const checks = (['holds', 'warns', 'blocks', 'unchecked'] as const).map((verdict) => check(verdict, verdict))
const shown = (given: Parameters<typeof changeRequest>[0] = {}) => ({
  changeRequest: changeRequest({ checks, ...given }),
  playbook,
  registerUrl: REGISTER,
})
const made = { executedAt: new Date('2021-10-27T08:00:00Z'), finishedAt: new Date('2021-10-27T23:00:00Z') }

const views: [name: string, view: object][] = [
  ...statuses.map((status): [string, object] => [`the card: ${status}`, renderCard(shown({ status, ...made }))]),
  ['a review', renderReview({ ...shown(), personal: 'hidden', isUnfolded: true }).view],
  ['a preview', renderPreview(shown({ status: 'unsent' }))],
  ['a refusal', renderBlocked({ playbook, checks })],
  ['a question', renderQuestionForm(changeRequest())],
  ['a rejection', renderReject({ changeRequest: changeRequest() })],
  ['help', renderHelp(playbooks)],
  ...playbooks.map((one): [string, object] => [`the form of ${one.name}`, renderForm(one, { metadata: '{}' })]),
]

describe.each(views)('%s', (name, view) => {
  const read = readingOf(view)

  test('says “please” only in text that people copy', () => {
    expect(read.replace(/```[^`]*```/g, '')).not.toMatch(/\bplease\b/i)
  })

  test('says from what to what, where a screen reader would read an arrow', () => {
    expect(read).not.toContain('→')
  })

  test('has a word beside each emoji', () => {
    const lines = read.split('\n').filter((line) => /\p{Extended_Pictographic}/u.test(line))
    for (const line of lines) expect(line).toMatch(/\p{L}/u)
    for (const line of lines.filter((one) => one.includes('⚠️ '))) expect(line).toMatch(/Warning:|Look again:|needs/)
  })

  test('names whole hours without minutes, and London once on a card', () => {
    expect(read).not.toMatch(/:00[ap]m/)
    const times = read.match(/London time/g) ?? []
    expect(times).toHaveLength(name.startsWith('the card') ? 1 : 0)
  })
})
