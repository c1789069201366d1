import { describe, expect, it } from 'vitest'
import { fixRoute } from '../../src/playbooks/fix-route/index.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import { renderHelp } from '../../src/views/help.ts'
import { renderHome } from '../../src/views/home.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { renderRequests } from '../../src/views/request/requests.ts'
import { changeRequest, REGISTER } from './builders.ts'
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
  it('shows what is not sent, what waits, what ended, and what can be started', () => {
    const view = renderHome({
      unsent: [unsent],
      waiting: [changeRequest({ id: '2' })],
      recent: [done],
      playbooks,
      registerUrl: REGISTER,
    })
    expectView(view)
    const read = readingOf(view)
    expect(read).toContain(`*CR-1* Change training route for <${REGISTER}/trainees/Ab3dEf6hIj|trainee 5913>`)
    expect(read).toContain('not sent yet, 27 October 2021 at 2:10pm')
    expect(read).toContain('*CR-2*')
    expect(read).toContain('done, 27 October 2021 at 2:30pm')
    expect(buttonsOf(view).map(({ action_id, value }) => [action_id, value])).toEqual([
      [ACTIONS.openUnsent, '1'],
      [ACTIONS.discardUnsent, '1'],
      ...playbooks.map(({ name }) => [ACTIONS.startPlaybook, name]),
    ])
  })

  it('says so where there is nothing', () => {
    const view = renderHome({ unsent: [], waiting: [], recent: [], playbooks, registerUrl: REGISTER })
    expectView(view)
    expect(readingOf(view)).toContain('Nothing is waiting for approval.')
  })

  it('fits for any number of requests and playbooks', () => {
    const many = Array.from({ length: 300 }, (_, n) => ({ ...unsent, id: String(n) }))
    const view = renderHome({
      unsent: many,
      waiting: many.map((request) => ({ ...request, status: 'pending' })),
      recent: many.map((request) => ({ ...request, status: 'done' })),
      playbooks: Array.from({ length: 90 }, (_, n) => ({ ...fixRoute, name: `fix-${n}` })),
      registerUrl: REGISTER,
    })
    expectView(view)
    expect(readingOf(view)).toContain('And 290 more.')
  })
})

describe('the list of one’s requests', () => {
  it('offers to open or discard what is not sent', () => {
    const message = renderRequests([unsent, done], REGISTER)
    expectMessage(message)
    expect(buttonsOf(message.blocks).map(({ action_id, value }) => [action_id, value])).toEqual([
      [ACTIONS.openUnsent, '1'],
      [ACTIONS.discardUnsent, '1'],
    ])
  })

  it('points to the Home tab for the rest, and says so where there is none', () => {
    const many = renderRequests(Array.from({ length: 24 }, () => unsent))
    expectMessage(many)
    expect(readingOf(many.blocks)).toContain('And 12 more in the Home tab.')
    expect(readingOf(renderRequests([]).blocks)).toContain('You have no open requests.')
  })
})
