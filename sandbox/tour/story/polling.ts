// A poll for a TRN times out: the bot posts it by itself, it is asked for again from the post, and the TRN arrives.
import { SUPPORT_CHANNEL } from '../../demo/workspace.ts'
import { dttpId } from '../../register/seed/ids.ts'
import { approve, askForApproval, buttonsOn, card, getPreview, headOf, post, type Request, type Tour } from '../acts.ts'
import { nameOf } from '../people.ts'
import { changedColumns, type Row } from '../records.ts'
import type { Message } from '../slack-window.ts'
import { linesOf } from '../words.ts'

const TRAINEE = 5902
const TRN = '3005902'
/** Register's own job says how many days; what only the end of a poll shows does not. */
const POST = new RegExp(`No TRN (yet )?for trainee ${TRAINEE}`)

export async function polling(tour: Tour): Promise<void> {
  tour.transcript.chapter('A TRN that does not come')
  const before = await tour.records.trainee(TRAINEE)
  const message = await timeOut(tour, before)
  await refuse(tour, message)
  const request = await requeue(tour, message)
  await approveAndWait(tour, request)
  await arrive(tour, request.cr, before)
}

async function timeOut(tour: Tour, before: Row): Promise<Message> {
  const { transcript, jobs } = tour
  transcript.step('A poll’s time is up')
  transcript.tell(`Register asks DTTP every hour for the TRN of trainee ${TRAINEE}. The four days for that end now.`)
  await jobs.hurryPoll(String(TRAINEE), { isTimeUp: true })
  const message = await post(tour, POST, 'DTTP has the trainee’s record but no TRN')
  const lines = linesOf(message.blocks ?? [], nameOf)
  transcript.show('The bot posts by itself, for everyone in #register-support', lines)
  const text = lines.join('\n')
  transcript.hold('It says which command it is', text.includes('/trainee requeue-trn'), () => text)
  const personal = ['first_names', 'last_name', 'email'].filter((column) => text.includes(String(before[column])))
  transcript.hold('It does not name the trainee', personal.length === 0, () => personal.join(', '))
  return message
}

async function refuse({ transcript, guest, window }: Tour, message: Message): Promise<void> {
  transcript.step('Somebody who may not dismiss it')
  await guest.selects('Dismiss', message)
  transcript.show('Only Demo Guest sees', await guest.getsPrivately('You cannot dismiss this'))
  transcript.hold('No form opened', window.modal() === null, () => window.modal()?.title.text)
}

async function requeue(tour: Tour, message: Message): Promise<Request> {
  const { transcript, support } = tour
  transcript.step('The post’s button')
  await support.selects('Ask again for 1 day', message)
  const { cr, lines } = await getPreview(support)
  transcript.show('The preview opens at once', lines)
  const preview = lines.join('\n')
  transcript.hold('It says what the checks found', preview.includes('DTTP has none yet either'), () => preview)
  return { cr, message: await askForApproval(tour, cr) }
}

async function approveAndWait(tour: Tour, request: Request): Promise<void> {
  const { transcript, developer } = tour
  const { cr } = request
  transcript.step('The approval')
  await approve(developer, request)
  const over = await card(tour, cr, 'DTTP has no TRN yet')
  transcript.show('The request has become', headOf(over))
  transcript.tell('It says that DTTP has no TRN yet, and when it asks again.')
}

async function arrive(tour: Tour, cr: string, before: Row): Promise<void> {
  const { transcript, records, upstreams, window } = tour
  transcript.step('The TRN arrives')
  transcript.tell('DQT has caught up: DTTP has the TRN now.')
  upstreams.dttp.state.giveTrn(dttpId('contact', TRAINEE), { trn: TRN })
  transcript.show('The request says', headOf(await card(tour, cr, 'has arrived')))
  const after = await records.trainee(TRAINEE)
  transcript.tell(`Trainee ${TRAINEE}, the columns that are not as they were:`)
  transcript.table(['column', 'before', 'after'], changedColumns(before, after))
  const has = after['trn'] === TRN && after['state'] === 2
  transcript.hold('The trainee has the TRN, and is “TRN received”', has, () => after)
  const audits = await records.query(
    `SELECT audited_changes FROM audits WHERE auditable_type = 'Trainee' AND auditable_id = $1
     AND comment LIKE '%retrieve-trn%' ORDER BY version`,
    [TRAINEE],
  )
  const saved = JSON.stringify(audits.map(({ audited_changes }) => audited_changes))
  const asRegister = saved === JSON.stringify([{ state: [1, 2] }, { trn: [null, TRN] }])
  transcript.hold('Its timeline has Register’s own two entries', asRegister, () => saved)

  const resolved = await post(tour, POST, 'Resolved')
  transcript.show('The post has become', linesOf(resolved.blocks ?? [], nameOf).slice(0, 2))
  const left = buttonsOn(resolved).filter((button) => button === 'Ask again for 1 day' || button === 'Dismiss')
  transcript.hold('Nothing is left to do on it', left.length === 0, () => left.join(', '))
  const posted = JSON.stringify(await window.messages(SUPPORT_CHANNEL))
  transcript.hold('The TRN is written nowhere in the channel', !posted.includes(TRN), () => 'It is.')
}
