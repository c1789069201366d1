import * as z from 'zod'
import { readSchoolNames } from '../../changes/lists/school-names.ts'
import { getVisible } from '../../changes/requests.ts'
import { findSteps, tickSteps } from '../../changes/steps/manual-steps.ts'
import type { ManualStep } from '../../entities/chatops/manual-step.ts'
import { hasJustDone } from '../../people/just-now.ts'
import { refuseUnlessEither } from '../../people/standing.ts'
import { getPlaybook } from '../../playbooks/index.ts'
import { INPUT_ACTION } from '../../views/kit/ids.ts'
import { wordsAfterMarking, wordsAfterTicking } from '../../views/request/answers.ts'
import { renderWhatChanged } from '../../views/request/changes.ts'
import { renderTexts, renderTicks } from '../../views/request/steps.ts'
import { tell, tellBeside } from '../answer.ts'
import { answerOnce } from '../answer-once.ts'
import { publishHome } from '../app-home.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Click, Submission } from '../entry-points.ts'
import { requestMetadata } from '../form/form-metadata.ts'

// What people do on a request that is over: its steps by hand, and what it changed.

/** "Copy text": the words of each step that is left. */
export async function copySteps(context: HandlerContext, click: Click): Promise<void> {
  await open(context, click, async ({ id, actor }) => renderTexts(id, await findSteps(context.changes, { id, actor })))
}

/** "Show what changed". */
export async function showChanges(context: HandlerContext, click: Click): Promise<void> {
  const { changes } = context
  await open(context, click, async ({ id, actor }) => {
    await refuseUnlessEither(changes, actor)
    const request = await getVisible(changes.database, id, actor)
    const schools = await readSchoolNames(changes.database, request)
    return renderWhatChanged(request, getPlaybook(request.playbook), changes.register.url, schools)
  })
}

/** "Mark as done": at once where there is one step, and it is open; otherwise people choose which. */
export async function markSteps(context: HandlerContext, click: Click): Promise<void> {
  await open(context, click, async ({ id, actor }) => {
    const steps = await findSteps(context.changes, { id, actor })
    const [only, ...others] = steps
    if (!only) return renderTexts(id, []) // of a card from before the bot found its steps needless
    const isAgain = isDoubleClick(context, only, actor)
    if (others.length > 0 || (only.doneAt !== null && !isAgain)) return renderTicks(id, steps)
    if (!isAgain) await tickSteps(context.changes, { id, actor, ticks: new Map([[only.id, true]]) })
    context.nudge()
    await tellBeside(context, click, wordsAfterMarking({ id }, only.title))
    return null
  })
  if (click.body.view?.type === 'home') await publishHome(context, click)
}

/** The card or the answer still offers "Mark as done" then. */
function isDoubleClick({ changes }: HandlerContext, { doneAt: at, doneBy: by }: ManualStep, actor: string): boolean {
  return hasJustDone(actor, { by, at }, changes.now())
}

/** "Not done after all": people choose what is not. */
export async function unmarkSteps(context: HandlerContext, click: Click): Promise<void> {
  await open(context, click, async ({ id, actor }) => {
    const steps = await findSteps(context.changes, { id, actor })
    return steps.length > 0 ? renderTicks(id, steps) : renderTexts(id, [])
  })
}

const ticked = z.object({
  steps: z.object({ [INPUT_ACTION]: z.object({ selected_options: z.array(z.object({ value: z.string() })) }) }),
})
const metadata = requestMetadata.extend({ shown: z.record(z.string(), z.boolean()) })

/** The ticks as they were sent. Only what differs from what was shown counts: somebody else may have ticked meanwhile. */
export async function saveTicks(context: HandlerContext, submission: Submission): Promise<void> {
  const { view, body } = submission
  await answerOnce(context, submission, async () => {
    const { changeRequest: id, shown } = metadata.parse(JSON.parse(view.private_metadata))
    const { selected_options } = ticked.parse(view.state.values).steps[INPUT_ACTION]
    const done = new Set(selected_options.map(({ value }) => value))
    const ticks = new Map(
      Object.entries(shown).flatMap(([step, was]) => (done.has(step) === was ? [] : [[step, !was]])),
    )
    await tickSteps(context.changes, { id, actor: body.user.id, ticks })
    context.nudge()
    return wordsAfterTicking({ id })
  })
}

type Asked = { id: string; actor: string }

/** Opens what is found, or tells the person why not. */
async function open(
  context: HandlerContext,
  click: Click,
  find: (asked: Asked) => Promise<ReturnType<typeof renderTexts> | null>,
): Promise<void> {
  const { ack, action, body, client } = click
  await ack()
  try {
    const view = await find({ id: action.value ?? '', actor: body.user.id })
    if (view) await client.views.open({ trigger_id: body.trigger_id ?? '', view })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}
