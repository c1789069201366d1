import type { DataSource } from 'typeorm'
import * as z from 'zod'
import { checkDismissal, dismiss, findPersonalDataInDismissal, getOpenAlert, readShown } from '../alerts/dismiss.ts'
import { findAlertSight, findGroup } from '../alerts/sight/read.ts'
import type { Group } from '../alerts/sight/sight.ts'
import type { Alert } from '../entities/chatops/alert.ts'
import { ChangeError } from '../errors.ts'
import type { Offer } from '../failures/found.ts'
import { refuseUnless } from '../people/standing.ts'
import { demandOn } from '../playbooks/switched-on.ts'
import { renderDismiss } from '../views/alert/dismiss.ts'
import { readFormValues } from '../views/form.ts'
import { tell } from './answer.ts'
import { answerOnce } from './answer-once.ts'
import { channelFor, type HandlerContext, wordsOfError } from './context.ts'
import type { Click, Submission } from './entry-points.ts'
import { recordRevealing } from './form/typed.ts'
import { showOffered } from './request/offered.ts'

const startValue = z
  .string()
  .regex(/^\d{1,18}:\d{0,18}$/)
  .transform((value) => value.split(':'))

/**
 * A post's button for a playbook: the preview of what it would do. Nothing is sent by it: the request is sent and approved
 * like any other, in the channel of the post.
 */
export async function startFromAlert(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  try {
    const { changes } = context
    await refuseUnless(changes, 'mayRequest', body.user.id)
    const [id = '', trainee = ''] = startValue.parse(action.value)
    const alert = await getOpenAlert(changes, id)
    const { offer, group } = await findOffer(changes.database, alert, trainee)
    await demandOn(changes, offer.playbook)
    const title = (await findAlertSight(changes.database, id))?.diagnosis.title ?? ''
    const known = { slug: group.trainee?.slug ?? null, words: title }
    await showOffered(context, click, offer, { ...known, channel: channelFor(context, alert.channel) })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}

/** "Dismiss": asks for the reason. */
export async function openDismissal(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body, client } = click
  await ack()
  try {
    const { id } = await checkDismissal(context.changes, { id: action.value ?? '', actor: body.user.id })
    const { database } = context.changes
    const shown = await readShown(database.manager, id) // read first: what joins now is not what the window says
    const sight = await findAlertSight(database, id)
    const view = renderDismiss({ alert: id, shown, about: sight?.diagnosis.title ?? '' })
    await client.views.open({ trigger_id: body.trigger_id ?? '', view })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}

/** Windows that an earlier version opened do not say what they were about. */
const metadata = z.object({ alert: z.string().regex(/^\d{1,18}$/), shown: z.string().max(32).optional() })

/** The dismissal's "Dismiss". */
export async function dismissAlert(context: HandlerContext, submission: Submission): Promise<void> {
  const { view, body } = submission
  await answerOnce(context, submission, async () => {
    const { alert: id, shown } = metadata.parse(JSON.parse(view.private_metadata))
    const reason = (readFormValues(view.state.values)['reason'] ?? '').trim()
    if (!/[\p{L}\p{N}]/u.test(reason)) return { errors: { reason: 'Enter a reason.' } }
    await checkDismissal(context.changes, { id, actor: body.user.id }, { isSent: true }) // others must not learn what the field says
    const personal = await findPersonalDataInDismissal(context.changes, id, reason)
    if (personal) {
      await recordRevealing(context.changes, body.user.id, ['reason'])
      return { errors: { reason: `Remove the trainee’s ${personal}: everyone in the channel can read this.` } }
    }
    await dismiss(context.changes, { id, actor: body.user.id, reason: reason.slice(0, 500), shown })
    context.nudge()
    const text = 'Nothing has changed in Register. Everyone in the channel can read your reason on the post.'
    return { title: 'You dismissed this', text }
  })
}

/** What the alert offers by now, and for whom. Throws ChangeError if it offers nothing any more. */
async function findOffer(database: DataSource, alert: Alert, trainee: string): Promise<{ offer: Offer; group: Group }> {
  const sight = trainee === '' ? await findAlertSight(database, alert.id) : null
  const group = trainee === '' ? sight?.groups[0] : await findGroup(database, alert, trainee)
  const offer = trainee === '' ? sight?.diagnosis.offer : group?.offer
  const isMeant = offer?.per === (trainee === '' ? 'alert' : 'trainee')
  if (!group || !offer || !isMeant || (offer.per === 'trainee' && !group.trainee?.slug)) {
    throw new ChangeError('alert-cured')
  }
  return { offer, group }
}
