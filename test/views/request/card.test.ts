import { describe, expect, it } from 'vitest'
import type { ChangeRequest, Status } from '../../../src/entities/chatops/change-request.ts'
import type { ManualStep } from '../../../src/entities/chatops/manual-step.ts'
import { fixRoute } from '../../../src/playbooks/fix-route/index.ts'
import { playbooks } from '../../../src/playbooks/index.ts'
import { ACTIONS } from '../../../src/views/kit/ids.ts'
import { renderCard } from '../../../src/views/request/card.ts'
import { renderWhatChanged } from '../../../src/views/request/changes.ts'
import { renderKnown } from '../../../src/views/request/known.ts'
import { renderPreview } from '../../../src/views/request/preview.ts'
import { requestLine } from '../../../src/views/request/request.ts'
import { renderReview } from '../../../src/views/request/review.ts'
import { renderEnd } from '../../../src/views/request/thread.ts'
import { changeRequest, check, EMPTY_PLAN, manualStep, planOf, REGISTER } from '../builders.ts'
import { buttonsOf, expectMessage, expectView, mrkdwnOf, readingOf } from '../shown.ts'

const APPROVED = { decidedBy: 'U0APPROVER', decidedAt: new Date('2021-10-27T13:20:00Z') }
const PAUSE = { at: APPROVED.decidedAt, by: 'U0ME', reason: 'A test', resumeAskedBy: null }
const MADE = { ...APPROVED, executedAt: new Date('2021-10-27T13:21:00Z') }

function card(given: Parameters<typeof changeRequest>[0] = {}, steps: ManualStep[] = []) {
  return renderCard({ changeRequest: changeRequest(given), playbook: fixRoute, registerUrl: REGISTER, steps })
}

function changes(given: Parameters<typeof changeRequest>[0] = {}): string {
  const view = renderWhatChanged(changeRequest(given), fixRoute, REGISTER)
  expectView(view)
  return readingOf(view.blocks)
}

function labelsOf(message: { blocks: unknown[] }): string[] {
  return buttonsOf(message.blocks).map(({ text }) => text.text)
}

describe('a card that waits for approval', () => {
  it('shows who asks for what, why, for which trainee and until when', () => {
    const read = readingOf(card().blocks)
    for (const words of [
      '⏳ CR-12 needs approval by 2:14pm on Thursday 28 October',
      `Change <${REGISTER}/trainees/Ab3dEf6hIj|trainee 5913> from Provider-led (postgrad) to School direct (salaried).`,
      'This empties 4 course and funding details. Nothing has changed yet.',
      'Asked for by <@U0REQUESTER> on 27 October 2021 at 2:14pm',
      'Reason: “Typo by the provider”',
      'Support ticket: “ZD-77”',
    ]) {
      expect(read).toContain(words)
    }
  })

  it('shows every changed column, and personal ones without their values', () => {
    const read = readingOf(card().blocks)
    expect(read).toContain('Training route*\nfrom Provider-led (postgrad) to School direct (salaried)')
    expect(read).toContain('First names*\nextra spaces removed')
    expect(read).not.toContain('Anna')
  })

  it('names what is emptied in one line, where that is much', () => {
    const read = readingOf(card().blocks)
    expect(read).toContain(
      'Emptied: course subject, course start date, study mode, applying for bursary and lead school.',
    )
    expect(read).not.toContain('mathematics')
    const few = planOf({ study_mode: [1, null], training_route: [1, 4] })
    expect(readingOf(card({ plan: few }).blocks)).toContain('Study mode*\nfrom Full time to empty')
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

  it('begins with whom it calls, a group or a person, and no longer once it is decided', () => {
    expect(mrkdwnOf(card({ calls: 'S0GROUP' }).blocks)).toContain('<!subteam^S0GROUP>: change <')
    expect(mrkdwnOf(card({ calls: 'U0BOSS' }).blocks)).toContain('<@U0BOSS>: change <')
    expect(mrkdwnOf(card({ calls: 'S0GROUP', status: 'approved', ...APPROVED }).blocks)).not.toContain('subteam')
  })

  it('says in the notification what is approved, who asks and until when', () => {
    expect(card().text).toBe(
      'CR-12: approve trainee 5913 moving to School direct (salaried). Asked for by <@U0REQUESTER>. Decide by 2:14pm on Thursday.',
    )
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
    [
      'approved',
      APPROVED,
      ['is approved', 'Approved by <@U0APPROVER> on 27 October 2021 at 2:20pm'],
      ['Cancel request', 'Show what will change'],
    ],
    [
      'verifying',
      MADE,
      ['checking the result', 'approved by <@U0APPROVER>. Changed at 2:21pm on 27 October 2021.'],
      ['Show what changed'],
    ],
    [
      'done',
      { ...MADE, finishedAt: new Date('2021-10-27T13:22:00Z') },
      [
        '✅ CR-12 is done',
        `<${REGISTER}/trainees/Ab3dEf6hIj|Trainee 5913> is on School direct (salaried). 4 course and funding details are empty.`,
        'Asked for by <@U0REQUESTER>, approved by <@U0APPROVER>. Changed at 2:21pm on 27 October 2021, checked at 2:22pm.',
      ],
      ['Show what changed', 'Undo…'],
    ],
    [
      'rejected',
      { ...APPROVED, decisionReason: 'Wrong trainee' },
      ['Rejected by <@U0APPROVER>', 'Why: “Wrong trainee”', 'Nothing has changed'],
      ['Ask again', 'Show what was asked for'],
    ],
    [
      'cancelled',
      { ...APPROVED, decidedBy: 'U0REQUESTER' },
      ['Cancelled by <@U0REQUESTER>', 'Nothing has changed'],
      ['Ask again', 'Show what was asked for'],
    ],
    ['cancelled', {}, ['Cancelled by <@U0REQUESTER>'], ['Ask again', 'Show what was asked for']],
    [
      'expired',
      {},
      ['Nobody approved it before 28 October 2021 at 2:14pm', 'Nothing has changed'],
      ['Ask again', 'Show what was asked for'],
    ],
    [
      'stale',
      { outcome: { moved: { columns: ['course_start_date'], checks: [], noticedAt: '2021-10-27T13:14:00.000Z' } } },
      [
        'CR-12 is out of date',
        'The course start date changed after the preview',
        'We have not made any of the changes',
        'Select “Preview again”',
      ],
      ['Preview again', 'Show what was asked for'],
    ],
    [
      'stale',
      { outcome: { moved: { columns: [], checks: ['The lead school fits'], noticedAt: '2021-10-27T13:14:00.000Z' } } },
      ['This check now finds something else: The lead school fits.'],
      ['Preview again', 'Show what was asked for'],
    ],
    [
      'stale',
      { outcome: { moved: { columns: [], checks: [], told: ['5901'], noticedAt: '2021-10-27T13:14:00.000Z' } } },
      ['What DTTP would be told of trainee 5901 is not what it was at the preview.', 'Select “Preview again”'],
      ['Preview again', 'Show what was asked for'],
    ],
    [
      'failed',
      { ...APPROVED, outcome: { problem: 'The database refused.' } },
      ['could not be done', 'The database refused.', 'We have not made any of the changes', 'Select “Ask again” once'],
      ['Ask again', 'Show what was asked for'],
    ],
    ['approved', APPROVED, ['is approved', 'The changes are made next.'], ['Cancel request', 'Show what will change']],
    [
      'approved',
      { ...APPROVED, upstreamFailingSince: new Date('2021-10-27T13:14:00Z') },
      ['something that they need does not answer. We try until 27 October 2021 at 2:44pm. Nothing has changed yet.'],
      ['Cancel request', 'Show what will change'],
    ],
    [
      'approved',
      { ...APPROVED, leftToOthersSince: new Date('2021-10-27T13:14:00Z') },
      [
        'another version of the bot made this request, and carries it out. We wait for it until 27 October 2021 at 2:44pm.',
        'Nothing has changed yet.',
      ],
      ['Cancel request', 'Show what will change'],
    ],
    [
      'needs-attention',
      { ...APPROVED, outcome: { problem: 'We tried for 30 minutes.' } },
      ['We have not made any of the changes', 'We tried for 30 minutes.', 'Select “Ask again” once that is put right.'],
      ['Mark as dealt with', 'Ask again', 'Show what was asked for'],
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
      ['Mark as dealt with', 'Show what changed', 'Undo…'],
    ],
    [
      'needs-attention',
      {
        ...MADE,
        dealtBy: 'U0APPROVER',
        dealtAt: new Date('2021-10-27T14:00:00Z'),
        outcome: { problem: 'It was lost.' },
      },
      ['☑️ CR-12 is dealt with', 'Dealt with by <@U0APPROVER> on 27 October 2021 at 3pm.', 'It was lost.'],
      ['Show what changed', 'Undo…'],
    ],
    [
      'needs-attention',
      {
        ...MADE,
        dealtBy: 'chatops',
        dealtAt: new Date('2021-10-27T14:00:00Z'),
        outcome: { problem: 'All holds now.' },
      },
      ['✅ CR-12 is done, later than it should have been', 'All holds now.'],
      ['Show what changed', 'Undo…'],
    ],
  ]

  it.each(cases)('says what became of it: %s', (status, given, words, buttons) => {
    const message = card({ status, ...given })
    const read = readingOf(message.blocks)
    for (const word of words) expect(read).toContain(word)
    expect(labelsOf(message)).toEqual(buttons)
    expectMessage(message)
  })

  it.each<[string, Partial<ChangeRequest>, Partial<Parameters<typeof renderCard>[0]>]>([
    ['paused', {}, { standstill: { pause: PAUSE, previewOnly: false } }],
    ['set to previews', {}, { standstill: { pause: null, previewOnly: true } }],
    ['switched off', { outcome: { off: 'A column is gone.' } }, {}],
  ])('does not say that the changes are made next while nothing is carried out: %s', (_, { outcome = {} }, more) => {
    const approved = changeRequest({ status: 'approved', ...APPROVED, outcome })
    const read = readingOf(
      renderCard({ changeRequest: approved, playbook: fixRoute, registerUrl: REGISTER, ...more }).blocks,
    )
    expect(read).not.toContain('The changes are made next.')
    expect(read).toContain('The changes are not made before that is over.')
  })

  it('names other requests where their names can become links', () => {
    const other = 'CR-9 has changed this since.'
    const warned = { checks: [check('warns', 'state', other)] }
    const held = [{ sentence: 'It is so', holds: false, found: other }]
    const trouble = { outcome: { problem: `It is not so: ${other}`, verified: held } }
    for (const shown of [
      card({ status: 'pending', ...warned }).blocks,
      card({ status: 'needs-attention', ...MADE, ...trouble }).blocks,
      renderWhatChanged(changeRequest({ status: 'done', ...MADE, ...warned }), fixRoute, REGISTER).blocks,
    ]) {
      expect(mrkdwnOf(shown)).toContain('CR-9 has changed this since.')
    }
  })

  it('offers no undo where something was done that cannot be taken back', () => {
    const job = { kind: 'enqueue', job: 'retrieve-trn', args: { trainee: '5901', poll_for: '1 day' } } as const
    const message = card({ status: 'done', ...MADE, plan: { ...EMPTY_PLAN, effects: [job] } })
    expect(labelsOf(message)).not.toContain('Undo…')
    expectMessage(message)
  })

  it('never says that something changed when nothing was written', () => {
    const given = { status: 'needs-attention', ...APPROVED, outcome: { problem: 'GIAS is down.' } } as const
    expect(readingOf(card(given).blocks)).toContain('We have not made any of the changes')
    expect(changes(given)).toContain('What would have changed')
  })
})

describe('a request that another one has undone', () => {
  const undone = { ...MADE, finishedAt: new Date('2021-10-27T13:22:00Z'), outcome: { undoneBy: '29' } }
  const broken = { problem: 'The result is not as it should be.', undoneBy: '29' }

  it.each([
    ['done', undone],
    ['verifying', undone],
    ['needs-attention', { ...undone, outcome: broken }],
  ] as const)('says nothing of how things are by now: %s', (status, given) => {
    const message = card({ status, ...given }, [manualStep()])
    expectMessage(message)
    const read = readingOf(message.blocks)
    expect(read).toContain('↩️ CR-12 was undone')
    expect(read).toContain(
      `The request was to change <${REGISTER}/trainees/Ab3dEf6hIj|trainee 5913> from Provider-led (postgrad) to School direct (salaried).`,
    )
    expect(read).toContain('Changed at 2:21pm on 27 October 2021')
    expect(read).toContain('Undone by CR-29.')
    expect(read).not.toMatch(/is on|are empty|is done|checking|as it should be|left for support/)
    expect(message.text).toContain('CR-12 (undone by CR-29)')
    expect(changes({ status, ...given })).toContain('Undone by CR-29.')
  })

  it('is called undone wherever it is named, with the time at which it was carried out', () => {
    const request = changeRequest({ status: 'done', ...undone })
    expect(requestLine(request, playbooks, REGISTER)).toContain(
      'carried out 27 October 2021 at 2:21pm, undone by CR-29',
    )
    const end = renderEnd({ changeRequest: request, playbook: fixRoute, registerUrl: REGISTER, ledgerHash: null })
    expect(end.text).toBe('<@U0REQUESTER> CR-12 was carried out, and CR-29 has undone it.')
    expect(readingOf(end.blocks)).not.toContain('is on')
    const known = {
      about: { trainees: [], urns: [] },
      more: 0,
      open: [],
      waits: [],
      questions: 0,
      alerts: [],
      threadUrl: null,
    }
    expect(readingOf(renderKnown({ ...known, earlier: [request] }))).toContain(
      'CR-12 was carried out at 2:21pm on 27 October 2021 and undone by CR-29, asked for by',
    )
  })
})

it('a request is dealt with at the time at which it was dealt with', () => {
  const dealtAt = new Date('2021-10-27T15:00:00Z')
  const finishedAt = new Date('2021-10-27T13:22:00Z')
  const request = changeRequest({ status: 'needs-attention', ...MADE, finishedAt, dealtAt, dealtBy: 'U0ME' })
  expect(requestLine(request, playbooks, REGISTER)).toContain('dealt with, 27 October 2021 at 4pm')
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
  const poll = 'Ask DTTP for the TRN of trainee 5913 at once, then every hour for 1 day'

  it('has what would happen under a heading of its own', () => {
    const message = card({ plan })
    expectMessage(message)
    expect(readingOf(message.blocks)).toContain(`What would happen*\n${poll}`)
    expect(readingOf(message.blocks)).not.toMatch(/Also|What would change/)
  })

  it.each([
    ['approved', APPROVED, 'What will happen'],
    ['done', MADE, 'What was approved'],
    ['needs-attention', MADE, 'What was approved'],
    ['needs-attention', APPROVED, 'What would have happened'],
    ['stale', APPROVED, 'What would have happened'],
  ] as const)('has it in what the card offers to show, when %s', (status, more, title) => {
    const read = changes({ status, plan, ...more })
    expect(read).toContain(`${title}*\n${poll}`)
    expect(read).not.toMatch(/What else|What (would|will) change|What changed/)
  })

  it('is so in the preview and in the review', () => {
    const shown = {
      changeRequest: changeRequest({ status: 'unsent', plan }),
      playbook: fixRoute,
      registerUrl: REGISTER,
    }
    const preview = readingOf(renderPreview(shown))
    expect(preview).toContain(`What would happen*\n*${poll}*`)
    expect(preview).not.toMatch(/What would change|What else happens/)
    const review = readingOf(renderReview({ ...shown, personal: 'hidden', isUnfolded: true }).view)
    expect(review).toContain(`What happens*\n*${poll}*`)
    expect(review).not.toMatch(/What changes|What else happens/)
  })
})

describe('what is left to do by hand', () => {
  const done = { status: 'done', ...MADE } as const
  const second = manualStep({ place: 1, title: 'Ask the provider to complete the course details' })

  it('is counted in the heading, and said with its owner, the words to copy and a way to tick it off', () => {
    const message = card(done, [manualStep(), second])
    expectMessage(message)
    const read = readingOf(message.blocks)
    expect(read).toContain('✅ CR-12 is done in Register. 2 steps left for support')
    expect(read).toContain(
      'Still to do, by <@U0REQUESTER>: ask for the route to be changed in DTTP; ask the provider to complete the course details.',
    )
    expect(labelsOf(message)).toEqual(['Copy text', 'Mark as done', 'Show what changed', 'Undo…'])
  })

  it('says who has done what and when, and lets a tick be taken back', () => {
    const doneAt = new Date('2021-10-27T14:00:00Z')
    const message = card(done, [manualStep({ doneAt, doneBy: 'U0ME' })])
    const read = readingOf(message.blocks)
    expect(read).toContain('✅ CR-12 is done')
    expect(read).not.toContain('left for support')
    expect(read).toContain('Done by <@U0ME> at 3pm on 27 October 2021: ask for the route to be changed in DTTP.')
    expect(labelsOf(message)).toContain('Not done after all')
  })

  it('says what nobody need do any more', () => {
    const message = card(done, [manualStep({ doneAt: new Date(), doneBy: 'chatops' })])
    expect(readingOf(message.blocks)).toContain('No longer needed: ask for the route to be changed in DTTP.')
    expect(labelsOf(message)).not.toContain('Not done after all')
    const ticked = manualStep({ place: 1, doneAt: new Date(), doneBy: 'U0ME' })
    const both = card(done, [manualStep({ doneAt: new Date(), doneBy: 'chatops' }), ticked])
    expect(labelsOf(both)).toContain('Not done after all')
  })
})

it('a card that is done is a few lines, and the rest is shown on request', () => {
  expect(card({ status: 'done', ...MADE }).blocks).toHaveLength(4)
  const read = changes({ status: 'done', ...MADE })
  for (const words of ['What changed', 'Reason: “Typo by the provider”', 'Support ticket: “ZD-77”', '1 check held.']) {
    expect(read).toContain(words)
  }
  expect(read).not.toContain('Anna')
})
