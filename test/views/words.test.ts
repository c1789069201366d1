// How the bot speaks, over the views of a request in every state: see docs/words.md.

import { describe, expect, test } from 'vitest'
import { diagnose } from '../../src/alerts/sight/diagnosis.ts'
import { TRANSITIONS } from '../../src/changes/transitions.ts'
import { EVERY_POLL } from '../../src/contract/effect.ts'
import type { Plan } from '../../src/contract/plan.ts'
import type { Status } from '../../src/entities/chatops/change-request.ts'
import type { FailureCode } from '../../src/entities/chatops/job-failure.ts'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { Provider } from '../../src/entities/register/provider.ts'
import { Trainee } from '../../src/entities/register/trainee.ts'
import { ChangeError, ERROR_CODES } from '../../src/errors.ts'
import { pollEnded } from '../../src/failures/register-words.ts'
import { FAILURES } from '../../src/failures/table.ts'
import { adviceFor } from '../../src/handlers/lists/job-offer.ts'
import { JOB_KINDS, type JobKind, type ListedJob } from '../../src/jobs/list/listed-job.ts'
import type { PostedNews } from '../../src/jobs/news.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import type { HistoryEvent } from '../../src/trainee/history.ts'
import { renderForm } from '../../src/views/form.ts'
import { LOOKS_LIKE_TRN, nothingFound, SAY_WHAT_TO_FIND } from '../../src/views/found.ts'
import { renderHelp } from '../../src/views/help.ts'
import { REQUEST_WORDS, renderHistory } from '../../src/views/history.ts'
import { renderJobs } from '../../src/views/jobs/list.ts'
import { renderJobNews } from '../../src/views/jobs/news.ts'
import { heading, plainSections } from '../../src/views/kit/blocks.ts'
import { renderNoticeView } from '../../src/views/kit/notice.ts'
import { toldApart } from '../../src/views/kit/told-apart.ts'
import {
  wordsAfterApproving,
  wordsAfterCancelling,
  wordsAfterDealing,
  wordsAfterQuestion,
  wordsAfterRejecting,
  wordsAfterTicking,
} from '../../src/views/request/answers.ts'
import { renderCard } from '../../src/views/request/card.ts'
import { renderWhatChanged } from '../../src/views/request/changes.ts'
import { renderMorning } from '../../src/views/request/morning.ts'
import { renderBlocked, renderPreview } from '../../src/views/request/preview.ts'
import { renderQuestion, renderQuestionForm } from '../../src/views/request/question.ts'
import { renderReject } from '../../src/views/request/reject.ts'
import { renderReview } from '../../src/views/request/review.ts'
import { renderStepRow, renderSteps, renderTicks } from '../../src/views/request/steps.ts'
import { renderEnd, renderReminder } from '../../src/views/request/thread.ts'
import { renderSchoolSync } from '../../src/views/school/news.ts'
import {
  renderOthersWait,
  renderWait,
  renderWaitNews,
  wordsAfterAsking,
  wordsAfterStopping,
} from '../../src/views/school/wait.ts'
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
  ROUTE_PLAN,
  schoolWait,
} from './builders.ts'
import { buttonsOf, normalTypeOf, readingOf } from './shown.ts'

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

/** Every kind of change and effect. */
const FULL_PLAN: Plan = {
  updates: [
    ...ROUTE_PLAN.updates,
    { table: 'dttp_schools', id: '802', changes: { status_code: [2, 1] }, save: 'columns-only' },
    { table: 'degrees', id: '7', changes: { dttp_id: [null, CONTACT] }, save: 'columns-only' },
  ],
  inserts: [{ table: 'dttp_schools', values: { dttp_id: CONTACT, name: 'A school', urn: '900005', status_code: 1 } }],
  effects: [
    { kind: 'enqueue', job: 'retrieve-trn', args: { trainee: '5913', poll_for: '1 day', replaces: EVERY_POLL } },
    { kind: 'enqueue', job: 'register-for-trn', args: { trainee: '5913', submitted_by: CONTACT } },
    { kind: 'enqueue', job: 'update-trainee', args: { trainee: '5913' } },
    {
      kind: 'enqueue',
      job: 'change-trainee-status',
      args: { trainee: '5913', status: 'prospective_trainee_trn_requested', entity: 'placement_assignment' },
    },
    { kind: 'enqueue', job: 'sync-schools', args: { urn: '900005' } },
    { kind: 'retry', job: 'register-for-trn', jobId: CONTACT, fingerprint: '1', trainee: '5913' },
    {
      kind: 'remove-job',
      job: 'register-for-trn',
      trainee: '5913',
      member: { place: 'dead', queue: 'default', score: '1', sha1: 'a'.repeat(40) },
    },
    { kind: 'settle-registration', jobId: CONTACT, trainee: '5913', outcome: 'registered' },
    { kind: 'trello-card', title: 'Make school URN 900002 active', text: 'Make it active.' },
    ...ROUTE_PLAN.effects,
  ],
}
const whole = shown({ plan: FULL_PLAN })

/** A job of every kind, and one that failed for every reason. */
const jobLists = [
  ...JOB_KINDS.map((kind) => listedJob(kind)),
  ...(Object.keys(FAILURES) as FailureCode[]).map((code) => listedJob('failed', code)),
].map((job, index): [string, object] => [
  `the list of jobs, ${index + 1}: ${job.kind} ${job.failure?.code ?? ''}`,
  renderJobs({
    jobs: [{ ...job, advice: adviceFor(job) }],
    counts: { stuck: 0, failed: 0, retrying: 0, running: 0, delayed: 0, [job.kind]: 1 },
    page: 1,
    pages: 1,
    filter: { name: 'retrieve-trn', trainee: null },
    isKnown: true,
    mirror: null,
    turnTo: String,
    registerUrl: REGISTER,
    now: NOON,
  }).blocks,
])

function listedJob(kind: JobKind, code?: FailureCode): ListedJob {
  const failure = code ? { code, words: 'Its own words.', at: NOON.toISOString() } : null
  return {
    ...{ id: CONTACT, kind, name: code ? 'retrieve-trn' : 'other', traineeId: '5913', slug: 'Ab3dEf6hIj' },
    ...{ status: kind === 'failed' || kind === 'running' ? kind : 'waiting', dueAt: NOON, createdAt: NOON },
    ...{ leaseUntil: null, finishedAt: kind === 'failed' ? NOON : null, attempts: 1, run: 1, failure, progress: null },
    ...{ changeRequestId: '12', found: null, isCauseGone: false, runner: 'bot', place: null, inGroup: 1 },
    ...{ className: code ? null : 'Dttp::SomethingElseJob', cause: code ?? null },
  }
}

const notices = [
  wordsAfterApproving({ id: '12' }, false),
  wordsAfterApproving({ id: '12' }, true),
  wordsAfterRejecting({ id: '12' }),
  wordsAfterCancelling({ id: '12' }),
  wordsAfterDealing({ id: '12' }),
  wordsAfterQuestion({ id: '12' }, 'U0REQUESTER'),
  wordsAfterTicking({ id: '12' }),
  ...(['waiting', 'dropped', 'arrived'] as const).flatMap((status) => [
    wordsAfterAsking(schoolWait({ status })),
    wordsAfterStopping(schoolWait({ status }), 'U0ME'),
  ]),
]

const asksSupport = schoolWait({ asks: { title: 'Add a school', text: 'Its URN is 900005.' } })

const jobNews = [
  { kind: 'no-trn-yet', next: NOON.toISOString(), timeout: NOON.toISOString() },
  { kind: 'trn-received' },
  { kind: 'done' },
  { kind: 'failed', failure: { code: 'timed-out', words: pollEnded('retrieve-trn'), at: NOON.toISOString() } },
] satisfies PostedNews['news'][]

const synced = [
  { row: '802', urn: '900002', is: 1, inDttp: { status: 1 } },
  { row: '802', urn: '900002', is: 2, inDttp: { status: 2 } },
  { row: '802', urn: '900002', is: 1, inDttp: null },
  { row: '802', urn: null, is: 2, inDttp: { status: 1 } },
]

const views: [name: string, view: object][] = [
  ...statuses.map((status): [string, object] => [`the card: ${status}`, renderCard(shown({ status, ...made }))]),
  ['a review', renderReview({ ...shown(), personal: 'hidden', isUnfolded: true }).view],
  ['a preview', renderPreview(shown({ status: 'unsent' }))],
  ...playbooks.map((one): [string, object] => [
    `a preview of ${one.name} with everything that a plan can hold`,
    renderPreview({ ...shown({ status: 'unsent', plan: FULL_PLAN }), playbook: one }),
  ]),
  ['a review of everything that a plan can hold', renderReview({ ...whole, personal: 'hidden' }).view],
  ['the same with its texts', renderReview({ ...whole, personal: 'hidden', hasTexts: true }).view],
  ['the card of everything that a plan can hold', renderCard(whole)],
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
  ...jobLists,
  ...notices.map(({ title, text }): [string, object] => [`“${title}”`, renderNoticeView({ title, text })]),
  ...[true, false].map((addsTrelloCards): [string, object] => [
    `a wait for a school, ${addsTrelloCards ? 'with' : 'without'} Trello`,
    renderWait({ wait: asksSupport, askedBefore: null, checks, playbook, addsTrelloCards }),
  ]),
  ...['wait-stopped', 'school-arrived', 'school-asked-for', 'school-not-asked-for'].map((part): [string, object] => [
    `the news of a wait: ${part}`,
    renderWaitNews(schoolWait(), { part, by: 'U0ME' }).blocks,
  ]),
  ...jobNews.map((news): [string, object] => [
    `the news of a job: ${news.kind}`,
    renderJobNews({ changeRequest: changeRequest(), registerUrl: REGISTER, job: 'retrieve-trn', trainee: '5913', news })
      .blocks,
  ]),
  ...synced.map((school, index): [string, object] => [
    `the news of a school, ${index + 1}`,
    renderSchoolSync({ changeRequest: changeRequest(), by: index % 2 === 0 ? 'us' : 'register', schools: [school] })
      .blocks,
  ]),
  ['help', renderHelp(playbooks)],
  ...playbooks.map((one): [string, object] => [`the form of ${one.name}`, renderForm(one, { metadata: '{}' })]),
]

/** What stands small at most, and last. */
const JARGON =
  /Dttp::|\w+Job\b|\b(?:[Pp]oll(?:s|ed|ing)?|[Pp]laybooks?|[Cc]olumns?|[Aa]udits?|[Ee]nqueued?|dttp_schools)\b|\brow \d|\b[a-z]+_[a-z_]+\b|\b(?:null|enum|payload|digest|outbox)\b/

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

  test('has no name of a job, a table or a column in normal type, and no word of ours', () => {
    expect(normalTypeOf(view)).not.toMatch(JARGON)
  })

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
