import type { Offer } from '../../failures/found.ts'
import { getPlaybook } from '../../playbooks/index.ts'
import type { HandlerContext } from '../context.ts'
import { formView } from './form-metadata.ts'

/**
 * The form of the playbook that is offered for a failure, filled in as far as is known.
 * @param known the trainee it is about, and the failure in words
 */
export function offeredForm(
  context: HandlerContext,
  offer: Offer,
  known: { slug: string | null; words: string; channel: string },
) {
  const playbook = getPlaybook(offer.playbook)
  const values: Record<string, string> = { ...offer.values, reason: known.words.slice(0, 500) }
  if (offer.per === 'trainee' && known.slug !== null) values['subject'] = known.slug
  return formView(context, playbook, { channel: known.channel, values })
}
