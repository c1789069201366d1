// How the bot speaks, over the views of a request in every state: see docs/words.md.

import { describe, expect, test } from 'vitest'
import { diagnose } from '../../src/alerts/sight/diagnosis.ts'
import { TRANSITIONS } from '../../src/changes/transitions.ts'
import type { Status } from '../../src/entities/chatops/change-request.ts'
import type { FailureCode } from '../../src/entities/chatops/job-failure.ts'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { Provider } from '../../src/entities/register/provider.ts'
import { Trainee } from '../../src/entities/register/trainee.ts'
import { ChangeError, ERROR_CODES } from '../../src/errors.ts'
import { FAILURES } from '../../src/failures/table.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import type { HistoryEvent } from '../../src/trainee/history.ts'
import { renderForm } from '../../src/views/form.ts'
import { LOOKS_LIKE_TRN, nothingFound, SAY_WHAT_TO_FIND } from '../../src/views/found.ts'
import { renderHelp } from '../../src/views/help.ts'
import { REQUEST_WORDS, renderHistory } from '../../src/views/history.ts'
import { heading, plainSections } from '../../src/views/kit/blocks.ts'
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
import { renderOthersWait } from '../../src/views/school/wait.ts'
import { renderTrainee } from '../../src/views/trainee.ts'
import { CONTACT, DTTP, draw, entry, foundOf, group, sight, trainee } from './alert/sights.ts'
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

/** The whole post about one trainee and about two, for every cause. */
const posts = (Object.keys(FAILURES) as FailureCode[]).flatMap((code): [string, object][] => {
  const failing = (id: number) => group(id, entry(id, { code }))
  const found = foundOf({ '5912': trainee(), '5913': trainee() })
  return [
    [`the post about one trainee: ${code}`, draw(sight({ groups: [failing(5913)], found })).blocks],
    [`the post about several: ${code}`, draw(sight({ groups: [failing(5912), failing(5913)], found })).blocks],
  ]
})

const waits = [schoolWait({ urn: '900002' })]
const over = (status: 'resolved' | 'dismissed') =>
  draw(sight({ alert: { status, closedAt: NOON, dismissedBy: 'U0ME', dismissReason: 'A test' } })).blocks

/** `/trainee show` of somebody whose poll waits, with two requests and a wait for a school. */
function show(): object {
  const record = { id: CONTACT, there: true, became: null }
  const job = { id: '1', name: 'retrieve-trn', traineeId: '5913', args: {}, timeoutAt: NOON, createdAt: NOON } as const
  const own = { id: '5913', slug: 'Slug5913', state: 1, training_route: 1, trn: null, submitted_for_trn_at: NOON }
  return renderTrainee(
    {
      trainee: Object.assign(new Trainee(), own),
      provider: Object.assign(new Provider(), { name: 'A provider', code: 'A1' }),
      ...{ contact: record, placementAssignment: record, trnInDttp: false, giasAge: null, submission: null },
      schools: [
        { which: 'lead', sent: true, notApplicable: false, school: null, inDttp: [], onGias: null },
        { which: 'employing', sent: false, notApplicable: true, school: null, inDttp: [], onGias: null },
      ],
      jobs: (['failed', 'running', 'waiting'] as const).map((status) =>
        Object.assign(new SeenJob(), { ...job, status, attempts: 2, dueAt: NOON, finishedAt: NOON, failure: null }),
      ),
      ...{ jobsInAll: 9, requests: waiting, requestsInAll: 2, waits, alerts: [sight()] },
    },
    { registerUrl: REGISTER, dttpUrl: DTTP },
  ).blocks
}

/** An event of every kind in the history of a trainee. */
function history(): object {
  const at = NOON
  const items = [
    ...Object.keys(REQUEST_WORDS).map((what) => ({ kind: 'request', what, which: '1' })),
    ...['waiting', 'running', 'done', 'failed'].map((what) => ({ kind: 'job', what, which: 'retrieve-trn' })),
    ...['opened', 'dismissed', 'settled'].map((what) => ({ kind: 'alert', what, which: 'retrieve-trn:5913' })),
    ...['sent', 'registered', 'not-sent', 'unknown', 'taken-over'].map((what) => ({ kind: 'registration', what })),
    { kind: 'wait', what: 'arrived', which: '900002' },
  ].map((event) => ({ at, which: '5913', who: 'U0ME', words: null, ...event }) as HistoryEvent)
  return renderHistory({
    trainee: { id: '5913', slug: 'Slug5913' },
    history: { items, all: items.length, isAll: true, page: 1, pages: 1 },
    ...{ registerUrl: REGISTER, turnTo: String },
  }).blocks
}

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
  ...posts,
  ['the post about a school that somebody waits for', draw(sight({ urn: '900002', waits })).blocks],
  ['the post of an alert that is resolved', over('resolved')],
  ['the post of an alert that is dismissed', over('dismissed')],
  ['what is known of a trainee', show()],
  ['the history of a trainee', history()],
  ...[SAY_WHAT_TO_FIND, LOOKS_LIKE_TRN, nothingFound('T-1'), nothingFound('@sam')].map(
    ({ title, text }): [string, object] => [`“${title}”`, [heading(title), ...plainSections(text)]],
  ),
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
    const [, ...below] = name.startsWith('the post') ? lines : ['', ...lines] // a post is headed with what went wrong
    for (const line of below.filter((one) => one.includes('⚠️ '))) expect(line).toMatch(/Warning:|Look again:|needs/)
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
    expect(times).toHaveLength(/^the (card|history)/.test(name) ? 1 : 0)
  })
})
