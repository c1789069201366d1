import { describe, expect, it } from 'vitest'
import { stepsOf } from '../../src/changes/steps/manual-steps.ts'
import type { Effect } from '../../src/contract/effect.ts'
import type { Plan } from '../../src/contract/plan.ts'
import type { ChangeRequest, Status } from '../../src/entities/chatops/change-request.ts'
import type { Json } from '../../src/entities/json.ts'
import { fixRoute as playbook } from '../../src/playbooks/fix-route/index.ts'
import { renderForm } from '../../src/views/form.ts'
import { renderCard } from '../../src/views/request/card.ts'
import { renderWhatChanged } from '../../src/views/request/changes.ts'
import { renderBlocked, renderNothingToDo, renderPreview } from '../../src/views/request/preview.ts'
import { findPlan } from '../../src/views/request/request.ts'
import { renderReview } from '../../src/views/request/review.ts'
import { renderSteps, renderTexts, renderTicks } from '../../src/views/request/steps.ts'
import { renderEnd, renderReminder } from '../../src/views/request/thread.ts'
import { sampleOf } from '../support/extent.ts'
import { changeRequest, check, EMPTY_PLAN, HASH, manualStep, numbers, planOf, REGISTER } from './builders.ts'
import { expectMessage, expectView, mrkdwnOf, readingOf } from './shown.ts'

const STATUSES: Status[] = [
  'unsent',
  'pending',
  'approved',
  'verifying',
  'done',
  'rejected',
  'cancelled',
  'expired',
  'stale',
  'failed',
  'needs-attention',
]
const EVIL = '<!channel> *x* _y_ ~z~ <@U0EVIL> <https://evil|click> :tada: ``` `q` https://evil.example'
const PERSONAL = [
  'first_names',
  'middle_names',
  'last_name',
  'date_of_birth',
  'email',
  'postcode',
  'town_city',
  'gender',
  'trn',
  'address_line_one',
]
const DECIDED = { decidedBy: 'U0APPROVER', decidedAt: new Date('2021-10-27T13:20:00Z') }

/** Everything that the channel and the requester may see of a request. */
function publicSights(request: ChangeRequest) {
  const shown = { changeRequest: request, playbook, registerUrl: REGISTER }
  const steps = stepsOf(findPlan(request) ?? EMPTY_PLAN, null).map((step, place) => manualStep({ ...step, place }))
  const card = renderCard({ ...shown, steps })
  const preview = renderPreview({ changeRequest: request, playbook, registerUrl: REGISTER })
  const end = renderEnd({ ...shown, ledgerHash: HASH })
  const now = new Date('2021-10-27T13:21:00Z')
  const reminder = renderReminder(request, { ...shown, calls: 'S0GROUP', now })
  const changed = renderWhatChanged(request, playbook, REGISTER)
  const [left] = renderSteps(request.id, steps)
  return { card, preview, end, reminder, changed, left, texts: renderTexts(request.id, steps) }
}

function expectPublicSightsFit(request: ChangeRequest) {
  const { card, preview, end, reminder, changed, left, texts } = publicSights(request)
  for (const message of [card, end, reminder, ...(left ? [left] : [])]) expectMessage(message)
  for (const view of [preview, changed, texts]) expectView(view)
}

/** Every page of a review, or so many of them, with the last, where a sample is wanted. */
function pagesOf(request: ChangeRequest, inSample = Number.POSITIVE_INFINITY) {
  const show = (page: number) =>
    renderReview({ changeRequest: request, playbook, registerUrl: REGISTER, page, personal: 'shown', isUnfolded: true })
  const last = show(1).pages
  const numbers = sampleOf(
    Array.from({ length: last }, (_, index) => index + 1),
    inSample,
  )
  return [...new Set([...numbers, last])].map((number) => show(number).view)
}

describe('text by people and from the database', () => {
  it.each(STATUSES)('is never interpreted by Slack: %s', (status) => {
    const effects: Effect[] = [
      { kind: 'manual-step', title: EVIL, text: EVIL },
      { kind: 'trello-card', title: EVIL, text: EVIL },
      { kind: 'enqueue', job: 'register-for-trn', args: { trainee: EVIL, submitted_by: EVIL } },
      { kind: 'retry', job: 'update-trainee', jobId: EVIL, fingerprint: EVIL, trainee: EVIL },
    ]
    const request = changeRequest({
      status,
      ...DECIDED,
      requester: '!channel>',
      decisionReason: EVIL,
      traineeSlug: EVIL,
      form: { subject: EVIL, route: EVIL, reason: EVIL, ticket: EVIL },
      plan: planOf({ course_subject_one: [EVIL, null], first_names: [EVIL, 'x'], [EVIL]: [1, EVIL] }, { effects }),
      checks: [check('warns', EVIL, EVIL), check('holds', EVIL, EVIL)],
      outcome: {
        moved: { columns: [EVIL], checks: [EVIL], noticedAt: '2021-10-27T13:14:00.000Z' },
        problem: EVIL,
        verified: [{ sentence: EVIL, holds: false, found: EVIL }],
      },
    })
    const evilChecks = [check('blocks', EVIL, EVIL), check('holds', EVIL, EVIL)]
    const sights: unknown[] = [
      publicSights(request),
      pagesOf(request),
      renderBlocked({ playbook, checks: evilChecks, trainee: { id: EVIL, slug: EVIL }, registerUrl: REGISTER }),
      renderNothingToDo({ playbook, checks: evilChecks }),
      renderForm(playbook, { values: { reason: EVIL, trainee: EVIL }, problems: [EVIL], metadata: '' }),
      renderTicks('12', [manualStep({ title: EVIL, text: EVIL })]),
    ]
    const interpreted = mrkdwnOf(sights)
      .replaceAll('<!subteam^S0GROUP>', '')
      .replace(/```[^`]*```/g, '')
    expect(interpreted).not.toMatch(/<!|<@U0EVIL|<https:\/\/evil|\*x\*|_y_|~z~|:tada:|`q`/)
    expect(mrkdwnOf(sights)).not.toMatch(/<https?:\/\/evil|<@U0EVIL|<!channel/)
    expectPublicSightsFit(request)
  })
})

describe('personal values', () => {
  it('reach the approver, and never the channel or the preview, whatever the change', () => {
    const number = numbers(11)
    const secret = (n: number) => `Zq${n}x Secret${n}`
    const values = (n: number): Json[] => [null, '', `  ${secret(n)} `, secret(n), `${secret(n)} &<*`, `${secret(n)}\n`]
    for (let round = 0; round < 150; round++) {
      const changes = Object.fromEntries(
        PERSONAL.filter(() => number(2) === 0).map((column, n) => {
          const some = values(n)
          const before = number(some.length)
          const after = (before + 1 + number(some.length - 1)) % some.length
          return [column, [some[before] ?? null, some[after] ?? null] as const]
        }),
      )
      const status = STATUSES[number(STATUSES.length)] ?? 'pending'
      const request = changeRequest({ status, ...DECIDED, plan: planOf({ ...changes, study_mode: [0, 1] }) })
      expect(JSON.stringify(publicSights(request))).not.toMatch(/Zq\dx|Secret\d/)
      const shown = Object.values(changes)
        .flat()
        .filter((value) => typeof value === 'string' && value.trim() !== '')
      const read = readingOf(pagesOf(request))
      for (const value of shown) expect(read).toContain(`“${value}”`)
    }
  })
})

describe('Slack’s limits', () => {
  const value = (n: number, length: number) => `${n} ${'👍'.repeat(length)}`
  const huge: Plan = {
    updates: Array.from({ length: 3 }, (_, row) => ({
      table: 'trainees',
      id: String(row),
      save: 'columns-only',
      changes: Object.fromEntries(
        Array.from({ length: 400 }, (_, n) => [`column_${n}`, [value(n, n % 400), null] as const]),
      ),
    })),
    inserts: Array.from({ length: 40 }, (_, n) => ({
      table: 'dttp_schools',
      values: { name: value(n, 2000), urn: String(n) },
    })),
    effects: Array.from({ length: 60 }, (_, n) => ({
      kind: 'manual-step',
      title: value(n, 900),
      text: value(n, 5000),
    })),
  }
  const checks = Array.from({ length: 120 }, (_, n) => check(n % 2 ? 'warns' : 'holds', `c${n}`, value(n, 1500)))

  it.each(STATUSES)('hold for a request of any size: %s', (status) => {
    const request = changeRequest({
      status,
      ...DECIDED,
      executedAt: new Date('2021-10-27T13:21:00Z'),
      id: '9'.repeat(19),
      form: { subject: 'a'.repeat(64), route: 'x', reason: '👍'.repeat(250), ticket: '&'.repeat(200) },
      decisionReason: '<'.repeat(500),
      plan: huge,
      checks,
      outcome: {
        moved: {
          columns: Array.from({ length: 3000 }, (_, n) => `column_${n}`),
          checks: checks.map(({ sentence }) => sentence),
          noticedAt: '2021-10-27T13:14:00.000Z',
        },
        problem: '字'.repeat(20_000),
        verified: checks.map(({ sentence, found }) => ({ sentence, found, holds: false })),
      },
    })
    expectPublicSightsFit(request)
  })

  it('are kept by saying how much is left out, and where all of it is', () => {
    const request = changeRequest({ plan: huge, checks })
    const read = readingOf(publicSights(request).card.blocks)
    expect(read).toMatch(/And [\d,]+ more changes\. “Review” shows all\./)
    expect(read).toMatch(/And \d+ more warnings\. “Review” shows all\./)
    expect(read).toMatch(/more characters/)
  })

  it('hold for every page of a review of that size', () => {
    const pages = pagesOf(changeRequest({ plan: huge, checks }), 15)
    for (const page of pages) expectView(page)
    expect(pages.filter(({ submit }) => submit)).toHaveLength(1)
  })

  it('hold for what blocks', () => {
    expectView(renderBlocked({ playbook, checks: checks.map((one) => ({ ...one, verdict: 'blocks' })) }))
    expectView(renderNothingToDo({ playbook, checks }))
  })
})
