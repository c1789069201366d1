// A request that is not sent yet: its requester opens it, changes its answers, or discards it.
import { isOfLater } from '../../changes/other-versions.ts'
import { discard } from '../../changes/propose/send.ts'
import { getRequest } from '../../changes/requests.ts'
import { formOf } from '../../contract/stored.ts'
import { ChangeError } from '../../errors.ts'
import { refuseUnless } from '../../people/standing.ts'
import { getPlaybook } from '../../playbooks/index.ts'
import { tell } from '../answer.ts'
import { publishHome } from '../app-home.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Click } from '../entry-points.ts'
import { formView } from '../form/form-metadata.ts'
import { inWords, openModal, show } from '../modal.ts'
import { NOT_SHOWN, showPreview, wordsAfterSending } from './preview.ts'

/** Opens the preview of one's own unsent request, from the Home tab or a list. */
export async function openUnsent(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  const viewId = await openModal(context, click)
  if (!viewId) return
  try {
    const request = await getDraft(context, { id: action.value ?? '', user: body.user.id })
    await show(context, click, viewId, await showPreview(context, request))
  } catch (error) {
    await show(context, click, viewId, inWords(wordsOfError(context, error)))
  }
}

/** "Change answers" in a preview: back to the form of the same request. */
export async function changeAnswers(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  const viewId = body.view?.id
  if (!viewId) return
  try {
    await refuseUnless(context.changes, 'mayRequest', body.user.id)
    const { id, digest, channel, follows, form, playbook } = await getDraft(context, {
      id: action.value ?? '',
      user: body.user.id,
    })
    const given = { channel, follows: follows ?? undefined, draft: { id, digest }, values: formOf(form ?? {}) }
    await show(context, click, viewId, { view: formView(context, getPlaybook(playbook), given), instead: NOT_SHOWN })
  } catch (error) {
    await show(context, click, viewId, inWords(wordsOfError(context, error)))
  }
}

/** "Discard": on the Home tab, which then shows that it worked, in a modal, or in a message that only one person sees. */
export async function discardUnsent(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  const words = await discard(context.changes, { id: action.value ?? '', requester: body.user.id }).then(
    wordsAfterDiscarding,
    (error: unknown) => wordsOfError(context, error),
  )
  const { view } = body
  if (view?.type === 'home') return publishHome(context, click)
  if (view) await show(context, click, view.id, inWords(words))
  else await tell(context, click, words)
}

/** It may have been sent or ended meanwhile, perhaps in another window. */
function wordsAfterDiscarding(request: Awaited<ReturnType<typeof discard>>): { title: string; text: string } {
  const { id, status, sentAt } = request
  if (status !== 'cancelled' || sentAt !== null) return wordsAfterSending(request)
  return { title: `You discarded CR-${id}`, text: 'It was never sent, and nothing has changed in Register.' }
}

/** One's own request that was not sent. Throws ChangeError. */
async function getDraft({ changes }: HandlerContext, { id, user }: { id: string; user: string }) {
  const request = await getRequest(changes.database, id)
  if (request.requester !== user || request.status !== 'unsent') throw new ChangeError('not-a-draft')
  if (isOfLater(request)) throw new ChangeError('another-version', { cr: `CR-${id}` })
  return request
}
