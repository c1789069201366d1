import { describe, expect, it } from 'vitest'
import type { ChangeRequest, Status } from '../../../src/entities/chatops/change-request.ts'
import { playbooks } from '../../../src/playbooks/index.ts'
import { ACTIONS } from '../../../src/views/kit/ids.ts'
import { renderCard } from '../../../src/views/request/card.ts'
import { renderStepRow } from '../../../src/views/request/steps.ts'
import { changeRequest, homeList, manualStep, ownRequests, REGISTER, home as renderHome } from '../builders.ts'
import { buttonsOf, expectMessage, expectView, readingOf } from '../shown.ts'

const pending = changeRequest({ id: '12', requester: 'U0ME' })

describe('in the list of one’s requests', () => {
  it('one that waits for approval can be cancelled', () => {
    const message = ownRequests([pending], { viewer: 'U0ME' })
    expectMessage(message)
    expect(cancellable(message.blocks)).toEqual(['12'])
  })

  it('one that is over, or was carried out, cannot', () => {
    const decided: Status[] = ['verifying', 'done', 'needs-attention', 'rejected', 'cancelled', 'stale']
    expect(
      cancellable(
        ownRequests(
          decided.map((status) => ({ ...pending, status })),
          { viewer: 'U0ME' },
        ).blocks,
      ),
    ).toEqual([])
  })

  it('any number of them fits', () => {
    const message = ownRequests(
      Array.from({ length: 50 }, () => pending),
      { viewer: 'U0ME' },
    )
    expectMessage(message)
    expect(readingOf(message.blocks)).toContain('50 requests.')
  })

  it('cancelling is asked about in the same words as on the card', () => {
    const card = renderCard({
      changeRequest: pending,
      playbook: fixRoute(),
      registerUrl: REGISTER,
    })
    const [onCard] = cancelButtons(card.blocks)
    expect(onCard).toHaveProperty('confirm')
    expect(cancelButtons(ownRequests([pending], { viewer: 'U0ME' }).blocks)).toEqual([onCard])
  })
})

describe('in the Home tab', () => {
  it('one’s own that is not carried out yet can be cancelled, and somebody else’s by an approver once it is approved', () => {
    const others = changeRequest({ id: '13', requester: 'U0OTHER' })
    const approved = changeRequest({ id: '14', requester: 'U0ME', status: 'approved' })
    const theirs = changeRequest({ id: '15', requester: 'U0OTHER', status: 'approved' })
    expect(cancellable(home([pending, others, approved, theirs], 'U0ME'))).toEqual(['12', '14'])
    const seen = ownRequests([pending, others, approved, theirs], { viewer: 'U0ME', mayApprove: true })
    expect(cancellable(seen.blocks)).toEqual(['12', '14', '15'])
  })

  it('nothing can be cancelled if it is not known who looks', () => {
    expect(cancellable(home([pending]))).toEqual([])
  })

  it('what is left to do by hand is listed with its owner, and can be marked as done', () => {
    const request = changeRequest({ status: 'done' })
    const link = 'https://slack.example/archives/C01/p12'
    const view = renderHome([homeList([renderStepRow({ step: manualStep(), request }, link)])])
    expectView(view)
    expect(readingOf(view.blocks)).toContain('CR-12: ask for the route to be changed in DTTP, by <@U0REQUESTER>.')
    expect(buttonsOf(view.blocks).filter(({ action_id }) => action_id === ACTIONS.markSteps)).toMatchObject([
      { value: '12', text: { text: 'Mark as done' } },
    ])
    expect(buttonsOf(view.blocks)).toContainEqual(expect.objectContaining({ url: link }))
  })
})

function home(waiting: ChangeRequest[], viewer = '') {
  const view = renderHome([homeList(waiting, { viewer })])
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
