// How the bot speaks, over the views of a request in every state: see docs/words.md.
import { describe, expect, test } from 'vitest'
import { diagnose } from '../../src/alerts/diagnosis.ts'
import { TRANSITIONS } from '../../src/changes/transitions.ts'
import type { Status } from '../../src/entities/chatops/change-request.ts'
import type { FailureCode } from '../../src/entities/chatops/job.ts'
import { ChangeError, ERROR_CODES } from '../../src/errors.ts'
import { FAILURES } from '../../src/failures/index.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import { renderForm } from '../../src/views/form.ts'
import { renderHelp } from '../../src/views/help.ts'
import { renderOthersWait } from '../../src/views/home.ts'
import { toldApart } from '../../src/views/kit/told-apart.ts'
import { renderCard } from '../../src/views/request/card.ts'
import { renderWhatChanged } from '../../src/views/request/changes.ts'
import { renderMorning } from '../../src/views/request/morning.ts'
import { renderBlocked, renderPreview } from '../../src/views/request/preview.ts'
import { renderQuestion, renderQuestionForm } from '../../src/views/request/question.ts'
import { renderReject } from '../../src/views/request/reject.ts'
import { renderReview } from '../../src/views/request/review.ts'
import { renderStepRow, renderSteps, renderTicks } from '../../src/views/request/steps.ts'
import { renderEnd, renderReminder } from '../../src/views/request/thread.ts'
import {
  changeRequest,
  check,
  HASH,
  home,
  homeList,
  manualStep,
  ownRequests,
  REGISTER,
  schoolWait,
} from './builders.ts'
import { buttonsOf, readingOf } from './shown.ts'

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

const NOON = new Date('2021-10-27T12:00:00Z')
const waiting = [changeRequest({ id: '1', cardTs: '1.2' }), changeRequest({ id: '2', cardTs: '1.3' })]
const open = [0, 1].map((place) => ({ step: manualStep({ place }), request: changeRequest({ status: 'done' }) }))
const opened = { steps: open, inAll: 2 }
const stepRows = open.map((one) => renderStepRow(one, 'https://slack.example/archives/C01/p12'))

const refusals = ERROR_CODES.map(
  (code) =>
    [
      code,
      new ChangeError(code, { cr: 'CR-12', who: '<@U01>', when: '2pm', other: 'CR-13', detail: 'x' }).words,
    ] as const,
)

const about = {
  job: 'retrieve-trn',
  trainee: '5902',
  trainees: 1,
  urn: '900004',
  found: null,
  byRegister: false,
} as const
const explained = (Object.keys(FAILURES) as FailureCode[]) // its keys are all of them
  .map((code) => [code, diagnose({ ...about, code })] as const)

const views: [name: string, view: object][] = [
  ...statuses.map((status): [string, object] => [`the card: ${status}`, renderCard(shown({ status, ...made }))]),
  ['a review', renderReview({ ...shown(), personal: 'hidden', isUnfolded: true }).view],
  ['a preview', renderPreview(shown({ status: 'unsent' }))],
  ['a refusal', renderBlocked({ playbook, checks })],
  ['a question', renderQuestionForm(changeRequest())],
  ['a rejection', renderReject({ changeRequest: changeRequest() })],
  ['a question in the thread', renderQuestion(changeRequest(), { by: 'U0APPROVER', text: 'Why?' }).blocks],
  ['a reminder', renderReminder(changeRequest(), { playbook, registerUrl: REGISTER, calls: 'S0A', now: NOON }).blocks],
  ...statuses.map((status): [string, object] => [
    `the end in the thread: ${status}`,
    renderEnd({ ...shown({ status, ...made }), ledgerHash: HASH }).blocks,
  ]),
  ['steps to copy', renderSteps('12', [manualStep()]).map(({ blocks }) => blocks)],
  ['steps to tick', renderTicks('12', [manualStep(), manualStep({ id: '9', place: 1 })])],
  ['what changed', renderWhatChanged(changeRequest({ checks, status: 'done', ...made }), playbook, REGISTER)],
  ['the Home tab', home([homeList(waiting, { mayApprove: true, viewer: 'U0APPROVER' }), homeList(stepRows)])],
  ['one’s requests', ownRequests(waiting, { waits: [schoolWait()] }).blocks],
  [
    'the morning',
    renderMorning({ requests: { requests: waiting, inAll: 2 }, steps: opened, registerUrl: REGISTER, now: NOON })
      .blocks,
  ],
  ['somebody’s wait for a school', renderOthersWait(schoolWait())],
  ['help', renderHelp(playbooks)],
  ...playbooks.map((one): [string, object] => [`the form of ${one.name}`, renderForm(one, { metadata: '{}' })]),
]

test.each(refusals)('the refusal %s says what happened and what to do, in our words', (_, { title, text }) => {
  expect(`${title} ${text}`).not.toMatch(/\bplease\b|→|:00[ap]m|\b(?:null|enum|payload|digest|outbox)\b/i)
  expect(text).not.toBe('')
  expect(title.length).toBeLessThanOrEqual(150)
})

test.each(explained)('an alert about %s says what it means in our words', (_, { title, ...words }) => {
  const said = [title, ...Object.values(words).filter((one) => typeof one === 'string')].join(' ')
  expect(said).not.toMatch(/\bplease\b|→|:00[ap]m|\b(?:null|enum|payload|digest|outbox)\b/i)
})

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

  test('has no two buttons that sound alike', () => {
    const blocks = 'blocks' in view && Array.isArray(view.blocks) ? view.blocks : [view].flat()
    const buttons = buttonsOf(toldApart(blocks))
    const aloud = buttons.map((one) => ('accessibility_label' in one ? one.accessibility_label : one.text.text))
    expect(new Set(aloud).size).toBe(aloud.length)
  })

  test('names whole hours without minutes, and London once on a card', () => {
    expect(read).not.toMatch(/:00[ap]m/)
    const times = read.match(/London time/g) ?? []
    expect(times).toHaveLength(name.startsWith('the card') ? 1 : 0)
  })
})
