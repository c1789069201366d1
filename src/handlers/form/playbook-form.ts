import * as z from 'zod'
import { getVisible } from '../../changes/requests.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import { refuseUnless } from '../../people/standing.ts'
import { getPlaybook, takesBack } from '../../playbooks/index.ts'
import { demandOn } from '../../playbooks/switched-on.ts'
import { readFormValues } from '../../views/form.ts'
import { renderChecking } from '../../views/request/preview.ts'
import { tell } from '../answer.ts'
import { acknowledge, inTimeForSlack } from '../answer-once.ts'
import { channelFor, firstChannel, type HandlerContext, wordsOfError } from '../context.ts'
import type { Click, Submission } from '../entry-points.ts'
import { inWords, show } from '../modal.ts'
import { doubted, previewOrRefusal } from '../request/preview.ts'
import { formMetadata, formView } from './form-metadata.ts'
import { doubtsOf, parse, parseFirst, recordRevealing, withPrefill } from './typed.ts'

/** The chooser's "Continue": the chosen playbook's form takes its place. */
export async function choosePlaybook(context: HandlerContext, submission: Submission): Promise<void> {
  const { view } = submission
  await acknowledge(context, submission, async () => {
    const { channel, subject } = chooserMetadata.parse(JSON.parse(view.private_metadata))
    const playbook = getPlaybook(readFormValues(view.state.values)['playbook'] ?? '')
    await demandOn(context.changes, playbook.name)
    const form = formView(context, playbook, {
      channel,
      isFirst: playbook.inSteps ?? false,
      ...(subject && isTrainees(playbook) ? { values: { subject } } : {}),
    })
    return { view: form, instead: FORM_NOT_SHOWN }
  })
}

/** Nothing was looked at yet. */
const FORM_NOT_SHOWN = {
  title: 'We could not show the form',
  text: 'The window was closed, or Slack did not let us show it. Nothing was checked, and nothing has changed.\nUse the command again.',
}

/** `subject` is a trainee's slug, where somebody has chosen one already. */
const chooserMetadata = z.object({ channel: z.string(), subject: z.string().optional() })

/** Whether a playbook can be asked for by a trainee. */
function isTrainees({ form }: AnyPlaybook): boolean {
  return form.subject.word !== 'request'
}

/**
 * A form's "Check": bad input is answered at its field with the acknowledgement; then "Checking…", and then what was found.
 * Input that takes longer to look at than Slack waits is answered above the form, filled in as it was.
 */
export async function submitForm(context: HandlerContext, submission: Submission): Promise<void> {
  const { ack, view, body } = submission
  let acknowledged = false
  try {
    const metadata = formMetadata.parse(JSON.parse(view.private_metadata))
    const playbook = getPlaybook(metadata.playbook)
    const { channel, follows, draft, isFirst = false } = metadata
    const typed = withPrefill(playbook, view.state.values, metadata.prefilled)
    const parsing = parseAllowed(context, playbook, { typed, isFirst, user: body.user.id })
    const early = await inTimeForSlack(parsing)
    if (early && !early.ok) return await ack({ response_action: 'errors', errors: early.errors })
    await ack({ response_action: 'update', view: renderChecking(playbook) })
    acknowledged = true
    const parsed = early ?? (await parsing)
    const problems = parsed.ok ? await doubtsOf(context, playbook, typed) : Object.values(parsed.errors)
    const asked = {
      playbook,
      requester: body.user.id,
      channel,
      submission: `${view.id}:${view.hash}`,
      isFirst,
      ...(follows ? { follows } : {}),
      ...(draft ? { draft } : {}),
    }
    const shown =
      parsed.ok && problems.length === 0
        ? await previewOrRefusal(context, { ...asked, form: parsed.values })
        : doubted(context, playbook, { channel, follows, draft, isFirst, values: typed, problems })
    await show(context, submission, view.id, shown)
  } catch (error) {
    const words = inWords(wordsOfError(context, error))
    if (acknowledged) await show(context, submission, view.id, words)
    else await ack({ response_action: 'update', view: words.view })
  }
}

/** What was typed, once it is known that this person may ask for this playbook: a field says things about a trainee. */
async function parseAllowed(
  context: HandlerContext,
  playbook: AnyPlaybook,
  { typed, isFirst, user }: { typed: ReturnType<typeof withPrefill>; isFirst: boolean; user: string },
) {
  const { changes } = context
  await refuseUnless(changes, 'mayRequest', user)
  await demandOn(changes, playbook.name)
  const parsed = await (isFirst ? parseFirst : parse)(context, playbook, typed)
  if (!parsed.ok) await recordRevealing(changes, user, parsed.revealing)
  return parsed
}

/** A button that starts a playbook from the Home tab; its card goes to the first allowed channel. */
export async function startPlaybook(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body, client } = click
  await ack()
  try {
    await refuseUnless(context.changes, 'mayRequest', body.user.id)
    const playbook = getPlaybook(action.value ?? '')
    await demandOn(context.changes, playbook.name)
    const view = formView(context, playbook, {
      channel: firstChannel(context),
      isFirst: playbook.inSteps ?? false,
    })
    await client.views.open({ trigger_id: body.trigger_id ?? '', view })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}

/** "Undo…": the form of a request that takes this one back; whoever clicked asks for it, in the same channel. */
export async function startUndo(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body, client } = click
  await ack()
  try {
    await refuseUnless(context.changes, 'mayRequest', body.user.id)
    const request = await getVisible(context.changes.database, action.value ?? '', body.user.id)
    await demandOn(context.changes, takesBack.name)
    const channel = channelFor(context, request.channel)
    const named = { ...takesBack, title: `Undo CR-${request.id}` }
    const view = formView(context, named, { channel, values: { subject: `CR-${request.id}` } })
    await client.views.open({ trigger_id: body.trigger_id ?? '', view })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}
