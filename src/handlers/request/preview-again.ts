// The preview of what somebody asked for before.
import { getVisible } from '../../changes/requests.ts'
import { withoutAnswers } from '../../contract/fields.ts'
import { formOf } from '../../contract/stored.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { refuseUnless } from '../../people/standing.ts'
import { findPlaybook } from '../../playbooks/index.ts'
import { demandOn } from '../../playbooks/switched-on.ts'
import { channelFor, type HandlerContext, wordsOfError } from '../context.ts'
import type { Click } from '../entry-points.ts'
import { formView } from '../form/form-metadata.ts'
import { parse, recordRevealing } from '../form/typed.ts'
import { inWords, openModal, type Shown, show } from '../modal.ts'
import { NOT_SHOWN, previewOrRefusal } from './preview.ts'

/** "Preview again": a new request with the same form, whose requester is whoever clicked. */
export async function previewAgain(context: HandlerContext, click: Click): Promise<void> {
  await showAnew(context, click, async (id, user) => {
    const old = await getVisible(context.changes.database, id, user)
    return { ...old, follows: old.id, areAnswersKept: true }
  })
}

/** `form` is null once it was purged; answers to what the checks asked are kept, or asked for once more. */
type Before = Pick<ChangeRequest, 'playbook' | 'form' | 'channel'> & { follows?: string; areAnswersKept: boolean }

/** Opens the preview of what was asked for before, or its form where what stands in it cannot be used any more. */
export async function showAnew(
  context: HandlerContext,
  click: Click,
  find: (value: string, user: string) => Promise<Before>,
): Promise<void> {
  const { ack, action, body } = click
  await ack()
  const viewId = await openModal(context, click)
  if (!viewId) return
  try {
    await refuseUnless(context.changes, 'mayRequest', body.user.id)
    const before = await find(action.value ?? '', body.user.id)
    await show(context, click, viewId, await previewAnew(context, body.user.id, before))
  } catch (error) {
    await show(context, click, viewId, inWords(wordsOfError(context, error)))
  }
}

async function previewAnew(context: HandlerContext, requester: string, before: Before): Promise<Shown> {
  const channel = channelFor(context, before.channel)
  const playbook = findPlaybook(before.playbook)
  if (!playbook) return inWords(NOT_HERE)
  if (!before.form) return inWords(FORGOTTEN)
  await demandOn(context.changes, playbook.name)
  const kept = formOf(before.form)
  const values = before.areAnswersKept ? kept : withoutAnswers(playbook.form, kept)
  const parsed = await parse(context, playbook, values)
  if (!parsed.ok) {
    await recordRevealing(context.changes, requester, parsed.revealing)
    const problems = Object.values(parsed.errors)
    const view = formView(context, playbook, { channel, follows: before.follows, values, problems })
    return { view, instead: NOT_SHOWN }
  }
  const asked = { playbook, form: parsed.values, requester, channel, follows: before.follows, isAgain: true }
  return previewOrRefusal(context, asked)
}

const NOT_HERE = {
  title: 'This bot does not do this any more',
  text: 'Nothing has changed. Type /trainee to see what it can do.',
}

const FORGOTTEN = {
  title: 'We no longer hold what this request asked for',
  text: 'It was removed after its retention time.\nUse the command to ask again.',
}
