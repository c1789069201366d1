// A change that turns out to have been wrong is taken back: as a request of its own, which a second person approves.
import { approve, askForApproval, card, getPreview, headOf, type Tour } from '../acts.ts'
import { changedColumns, type Row } from '../records.ts'

/** @param done the request to undo, about which trainee, and their record as it was before */
export async function undoing(tour: Tour, done: { cr: string; trainee: number; before: Row }): Promise<void> {
  const { transcript, support, developer, records } = tour
  transcript.chapter('Second thoughts')
  transcript.step('A change is undone')
  await support.selects('Undo…', await card(tour, done.cr, '(done)'))
  const form = await support.getsModal('Request')
  transcript.show('A form opens, filled in', form)
  support.submits('Check', { reason: 'The provider asked for another trainee' })
  const { cr, lines } = await getPreview(support)
  transcript.show('The preview', lines)
  const text = lines.join('\n')
  const route = 'Training route: from School direct (salaried) to Provider-led (postgrad)'
  transcript.hold('It shows what goes back', text.includes(route), () => text)
  const message = await askForApproval(tour, cr)
  await approve(developer, { cr, message })
  transcript.show('The request has become', headOf(await card(tour, cr, '(done)')))
  const differing = changedColumns(done.before, await records.trainee(done.trainee)).map(([column]) => column)
  transcript.hold(
    'Every column holds what it held at first, byte for byte; only the time of the last change has moved',
    differing.join() === 'updated_at',
    () => differing.join(', '),
  )

  transcript.step('The same once more')
  await support.types(`undo CR-${done.cr}`)
  await support.getsModal('Request')
  support.submits('Check', { reason: 'Selected twice by mistake' })
  const answer = await support.getsModal(`CR-${cr} took it back already`)
  transcript.show('The form’s answer', answer.slice(0, 2))
  transcript.hold('There is no button to ask for approval', answer.at(-1) !== '[ Ask for approval ]', () => answer)
  support.closes()
}
