import { describe, expect, it } from 'vitest'
import type { ChangeRequest, Status } from '../../../src/entities/chatops/change-request.ts'
import { playbooks } from '../../../src/playbooks/index.ts'
import { renderHome } from '../../../src/views/home.ts'
import { ACTIONS } from '../../../src/views/kit/ids.ts'
import { renderCard } from '../../../src/views/request/card.ts'
import { renderRequests } from '../../../src/views/request/requests.ts'
import { changeRequest, REGISTER } from '../builders.ts'
import { buttonsOf, expectMessage, expectView, readingOf } from '../shown.ts'

const pending = changeRequest({ id: '12', requester: 'U0ME' })

describe('in the list of one’s requests', () => {
  it('one that waits for approval can be cancelled', () => {
    const message = renderRequests([pending], REGISTER)
    expectMessage(message)
    expect(cancellable(message.blocks)).toEqual(['12'])
  })

  it('one that is decided cannot', () => {
    const decided: Status[] = ['approved', 'verifying', 'done', 'needs-attention', 'rejected', 'cancelled', 'stale']
    expect(cancellable(renderRequests(decided.map((status) => ({ ...pending, status }))).blocks)).toEqual([])
  })

  it('any number of them fits', () => {
    const message = renderRequests(Array.from({ length: 50 }, () => pending))
    expectMessage(message)
    expect(readingOf(message.blocks)).toContain('And 38 more')
  })

  it('cancelling is asked about in the same words as on the card', () => {
    const card = renderCard({
      changeRequest: pending,
      playbook: fixRoute(),
      registerUrl: REGISTER,
      approverGroup: null,
    })
    const [onCard] = cancelButtons(card.blocks)
    expect(onCard).toHaveProperty('confirm')
    expect(cancelButtons(renderRequests([pending]).blocks)).toEqual([onCard])
  })
})

describe('in the Home tab', () => {
  it('one’s own that waits for approval can be cancelled, and nobody else’s', () => {
    const others = changeRequest({ id: '13', requester: 'U0OTHER' })
    const approved = changeRequest({ id: '14', requester: 'U0ME', status: 'approved' })
    expect(cancellable(home([pending, others, approved], 'U0ME'))).toEqual(['12'])
  })

  it('nothing can be cancelled if it is not known who looks', () => {
    expect(cancellable(home([pending]))).toEqual([])
  })

  it('any number of one’s own fits', () => {
    const many = Array.from({ length: 300 }, () => pending)
    const view = renderHome({
      unsent: many.map((request) => ({ ...request, status: 'unsent' })),
      waiting: many,
      recent: many.map((request) => ({ ...request, status: 'done' })),
      playbooks: Array.from({ length: 90 }, fixRoute),
      registerUrl: REGISTER,
      viewer: 'U0ME',
    })
    expectView(view)
  })
})

function home(waiting: ChangeRequest[], viewer?: string) {
  const view = renderHome({ unsent: [], waiting, recent: [], playbooks, registerUrl: REGISTER, viewer })
  expectView(view)
  return view
}

function fixRoute() {
  const [playbook] = playbooks
  if (!playbook) throw new Error('there is no playbook')
  return playbook
}

const cancelButtons = (shown: unknown) =>
  buttonsOf(shown).filter(({ action_id }) => action_id === ACTIONS.cancelRequest)
const cancellable = (shown: unknown) => cancelButtons(shown).map(({ value }) => value)
