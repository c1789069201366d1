// The other ways in which a request can end: rejected, cancelled, out of date. None of them writes to the record.
import { buttonsOn, card, headOf, openReview, sendRequest, type Tour, thread } from '../acts.ts'
import { changedColumns } from '../records.ts'

export async function endings(tour: Tour): Promise<void> {
  tour.transcript.chapter('Other endings')
  await rejected(tour)
  await cancelled(tour)
  await outOfDate(tour)
}

async function rejected(tour: Tour): Promise<void> {
  const { transcript, developer, records } = tour
  transcript.step('A request is rejected')
  const before = await records.trainee(5902)
  const { cr, message } = await sendRequest(tour, { subject: '5902', route: 'provider_led_postgrad' })
  await developer.selects('Reject', message)
  await developer.getsModal('Why do you reject it?')
  developer.submits('Reject', { reason: 'Demotwo is on the right route' })
  await developer.getsFieldError('reason', 'Remove the trainee’s')
  const reason = 'The provider confirmed the present route, see T-1043'
  developer.submits('Reject', { reason })
  await developer.getsModal(`You rejected CR-${cr}`)
  developer.closes()
  const over = await card(tour, cr, '(rejected)')
  transcript.show('The request has become', headOf(over))
  const [notice = []] = await thread(tour, over, ['was rejected'])
  transcript.show('In the thread', notice)
  transcript.hold('The reason is on it', headOf(over).join('\n').includes(reason), () => headOf(over).join('\n'))
  const left = buttonsOn(over)
  transcript.hold('It can only be asked for again', left.join() === 'Ask again,Show what was asked for', () =>
    left.join(),
  )
  const changed = changedColumns(before, await records.trainee(5902))
  transcript.hold('Register’s record has not changed', changed.length === 0, () => changed)
}

async function cancelled(tour: Tour): Promise<void> {
  const { transcript, developer, support } = tour
  transcript.step('A request is cancelled')
  const { cr, message } = await sendRequest(tour, { subject: '5908', route: 'provider_led_postgrad' })
  await developer.selects('Cancel request', message)
  transcript.show('Only Demo Developer sees', await developer.getsPrivately('You cannot cancel this request'))
  await support.selects('Cancel request', message)
  const over = await card(tour, cr, '(cancelled)')
  transcript.show('The request has become', headOf(over))
  const left = buttonsOn(over)
  transcript.hold('It can only be asked for again', left.join() === 'Ask again,Show what was asked for', () =>
    left.join(),
  )
}

async function outOfDate(tour: Tour): Promise<void> {
  const { transcript, developer, support, records } = tour
  transcript.step('The record changes between preview and approval')
  const { cr, message } = await sendRequest(tour, { subject: '5915', route: 'assessment_only' })
  await openReview(developer, message)
  transcript.tell('The provider changes the course start date in Register, to 13 September 2021.')
  await records.query(`UPDATE trainees SET course_start_date = '2021-09-13', updated_at = now() WHERE id = 5915`)
  const before = await records.trainee(5915)
  developer.submits('Approve')
  const over = await card(tour, cr, '(out of date)')
  developer.closes()
  transcript.show('The request has become', headOf(over))
  const text = headOf(over).join('\n')
  transcript.hold('It names what changed', /course start date/i.test(text), () => text)
  const changed = changedColumns(before, await records.trainee(5915))
  transcript.hold('Nothing of the request was written', changed.length === 0, () => changed)

  transcript.step('“Preview again”')
  await support.selects('Preview again', over)
  const lines = await support.getsModal('Not sent yet')
  const date = lines.find((line) => line.startsWith('Course start date')) ?? ''
  transcript.show('A new preview, in which', [date])
  transcript.hold('It shows the record as it is now', date.includes('13 September 2021'), () => lines.join('\n'))
  support.closes()
}
