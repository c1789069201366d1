import { describe, expect, it } from 'vitest'
import type { ChangeRequest, Status } from '../../../src/entities/chatops/change-request.ts'
import { fixRoute } from '../../../src/playbooks/fix-route/index.ts'
import { ACTIONS } from '../../../src/views/kit/ids.ts'
import { renderCard } from '../../../src/views/request/card.ts'
import { renderPreview } from '../../../src/views/request/preview.ts'
import { renderReview } from '../../../src/views/request/review.ts'
import { changeRequest, check, EMPTY_PLAN, REGISTER } from '../builders.ts'
import { buttonsOf, expectMessage, mrkdwnOf, readingOf } from '../shown.ts'

const APPROVED = { decidedBy: 'U0APPROVER', decidedAt: new Date('2021-10-27T13:20:00Z') }
const MADE = { ...APPROVED, executedAt: new Date('2021-10-27T13:21:00Z') }

function card(given: Parameters<typeof changeRequest>[0] = {}, approverGroup: string | null = null) {
  return renderCard({ changeRequest: changeRequest(given), playbook: fixRoute, registerUrl: REGISTER, approverGroup })
}

function labelsOf(message: { blocks: unknown[] }): string[] {
  return buttonsOf(message.blocks).map(({ text }) => text.text)
}

describe('a card that waits for approval', () => {
  it('shows who asks for what, why, for which trainee and until when', () => {
    const read = readingOf(card().blocks)
    for (const words of [
      '⏳ CR-12 is waiting for approval',
      `Change training route for <${REGISTER}/trainees/Ab3dEf6hIj|trainee 5913>`,
      'Asked for by <@U0REQUESTER> on 27 October 2021 at 2:14pm',
      'Reason: “Typo by the provider”',
      'Support ticket: “ZD-77”',
      'It expires on 28 October 2021 at 2:14pm',
    ]) {
      expect(read).toContain(words)
    }
  })

  it('shows every changed column, and personal ones without their values', () => {
    const read = readingOf(card().blocks)
    expect(read).toContain('Training route*\nProvider-led (postgrad) → School direct (salaried)')
    expect(read).toContain('First names*\nextra spaces removed')
    expect(read).not.toContain('Anna')
  })

  it('shows warnings in full and counts the checks that hold', () => {
    const checks = [check('warns', 'state', 'Withdrawn. Be sure.'), check('holds', 'a'), check('holds', 'b')]
    const read = readingOf(card({ checks }).blocks)
    expect(read).toContain('Warning: Withdrawn. Be sure.')
    expect(read).toContain('2 other checks hold.')
    expect(readingOf(card({ checks: checks.slice(1) }).blocks)).toContain('2 checks hold.')
  })

  it('has the buttons to decide, each with the number of the request, and a link to the trainee', () => {
    const buttons = buttonsOf(card().blocks)
    expect(buttons.map(({ action_id }) => action_id)).toEqual([
      ACTIONS.openReview,
      ACTIONS.openReject,
      ACTIONS.cancelRequest,
      ACTIONS.viewTrainee,
    ])
    expect(buttons.map(({ value }) => value)).toEqual(['12', '12', '12', '12'])
    expect(buttons[3]?.url).toBe(`${REGISTER}/trainees/Ab3dEf6hIj`)
  })

  it('mentions the approvers’ group, and no longer once it is decided', () => {
    expect(mrkdwnOf(card({}, 'S0GROUP').blocks)).toContain('<!subteam^S0GROUP>')
    expect(mrkdwnOf(card({ status: 'approved', ...APPROVED }, 'S0GROUP').blocks)).not.toContain('subteam')
  })
})

describe('a reason and a ticket', () => {
  function typed(text: string): string[] {
    const form = { subject: 'Ab3dEf6hIj', route: 'x', reason: text, ticket: text }
    return readingOf(card({ form }).blocks)
      .split('\n')
      .filter((line) => /^(Reason|Support ticket): /.test(line))
  }

  it.each([
    ['Typo\n\nApproved by <@U0BOSS>', 'Typo / Approved by <@U0BOSS>'],
    ['a\r\nb\u2028c\u2029d\u0085e\vf\n', 'a / b / c / d / e / f'],
    ['Typo” Approved by “me', 'Typo" Approved by "me'],
    [`Typo${' \u00a0\u3000\u2800'.repeat(50)}Approved`, 'Typo Approved'],
    ['a\u202eb\u2066c\u200bd\u2060e', 'a{U+202E}b{U+2066}c{U+200B}d{U+2060}e'],
    ['👩‍🏫 moved', '👩‍🏫 moved'],
    ['\n \n', ''],
  ])('are each one line in quotes that cannot imitate the card: %j', (text, shown) => {
    expect(typed(text)).toEqual([`Reason: “${shown}”`, `Support ticket: “${shown}”`])
  })

  it('stay short even when every character must be written out', () => {
    expectMessage(card({ form: { subject: 'x', route: 'x', reason: '\u202e'.repeat(3000), ticket: '' } }))
  })
})

describe('a card of a request that is decided or over', () => {
  const cases: [Status, Partial<Omit<ChangeRequest, 'plan' | 'checks'>>, string[], string[]][] = [
    ['approved', APPROVED, ['is approved', 'Approved by <@U0APPROVER> on 27 October 2021 at 2:20pm'], []],
    ['verifying', MADE, ['checking the result', 'The changes were made at 2:21pm'], []],
    ['done', MADE, ['✅ CR-12 is done', 'Approved by <@U0APPROVER>', 'What changed'], ['Undo…']],
    [
      'rejected',
      { ...APPROVED, decisionReason: 'Wrong trainee' },
      ['Rejected by <@U0APPROVER>', 'Why: “Wrong trainee”', 'Nothing has changed'],
      [],
    ],
    [
      'cancelled',
      { ...APPROVED, decidedBy: 'U0REQUESTER' },
      ['Cancelled by <@U0REQUESTER>', 'Nothing has changed'],
      [],
    ],
    ['cancelled', {}, ['Cancelled by <@U0REQUESTER>'], []],
    ['expired', {}, ['Nobody approved it before 28 October 2021 at 2:14pm', 'Nothing has changed'], ['Preview again']],
    [
      'stale',
      { outcome: { moved: { columns: ['course_start_date'], checks: [], noticedAt: '2021-10-27T13:14:00.000Z' } } },
      [
        'CR-12 is out of date',
        'The course start date changed after the preview',
        'We have not made any of the changes',
        'Select “Preview again”',
      ],
      ['Preview again'],
    ],
    [
      'stale',
      { outcome: { moved: { columns: [], checks: ['The lead school fits'], noticedAt: '2021-10-27T13:14:00.000Z' } } },
      ['This check now finds something else: The lead school fits.'],
      ['Preview again'],
    ],
    [
      'stale',
      { outcome: { moved: { columns: [], checks: [], told: ['5901'], noticedAt: '2021-10-27T13:14:00.000Z' } } },
      ['What DTTP would be told of trainee 5901 is not what it was at the preview.', 'Select “Preview again”'],
      ['Preview again'],
    ],
    [
      'failed',
      { ...APPROVED, outcome: { problem: 'The database refused.' } },
      ['could not be done', 'The database refused.', 'We have not made any of the changes'],
      [],
    ],
    [
      'needs-attention',
      {
        ...MADE,
        outcome: {
          problem: 'Register wrote over a column.',
          verified: [
            { sentence: 'The columns hold', holds: false, found: 'Changed since: Study mode.' },
            { sentence: 'The timeline shows it', holds: true, found: 'Audit 4.' },
          ],
        },
      },
      [
        'needs attention',
        'Register wrote over a column.',
        'The columns hold: this does not hold. Changed since: Study',
      ],
      ['Undo…'],
    ],
  ]

  it.each(cases)('says what became of it: %s', (status, given, words, buttons) => {
    const message = card({ status, ...given })
    const read = readingOf(message.blocks)
    for (const word of words) expect(read).toContain(word)
    expect(labelsOf(message)).toEqual(buttons)
    expectMessage(message)
  })

  it('offers no undo where something was done that cannot be taken back', () => {
    const job = { kind: 'enqueue', job: 'retrieve-trn', args: { trainee: '5901', poll_for: '1 day' } } as const
    const message = card({ status: 'done', ...MADE, plan: { ...EMPTY_PLAN, effects: [job] } })
    expect(labelsOf(message)).toEqual([])
    expectMessage(message)
  })

  it('never says that something changed when nothing was written', () => {
    const read = readingOf(
      card({ status: 'needs-attention', ...APPROVED, outcome: { problem: 'GIAS is down.' } }).blocks,
    )
    expect(read).toContain('We have not made any of the changes')
    expect(read).toContain('What would have changed')
  })
})

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

it.each(STATUSES)('has one emoji, at its head, and none of our own jargon: %s', (status) => {
  const outcome = {
    moved: { columns: ['trn'], checks: [], noticedAt: '2021-10-27T13:14:00.000Z' },
    problem: 'It broke.',
  }
  const read = readingOf(card({ status, ...MADE, outcome }).blocks)
  expect(read.match(/\p{Emoji_Presentation}|\p{Emoji}\uFE0F/gu)).toHaveLength(1)
  expect(read.match(/\b(digest|plan|payload|outbox|enum|null|stale|undefined)\b/i)).toBeNull()
})

it.each(STATUSES)('still says what became of a request whose details were removed: %s', (status) => {
  const message = card({ status, plan: null, checks: null, form: null, traineeId: null })
  expect(readingOf(message.blocks)).toContain('CR-12')
  expect(readingOf(message.blocks)).toContain('removed after their retention time')
  expectMessage(message)
})

describe('a plan that changes no column', () => {
  const job = { kind: 'enqueue', job: 'retrieve-trn', args: { trainee: '5913', poll_for: '1 day' } } as const
  const plan = { ...EMPTY_PLAN, effects: [job] }
  const poll = 'Poll DTTP for a TRN (Dttp::RetrieveTrnJob) for trainee 5913 at once, for 1 day'

  it.each([
    ['pending', {}, 'What would happen'],
    ['approved', APPROVED, 'What will happen'],
    ['done', MADE, 'What was done'],
    ['needs-attention', MADE, 'What was done'],
    ['needs-attention', APPROVED, 'What would have happened'],
    ['stale', APPROVED, 'What would have happened'],
  ] as const)('has what happens under a heading of its own, when %s', (status, more, title) => {
    const message = card({ status, plan, ...more })
    expectMessage(message)
    const read = readingOf(message.blocks)
    expect(read).toContain(`${title}*\n${poll}`)
    expect(read).not.toMatch(/Also|What (would|will) change|What changed/)
  })

  it('is so in the preview and in the review', () => {
    const shown = {
      changeRequest: changeRequest({ status: 'unsent', plan }),
      playbook: fixRoute,
      registerUrl: REGISTER,
    }
    const preview = readingOf(renderPreview(shown))
    expect(preview).toContain(`What would happen*\n${poll}`)
    expect(preview).not.toMatch(/What would change|What else happens/)
    const review = readingOf(renderReview({ ...shown, personal: 'hidden' }).view)
    expect(review).toContain(`What happens*\n${poll}`)
    expect(review).not.toMatch(/What changes|What else happens/)
  })
})
