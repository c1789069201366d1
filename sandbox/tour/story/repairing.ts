// A registration fails for a school that Register finds not active in DTTP: the school is repaired, and the job goes on.
import { dttpId } from '../../register/seed/ids.ts'
import { approve, askForApproval, card, getPreview, headOf, post, type Request, type Tour, thread } from '../acts.ts'
import { untilGiasIsLoaded } from '../jobs.ts'
import { nameOf } from '../people.ts'
import { linesOf } from '../words.ts'

const TRAINEE = 5914
const URN = '900004'
const POST = `School ${URN} is not active in DTTP`

export async function repairing(tour: Tour): Promise<void> {
  tour.transcript.chapter('A school that DTTP does not have as active')
  const request = await ask(tour)
  await goOn(tour, request)
}

async function ask(tour: Tour): Promise<Request> {
  const { transcript, jobs, records, support, upstreams } = tour
  transcript.step('A registration fails')
  transcript.tell(`Trainee ${TRAINEE} is to be registered with DTTP.`)
  await untilGiasIsLoaded(records)
  await jobs.register(String(TRAINEE), dttpId('user', 204), Date.now())
  const message = await post(tour, POST, /checked at|checked on/i)
  transcript.show('The bot posts by itself', linesOf(message.blocks ?? [], nameOf))
  const sent = upstreams.dttp.requestsTo('$batch').length
  await support.selects('Repair school', message)
  const { cr, lines } = await getPreview(support)
  transcript.show('The preview opens at once', lines)
  const text = lines.join('\n')
  transcript.hold('It says what GIAS has', text.includes('GIAS has URN 900004 as Open'), () => text)
  const quiet = upstreams.dttp.requestsTo('$batch').length === sent && upstreams.trello.cards.length === 0
  transcript.hold('Nothing was sent to DTTP or Trello so far', quiet, () => upstreams.trello.cards)
  return { cr, message: await askForApproval(tour, cr) }
}

async function goOn(tour: Tour, request: Request): Promise<void> {
  const { transcript, developer, records, upstreams } = tour
  transcript.step('The school is repaired')
  await approve(developer, request)
  const over = await card(tour, request.cr, '(done)')
  transcript.show('The request has become', headOf(over))
  const [school] = await records.query('SELECT urn, status_code FROM dttp_schools WHERE urn = $1', [URN])
  transcript.hold('Register’s list has the school as active', school?.['status_code'] === 1, () => school)
  const trainee = await records.trainee(TRAINEE)
  const contacts = [...upstreams.dttp.state.contacts.values()]
  const own = contacts.filter((contact) => contact['dfe_traineeid'] === `21/22-${TRAINEE}`)
  const once = own.length === 1 && own[0]?.['contactid'] === trainee['dttp_id']
  transcript.hold('The trainee is registered with DTTP, once', once, () => own)
  await thread(tour, over, ['Receipt'])
  const { cards } = upstreams.trello
  transcript.show('Trello has a card for support', (cards[0]?.name ?? '').split('\n'))
  transcript.hold('There is exactly one', cards.length === 1, () => cards)
  const resolved = await post(tour, POST, 'Resolved')
  transcript.show('The post has become', linesOf(resolved.blocks ?? [], nameOf).slice(0, 3))
}
