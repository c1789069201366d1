import { describe, expect, it } from 'vitest'
import { fixRoute } from '../../src/playbooks/fix-route/index.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import { renderHelp } from '../../src/views/help.ts'
import { renderHomeList } from '../../src/views/home.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { changeRequest, home, homeList, ownRequests, REGISTER } from './builders.ts'
import { buttonsOf, expectMessage, expectView, readingOf } from './shown.ts'

const unsent = changeRequest({ id: '1', status: 'unsent', sentAt: null })
const done = changeRequest({ id: '3', status: 'done', finishedAt: new Date('2021-10-27T13:30:00Z') })

describe('help', () => {
  it('lists every playbook of the registry as it is typed', () => {
    const message = renderHelp(playbooks)
    expectMessage(message)
    const read = readingOf(message.blocks)
    for (const { name, title, summary } of playbooks) {
      expect(read).toContain(`/trainee ${name}`)
      expect(read).toContain(title)
      expect(read).toContain(summary)
    }
    expect(read).toContain('/trainee fix-route [trainee] [route]')
    expect(read).toContain('/trainee requests')
    expect(read).toContain('For example: /trainee fix-route 5913')
  })

  it('says which word is no command, without interpreting it', () => {
    const message = renderHelp(playbooks, '<!channel>*fix*')
    expect(message.blocks[0]).toMatchObject({ text: { type: 'plain_text' } })
    expect(readingOf(message.blocks)).toContain('There is no command “<!channel>*fix*”.')
  })

  it('fits for any number of playbooks', () => {
    expectMessage(renderHelp(Array.from({ length: 80 }, (_, n) => ({ ...fixRoute, name: `fix-${n}` }))))
  })
})

describe('the Home tab', () => {
  const waiting = changeRequest({ id: '2', cardTs: '1.2' })

  it('shows what there is to do, with what one can do about it, and what can be started', () => {
    const decide = homeList([waiting], { title: 'Waiting for approval', viewer: 'U0APPROVER', mayApprove: true })
    const view = home([decide, homeList([unsent]), homeList([done], { title: 'Finished in the last 14 days' })])
    expectView(view)
    const read = readingOf(view)
    expect(read).toContain('Waiting for approval (1)')
    expect(read).toContain('waiting for approval until 28 October 2021 at 2:14pm')
    expect(read).toContain(`*CR-1* Change training route for <${REGISTER}/trainees/Ab3dEf6hIj|trainee 5913>`)
    expect(read).toContain('not sent yet, 27 October 2021 at 2:10pm')
    expect(read).toContain('done, 27 October 2021 at 2:30pm')
    expect(buttonsOf(view).map(({ action_id, value }) => [action_id, value])).toEqual([
      [ACTIONS.openReview, '2'],
      [ACTIONS.openCard, '2'],
      [ACTIONS.openUnsent, '1'],
      [ACTIONS.discardUnsent, '1'],
      ...playbooks.map(({ name }) => [ACTIONS.startPlaybook, name]),
    ])
  })

  it('says so where there is nothing, and leaves out a list that would be empty', () => {
    const none = 'Nothing is waiting for approval.'
    const view = home([homeList([], { title: 'Waiting for approval', none }), homeList([], { title: 'Open alerts' })])
    expectView(view)
    expect(readingOf(view)).toContain(none)
    expect(readingOf(view)).not.toContain('Open alerts')
  })

  it('offers nothing to start to somebody who only approves', () => {
    expect(readingOf(home([homeList([waiting])], []))).not.toContain('Start')
  })

  it('says how many there are and leads to all of them', () => {
    const view = home([
      homeList(
        Array.from({ length: 4 }, () => waiting),
        { all: 13 },
      ),
    ])
    expect(readingOf(view)).toContain('Your requests (13)')
    expect(buttonsOf(view).find(({ action_id }) => action_id === ACTIONS.homeList)).toMatchObject({
      text: { text: 'See all 13' },
      value: 'mine',
    })
    const more = homeList(
      Array.from({ length: 4 }, () => waiting),
      { all: 1_000, isAll: false },
    )
    expect(readingOf(home([more]))).toContain('Your requests (more than 1,000)')
  })

  it('fits for any number of requests and playbooks', () => {
    const lists = Array.from({ length: 7 }, () => homeList(Array.from({ length: 300 }, () => waiting)))
    expectView(
      home(
        lists,
        Array.from({ length: 90 }, (_, n) => ({ ...fixRoute, name: `fix-${n}` })),
      ),
    )
  })

  it('shows a page of one list, with the way on, back, and to all lists', () => {
    const list = homeList(
      Array.from({ length: 20 }, () => waiting),
      { name: 'mine', all: 50, page: 2, pages: 3 },
    )
    const view = renderHomeList(list)
    expectView(view)
    expect(readingOf(view)).toContain('Page 2 of 3')
    expect(
      buttonsOf(view)
        .slice(-3)
        .map(({ value }) => value),
    ).toEqual(['mine:1', 'mine:3', ''])
  })
})

describe('the list of one’s requests', () => {
  it('offers to open or discard what is not sent', () => {
    const message = ownRequests([unsent, done])
    expectMessage(message)
    expect(buttonsOf(message.blocks).map(({ action_id, value }) => [action_id, value])).toEqual([
      [ACTIONS.openUnsent, '1'],
      [ACTIONS.discardUnsent, '1'],
    ])
  })

  it('says how many there are and leads to the next page, and says so where there is none', () => {
    const many = ownRequests(Array.from({ length: 24 }, () => unsent))
    expectMessage(many)
    expect(readingOf(many.blocks)).toContain('24 requests.')
    expect(readingOf(many.blocks)).toContain('Page 1 of 3')
    expect(buttonsOf(many.blocks).at(-1)).toMatchObject({ action_id: ACTIONS.requestsPage, value: '2' })
    expect(readingOf(ownRequests([]).blocks)).toContain('You have no open requests, and none that ended')
  })

  it('leads to the card of what is posted, and lets an approver review what somebody else has asked for', () => {
    const waiting = changeRequest({ id: '2', cardTs: '1.2' })
    const texts = (viewer: string, mayApprove: boolean) =>
      buttonsOf(ownRequests([waiting], { viewer, mayApprove }).blocks).map(({ text }) => text.text)
    expect(texts('U0APPROVER', true)).toEqual(['Review', 'Open'])
    expect(texts('U0OTHER', false)).toEqual(['Open'])
    expect(texts('U0REQUESTER', true)).toEqual(['Open', 'Cancel request'])
  })
})
