// What people do, from the command to the approval, each step with the milliseconds it took to be answered.
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { renderWorking } from '../../src/views/kit/notice.ts'
import { STATUS_WORDS } from '../../src/views/request/request.ts'
import { CHANNEL } from '../support/lifecycle.ts'
import { type Delivery, type FakeSlack, type JsonObject, readText } from '../support/slack/index.ts'
import { ROUTE } from './trainees.ts'
import type { Watch } from './watch.ts'

type Screen = Parameters<typeof readText>[0]

export type Stage = { slack: FakeSlack; watch: Watch }
export type Card = { channel: string; ts: string }

/** Types the command and waits for the form. Milliseconds to the acknowledgement. */
export async function typeCommand({ slack, watch }: Stage, user: string, slug: string, to?: string): Promise<number> {
  const since = watch.mark()
  const text = `fix-route ${slug} ${ROUTE}`
  const delivery = await slack.command({ user, channel: CHANNEL, text, ...(to ? { to } : {}) })
  demandAnswer(delivery)
  const trigger = delivery.payload['trigger_id']
  await watch.next('the form', ({ method, args }) => method === 'views.open' && args['trigger_id'] === trigger, since)
  return delivery.tookMs
}

/** Fills the form in and waits for the preview. Milliseconds to the acknowledgement, and to the preview in the modal. */
export async function submitForm({ slack, watch }: Stage, user: string) {
  const since = watch.mark()
  const view = slack.view(user)
  const began = performance.now()
  const values = { reason: 'The provider chose the wrong route', ticket: 'T-1' }
  const delivery = await slack.submit({ user, values })
  demandAnswer(delivery)
  await watch.next(
    'the preview',
    ({ method, args }) => method === 'views.update' && args['view_id'] === view?.id,
    since,
  )
  return { acknowledgedMs: delivery.tookMs, previewMs: performance.now() - began }
}

/** Asks for approval and waits for the card. */
export async function askForApproval({ slack, watch }: Stage, user: string): Promise<{ id: string; card: Card }> {
  const since = watch.mark()
  const delivery = await slack.submit({ user })
  demandAnswer(delivery)
  const [answer = ''] = await answersTo({ watch }, [delivery], since)
  const [, id] = /CR-(\d+) is waiting/.exec(answer) ?? []
  if (!id) throw new Error(`The request was not sent: ${answer}`)
  const isCard = ({ method, args }: { method: string; args: Record<string, unknown> }) =>
    method === 'chat.postMessage' && String(args['text']).startsWith(`CR-${id}: `) && !args['thread_ts']
  const { result } = await watch.next(`the card of CR-${id}`, isCard, since)
  return { id, card: { channel: CHANNEL, ts: String(result['ts']) } }
}

/** Opens the review and waits until the whole request is shown. */
export async function openReview({ slack, watch }: Stage, user: string, card: Card): Promise<void> {
  const since = watch.mark()
  const delivery = await slack.click({ user, actionId: ACTIONS.openReview, message: card })
  demandAnswer(delivery)
  const trigger = delivery.payload['trigger_id']
  const opened = await watch.next(
    'a modal',
    ({ method, args }) => method === 'views.open' && args['trigger_id'] === trigger,
    since,
  )
  const { id } = opened.result['view'] as { id: string }
  await watch.next('the review', ({ method, args }) => method === 'views.update' && args['view_id'] === id, since)
}

/** Approves in the open review. Milliseconds from the click until the card shows it carried out, and done. */
export async function approve({ slack, watch }: Stage, user: string, id: string) {
  const since = watch.mark()
  const began = performance.now()
  const delivery = await slack.submit({ user })
  demandAnswer(delivery)
  const [answer = ''] = await answersTo({ watch }, [delivery], since)
  if (!answer.includes(`You approved CR-${id}`)) throw new Error(`Not approved: ${answer}`)
  await whenCardSays({ watch }, id, [STATUS_WORDS.verifying, STATUS_WORDS.done], since)
  const carriedOutMs = performance.now() - began
  await whenCardSays({ watch }, id, [STATUS_WORDS.done], since)
  return { carriedOutMs, doneMs: performance.now() - began }
}

/** Waits until the card of a request is drawn in one of these states. */
export async function whenCardSays({ watch }: Pick<Stage, 'watch'>, id: string, words: string[], since: number) {
  const texts = words.map((word) => `CR-${id} (${word})`)
  await watch.next(
    texts.join(' or '),
    ({ method, args }) => method === 'chat.update' && texts.some((text) => String(args['text']).startsWith(text)),
    since,
    60_000,
  )
}

/** What each submission was answered, as text, in this order: with its acknowledgement, or after it in the modal or directly. */
export async function answersTo(
  { watch }: Pick<Stage, 'watch'>,
  submissions: Delivery[],
  since: number,
): Promise<string[]> {
  const taken = new Set<unknown>()
  const answers: string[] = []
  for (const { ack, payload } of submissions) {
    const view = (ack as { view?: Screen } | undefined)?.view
    const answer = view ? readText(view) : ''
    if (!answer.includes(WORKING)) {
      answers.push(answer)
      continue
    }
    const { user, view: sent } = payload as { user: { id: string }; view: { id: string } }
    const later = await watch.next(
      'the late answer',
      (call) => !taken.has(call) && (call.args['view_id'] === sent.id || call.args['channel'] === user.id),
      since,
    )
    taken.add(later)
    answers.push(readText(shownBy(later.args)))
  }
  return answers
}

/** What a call put before a person; a view may be sent as text. */
function shownBy({ view, blocks }: JsonObject): Screen {
  const read = (sent: unknown) => (typeof sent === 'string' ? JSON.parse(sent) : sent)
  return view === undefined ? read(blocks) : read(view).blocks
}

const WORKING = readText(renderWorking().blocks as Screen)

function demandAnswer({ kind, error, replica }: Delivery): void {
  if (error) throw new Error(`${kind} got no answer from ${replica}: ${error}`)
}
