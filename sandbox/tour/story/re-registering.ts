// DTTP has lost a trainee's record: they are registered again, once. And a registration to which no answer came.
import { dttpId } from '../../register/seed/ids.ts'
import { approve, askForApproval, card, getPreview, headOf, post, type Request, type Tour } from '../acts.ts'
import { nameOf } from '../people.ts'
import { changedColumns } from '../records.ts'
import { linesOf } from '../words.ts'

const LOST = 5913
const UNANSWERED = 5909

export async function reRegistering(tour: Tour): Promise<void> {
  tour.transcript.chapter('A record that DTTP has lost')
  await registerAgain(tour, await askFromPost(tour))
  await loseAnswer(tour)
}

async function askFromPost(tour: Tour): Promise<Request> {
  const { transcript, jobs, support } = tour
  transcript.step('Somebody has deleted the record in DTTP')
  transcript.tell(`The next poll for the TRN of trainee ${LOST} is due.`)
  await jobs.hurryPoll(String(LOST))
  const about = `DTTP no longer has the record of trainee ${LOST}`
  const message = await post(tour, about, /checked at|checked on/)
  transcript.show('The bot posts by itself', linesOf(message.blocks ?? [], nameOf))
  await support.selects('Register again', message)
  const { cr, lines } = await getPreview(support)
  transcript.show('The preview opens at once', lines)
  const text = lines.join('\n')
  transcript.hold('It says what DTTP lacks', text.includes('is not in DTTP any more'), () => text)
  return { cr, message: await askForApproval(tour, cr) }
}

async function registerAgain(tour: Tour, request: Request): Promise<void> {
  const { transcript, developer, records } = tour
  transcript.step('The trainee is registered again')
  const before = await records.trainee(LOST)
  await approve(developer, request)
  const over = await card(tour, request.cr, '(done)')
  transcript.show('The request has become', headOf(over))
  const after = await records.trainee(LOST)
  transcript.tell(`Trainee ${LOST}, the columns that are not as they were:`)
  transcript.table(['column', 'before', 'after'], changedColumns(before, after))
  const submitted = 'submitted_for_trn_at'
  const same = after[submitted] === before[submitted] && after['state'] === before['state']
  transcript.hold(`The time of submission is still ${after[submitted]}, to the microsecond`, same, () => after)
  holdOneRecord(tour, LOST, after['dttp_id'])
  const resolved = await post(tour, `DTTP no longer has the record of trainee ${LOST}`, 'Resolved')
  transcript.show('The post has become', linesOf(resolved.blocks ?? [], nameOf).slice(0, 3))
}

async function loseAnswer(tour: Tour): Promise<void> {
  const { transcript, support, developer, upstreams, records } = tour
  const { state, faults } = upstreams.dttp
  transcript.step('An answer that never comes')
  state.delete('contacts', dttpId('contact', UNANSWERED))
  state.delete('dfe_placementassignments', dttpId('placement', UNANSWERED))
  transcript.tell(`DTTP has lost the record of trainee ${UNANSWERED}, too.`)
  await support.types(`re-register ${UNANSWERED}`)
  await support.getsModal('Reason')
  support.submits('Check', { reason: 'Every nightly update fails' })
  const { cr } = await getPreview(support)
  const message = await askForApproval(tour, cr)
  transcript.tell('This time DTTP registers the trainee, but the connection drops before its answer.')
  faults.add({ kind: 'lost-answer', method: 'POST', path: '$batch' })
  await approve(developer, { cr, message })
  const waiting = await card(tour, cr, 'We do not know yet')
  transcript.show('The request says', headOf(waiting))
  transcript.tell('Nobody does anything. The bot asks DTTP by the ids that it chose for the records.')
  transcript.show('The request has become', headOf(await card(tour, cr, '(done)')))
  const after = await records.trainee(UNANSWERED)
  holdOneRecord(tour, UNANSWERED, after['dttp_id'])
}

/** Register names the one record that DTTP has of the trainee. */
function holdOneRecord({ transcript, upstreams }: Tour, trainee: number, named: unknown): void {
  const contacts = [...upstreams.dttp.state.contacts.values()]
  const ids = contacts
    .filter((contact) => contact['dfe_traineeid'] === `21/22-${trainee}`)
    .map((contact) => contact['contactid'])
  const one = ids.length === 1 && ids[0] === named
  transcript.hold('DTTP has exactly one record of the trainee, and it is the one that Register names', one, () => ({
    ids,
    named,
  }))
}
