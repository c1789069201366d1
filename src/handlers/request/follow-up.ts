import * as z from 'zod'
import { getVisible } from '../../changes/requests.ts'
import { formOf } from '../../contract/stored.ts'
import { ChangeError } from '../../errors.ts'
import { refuseUnless } from '../../people/standing.ts'
import { getPlaybook } from '../../playbooks/index.ts'
import { demandOn } from '../../playbooks/switched-on.ts'
import { followUpsOf } from '../../views/request/outcome.ts'
import { tell } from '../answer.ts'
import { channelFor, type HandlerContext, wordsOfError } from '../context.ts'
import type { Click } from '../entry-points.ts'
import { formView } from '../form/form-metadata.ts'

const followUpValue = z
  .string()
  .regex(/^\d{1,18}:\d$/)
  .transform((value) => value.split(':'))

/**
 * A card's button for what can be asked for next: the playbook's form, filled in. It only opens: the request is checked,
 * sent and approved like any other, in the channel of the card.
 */
export async function startFollowUp(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body, client } = click
  await ack()
  try {
    await refuseUnless(context.changes, 'mayRequest', body.user.id)
    const [id = '', place = ''] = followUpValue.parse(action.value)
    const request = await getVisible(context.changes.database, id, body.user.id)
    const followUp = followUpsOf(request)[Number(place)]
    if (!followUp) throw new ChangeError('not-found')
    const playbook = getPlaybook(followUp.playbook)
    await demandOn(context.changes, playbook.name)
    const channel = channelFor(context, request.channel)
    const view = formView(context, playbook, { channel, follows: request.id, values: formOf(followUp.values) })
    await client.views.open({ trigger_id: body.trigger_id ?? '', view })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}
