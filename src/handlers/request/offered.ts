import type { Offer } from '../../failures/found.ts'
import { getPlaybook } from '../../playbooks/index.ts'
import { renderChecking } from '../../views/request/preview.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Click } from '../entry-points.ts'
import { formView } from '../form/form-metadata.ts'
import { parse, recordRevealing } from '../form/typed.ts'
import { inWords, openModal, type Shown, show } from '../modal.ts'
import { NOT_SHOWN, previewOrRefusal } from './preview.ts'

/** The trainee whom an offer is about, and the failure in words. */
type Known = { slug: string | null; words: string; channel: string }

/**
 * What is offered for a failure: its preview at once, since the failure tells all that the form asks for, with the way back
 * to the form; or the form where this installation asks for more. Never rejects.
 */
export async function showOffered(context: HandlerContext, click: Click, offer: Offer, known: Known): Promise<void> {
  const viewId = await openModal(context, click, renderChecking(getPlaybook(offer.playbook)))
  if (!viewId) return
  const shown = await previewOffered(context, click.body.user.id, offer, known).catch((error: unknown) =>
    inWords(wordsOfError(context, error)),
  )
  await show(context, click, viewId, shown)
}

async function previewOffered(
  context: HandlerContext,
  requester: string,
  offer: Offer,
  { slug, words, channel }: Known,
): Promise<Shown> {
  const playbook = getPlaybook(offer.playbook)
  const values: Record<string, string> = { ...offer.values, reason: words.slice(0, 500) }
  if (offer.per === 'trainee' && slug !== null) values['subject'] = slug
  const unanswered = Object.fromEntries(Object.keys(playbook.form).map((name) => [name, '']))
  const parsed = await parse(context, playbook, { ...unanswered, ...values })
  if (!parsed.ok) {
    await recordRevealing(context.changes, requester, parsed.revealing)
    return { view: formView(context, playbook, { channel, values }), instead: NOT_SHOWN }
  }
  // Who selects it twice has one request of it.
  return previewOrRefusal(context, { playbook, form: parsed.values, requester, channel, isAgain: true })
}
