import { describe, expect, it } from 'vitest'
import type { Plan } from '../../../src/contract/plan.ts'
import { fixRoute as playbook } from '../../../src/playbooks/fix-route/index.ts'
import { ACTIONS, MODALS } from '../../../src/views/kit/ids.ts'
import { renderOpeningReview, renderReject, renderReview } from '../../../src/views/request/review.ts'
import { changeRequest, check, numbers, planOf, REGISTER } from '../builders.ts'
import { buttonsOf, expectView, readingOf, runOf } from '../shown.ts'

function pagesOf(given: Parameters<typeof changeRequest>[0] = {}) {
  const request = changeRequest(given)
  const show = (page: number) =>
    renderReview({ changeRequest: request, playbook, registerUrl: REGISTER, page, personal: 'shown' })
  return Array.from({ length: show(1).pages }, (_, index) => show(index + 1).view)
}

describe('a review of an ordinary request', () => {
  it('fits on one page that can be approved, bound to what it shows', () => {
    const [view, ...others] = pagesOf()
    expect(others).toEqual([])
    expect(view?.callback_id).toBe(MODALS.review)
    expect(view?.submit?.text).toBe('Approve')
    expect(JSON.parse(view?.private_metadata ?? '')).toEqual({ changeRequest: '12', digest: 'd1'.repeat(32) })
    expect(buttonsOf(view)).toEqual([])
    if (view) expectView(view)
  })

  it('shows personal values, every check with what it found, and every field of the form', () => {
    const read = readingOf(pagesOf())
    for (const words of [
      '“ Anna  Maria”',
      'Found state.',
      '✅ The provider is right. Found provider.',
      'New route: School direct (salaried)',
      'Reason: Typo by the provider',
      'Support ticket: ZD-77',
      'Asked for by <@U0REQUESTER>',
      'It expires on 28 October 2021',
      'To do by hand: Ask for the route to be changed in DTTP',
    ]) {
      expect(read).toContain(words)
    }
  })

  it('shows what decides a registration by name and value, and where the rest is', () => {
    const told = {
      slug: 'abc',
      hash: 'f'.repeat(64),
      shows: { provider: 'Demo & Co', training_route: 4, course_start_date: '2021-09-06', ebacc: false },
    }
    const args = { trainee: '5901', submitted_by: null }
    const effects = [
      { kind: 'enqueue', job: 'register-for-trn', args, told },
      { kind: 'enqueue', job: 'update-trainee', args: { trainee: '5902' } },
    ] as const
    const read = readingOf(pagesOf({ plan: { updates: [], inserts: [], effects } }))
    for (const words of [
      'DTTP is told of trainee 5901:',
      'Provider: “Demo & Co”',
      'Training route: School direct (salaried)',
      'Course start date: 6 September 2021',
      'Ebacc: No',
      `Personal details and degrees are sent as <${REGISTER}/trainees/abc|Register has them>.`,
      'If any of it changes before it is sent, nothing is sent.',
      'It sends the record as it is in Register then.',
    ]) {
      expect(read).toContain(words)
    }
    expect(read).not.toContain('ffff')
  })

  it('says of personal columns only that they change, unless someone may ask for more and does', () => {
    const sight = (personal: 'hidden' | 'offered' | 'shown') =>
      renderReview({ changeRequest: changeRequest(), playbook, registerUrl: REGISTER, personal }).view
    for (const personal of ['hidden', 'offered'] as const) {
      expect(readingOf(sight(personal))).not.toContain('Anna')
      expect(readingOf(sight(personal))).toContain('First names')
      expect(sight(personal).submit?.text).toBe('Approve')
    }
    expect(buttonsOf(sight('hidden'))).toEqual([])
    expect(buttonsOf(sight('shown'))).toEqual([])
    expect(buttonsOf(sight('offered'))).toMatchObject([
      {
        action_id: ACTIONS.reviewPage,
        value: '12:1:personal',
        text: { text: 'Show personal details (this is recorded)' },
      },
    ])
  })

  it('cannot be approved once its details are removed', () => {
    const [view] = pagesOf({ plan: null, checks: null, form: null })
    expect(view?.submit).toBeUndefined()
  })
})

describe('a review that does not fit on a page', () => {
  const number = numbers(3)
  const word = () => Array.from({ length: 12 }, () => 'abcdefghijkl字é👍<&'.at(number(15))).join('')
  const long = Array.from({ length: 900 }, word).join(' ')
  const columns = Array.from(
    { length: 1500 },
    (_, index) => [`column_${index}`, `before ${word()}`, `after ${word()}`] as const,
  )
  const plan: Plan = planOf(
    {
      ...Object.fromEntries(columns.map(([column, before, after]) => [column, [before, after] as const])),
      additional_withdraw_reason: [long, `${long}!`],
    },
    {
      effects: Array.from({ length: 60 }, (_, n) => ({
        kind: 'manual-step',
        title: `Step ${n}.`,
        text: `Text of ${n}. ${word()}`,
      })),
    },
  )
  const checks = Array.from({ length: 90 }, (_, n) =>
    check(n % 3 ? 'holds' : 'warns', `thing ${n}`, `Found ${word()}.`),
  )
  const pages = pagesOf({ plan, checks })

  it('has pages that Slack takes, and only the last can be approved', () => {
    expect(pages.length).toBeGreaterThan(3)
    for (const page of pages) expectView(page)
    expect(pages.map(({ submit }) => submit?.text)).toEqual([...pages.slice(1).map(() => undefined), 'Approve'])
  })

  it('turns with buttons that name the page, and whether personal values are shown', () => {
    const hidden = renderReview({
      changeRequest: changeRequest({ plan }),
      playbook,
      registerUrl: REGISTER,
      personal: 'hidden',
    })
    expect(buttonsOf(hidden.view).map(({ value }) => value)).toEqual(['12:2'])
    expect(buttonsOf(pages[0]).map(({ action_id, value }) => [action_id, value])).toEqual([
      [ACTIONS.reviewPage, '12:2:personal'],
    ])
    expect(buttonsOf(pages[1]).map(({ value }) => value)).toEqual(['12:1:personal', '12:3:personal'])
    expect(buttonsOf(pages.at(-1)).map(({ value }) => value)).toEqual([`12:${pages.length - 1}:personal`])
  })

  it('leaves nothing out', () => {
    const read = readingOf(pages)
    for (const [, before, after] of columns) {
      expect(read).toContain(`“${before}”`)
      expect(read).toContain(`“${after}”`)
    }
    expect(runOf(pages.map(({ blocks }) => blocks.filter(({ type }) => type === 'section')))).toContain(`“${long}!”`)
    for (const { found } of checks) expect(read).toContain(found)
    for (const effect of plan.effects) expect(read).toContain('text' in effect ? effect.text : '')
  })

  it('shows the last page for one that does not exist, and the first for none', () => {
    const request = changeRequest({ plan, checks })
    const show = (page: number) =>
      renderReview({ changeRequest: request, playbook, registerUrl: REGISTER, page, personal: 'shown' }).page
    expect([show(999), show(0), show(-1), show(Number.NaN)]).toEqual([pages.length, 1, 1, 1])
  })
})

it('opens with a placeholder, and asks for a reason to reject', () => {
  expectView(renderOpeningReview())
  const view = renderReject({ changeRequest: changeRequest() })
  expectView(view)
  expect(view).toMatchObject({ callback_id: MODALS.reject, submit: { text: 'Reject' } })
  expect(view.blocks).toMatchObject([{ type: 'input', block_id: 'reason', element: { multiline: true } }])
  expect(readingOf(view)).toContain('Do not name the trainee.')
})
