import { describe, expect, it } from 'vitest'
import type { Plan } from '../../../src/contract/plan.ts'
import { fixRoute as playbook } from '../../../src/playbooks/fix-route/index.ts'
import { ACTIONS, MODALS } from '../../../src/views/kit/ids.ts'
import { renderReject } from '../../../src/views/request/reject.ts'
import { renderOpeningReview, renderReview, UNDERSTOOD } from '../../../src/views/request/review.ts'
import { changeRequest, check, numbers, planOf, REGISTER } from '../builders.ts'
import { buttonsOf, expectView, readingOf, runOf } from '../shown.ts'

function pagesOf(given: Parameters<typeof changeRequest>[0] = {}) {
  const request = changeRequest(given)
  const show = (page: number) =>
    renderReview({
      ...{ changeRequest: request, playbook, registerUrl: REGISTER, page },
      ...{ personal: 'shown', isUnfolded: true, hasTexts: true },
    })
  return Array.from({ length: show(1).pages }, (_, index) => show(index + 1).view)
}

describe('a review of an ordinary request', () => {
  it('fits on one page that can be approved, bound to what it shows', () => {
    const [view, ...others] = pagesOf()
    expect(others).toEqual([])
    expect(view?.callback_id).toBe(MODALS.review)
    expect(view?.submit?.text).toBe('Approve')
    expect(JSON.parse(view?.private_metadata ?? '')).toEqual({ changeRequest: '12', digest: 'd1'.repeat(32) })
    expect(buttonsOf(view).map(({ action_id }) => action_id)).toEqual([ACTIONS.openQuestion])
    if (view) expectView(view)
  })

  it('shows personal values, every check with what it found, and every field of the form', () => {
    const read = readingOf(pagesOf())
    for (const words of [
      '“ Anna  Maria”',
      'Found state.',
      '✅ The provider is right. Found provider.',
      'Reason: Typo by the provider',
      'Support ticket: “ZD-77”',
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
    const reveals = (personal: Parameters<typeof sight>[0]) =>
      buttonsOf(sight(personal)).filter(({ text }) => text.text.startsWith('Show personal'))
    expect(reveals('hidden')).toEqual([])
    expect(reveals('shown')).toEqual([])
    expect(reveals('offered')).toMatchObject([
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

describe('what is seen first', () => {
  const show = (
    given: Parameters<typeof changeRequest>[0] = {},
    more: Partial<Parameters<typeof renderReview>[0]> = {},
  ) =>
    renderReview({ changeRequest: changeRequest(given), playbook, registerUrl: REGISTER, personal: 'hidden', ...more })
      .view
  const places = (view: unknown, words: readonly string[]) => words.map((one) => readingOf(view).indexOf(one))

  it('is what changes, for whom and whether it can be undone; then warnings, changes, what is sent, and who asks', () => {
    const found = places(show(), [
      'Change <https://register.example/trainees/Ab3dEf6hIj|trainee 5913> from Provider-led (postgrad) to School direct (salaried). This empties',
      'It can be undone afterwards',
      'Found state.',
      'What changes',
      'What else happens',
      'Support ticket: ',
      'Asked for by <@U0REQUESTER>',
      '1 check holds.',
      'exactly these changes',
    ])
    expect(found).not.toContain(-1)
    expect(found).toEqual([...found].sort((a, b) => a - b))
  })

  it('folds the checks that hold, and shows them on request, with all else as before', () => {
    const folded = show()
    expect(readingOf(folded)).not.toContain('Found provider.')
    expect(buttonsOf(folded).find(({ text }) => text.text === 'Show checks')).toMatchObject({
      action_id: ACTIONS.reviewPage,
      value: '12:1:checks',
    })
    const unfolded = show({}, { isUnfolded: true })
    expect(readingOf(unfolded)).toContain('✅ The provider is right. Found provider.')
    expect(unfolded.private_metadata).toBe(folded.private_metadata)
  })

  it('folds texts that people copy, and shows them on request', () => {
    const folded = show()
    expect(readingOf(folded)).toContain('To do by hand: Ask for the route to be changed in DTTP')
    expect(readingOf(folded)).not.toContain('Please change it.')
    const shows = buttonsOf(folded).find(({ text }) => text.text === 'Show text')
    expect(shows).toMatchObject({ action_id: ACTIONS.reviewPage, value: '12:1:texts' })
    const unfolded = show({}, { hasTexts: true })
    expect(readingOf(unfolded)).toContain('```Please change it.\nThanks```')
    expect(unfolded.private_metadata).toBe(folded.private_metadata)
  })

  it('shows the whole text of a Trello card, on pages that Slack takes', () => {
    const lines = Array.from({ length: 4000 }, (_, n) => `Line ${n} <!channel>`)
    const effects = [{ kind: 'trello-card', title: 'Update it', text: lines.join('\n') }] as const
    const given = { changeRequest: changeRequest({ plan: planOf({}, { effects }) }), playbook, registerUrl: REGISTER }
    const { pages } = renderReview({ ...given, personal: 'hidden' })
    const views = Array.from(
      { length: pages },
      (_, n) => renderReview({ ...given, personal: 'hidden', page: n + 1 }).view,
    )
    for (const view of views) expectView(view)
    expect(buttonsOf(views).map(({ text }) => text.text)).not.toContain('Show text')
    expect(readingOf(views)).toContain('Add a Trello card: Update it')
    expect(runOf(views.map(({ blocks }) => blocks.filter(({ type }) => type === 'section')))).toContain(
      lines.join('\n'),
    )
  })

  it('tells what is emptied together, each with its value before', () => {
    expect(readingOf(show())).toMatch(/\*Emptied \(\d+\), each with its value before\*\n[\s\S]*Study mode: Full time/)
    expect(readingOf(show())).not.toContain('to empty')
  })

  it('tells what is filled in together, as an undo does', () => {
    const plan = planOf({ study_mode: [null, 1], course_min_age: [null, 11], course_max_age: [null, 16] })
    expect(readingOf(show({ plan }))).toMatch(/\*Filled in \(3\), empty before\*\nYoungest age taught: 11\n/)
    expect(readingOf(show({ plan }))).not.toContain('from empty')
  })

  it('asks for a tick where it cannot be undone, and says why it cannot', () => {
    const effects = [{ kind: 'enqueue', job: 'update-trainee', args: { trainee: '5913' } }] as const
    const view = show({ plan: { updates: [], inserts: [], effects } })
    expect(readingOf(view)).toContain('It cannot be undone: it starts a job.')
    expect(view.blocks.filter(({ type }) => type === 'input')).toMatchObject([
      { block_id: UNDERSTOOD, element: { type: 'checkboxes', options: [{ value: UNDERSTOOD }] } },
    ])
    expectView(view)
    expect(show().blocks.filter(({ type }) => type === 'input')).toEqual([])
  })

  it('says that a job which is taken out of Sidekiq does not come back', () => {
    const member = { place: 'dead', queue: 'default', score: '1.5', sha1: '0'.repeat(40) } as const
    const effects = [{ kind: 'remove-job', job: 'register-for-trn', trainee: '5913', member }] as const
    const words = readingOf(show({ plan: { updates: [], inserts: [], effects } }))
    expect(words).toContain('It cannot be undone: it takes a failed job out of Register’s Sidekiq for good.')
  })

  it('links the ticket where its address is known, and leaves alone what is none', () => {
    const tickets = (ticket: string, ticketUrl: string | null = 'https://desk.example/t/{ticket}') =>
      readingOf(show({ form: { subject: 'Ab3dEf6hIj', ticket } }, { ticketUrl }))
    expect(tickets('#4711')).toContain('<https://desk.example/t/4711|#4711>')
    expect(tickets('https://desk.example/t/8?x=1')).toContain(
      '<https://desk.example/t/8?x=1|https://desk.example/t/8?x=1>',
    )
    for (const typed of ['4711, and others', 'https://a|b', 'javascript:alert(1)']) {
      expect(tickets(typed)).toContain(`Support ticket: “${typed}”`)
    }
    expect(tickets('4711', null)).toContain('Support ticket: “4711”')
  })

  it('says what the bot knows beside it, and nothing where there is nothing', () => {
    const about = { trainees: ['5913'], urns: [] }
    const nothing = { about, more: 0, open: [], earlier: [], waits: [], questions: 0, alerts: [], threadUrl: null }
    expect(readingOf(show({}, { known: nothing }))).not.toContain('What the bot knows')
    const executedAt = new Date('2021-10-27T13:11:00Z')
    const earlier = [changeRequest({ id: '1', status: 'done', executedAt })]
    const open = [changeRequest({ id: '9', playbook: 'requeue-trn', plan: null })]
    const read = readingOf(
      show({}, { known: { ...nothing, earlier, open, questions: 2, threadUrl: 'https://slack.example/p1' } }),
    )
    expect(read).toContain(
      'CR-1 was carried out at 2:11pm on 27 October 2021 and is done, asked for by <@U0REQUESTER>: change',
    )
    expect(read).toContain('CR-9 is waiting for approval:')
    expect(read).not.toContain('more request')
    expect(readingOf(show({}, { known: { ...nothing, earlier, more: 4 } }))).toContain(
      '• And 4 more requests: type /trainee find 5913.',
    )
    expect(read).toContain('2 questions were asked in <https://slack.example/p1|its thread>.')
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

  it('has pages that Slack takes in any environment, however full the last one is', () => {
    const job = { kind: 'enqueue', job: 'update-trainee', args: { trainee: '5913' } } as const
    const fullest = Array.from({ length: 40 }, (_, more) => {
      const steps = Array.from(
        { length: 150 + more },
        (_, n) => ({ kind: 'manual-step', title: `${n}`, text: '' }) as const,
      )
      const plan = planOf({}, { effects: [...steps, job] })
      const request = changeRequest({ plan, checks: [check('holds', 'thing', 'Found.')] })
      const { view } = renderReview({
        changeRequest: request,
        playbook,
        registerUrl: REGISTER,
        personal: 'hidden',
        page: 2,
      })
      expectView(view)
      return view.blocks.length
    })
    expect(Math.max(...fullest)).toBe(99)
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
      [ACTIONS.reviewPage, '12:2:personal:checks:texts'],
    ])
    expect(buttonsOf(pages[1]).map(({ value }) => value)).toEqual([
      '12:1:personal:checks:texts',
      '12:3:personal:checks:texts',
    ])
    expect(buttonsOf(pages.at(-1)).map(({ value }) => value)).toEqual([
      `12:${pages.length - 1}:personal:checks:texts`,
      '12',
    ])
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
      renderReview({
        changeRequest: request,
        playbook,
        registerUrl: REGISTER,
        page,
        personal: 'shown',
        isUnfolded: true,
        hasTexts: true,
      }).page
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
