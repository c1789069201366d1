import { describe, expect, it } from 'vitest'
import type { JobFailure } from '../../../src/entities/chatops/job-failure.ts'
import type { PostedNews } from '../../../src/jobs/news.ts'
import { fixRoute as playbook } from '../../../src/playbooks/fix-route/index.ts'
import { renderJobNews } from '../../../src/views/jobs/news.ts'
import { renderNoticeBlocks, renderNoticeView } from '../../../src/views/kit/notice.ts'
import { renderQuestion } from '../../../src/views/request/question.ts'
import { renderSteps } from '../../../src/views/request/steps.ts'
import { renderEnd, renderReminder } from '../../../src/views/request/thread.ts'
import { changeRequest, HASH, manualStep, planOf, REGISTER } from '../builders.ts'
import { buttonsOf, expectMessage, expectView, mrkdwnOf, readingOf } from '../shown.ts'

const MADE = {
  decidedBy: 'U0APPROVER',
  decidedAt: new Date('2021-10-27T13:20:00Z'),
  executedAt: new Date('2021-10-27T13:21:00Z'),
}

const shown = (given: Parameters<typeof changeRequest>[0]) => ({
  changeRequest: changeRequest({ ...MADE, ...given }),
  playbook,
  registerUrl: REGISTER,
})

describe('the receipt', () => {
  it('names people, times, columns and the ledger’s hash in full, and no values', () => {
    const message = renderEnd({ ...shown({ status: 'done' }), ledgerHash: HASH })
    expectMessage(message)
    const read = readingOf(message.blocks)
    expect(read).toContain('Asked for by <@U0REQUESTER> on 27 October 2021 at 2:14pm')
    expect(read).toContain('Approved by <@U0APPROVER> on 27 October 2021 at 2:20pm')
    expect(read).toContain('Made at 2:21pm on 27 October 2021')
    expect(read).toContain(`\`${HASH}\``)
    expect(read).toContain('Changed 8 details: Training route, Course subject, ')
    expect(read).not.toContain('Anna')
  })

  it('counts the columns that it does not name', () => {
    const changes = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`column_${n}`, [1, 2] as const]))
    const message = renderEnd({ ...shown({ status: 'done', plan: planOf(changes) }), ledgerHash: HASH })
    expectMessage(message)
    expect(readingOf(message.blocks)).toContain('Changed 2,000 details')
    expect(readingOf(message.blocks)).toContain('and 1,960 more')
  })
})

describe('a question', () => {
  it('says whether the request still waits when the question comes into the thread', () => {
    const ask = (status: 'pending' | 'rejected') =>
      readingOf(renderQuestion(changeRequest({ status }), { by: 'U0APPROVER', text: 'Why?' }).blocks)
    expect(ask('pending')).toContain('CR-12 still waits for approval.')
    expect(ask('rejected')).toContain('CR-12 waits no longer: rejected.')
  })
})

describe('words to copy', () => {
  it('stay together, and cannot end their block early', () => {
    const text = 'Dear provider,\n``` <!channel> *now*\nhttps://register.example/trainees/x?a=1&b=2'
    const [message] = renderSteps('12', [manualStep({ text })])
    expect(mrkdwnOf(message?.blocks)).toContain(
      '```Dear provider,\n’’’ &lt;!channel&gt; *now*\nhttps://register.example/trainees/x?a=1&amp;b=2```',
    )
  })

  it('run over several blocks when they are long', () => {
    const [step] = renderSteps('12', [manualStep({ text: 'word & '.repeat(1000) })])
    if (!step) throw new Error('there is no message')
    expect(step.blocks.length).toBeGreaterThan(3)
    expectMessage(step)
    expect(readingOf(step.blocks).replaceAll('```\n```', '')).toContain('word & '.repeat(1000))
  })

  it('are in one reply for all that is left, and in none where nothing is', () => {
    const second = manualStep({ place: 1, title: 'Ask the provider to complete the course details' })
    const messages = renderSteps('12', [manualStep(), second])
    expect(messages).toHaveLength(1)
    expect(messages[0]?.text).toBe('Still to do for CR-12, by <@U0REQUESTER>')
    expect(renderSteps('12', [manualStep({ doneAt: new Date(), doneBy: 'U0ME' })])).toEqual([])
  })
})

it.each([
  ['done', 'is done'],
  ['rejected', 'was rejected by <@U0APPROVER>. Nothing has changed.'],
  ['expired', 'has expired. Nothing has changed.'],
  ['stale', 'is out of date. Nothing has changed.'],
  ['failed', 'could not be done. Nothing has changed.'],
  ['needs-attention', 'needs attention. The changes were made'],
] as const)('tells the requester when their request is %s', (status, words) => {
  const message = renderEnd({ ...shown({ status }), ledgerHash: null })
  expectMessage(message)
  expect(message.text).toContain(`<@U0REQUESTER> CR-12 ${words}`)
})

it('reminds the approvers in the words of the request, with the review at hand', () => {
  const now = new Date('2021-10-28T11:14:00Z')
  const message = renderReminder(changeRequest(), { playbook, registerUrl: REGISTER, calls: 'S0GROUP', now })
  expectMessage(message)
  expect(message.text).toBe(
    '<!subteam^S0GROUP> CR-12 expires at 2:14pm today. It moves trainee 5913 to School direct (salaried). Nothing has changed.',
  )
  expect(buttonsOf(message.blocks).map(({ text, value }) => [text.text, value])).toEqual([['Review CR-12', '12']])
})

describe('a refusal', () => {
  const words = {
    title: 'CR-12 is already approved',
    text: '<@U0FIRST> approved it in <#C01>.\n*No* <!here> `x` action.',
  }

  it('keeps mentions, and nothing else that Slack would interpret', () => {
    for (const blocks of [renderNoticeView(words).blocks, renderNoticeBlocks(words).blocks]) {
      expect(mrkdwnOf(blocks)).toContain('<@U0FIRST> approved it in <#C01>.')
      expect(mrkdwnOf(blocks)).not.toMatch(/here|\*No\*|`x`/)
      expect(readingOf(blocks)).toContain('*No* <!here> `x` action.')
    }
    const mixed = renderNoticeBlocks({ title: 'No', text: '<@U0FIRST> wrote *x* <!channel> <https://evil|click>' })
    expect(mrkdwnOf(mixed.blocks)).not.toMatch(/<!|<http|\*x\*/)
  })

  it('fits a modal and a message', () => {
    const long = { title: 'T'.repeat(500), text: `${'line\n'.repeat(300)}${'x'.repeat(7000)}` }
    expectView(renderNoticeView(words))
    expectView(renderNoticeView(long))
    expectMessage(renderNoticeBlocks(words))
  })
})

describe('news of a job', () => {
  const news = (posted: Partial<PostedNews>) =>
    renderJobNews({
      ...{ job: 'retrieve-trn', trainee: '5913', news: { kind: 'done' } },
      ...posted,
      changeRequest: changeRequest({ status: 'done', ...MADE }),
      registerUrl: REGISTER,
    })
  const failed = (failure: Partial<JobFailure>): PostedNews['news'] => ({
    kind: 'failed',
    failure: { code: 'unexpected', words: 'It went wrong.', at: '2021-10-27T13:14:00Z', ...failure },
  })
  const said = (posted: Partial<PostedNews>) => {
    const message = news(posted)
    expectMessage(message)
    return readingOf(message.blocks)
  }

  it('says that there is no TRN yet, when we ask again and for how long, and disturbs nobody', () => {
    const reading = said({
      news: { kind: 'no-trn-yet', next: '2021-10-27T14:14:00.000Z', timeout: '2021-10-28T13:14:00.5' },
    })
    expect(reading).toBe(
      'DTTP has no TRN yet for <https://register.example/trainees/Ab3dEf6hIj|trainee 5913>. We ask again on 27 October 2021 at 3:14pm, and go on until 28 October 2021 at 2:14pm.',
    )
  })

  it('tells the requester that the TRN has arrived', () => {
    const reading = said({ news: { kind: 'trn-received' } })
    expect(reading).toContain('<@U0REQUESTER> The TRN has arrived for')
    expect(reading).toContain('It is saved in Register.')
  })

  it.each([
    ['register-for-trn', 'Registered with DTTP for'],
    ['change-trainee-status', 'The status is set in DTTP for'],
    ['update-trainee', 'The record is sent to DTTP for'],
    ['a-job-of-tomorrow', 'a-job-of-tomorrow is done for'],
  ])('says that %s is done', (job, words) => {
    expect(said({ job })).toContain(`<@U0REQUESTER> ${words} <https://register.example/trainees/Ab3dEf6hIj|trainee`)
  })

  it('is about no trainee where the job is about none', () => {
    expect(said({ job: 'sync-schools', trainee: null })).toBe('<@U0REQUESTER> The schools are fetched from DTTP.')
    expect(said({ job: 'sync-schools', trainee: null, news: failed({}) })).toContain('<@U0REQUESTER> It is not tried')
  })

  it('names another trainee than the request’s without a link', () => {
    expect(said({ trainee: '5914' })).toContain('for trainee 5914.')
  })

  it.each([
    ['timed-out', 'No TRN has come in time', 'ask the operations team'],
    ['gone', 'Asking DTTP for a TRN failed', 'must be registered again'],
    ['outcome-unknown', 'Asking DTTP for a TRN failed', 'Do not register or retry this trainee'],
    ['dttp-refused', 'Asking DTTP for a TRN failed', 'A developer needs to look at it'],
  ] as const)('says why it failed (%s) and what to do', (code, title, next) => {
    const reading = said({ news: failed({ code, words: 'DTTP said <!channel> *no*.' }) })
    for (const words of [title, 'DTTP said <!channel> *no*.', 'This is about', next]) expect(reading).toContain(words)
    expect(mrkdwnOf(news({ news: failed({ words: 'DTTP said <!channel> *no*.' }) }).blocks)).not.toContain('channel')
  })
})
