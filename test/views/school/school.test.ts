import { describe, expect, it } from 'vitest'
import { SchoolWait } from '../../../src/entities/chatops/school-wait.ts'
import { repairSchool } from '../../../src/playbooks/repair-school/index.ts'
import type { SyncedBy, SyncedSchool } from '../../../src/schools/sync-news.ts'
import { renderForm } from '../../../src/views/form.ts'
import { renderTraineeLines } from '../../../src/views/request/trainee-lines.ts'
import { renderSchoolSync, renderTrelloCard } from '../../../src/views/school/news.ts'
import { renderOthersWait, renderWait, renderWaitNews, renderWaits } from '../../../src/views/school/wait.ts'
import { changeRequest, check, home, homeList, ownRequests } from '../builders.ts'
import { buttonsOf, expectMessage, expectView, mrkdwnOf, readingOf } from '../shown.ts'

const EVIL = '<!channel> *x* _y_ <@U0EVIL> <https://evil.example|click> ``` `q`'
const URL = 'https://trello.com/c/abcd1234'

function wait(given: Partial<SchoolWait> = {}): SchoolWait {
  return Object.assign(new SchoolWait(), {
    id: '3',
    urn: '900005',
    requester: 'U01',
    channel: 'C01',
    playbook: 'repair-school',
    form: {},
    asks: { title: 'Add a school to DTTP: URN 900005', text: 'Please add it.' },
    status: 'waiting',
    cardKey: null,
    cardUrl: null,
    createdAt: new Date('2021-10-27T13:14:00Z'),
    askedAt: new Date('2021-10-27T13:14:00Z'),
    overAt: null,
    ...given,
  })
}

describe('waiting for a school', () => {
  const shown = (given: Partial<Parameters<typeof renderWait>[0]> = {}) =>
    renderWait({
      wait: wait({ status: 'shown' }),
      askedBefore: null,
      checks: [check('holds', 'school')],
      playbook: { title: 'Repair a school' },
      addsTrelloCards: true,
      ...given,
    })

  it('shows the card word for word before it is added, and asks for nobody’s approval', () => {
    const view = shown()
    expectView(view)
    for (const words of ['we add this Trello card', 'Add a school to DTTP: URN 900005', 'Please add it.']) {
      expect(readingOf(view)).toContain(words)
    }
    expect(view.submit?.text).toBe('Ask support and wait')
  })

  it('adds no second card, and says where the first one is', () => {
    const view = shown({ askedBefore: wait({ cardKey: 'k', cardUrl: URL }) })
    expect(readingOf(view)).toContain(
      'Support was asked to add it on 27 October 2021 at 2:14pm, so we do not ask again.',
    )
    expect(readingOf(view)).toContain(URL)
    expect(readingOf(view)).not.toContain('Please add it.')
    expect(view.submit?.text).toBe('Wait')
  })

  it('adds a card where the first one could not be added', () => {
    expect(readingOf(shown({ askedBefore: wait() }))).toContain('we add this Trello card')
  })

  it('is listed with what one can do about it', () => {
    const waits = Array.from({ length: 9 }, (_, n) => wait({ id: String(n), cardUrl: URL }))
    const message = ownRequests([], { waits })
    expectMessage(message)
    expect(readingOf(message.blocks)).not.toContain('You have no open requests')
    expect(new Set(buttonsOf(message.blocks).map(({ text }) => text.text))).toEqual(
      new Set(['Continue', 'Stop waiting']),
    )
    const full = Array.from({ length: 60 }, (_, n) => changeRequest({ id: String(n + 1), status: 'unsent' }))
    expectMessage(ownRequests(full, { waits }))
    expectView(home([homeList(waits.flatMap((one) => [renderWaits([one]), renderOthersWait(one)]))]))
  })

  it.each(['school-arrived', 'school-asked-for', 'school-not-asked-for'])('tells of it: %s', (part) => {
    const message = renderWaitNews(wait({ cardUrl: URL }), { part })
    expectMessage(message)
    expect(message.text).toContain('URN 900005')
  })

  it('interprets nothing that came from elsewhere', () => {
    const evil = wait({ urn: EVIL, asks: { title: EVIL, text: EVIL }, cardUrl: EVIL, cardKey: 'k' })
    const all = [
      renderWait({ wait: evil, askedBefore: null, checks: [], playbook: { title: EVIL }, addsTrelloCards: true }),
      renderWait({ wait: evil, askedBefore: evil, checks: [], playbook: { title: EVIL }, addsTrelloCards: false }),
      renderWaitNews(evil, { part: 'school-arrived' }),
      renderWaitNews(evil, { part: 'school-asked-for' }),
      renderWaitNews(evil, { part: 'school-not-asked-for' }),
      ownRequests([], { waits: [evil] }),
      renderTrelloCard({ title: EVIL, url: URL }),
      renderTrelloCard({ title: EVIL, url: null, text: EVIL }),
      renderSchoolSync({
        changeRequest: changeRequest({ outcome: { trello: [{ key: 'k', title: EVIL, url: URL }] } }),
        by: 'us',
        schools: [{ row: '1', urn: EVIL, is: 2, inDttp: { status: 2 } }],
      }),
    ]
    for (const view of all) expect(mrkdwnOf(view)).not.toMatch(/<!channel>|<@U0EVIL>|<https:\/\/evil/)
  })
})

describe('the morning after', () => {
  const tell = (school: Partial<SyncedSchool>, cards = true, by: SyncedBy = 'us') => {
    const outcome = cards ? { trello: [{ key: 'k', title: 'Update a school', url: URL }] } : {}
    const schools = [{ row: '802', urn: '900002', is: 1, inDttp: { status: 1 }, ...school }]
    const message = renderSchoolSync({ changeRequest: changeRequest({ outcome }), by, schools })
    expectMessage(message)
    return readingOf(message.blocks)
  }

  it.each<[string, Partial<SyncedSchool>, string]>([
    ['DTTP agrees', {}, 'Confirmed: DTTP says active too, and URN 900002 stays active.'],
    ['DTTP has it as new', { inDttp: { status: 300000007 } }, 'Confirmed: DTTP says new too'],
    ['it was set back', { is: 2, inDttp: { status: 2 } }, 'DTTP still says inactive: the sync set URN 900002'],
    ['it was set back, and DTTP is right by now', { is: 2 }, 'DTTP says active by now, so the next sync makes it'],
    [
      'DTTP has changed since the sync',
      { inDttp: { status: 2 } },
      'but DTTP says inactive. The next sync sets it back',
    ],
    ['DTTP lost it', { inDttp: null }, 'DTTP no longer has this school, so the sync left it active.'],
  ])('says so where %s', (_what, school, words) => {
    expect(tell(school)).toContain(words)
  })

  it.each<[SyncedBy, string]>([
    ['register', 'Register’s own school sync should have run in the night.'],
    ['nobody', 'No school sync has run for a week. Ask a developer why.'],
  ])('claims nothing of a sync that we did not see (%s)', (by, words) => {
    expect(tell({}, true, by)).toContain(words)
    expect(tell({}, true, by)).toContain('Confirmed: URN 900002 is active in the list. DTTP says active.')
    const said = tell({ is: 2, inDttp: null }, true, by)
    expect(said).toContain('URN 900002 is inactive in the list. DTTP no longer has this school.')
    expect(said).toContain('Trello card open: ')
    expect(said).not.toMatch(/Confirmed|The sync|the sync/)
  })

  it('names the card that is open, only while it is needed', () => {
    expect(tell({ is: 2, inDttp: { status: 2 } })).toContain('Trello card open: ')
    expect(tell({ is: 2, inDttp: { status: 2 } }, false)).toContain('Ask support to update DTTP.')
    expect(tell({})).not.toContain('Trello card open')
  })
})

describe('a line for each trainee', () => {
  const line = (id: string, is: 'done' | 'waiting' | 'failed', found = '') => ({
    ...{ sentence: '', holds: is === 'done', found },
    trainee: { id, is },
  })

  it('says how far they are, and why they failed', () => {
    const blocks = renderTraineeLines([
      line('1', 'done'),
      line('2', 'waiting'),
      line('3', 'failed', 'DTTP refused it.'),
    ])
    expect(blocks.slice(1).map((block) => readingOf([block]))).toEqual([
      '✓ Trainee 1: done',
      '○ Trainee 2: waiting',
      '✗ Trainee 3: failed. DTTP refused it.',
    ])
  })

  it('stays small for fifty of them, and leaves out nobody', () => {
    const blocks = renderTraineeLines(Array.from({ length: 50 }, (_, n) => line(String(5900 + n), 'failed', EVIL)))
    expect(readingOf(blocks).match(/✗ Trainee \d+: failed\. /g)).toHaveLength(50)
    expect(JSON.stringify(blocks).length).toBeLessThan(4_000)
  })
})

it('a field that the form asks for can become a choice', () => {
  const options = [
    { value: '806', label: 'Row 806: inactive' },
    { value: '807', label: `Row 807: ${'x'.repeat(200)}` },
  ]
  const view = renderForm(repairSchool, { values: { row: '807' }, choices: { row: options }, metadata: '{}' })
  expectView(view)
  expect(JSON.stringify(view)).toContain('Row 806: inactive')
})
